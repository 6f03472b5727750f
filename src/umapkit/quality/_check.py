"""Checks of what the scores are given, with errors that name the argument."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def as_matrix(values: Any, name: str, dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Check a table of finite numbers and return it as a C-contiguous array of `dtype`.

    Parameters
    ----------
    values : array-like of shape (n, d)
        Any numeric dtype.
    name : str
        The argument's name, for the error.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray of shape (n, d)
        The values; a copy only where one is needed.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If the shape is not (n, d) with n, d >= 1, or a value is NaN, infinite or beyond `dtype`.
    """
    if hasattr(values, "toarray"):
        msg = f"{name} is sparse. Scores need dense rows: give {name}.toarray()."
        raise TypeError(msg)
    raw = np.asarray(values)
    if raw.ndim != 2 or raw.shape[0] == 0 or raw.shape[1] == 0:
        msg = f"{name} has shape {raw.shape}. Give a table of n >= 1 rows and d >= 1 columns."
        raise ValueError(msg)
    try:
        if raw.dtype.kind not in "biufO":
            raise TypeError(raw.dtype)
        with np.errstate(over="ignore"):
            matrix = np.ascontiguousarray(raw, dtype=dtype)
    except (TypeError, ValueError) as error:
        msg = f"{name} has dtype {raw.dtype}, which does not hold real numbers only."
        raise TypeError(msg) from error
    finite = np.isfinite(matrix)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        msg = (
            f"{name} holds {raw[row, column]} in row {row}, column {column}. Every value must be "
            f"finite and fit {np.dtype(dtype).name}."
        )
        raise ValueError(msg)
    return matrix


def check_same_rows(first: NDArray[Any], second: NDArray[Any], names: tuple[str, str]) -> None:
    """Raise ValueError unless both tables have as many rows."""
    if len(first) != len(second):
        msg = (
            f"{names[0]} has {len(first)} rows and {names[1]} has {len(second)}. "
            "They must describe the same rows in the same order."
        )
        raise ValueError(msg)


def check_count(value: Any, name: str, most: int, why: str, *, least: int = 1) -> int:
    """Return `value` as an int in [least, most]; `why` explains the upper end in the error."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        msg = f"{name}={value!r} is not an integer."
        raise TypeError(msg)
    count = int(value)
    if not least <= count <= most:
        msg = f"{name}={count} is out of range: from {least} to {most} is possible, because {why}."
        raise ValueError(msg)
    return count


def check_positive(value: Any, name: str, *, zero: bool = False) -> float:
    """Return `value` as a finite float above 0 (or at least 0 with `zero`)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        msg = f"{name}={value!r} is not a number."
        raise TypeError(msg)
    number = float(value)
    if not np.isfinite(number) or number < 0 or (number == 0 and not zero):
        msg = f"{name}={value} must be finite and {'at least' if zero else 'above'} 0."
        raise ValueError(msg)
    return number


def check_sample_size(sample_size: Any) -> int | None:
    """Return the sample size as an int of at least 1, or None for all rows."""
    if sample_size is None:
        return None
    return check_count(sample_size, "sample_size", 2**31 - 1, "it counts rows")


def as_codes(labels: Any, n: int, name: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the sorted distinct labels and, for each row, the index of its label.

    Parameters
    ----------
    labels : array-like of shape (n,)
        Numbers, strings or other values that can be sorted.
    n : int
        How many there must be.
    name : str
        The argument's name, for the error.

    Returns
    -------
    classes : ndarray of shape (c,)
        Distinct labels, ascending.
    codes : ndarray of int64, shape (n,)
        Positions in `classes`.

    Raises
    ------
    ValueError
        If the shape is not (n,) or a label is NaN or None.
    TypeError
        If the labels cannot be sorted (mixed types).
    """
    values = np.asarray(labels)
    if values.shape != (n,):
        msg = f"{name} has shape {values.shape}. Give one label for each of the {n} rows: ({n},)."
        raise ValueError(msg)
    if values.dtype.kind == "f" and np.isnan(values).any():
        msg = f"{name} holds NaN in row {int(np.flatnonzero(np.isnan(values))[0])}."
        raise ValueError(msg)
    if values.dtype.kind == "O":
        for row, value in enumerate(values):
            if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
                msg = (
                    f"{name}: row {row} has no label ({value}). Leave such rows out, of data and "
                    "map too, or give them a class of their own."
                )
                raise ValueError(msg)
    try:
        classes, codes = np.unique(values, return_inverse=True)
    except TypeError as error:
        msg = f"{name} mixes types that cannot be sorted. Make all labels numbers or all strings."
        raise TypeError(msg) from error
    return classes, codes.reshape(-1).astype(np.int64)
