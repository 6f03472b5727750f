"""Share of the nearest neighbours that a map keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import check_count, check_same_rows, check_sample_size
from umapkit.quality._near import pick_rows, take
from umapkit.quality._score import Score, check_confidence, mean_score
from umapkit.quality._space import MetricLike, map_space, space_of


class NeighborLists(Protocol):
    """Neighbour lists of all rows: sorted, column 0 is the row itself, -1 marks a gap."""

    @property
    def indices(self) -> NDArray[np.int32]:
        """Rows, shape (n, columns)."""
        ...

    @property
    def distances(self) -> NDArray[np.float32]:
        """Their distances, shape (n, columns)."""
        ...


def neighborhood_preservation(
    X: ArrayLike | None,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 15,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = None,
    confidence: float = 0.95,
    neighbors: NeighborLists | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Score:
    """Mean share of the k nearest in the map that are among the k nearest in the data.

    The row itself is not counted. Ties in the data are no error of the map: a neighbour in the
    map counts if it is *as near in the data as the k-th nearest is*, whichever of the tied rows
    a list would name; so rows with more than k - 1 equals score 1 if the map keeps them
    together. Ties in the map go to the lower index, so that a map that collapsed to one place
    scores what guessing would.

    Parameters
    ----------
    X : array-like of shape (n, d), or None
        The data, read as float32; None where `neighbors` is given.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    n_neighbors : int
        k, at most n - 1. Larger values judge coarser structure.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`; read with `X` only.
    sample_size : int, optional
        Judge this many rows, drawn by a hash, instead of all.
    confidence : float, default 0.95
        Of the interval around the score of a sample.
    neighbors : object with `indices` and `distances`, optional
        The data's neighbour lists in place of `X`: (n, k + 1) or more columns, column 0 the row
        itself. Ties beyond the last column are not seen. Approximate lists give an approximate
        score.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Score
        A float in [0, 1], with ``low`` and ``high``.

    Raises
    ------
    ValueError
        If shapes do not match, both or none of `X` and `neighbors` are given, or `n_neighbors`
        is more than the rows or lists hold.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> neighborhood_preservation(rows, 3 * rows)
    1.0
    """
    (kept,), n = kept_parts(
        X, embedding, [n_neighbors], metric, metric_kwds, sample_size, neighbors, random_state,
        n_jobs,
    )  # fmt: skip
    return mean_score(kept, n=n, confidence=check_confidence(confidence), ends=(0.0, 1.0))


def preservation_curve(
    X: ArrayLike | None,
    embedding: ArrayLike,
    *,
    n_neighbors: Sequence[int] = (5, 15, 50, 150),
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = None,
    confidence: float = 0.95,
    neighbors: NeighborLists | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> dict[int, Score]:
    """Neighbourhood preservation at several scales, by one search at the largest.

    Parameters
    ----------
    X, embedding, metric, metric_kwds, sample_size, confidence, neighbors, random_state, n_jobs
        As for :func:`neighborhood_preservation`.
    n_neighbors : sequence of int
        The scales k.

    Returns
    -------
    dict of int to Score
        For each k what :func:`neighborhood_preservation` gives.

    Raises
    ------
    ValueError
        As :func:`neighborhood_preservation`, or if there is no k.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(50, 3))
    >>> curve = preservation_curve(rows, rows[:, :2], n_neighbors=[5, 20])
    >>> curve[5] < curve[20]
    True
    """
    if len(n_neighbors) == 0:
        msg = "n_neighbors is empty. Give at least one number of neighbours."
        raise ValueError(msg)
    parts, n = kept_parts(
        X, embedding, n_neighbors, metric, metric_kwds, sample_size, neighbors, random_state,
        n_jobs,
    )  # fmt: skip
    share = check_confidence(confidence)
    return {
        int(k): mean_score(kept, n=n, confidence=share, ends=(0.0, 1.0))
        for k, kept in zip(n_neighbors, parts, strict=True)
    }


def row_preservation(
    X: ArrayLike | None,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 15,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    neighbors: NeighborLists | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Share of neighbours kept, of every row by itself: where on the map neighbours are missing.

    Parameters
    ----------
    X, embedding, n_neighbors, metric, metric_kwds, neighbors, n_jobs
        As for :func:`neighborhood_preservation`, which is the mean.

    Returns
    -------
    ndarray of float64, shape (n,)
        From 0 to 1.

    Raises
    ------
    ValueError
        As :func:`neighborhood_preservation`.
    """
    parts, _ = kept_parts(
        X, embedding, [n_neighbors], metric, metric_kwds, None, neighbors, 0, n_jobs
    )
    return parts[0]


def kept_parts(
    X: ArrayLike | None,
    embedding: ArrayLike,
    scales: Sequence[int],
    metric: MetricLike,
    metric_kwds: Mapping[str, Any] | None,
    sample_size: int | None,
    neighbors: NeighborLists | None,
    random_state: Any,
    n_jobs: int | None,
) -> tuple[list[NDArray[np.float64]], int]:
    """Return for each k the share kept of each judged row, and how many rows there are."""
    points = map_space(embedding)
    n = len(points.rows)
    if n < 2:
        msg = "1 row has no neighbours. Give at least 2 rows."
        raise ValueError(msg)
    counts = [check_count(k, "n_neighbors", n - 1, f"there are {n} rows") for k in scales]
    most = max(counts)
    threads = resolve_n_jobs(n_jobs)
    chosen = pick_rows(n, check_sample_size(sample_size), random_state)
    if X is None:
        if neighbors is None:
            msg = "Of X and neighbors neither is given. Give one."
            raise ValueError(msg)
        if metric != "euclidean" or metric_kwds:
            msg = "metric is of no use with neighbors: their distances are given. Leave it out."
            raise ValueError(msg)
        near = _lists_of(neighbors, n, most)
        listed, _ = points.nearest(take(points.rows, chosen), chosen, most, threads)
        return [_found_in_lists(listed[:, :k], chosen, near, k) for k in counts], n
    if neighbors is not None:
        msg = "Of X and neighbors both are given. Give one; X=None where neighbors is given."
        raise ValueError(msg)
    data = space_of(X, metric, metric_kwds, n_threads=threads)
    check_same_rows(data.rows, points.rows, ("X", "embedding"))
    queries = take(data.rows, chosen)
    listed, _ = points.nearest(take(points.rows, chosen), chosen, most, threads)
    _, keys = data.nearest(queries, chosen, most, threads)
    reached = data.listed(queries, listed, threads)
    return [(reached[:, :k] <= keys[:, k - 1 : k]).sum(axis=1) / k for k in counts], n


def _lists_of(
    neighbors: NeighborLists, n: int, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    indices, distances = np.asarray(neighbors.indices), np.asarray(neighbors.distances)
    if indices.shape != distances.shape or indices.ndim != 2 or len(indices) != n:
        msg = (
            f"neighbors has indices of shape {indices.shape} and distances of shape "
            f"{distances.shape}; the map has {n} rows. Both must be ({n}, columns)."
        )
        raise ValueError(msg)
    if indices.shape[1] < k + 1:
        msg = (
            f"neighbors has {indices.shape[1]} columns, the row itself included; n_neighbors={k} "
            f"needs {k + 1}. Give longer lists or a smaller n_neighbors."
        )
        raise ValueError(msg)
    return indices, distances


def _found_in_lists(
    listed: NDArray[np.int32],
    chosen: NDArray[np.int64],
    near: tuple[NDArray[np.int32], NDArray[np.float32]],
    k: int,
) -> NDArray[np.float64]:
    found = np.empty(len(chosen))
    for begin in range(0, len(chosen), 4096):
        block = chosen[begin : begin + 4096]
        indices, distances = near[0][block, 1:], near[1][block, 1:]
        counts = (indices >= 0) & (distances <= distances[:, k - 1 : k])
        allowed = np.where(counts, indices, -1)
        ours = listed[begin : begin + 4096]
        both = (ours[:, :, None] == allowed[:, None, :]).any(axis=2)
        found[begin : begin + 4096] = both.sum(axis=1) / k
    return found
