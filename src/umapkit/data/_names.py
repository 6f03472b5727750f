"""The names of the columns of a table."""

from __future__ import annotations

from typing import Any


def column_labels(X: Any) -> list[Any] | None:
    """Labels of the columns as the table holds them (pandas allows any type), or None."""
    module = type(X).__module__.partition(".")[0]
    if module == "pyarrow" and hasattr(X, "column_names"):
        return list(X.column_names)
    if type(X).__name__ == "LazyFrame":
        return None
    columns = getattr(X, "columns", None)
    if columns is None or callable(columns) or not hasattr(columns, "__len__"):
        return None
    if module == "pyarrow" or getattr(X, "ndim", 2) != 2:
        return None
    return list(columns)


def column_names(X: Any) -> list[str] | None:
    """Names of the columns of a table.

    Parameters
    ----------
    X : pandas or polars DataFrame, pyarrow Table or RecordBatch, or anything else
        The data.

    Returns
    -------
    list of str, or None
        The names. ``None`` where `X` is no table, and where no column label is a string (a pandas
        table made of an array numbers its columns: these are not names).

    Raises
    ------
    TypeError
        If some labels are strings and others are not.

    Examples
    --------
    >>> import numpy as np
    >>> column_names(np.zeros((3, 2))) is None
    True
    """
    labels = column_labels(X)
    if labels is None:
        return None
    strings = [isinstance(label, str) for label in labels]
    if all(strings) and labels:
        return [str(label) for label in labels]
    if any(strings):
        other = next(
            label for label, is_string in zip(labels, strings, strict=True) if not is_string
        )
        msg = (
            "Feature names are only supported if all input features have string names, but the "
            f"column {other!r} is named by a {type(other).__name__} and others by strings. "
            "Rename the columns: X.columns = X.columns.astype(str)."
        )
        raise TypeError(msg)
    return None
