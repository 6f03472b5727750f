"""Checked rows of models: stacked, some of their columns, compared, as they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from umapkit.data import SparseRows, as_sparse_rows
from umapkit.distances import MISSING


def stacked(old: Any, new: Any) -> Any:
    """Rows of a model with new ones below."""
    if isinstance(old, SparseRows):
        return as_sparse_rows(scipy.sparse.vstack([old.to_csr(), as_sparse_rows(new).to_csr()]))
    return np.concatenate([old, new])


def columns_of(rows: Any, columns: NDArray[np.int64]) -> Any:
    """Return the columns that a part looks at."""
    if isinstance(rows, SparseRows):
        rows = rows.to_csr()
    if scipy.sparse.issparse(rows):
        return rows.tocsr()[:, columns]
    return np.ascontiguousarray(rows[:, columns])


def same_rows(one: Any, other: Any) -> bool:
    """Whether two tables hold the same rows."""
    if isinstance(one, SparseRows) or isinstance(other, SparseRows):
        if one.shape != other.shape:
            return False
        one, other = as_sparse_rows(one), as_sparse_rows(other)
        return all(
            np.array_equal(getattr(one, name), getattr(other, name))
            for name in ("indptr", "indices", "values")
        )
    return np.array_equal(one, other)


def with_gaps(rows: Any) -> Any:
    """Rows as they were given: NaN where a metric that knows missing values put its mark."""
    if isinstance(rows, SparseRows) or scipy.sparse.issparse(rows):
        return rows
    gaps = rows == MISSING
    return np.where(gaps, np.float32(np.nan), rows) if gaps.any() else rows
