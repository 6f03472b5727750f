"""Rows out of pandas, polars and pyarrow tables; a library is imported only when it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from umapkit.data import _objects
from umapkit.data._finite import describe_column

Read = tuple[NDArray[Any], Callable[[int, int], Any]]


def read(X: Any, *, name: str, labels: Sequence[Any] | None) -> Read | None:
    """Values of a table, and a function that looks up one original value; None for no table."""
    library = type(X).__module__.partition(".")[0]
    if library == "polars" and type(X).__name__ == "LazyFrame":
        msg = f"{name} is a polars LazyFrame, which holds no rows yet. Give X.collect()."
        raise TypeError(msg)
    if labels is None:
        return None
    if library == "pandas":
        return _from_pandas(X, name, labels)
    if library == "polars":
        return _from_polars(X, name, labels)
    if library == "pyarrow":
        return _from_arrow(X, name, labels)
    return None


def _from_pandas(X: Any, name: str, labels: Sequence[Any]) -> Read:
    from pandas.api import types

    dtypes = list(X.dtypes)
    for column, dtype in enumerate(dtypes):
        if isinstance(dtype, np.dtype) and dtype.kind == "O":
            # A column of objects may hold numbers; the check names the cell if not.
            _objects.to_float64(X.iloc[:, [column]].to_numpy(), name=name, labels=[labels[column]])
        elif types.is_complex_dtype(dtype):
            _refuse(column, labels, name, dtype, "Complex data not supported: ")
        elif not (types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype)) or isinstance(
            dtype, types.CategoricalDtype
        ):
            _refuse(column, labels, name, dtype)

    def original(row: int, column: int) -> Any:
        value = X.iat[row, column]
        return None if value is None or types.is_scalar(value) is False else value

    if len(set(dtypes)) == 1 and isinstance(dtypes[0], np.dtype):
        return X.to_numpy(), original
    with np.errstate(over="ignore", invalid="ignore"):
        return X.to_numpy(dtype=np.float32, na_value=np.nan), original


def _from_polars(X: Any, name: str, labels: Sequence[Any]) -> Read:
    import polars

    for column, dtype in enumerate(X.dtypes):
        if not (dtype.is_numeric() or dtype == polars.Boolean):
            _refuse(column, labels, name, dtype)

    def original(row: int, column: int) -> Any:
        return X.item(row, column)

    if X.width == 0:
        return np.empty((X.height, 0), dtype=np.float32), original
    # strict=False: what does not fit float32 becomes infinite or null, and is named later.
    return X.select(polars.all().cast(polars.Float32, strict=False)).to_numpy(), original


def _from_arrow(X: Any, name: str, labels: Sequence[Any]) -> Read:
    import pyarrow
    import pyarrow.compute

    kinds = pyarrow.types
    columns = []
    for column in range(X.num_columns):
        values = X.column(column)
        dtype = values.type
        if not (
            kinds.is_integer(dtype)
            or kinds.is_floating(dtype)
            or kinds.is_boolean(dtype)
            or kinds.is_decimal(dtype)
        ):
            _refuse(column, labels, name, dtype)
        if kinds.is_boolean(dtype):
            values = pyarrow.compute.cast(values, pyarrow.uint8())
        with np.errstate(over="ignore"):
            narrow = pyarrow.compute.cast(values, pyarrow.float32(), safe=False)
        columns.append(narrow.to_numpy(zero_copy_only=False))

    def original(row: int, column: int) -> Any:
        return X.column(column)[row].as_py()

    if not columns:
        return np.empty((X.num_rows, 0), dtype=np.float32), original
    return np.stack(columns, axis=1), original


def _refuse(
    column: int, labels: Sequence[Any], name: str, dtype: Any, prefix: str = ""
) -> NoReturn:
    msg = (
        f"{prefix}{name}, {describe_column(column, labels)}, has the type {dtype}, but only "
        "numbers can be compared. Leave that column out, or encode it as numbers "
        "(sklearn.preprocessing.OneHotEncoder for categories)."
    )
    raise ValueError(msg)
