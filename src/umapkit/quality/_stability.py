"""Whether maps of the same rows agree: over seeds, over bootstraps, over methods."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._seed import Stage, below, draw, key, resolve_seed
from umapkit._threads import one_blas_thread, resolve_n_jobs
from umapkit.quality._check import as_matrix, check_count, check_same_rows
from umapkit.quality._space import map_space


def procrustes_distance(first: ArrayLike, second: ArrayLike) -> float:
    """Share of a map that no shift, turn, mirror and scaling of another map explains.

    Both maps are centred and scaled to length one; then the best orthogonal map and scale are
    taken off. The same either way round, and that of ``scipy.spatial.procrustes``.

    Parameters
    ----------
    first, second : array-like of shape (n, c) and (n, e)
        Maps of the same rows; missing columns of the narrower one count as 0.

    Returns
    -------
    float
        From 0 (the same shape) to 1.

    Raises
    ------
    ValueError
        If lengths do not match, a value is not finite, or all points of a map coincide.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(50, 2))
    >>> round(procrustes_distance(points, 3 * points[:, ::-1] + 1), 6)
    0.0
    """
    a, b = _centred(first, "first"), _centred(second, "second")
    check_same_rows(a, b, ("first", "second"))
    product = np.array([[np.sum(x * y) for y in b.T] for x in a.T])
    with one_blas_thread():
        reach = float(np.linalg.svd(product, compute_uv=False).sum())
    return min(1.0, max(0.0, 1.0 - reach * reach))


def _centred(values: ArrayLike, name: str) -> NDArray[np.float64]:
    points = as_matrix(values, name, np.float64)
    points = points - points.mean(axis=0)
    length = math.sqrt(math.fsum((points * points).ravel()))
    if length == 0:
        msg = f"All points of {name} coincide: such a map has no shape."
        raise ValueError(msg)
    return points / length


def neighbor_overlap(
    first: ArrayLike, second: ArrayLike, *, n_neighbors: int = 15, n_jobs: int | None = None
) -> float:
    """Mean share of the k nearest that are the same in two maps.

    Parameters
    ----------
    first, second : array-like of shape (n, c) and (n, e)
        Maps of the same rows.
    n_neighbors : int, default 15
        k, at most n - 1. Larger values compare coarser structure.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        From 0 to 1; about k / (n - 1) for maps that have nothing to do with each other.

    Raises
    ------
    ValueError
        If lengths do not match, a value is not finite, or `n_neighbors` is out of range.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(50, 2))
    >>> neighbor_overlap(points, -points)
    1.0
    """
    threads = resolve_n_jobs(n_jobs)
    spaces = [map_space(first, "first"), map_space(second, "second")]
    check_same_rows(spaces[0].rows, spaces[1].rows, ("first", "second"))
    n = len(spaces[0].rows)
    k = check_count(n_neighbors, "n_neighbors", max(n - 1, 1), f"there are {n} rows")
    everyone = np.arange(n, dtype=np.int64)
    ours, theirs = (space.nearest(space.rows, everyone, k, threads)[0] for space in spaces)
    shared = 0
    for begin in range(0, n, 4096):
        a, b = ours[begin : begin + 4096], theirs[begin : begin + 4096]
        shared += int((a[:, :, None] == b[:, None, :]).sum())
    return shared / (n * k)


@dataclass(frozen=True)
class Stability:
    """How well several maps of the same rows agree, each with each.

    Attributes
    ----------
    procrustes : ndarray of float64, shape (maps, maps)
        :func:`procrustes_distance` of each two maps; 0 on the diagonal.
    overlap : ndarray of float64, shape (maps, maps)
        :func:`neighbor_overlap` of each two maps; 1 on the diagonal.
    n_neighbors : int
        k of the overlap.
    """

    procrustes: NDArray[np.float64]
    overlap: NDArray[np.float64]
    n_neighbors: int

    @property
    def mean_procrustes(self) -> float:
        """Mean over the pairs of maps; small: the maps have one shape."""
        return _mean_of_pairs(self.procrustes)

    @property
    def mean_overlap(self) -> float:
        """Mean over the pairs of maps; large: neighbours do not depend on the seed."""
        return _mean_of_pairs(self.overlap)

    def to_dict(self) -> dict[str, Any]:
        """Return means and tables, for JSON."""
        return {
            "mean_procrustes": self.mean_procrustes,
            "mean_overlap": self.mean_overlap,
            "n_neighbors": self.n_neighbors,
            "procrustes": self.procrustes.tolist(),
            "overlap": self.overlap.tolist(),
        }


def _mean_of_pairs(table: NDArray[np.float64]) -> float:
    values = table[np.triu_indices(len(table), 1)]
    return math.fsum(values) / len(values)


def stability(
    maps: Sequence[ArrayLike], *, n_neighbors: int = 15, n_jobs: int | None = None
) -> Stability:
    """Compare several maps of the same rows, for instance of several seeds.

    Parameters
    ----------
    maps : sequence of array-like of shape (n, c)
        Two or more maps, the same rows in the same order.
    n_neighbors : int, default 15
        k of the neighbour overlap.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Stability
        Tables of both measures, and their means.

    Raises
    ------
    ValueError
        If there are fewer than two maps, or as for :func:`neighbor_overlap`.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(50, 2))
    >>> found = stability([points, 2 * points, points[:, ::-1]])
    >>> found.mean_overlap
    1.0
    """
    count = len(maps)
    if count < 2:
        msg = f"{count} map cannot be compared. Give at least 2."
        raise ValueError(msg)
    procrustes, overlap = np.zeros((count, count)), np.eye(count)
    for i, j in combinations(range(count), 2):
        procrustes[i, j] = procrustes[j, i] = procrustes_distance(maps[i], maps[j])
        overlap[i, j] = overlap[j, i] = neighbor_overlap(
            maps[i], maps[j], n_neighbors=n_neighbors, n_jobs=n_jobs
        )
    return Stability(procrustes, overlap, int(n_neighbors))


def bootstrap_stability(
    fit: Callable[[NDArray[Any], int], ArrayLike],
    X: ArrayLike,
    *,
    n_maps: int = 5,
    n_neighbors: int = 15,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Stability:
    """Make maps of resampled rows and compare each two on the rows that both hold.

    Each map sees n rows drawn with replacement; copies count once, so it holds about 63 % of the
    rows, and two maps share about 40 %.

    Parameters
    ----------
    fit : callable
        ``fit(rows, seed)`` returns the map of these rows, for instance
        ``lambda rows, seed: UMAP(random_state=seed).fit_transform(rows)``.
    X : array-like of shape (n, d)
        The rows.
    n_maps : int, default 5
        Maps to make, 2 or more.
    n_neighbors : int, default 15
        k of the neighbour overlap, below the number of rows that two maps share.
    random_state : int, Generator, RandomState or None
        Seed of the draws; map number i gets this seed plus i.
    n_jobs : int or None
        Threads of the comparisons.

    Returns
    -------
    Stability
        Tables of both measures, and their means.

    Raises
    ------
    ValueError
        If `fit` returns another number of rows, or as for :func:`stability`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(200, 3))
    >>> found = bootstrap_stability(lambda rows, seed: rows[:, :2], rows, n_maps=3)
    >>> found.mean_overlap, round(found.mean_procrustes, 6)
    (1.0, 0.0)
    """
    count = check_count(n_maps, "n_maps", 2**20, "two maps can be compared", least=2)
    rows = np.asarray(X)
    n = len(rows)
    seed = resolve_seed(random_state)
    held, maps = [], []
    for i in range(count):
        keys = key(seed, Stage.SAMPLE, 3 + i, np.arange(n, dtype=np.uint64))
        chosen = np.unique(below(draw(keys, 0), n))
        made = as_matrix(fit(rows[chosen], (seed + i) % 2**32), "fit's map")
        if len(made) != len(chosen):
            msg = f"fit returned {len(made)} rows for {len(chosen)}. It must map every row."
            raise ValueError(msg)
        held.append(chosen)
        maps.append(made)
    procrustes, overlap = np.zeros((count, count)), np.eye(count)
    for i, j in combinations(range(count), 2):
        _, a, b = np.intersect1d(held[i], held[j], assume_unique=True, return_indices=True)
        procrustes[i, j] = procrustes[j, i] = procrustes_distance(maps[i][a], maps[j][b])
        overlap[i, j] = overlap[j, i] = neighbor_overlap(
            maps[i][a], maps[j][b], n_neighbors=n_neighbors, n_jobs=n_jobs
        )
    return Stability(procrustes, overlap, int(n_neighbors))
