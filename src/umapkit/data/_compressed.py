"""Sparse rows that stay sparse: which ones, and how they come in."""

from __future__ import annotations

from typing import Any

import scipy.sparse

from umapkit.data._finite import check_finite_sparse
from umapkit.data._memory import DENSE_LIMIT
from umapkit.data._names import column_labels
from umapkit.data._rows import as_rows, check_shape
from umapkit.data._sparse import check_numbers
from umapkit.data._sparse_rows import SparseRows, canonical, of_dense

_DENSE_UP_TO = 2**28  # bytes as dense float32: so much is made dense, whatever is in it
_FILLED = 1 / 32  # rows filled more than this are searched faster as dense ones


def stays_sparse(X: Any) -> bool:
    """Whether data of this kind, shape and filling is worked on as sparse rows.

    Examples
    --------
    >>> import scipy.sparse
    >>> stays_sparse(scipy.sparse.csr_array((10_000, 50_000)))
    True
    >>> stays_sparse(scipy.sparse.csr_array((1000, 50_000)))
    False
    """
    if isinstance(X, SparseRows):
        return True
    if not scipy.sparse.issparse(X) or X.ndim != 2 or X.dtype.kind not in "biuf":
        return False
    cells = X.shape[0] * X.shape[1]
    if 4 * cells <= _DENSE_UP_TO:
        return False
    return X.nnz <= _FILLED * cells or (4 * cells > DENSE_LIMIT and 2 * X.nnz <= cells)


def as_sparse_rows(
    X: Any, *, name: str = "X", min_rows: int = 1, n_jobs: int | None = None
) -> SparseRows:
    """Turn data of any common kind into checked sparse rows.

    Parameters
    ----------
    X : sparse matrix, or anything that `as_rows` takes, of shape (n, d)
        Unsorted entries, entries given twice (they are added) and stored zeros are all right; `X`
        is not changed.
    name : str, default="X"
        What error messages call the data.
    min_rows : int, default=1
        The fewest rows that will do.
    n_jobs : int or None, default=None
        Threads for the check of dense data.

    Returns
    -------
    SparseRows
        The rows, all finite.

    Raises
    ------
    ValueError, TypeError
        As `as_rows`.
    """
    if isinstance(X, SparseRows):
        check_shape(X.shape, name=name, min_rows=min_rows)
        return X
    if not scipy.sparse.issparse(X):
        return of_dense(as_rows(X, name=name, min_rows=min_rows, n_jobs=n_jobs))
    check_shape(X.shape, name=name, min_rows=min_rows)
    check_numbers(X, name)
    rows, before = canonical(X, name=name)
    check_finite_sparse(rows, before, name=name, labels=column_labels(X))
    return rows
