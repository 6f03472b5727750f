"""Intersections of fuzzy graphs, and the local connectivity that they need afterwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._threads import resolve_n_jobs
from umapkit.graph._csr import Csr, Lists, csr_parts, shape_of, united

UNKNOWN_FACTOR = np.exp(-1.0)  # unknown_dist = 1
_FARTHEST = 1e12
_LEAST = 1e-8
_LEAST_RIGHT = 1e-4


def farness(target_weight: float) -> float:
    """How far apart two targets at distance 1 are: 2.5 / (1 - w), 1e12 at w = 1.

    Raises
    ------
    ValueError
        If the weight lies outside [0, 1].
    """
    check_weight(target_weight)
    return 2.5 / (1.0 - target_weight) if target_weight < 1 else _FARTHEST


def check_weight(target_weight: float) -> None:
    """Raise ValueError unless the weight lies in [0, 1]."""
    if not 0 <= target_weight <= 1:
        msg = (
            f"target_weight={target_weight!r} is not allowed. Give a number from 0 (ignore the "
            "labels) to 1 (labels decide)."
        )
        raise ValueError(msg)


def restored(parts: Csr, values: NDArray[np.float64], *, n_jobs: int | None = None) -> csr_array:
    """Give a graph of new weights its local connectivity back.

    Every row is divided by its largest value and united with the transpose, so that every row
    that has an edge at all has one of membership 1.

    Parameters
    ----------
    parts : (indptr, indices, data)
        Sorted rows of a square matrix; data are not read.
    values : float64 array of shape (nnz,)
        The weights instead of data, not negative.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Symmetric, sorted indices, values in (0, 1], no explicit zeros.
    """
    indptr, indices, _ = parts
    largest = np.zeros(len(indptr) - 1)
    filled = np.flatnonzero(np.diff(indptr))
    if len(filled):
        largest[filled] = np.maximum.reduceat(values, indptr[filled])
    scale = np.repeat(largest, np.diff(indptr))
    values = np.divide(values, scale, out=np.zeros_like(values), where=scale > 0)
    lists = Lists.of((indptr, indices, values.astype(np.float32)))
    return united(lists, 1.0, resolve_n_jobs(n_jobs))


def intersect_graphs(
    left: csr_array, right: csr_array, *, weight: float = 0.5, n_jobs: int | None = None
) -> csr_array:
    """Intersect two fuzzy graphs over the union of their edges.

    With l and r the memberships of an edge, it gets ``l * r**(w / (1 - w))`` for a weight w below
    1/2 and ``l**((1 - w) / w) * r`` from there on: l alone at 0, r alone at 1. A graph without the
    edge counts as half its least membership (but at least 1e-8, and on the right at most 1e-4).
    Afterwards the local connectivity is restored.

    Parameters
    ----------
    left, right : csr_array, shape (n, n)
        Memberships in (0, 1]; they need not be symmetric.
    weight : float in [0, 1], default 0.5
        Larger values give `right` more to say. At 0 the result is `left` with half its least
        membership on the edges that only `right` has.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Symmetric, sorted indices, values in (0, 1], no explicit zeros.

    Raises
    ------
    ValueError
        If the shapes differ or the weight lies outside [0, 1].

    References
    ----------
    The formulas are those of umap-learn's ``general_simplicial_set_intersection``, followed by its
    ``reset_local_connectivity``.
    """
    check_weight(weight)
    if left.shape != right.shape:
        msg = f"Graphs of shapes {left.shape} and {right.shape} have no intersection. Give equal."
        raise ValueError(msg)
    parts, of_left, of_right = united_edges(left, right)
    return restored(parts, meet(of_left, of_right, weight), n_jobs=n_jobs)


def united_edges(
    left: csr_array, right: csr_array
) -> tuple[Csr, NDArray[np.float64], NDArray[np.float64]]:
    """Sorted rows of all edges that one of two graphs has, and their memberships; NaN for none."""
    n = shape_of(left)[0]
    keys, values = zip(*(_keyed(graph) for graph in (left, right)), strict=True)
    both = np.union1d(*keys)
    found = np.full((2, len(both)), np.nan)
    for side in range(2):
        found[side, np.searchsorted(both, keys[side])] = values[side]
    indptr = np.searchsorted(both, np.arange(n + 1, dtype=np.int64) * n)
    parts = (indptr.astype(np.int64), (both % n).astype(np.int32), np.empty(0, dtype=np.float32))
    return parts, found[0], found[1]


def meet(
    left: NDArray[np.float64], right: NDArray[np.float64], weight: float
) -> NDArray[np.float64]:
    """Intersect memberships edge by edge; NaN means that a graph does not have the edge."""
    least_left = max(np.fmin.reduce(left, initial=1.0) / 2, _LEAST)
    least_right = min(max(np.fmin.reduce(right, initial=1.0) / 2, _LEAST), _LEAST_RIGHT)
    one = np.where(np.isnan(left), least_left, left)
    other = np.where(np.isnan(right), least_right, right)
    if weight < 0.5:
        met = one * other ** (weight / (1.0 - weight))
    else:
        met = one ** ((1.0 - weight) / weight) * other
    counts = (one > least_left) | (other > least_right)
    return np.where(counts, met, np.nan_to_num(left) + np.nan_to_num(right))


def _keyed(graph: csr_array) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    indptr, indices, data = csr_parts(graph)
    n = len(indptr) - 1
    rows = np.repeat(np.arange(n, dtype=np.int64), np.diff(indptr))
    return rows * n + indices, data.astype(np.float64)
