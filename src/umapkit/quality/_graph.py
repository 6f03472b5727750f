"""The graph and the curve that every cost reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from umapkit.quality._check import as_matrix, check_positive
from umapkit.quality._pairs import squared_between


@dataclass(frozen=True)
class Edges:
    """A checked fuzzy graph in float64; both directions of every edge are there.

    Attributes
    ----------
    n : int
        Number of points.
    heads, tails : ndarray of int64, shape (e,)
        Ends of the edges, sorted by head and tail.
    weights : ndarray of float64, shape (e,)
        p_ij in (0, 1].
    """

    n: int
    heads: NDArray[np.int64]
    tails: NDArray[np.int64]
    weights: NDArray[np.float64]

    @property
    def degrees(self) -> NDArray[np.float64]:
        """d_i = sum_j p_ij, shape (n,)."""
        return sums_by(self.heads, self.weights, self.n)

    def dense(self) -> NDArray[np.float64]:
        """Table of p_ij, shape (n, n)."""
        table = np.zeros((self.n, self.n))
        table[self.heads, self.tails] = self.weights
        return table


@dataclass(frozen=True)
class Problem:
    """A checked fuzzy graph, the map, and the curve, in float64.

    Attributes
    ----------
    edges : Edges
        The graph.
    points : ndarray of float64, shape (n, c)
        The map.
    a, b : float
        The curve q = 1 / (1 + a d^(2b)).
    """

    edges: Edges
    points: NDArray[np.float64]
    a: float
    b: float

    @property
    def n(self) -> int:
        """Number of points."""
        return len(self.points)

    def edge_squared(self) -> NDArray[np.float64]:
        """Squared distances along the edges, shape (e,)."""
        return squared_between(self.points, self.edges.heads, self.edges.tails)


def sums_by(places: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Sum of the values at each of n places, added in order."""
    return np.bincount(places, weights=values, minlength=n).astype(np.float64)


def sums_at(places: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Add up, shape (n, c), the vectors (e, c) at each of n places, added in order."""
    return np.stack([sums_by(places, column, n) for column in values.T], axis=1)


def as_edges(graph: Any) -> Edges:
    """Check a fuzzy graph and return its edges, without explicit zeros.

    Parameters
    ----------
    graph : sparse array or ndarray of shape (n, n)
        Symmetric, values in [0, 1], no diagonal.

    Returns
    -------
    Edges
        In float64.

    Raises
    ------
    TypeError
        If it is no table of numbers.
    ValueError
        If it is not square and symmetric, leaves [0, 1], or has a diagonal.
    """
    try:
        sparse: Any = scipy.sparse.csr_array(graph, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"graph of type {type(graph).__name__} is not a matrix. Give a sparse (n, n) array."
        raise TypeError(msg) from error
    shape: tuple[int, ...] = tuple(np.shape(sparse))
    if len(shape) != 2 or shape[0] != shape[1]:
        msg = f"graph has shape {shape}. It must be square: (n, n)."
        raise ValueError(msg)
    if not sparse.has_canonical_format or not sparse.data.all():
        sparse = sparse.copy()
        sparse.sum_duplicates()
        sparse.eliminate_zeros()
    weights: NDArray[np.float64] = np.asarray(sparse.data, dtype=np.float64)
    if not np.all((weights > 0) & (weights <= 1)):
        msg = "graph has weights outside [0, 1]. Costs are defined for membership strengths."
        raise ValueError(msg)
    heads = np.repeat(np.arange(shape[0]), np.diff(sparse.indptr)).astype(np.int64)
    tails = np.asarray(sparse.indices).astype(np.int64)
    if np.any(heads == tails):
        msg = "graph has a diagonal. A point is no neighbour of itself: set the diagonal to 0."
        raise ValueError(msg)
    gap = float(abs(sparse - sparse.T).max()) if len(weights) else 0.0
    if gap > 1e-6:
        msg = (
            f"graph is not symmetric (p_ij and p_ji differ by up to {gap:.3g}). Give the fuzzy "
            "union, not the directed memberships."
        )
        raise ValueError(msg)
    return Edges(shape[0], heads, tails, weights)


def as_problem(graph: Any, embedding: Any, a: Any, b: Any) -> Problem:
    """Check graph, map and curve together; errors as :func:`as_edges`, and for unlike sizes."""
    edges = as_edges(graph)
    points = as_matrix(embedding, "embedding", np.float64)
    if edges.n != len(points):
        msg = f"graph has {edges.n} points and embedding has {len(points)} rows."
        raise ValueError(msg)
    return Problem(edges, points, check_positive(a, "a"), check_positive(b, "b"))
