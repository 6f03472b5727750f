"""umap-learn's small helpers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix


def fast_knn_indices(X: ArrayLike, n_neighbors: int) -> NDArray[np.int32]:
    """Columns of the `n_neighbors` smallest entries of every row, ties to the lower column.

    Parameters
    ----------
    X : array of shape (m, n)
        Distances.
    n_neighbors : int
        k, 1 to n.

    Returns
    -------
    int32 array of shape (m, k)
    """
    order = np.argsort(np.asarray(X), axis=1, kind="stable")
    return np.ascontiguousarray(order[:, :n_neighbors], dtype=np.int32)


def submatrix(dmat: NDArray[Any], indices_col: NDArray[Any], n_neighbors: int) -> NDArray[Any]:
    """Entries of every row at its own columns.

    Parameters
    ----------
    dmat : array of shape (m, n)
        Any numbers.
    indices_col : array of shape (m, k) or wider
        Columns of each row.
    n_neighbors : int
        k.

    Returns
    -------
    array of shape (m, k), of the type of `dmat`
    """
    return np.take_along_axis(np.asarray(dmat), np.asarray(indices_col)[:, :n_neighbors], axis=1)


def norm(vec: ArrayLike) -> float:
    """Euclidean length of a vector of shape (d,)."""
    return float(np.linalg.norm(np.asarray(vec)))


def disconnected_vertices(model: Any) -> NDArray[np.bool_]:
    """Mark the rows of a fitted model without any neighbour.

    Parameters
    ----------
    model : UMAP
        Fitted, of this package or umap-learn.

    Returns
    -------
    bool array of shape (n,)
    """
    lost = np.asarray(model.graph_.sum(axis=1)).ravel() == 0
    return lost[model._unique_inverse_] if getattr(model, "unique", False) else lost


def average_nn_distance(dist_matrix: Any) -> NDArray[np.float64]:
    """Mean of the stored entries of every row, with a warning where a row has none.

    Parameters
    ----------
    dist_matrix : sparse matrix of shape (n, n)
        Often `graph_` of a model, whose entries are memberships.

    Returns
    -------
    float64 array of shape (n,)
        NaN for a row without entries.
    """
    matrix = csr_matrix(dist_matrix)
    matrix.eliminate_zeros()
    counts = np.diff(matrix.indptr)
    sums = np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
    means = np.full(len(counts), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    if (counts == 0).any():
        msg = (
            f"{int((counts == 0).sum())} rows are disconnected: they have no entry, so their mean "
            "is NaN. umap.utils.disconnected_vertices(model) marks them."
        )
        warnings.warn(msg, UserWarning, stacklevel=2)
    return means


def csr_unique(
    matrix: Any,
    return_index: bool = True,
    return_inverse: bool = True,
    return_counts: bool = True,
) -> tuple[NDArray[np.int64], ...]:
    """Find the different rows of a sparse matrix.

    Parameters
    ----------
    matrix : sparse matrix of shape (n, d)
        Rows.
    return_index, return_inverse, return_counts : bool, default True
        Which of the three to return, in this order.

    Returns
    -------
    tuple of int64 arrays
        First rows of their kind, ``matrix[index]``; for every row the place of its kind there;
        how many rows of each kind.
    """
    rows: Any = csr_matrix(matrix, copy=True)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    kinds: dict[tuple[bytes, bytes], int] = {}
    index, inverse = [], np.empty(rows.shape[0], dtype=np.int64)
    for number in range(rows.shape[0]):
        inside = slice(rows.indptr[number], rows.indptr[number + 1])
        kind = (rows.indices[inside].tobytes(), rows.data[inside].tobytes())
        if kind not in kinds:
            kinds[kind] = len(index)
            index.append(number)
        inverse[number] = kinds[kind]
    parts = (
        (return_index, np.array(index, dtype=np.int64)),
        (return_inverse, inverse),
        (return_counts, np.bincount(inverse, minlength=len(index))),
    )
    return tuple(part for wanted, part in parts if wanted)
