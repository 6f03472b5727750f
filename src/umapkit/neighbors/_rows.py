"""The check of rows that are given to this room directly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def check_rows(X: ArrayLike, *, name: str, empty_ok: bool = False) -> NDArray[np.float32]:
    """Turn `X` into float32 C-contiguous rows, or say what is wrong with it."""
    try:
        rows = np.ascontiguousarray(X, dtype=np.float32)
    except (TypeError, ValueError) as error:
        msg = f"{name} cannot be turned into an array of numbers: {error}"
        raise ValueError(msg) from error
    if np.asarray(X).ndim != 2:
        msg = f"{name} must be a table of rows and columns; it has {np.asarray(X).ndim} dimensions."
        raise ValueError(msg)
    if rows.shape[1] == 0 or (rows.shape[0] == 0 and not empty_ok):
        msg = f"{name} has shape {rows.shape}. Give at least one row and one column."
        raise ValueError(msg)
    bad = ~np.isfinite(rows)
    if bad.any():
        row, column = (int(i[0]) for i in np.nonzero(bad))
        msg = (
            f"{name} holds {rows[row, column]} in row {row}, column {column}. Remove the row or "
            "fill in a number."
        )
        raise ValueError(msg)
    return rows
