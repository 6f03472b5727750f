"""Trustworthiness and continuity: whether neighbours in one space are near in the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import check_count, check_same_rows, check_sample_size
from umapkit.quality._near import pick_rows, take
from umapkit.quality._score import Score, check_confidence, mean_score
from umapkit.quality._space import MetricLike, Space, map_space, space_of


def trustworthiness(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 5,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = None,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Score:
    r"""Share of the map's neighbourhoods that the data bear out.

    .. math:: T(k) = 1 - \frac{2}{nk(2n-3k-1)} \sum_i \sum_{j \in U_k(i)} \max(0, r(i,j)-k)

    where U_k(i) are i's k nearest in the map and r(i, j) is the rank of j among all rows by the
    distance from i in the data (nearest is 1). 1: no false neighbour; about 0.5: a random map.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32.
    embedding : array-like of shape (n, c)
        The map, read as float32; distances in it are Euclidean.
    n_neighbors : int
        k, below n / 2. Larger values judge coarser structure.
    metric : str, Metric or callable, default "euclidean"
        Distance in the data: a name out of ``umapkit.distances.METRICS``, or a function of two
        rows. Metrics without a kernel are measured by their formula, which is slow.
    metric_kwds : mapping, optional
        Its keywords.
    sample_size : int, optional
        Judge this many rows, drawn by a hash without replacement, instead of all (all rows if
        there are fewer). Their ranks still count all n rows, so the mean is unbiased.
    confidence : float, default 0.95
        Of the interval around the score of a sample; larger values widen it.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Score
        A float in [0, 1]; its ``low`` and ``high`` are the ends of the interval, the value itself
        where all rows were judged.

    Raises
    ------
    ValueError
        If shapes do not match, a value is not finite, or `n_neighbors` is not below n / 2.

    Notes
    -----
    Equal to ``sklearn.manifold.trustworthiness`` where no distances tie; ties go to the lower
    index, in both spaces. Memory grows with n, not with its square.

    References
    ----------
    Venna and Kaski: Neighborhood preservation in nonlinear projection methods, ICANN 2001.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(500, 2))
    >>> trustworthiness(rows, rows)
    1.0
    >>> score = trustworthiness(rows, rows[:, :1], sample_size=100)
    >>> score.low < score < score.high
    True
    """
    threads = resolve_n_jobs(n_jobs)
    data = space_of(X, metric, metric_kwds, n_threads=threads)
    parts, n = rank_parts(
        data, map_space(embedding), n_neighbors, sample_size, random_state, threads, swap=False
    )
    return mean_score(parts, n=n, confidence=check_confidence(confidence), ends=(0.0, 1.0))


def continuity(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 5,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = None,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Score:
    """Share of the data's neighbourhoods that the map kept: trustworthiness, spaces swapped.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    n_neighbors : int
        k, below n / 2.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`.
    sample_size : int, optional
        Judge this many rows instead of all.
    confidence : float, default 0.95
        Of the interval around the score of a sample.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Score
        A float in [0, 1]; 1: no neighbour of the data was torn away.

    Raises
    ------
    ValueError
        As :func:`trustworthiness`.

    References
    ----------
    Venna and Kaski: Neighborhood preservation in nonlinear projection methods, ICANN 2001.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> continuity(rows, rows)
    1.0
    """
    threads = resolve_n_jobs(n_jobs)
    data = space_of(X, metric, metric_kwds, n_threads=threads)
    parts, n = rank_parts(
        data, map_space(embedding), n_neighbors, sample_size, random_state, threads, swap=True
    )
    return mean_score(parts, n=n, confidence=check_confidence(confidence), ends=(0.0, 1.0))


def row_trustworthiness(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 5,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Trustworthiness of every row by itself: where on the map neighbours are false.

    Parameters
    ----------
    X, embedding, n_neighbors, metric, metric_kwds, n_jobs
        As for :func:`trustworthiness`, which is the mean.

    Returns
    -------
    ndarray of float64, shape (n,)
        1: all neighbours on the map are true ones. 0 only where they are the farthest rows.

    Raises
    ------
    ValueError
        As :func:`trustworthiness`.
    """
    threads = resolve_n_jobs(n_jobs)
    data = space_of(X, metric, metric_kwds, n_threads=threads)
    return rank_parts(data, map_space(embedding), n_neighbors, None, 0, threads, swap=False)[0]


def row_continuity(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 5,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Continuity of every row by itself: where neighbours were torn away.

    Parameters
    ----------
    X, embedding, n_neighbors, metric, metric_kwds, n_jobs
        As for :func:`continuity`, which is the mean.

    Returns
    -------
    ndarray of float64, shape (n,)
        1: all of the row's neighbours are its neighbours on the map.

    Raises
    ------
    ValueError
        As :func:`trustworthiness`.
    """
    threads = resolve_n_jobs(n_jobs)
    data = space_of(X, metric, metric_kwds, n_threads=threads)
    return rank_parts(data, map_space(embedding), n_neighbors, None, 0, threads, swap=True)[0]


def rank_parts(
    data: Space,
    points: Space,
    n_neighbors: int,
    sample_size: int | None,
    random_state: Any,
    threads: int,
    *,
    swap: bool,
) -> tuple[NDArray[np.float64], int]:
    """Return the score of each judged row, and how many rows there are."""
    check_same_rows(data.rows, points.rows, ("X", "embedding"))
    n = len(points.rows)
    if n < 3:
        msg = f"{n} rows are too few: n_neighbors=1 needs 3, because it must be below n / 2."
        raise ValueError(msg)
    k = check_count(n_neighbors, "n_neighbors", (n - 1) // 2, f"it must be below n / 2 = {n / 2}")
    chosen = pick_rows(n, check_sample_size(sample_size), random_state)
    ranked, listing = (points, data) if swap else (data, points)
    listed, _ = listing.nearest(take(listing.rows, chosen), chosen, k, threads)
    ranks = ranked.ranks(take(ranked.rows, chosen), chosen, listed, threads)
    return row_scores(ranks, k, n), n


def row_scores(ranks: NDArray[np.int32], k: int, n: int) -> NDArray[np.float64]:
    """1 - 2 / (k (2n - 3k - 1)) sum_j max(0, rank - k) of every row; n rows have ranks."""
    late = np.maximum(ranks.astype(np.int64) - k, 0).sum(axis=1)
    return 1.0 - late * (2.0 / (k * (2.0 * n - 3.0 * k - 1.0)))
