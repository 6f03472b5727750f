"""The graph and the curve that every cost reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from umapkit.quality._check import as_matrix, check_positive


@dataclass(frozen=True)
class Problem:
    """A checked fuzzy graph, the map, and the curve, in float64.

    Attributes
    ----------
    heads, tails : ndarray of int64, shape (e,)
        Ends of the edges; both directions of every edge are there.
    weights : ndarray of float64, shape (e,)
        p_ij in (0, 1].
    degrees : ndarray of float64, shape (n,)
        d_i = sum_j p_ij.
    points : ndarray of float64, shape (n, c)
        The map.
    a, b : float
        The curve q = 1 / (1 + a d^(2b)).
    """

    heads: NDArray[np.int64]
    tails: NDArray[np.int64]
    weights: NDArray[np.float64]
    degrees: NDArray[np.float64]
    points: NDArray[np.float64]
    a: float
    b: float

    @property
    def n(self) -> int:
        """Number of points."""
        return len(self.points)

    def edge_squared(self) -> NDArray[np.float64]:
        """Squared distances along the edges, shape (e,)."""
        total = np.zeros(len(self.weights))
        for axis in self.points.T:
            total += (axis[self.heads] - axis[self.tails]) ** 2
        return total


def as_edges(graph: Any) -> scipy.sparse.coo_array:
    """Check a fuzzy graph and return its edges, without explicit zeros, in row order.

    Parameters
    ----------
    graph : sparse array or ndarray of shape (n, n)
        Symmetric, values in [0, 1], no diagonal.

    Returns
    -------
    coo_array of float64
        Sorted by (row, column), no duplicates.

    Raises
    ------
    TypeError
        If it is no table of numbers.
    ValueError
        If it is not square and symmetric, leaves [0, 1], or has a diagonal.
    """
    try:
        sparse = scipy.sparse.csr_array(graph, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"graph of type {type(graph).__name__} is not a matrix. Give a sparse (n, n) array."
        raise TypeError(msg) from error
    if sparse.ndim != 2 or sparse.shape[0] != sparse.shape[1]:
        msg = f"graph has shape {sparse.shape}. It must be square: (n, n)."
        raise ValueError(msg)
    if not sparse.has_canonical_format:
        sparse = sparse.copy()
        sparse.sum_duplicates()
    if not (np.isfinite(sparse.data).all() and np.all((sparse.data >= 0) & (sparse.data <= 1))):
        msg = "graph has weights outside [0, 1]. Costs are defined for membership strengths."
        raise ValueError(msg)
    if sparse.diagonal().any():
        msg = "graph has a diagonal. A point is no neighbour of itself: set the diagonal to 0."
        raise ValueError(msg)
    gap = abs(sparse - sparse.T).max() if sparse.nnz else 0.0
    if gap > 1e-6:
        msg = (
            f"graph is not symmetric (p_ij and p_ji differ by up to {gap:.3g}). Give the fuzzy "
            "union, not the directed memberships."
        )
        raise ValueError(msg)
    edges = sparse.tocoo()
    if not edges.data.all():
        edges.eliminate_zeros()
    return edges


def as_problem(graph: Any, embedding: Any, a: Any, b: Any) -> Problem:
    """Check graph, map and curve together; errors as :func:`as_edges`, and for unlike sizes."""
    edges = as_edges(graph)
    points = as_matrix(embedding, "embedding", np.float64)
    if edges.shape[0] != len(points):
        msg = f"graph has {edges.shape[0]} points and embedding has {len(points)} rows."
        raise ValueError(msg)
    return Problem(
        heads=edges.row.astype(np.int64),
        tails=edges.col.astype(np.int64),
        weights=edges.data,
        degrees=np.bincount(edges.row, weights=edges.data, minlength=len(points)),
        points=points,
        a=check_positive(a, "a"),
        b=check_positive(b, "b"),
    )
