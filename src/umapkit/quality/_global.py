"""Whether a map keeps what is far: triplets, distances of pairs, the order of the classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._seed import Stage, below, draw, key, resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import as_codes, as_matrix, check_count, check_same_rows
from umapkit.quality._near import pick_rows, take
from umapkit.quality._score import Score, check_confidence, mean_score
from umapkit.quality._space import MetricLike, map_space, space_of


def random_triplet_accuracy(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    sample_size: int = 10_000,
    triplets_per_row: int = 5,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Score:
    """Share of random triplets (i, j, k) of which data and map say alike which of j, k is nearer i.

    0.5: a map that knows nothing of large distances. A tie agrees with a tie only.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32; n is 3 or more.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    sample_size : int, default 10,000
        Rows i that are asked, drawn without replacement; all if there are fewer.
    triplets_per_row : int, default 5
        Pairs j, k drawn for each.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`.
    confidence : float, default 0.95
        Of the interval; always one, since triplets are always drawn.
    random_state : int, Generator, RandomState or None
        Seed of the triplets.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Score
        A float in [0, 1], with ``low`` and ``high``.

    Raises
    ------
    ValueError
        If shapes do not match, a value is not finite, or there are fewer than 3 rows.

    References
    ----------
    Wang, Huang, Rudin and Shaposhnik: Understanding how dimension reduction tools work, JMLR 22,
    2021.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> random_triplet_accuracy(rows, 3 * rows)
    1.0
    """
    threads = resolve_n_jobs(n_jobs)
    data, points = space_of(X, metric, metric_kwds, n_threads=threads), map_space(embedding)
    check_same_rows(data.rows, points.rows, ("X", "embedding"))
    n = len(points.rows)
    if n < 3:
        msg = f"{n} rows have no triplet: give at least 3."
        raise ValueError(msg)
    asked = check_count(sample_size, "sample_size", 2**31 - 1, "it counts rows")
    each = check_count(triplets_per_row, "triplets_per_row", 2**20, "it counts triplets")
    seed = resolve_seed(random_state)
    chosen = pick_rows(n, asked, seed)
    keys = key(seed, Stage.SAMPLE, 1, chosen.astype(np.uint64))[:, None]
    turns = np.arange(each, dtype=np.uint64)[None, :]
    # Two different rows that are not i: shifted past what is already taken, in ascending order.
    first = below(draw(keys, 2 * turns), n - 1)
    first += first >= chosen[:, None]
    second = below(draw(keys, 2 * turns + np.uint64(1)), n - 2)
    low, high = np.minimum(first, chosen[:, None]), np.maximum(first, chosen[:, None])
    second += second >= low
    second += second >= high
    others = np.concatenate([first, second], axis=1).astype(np.int32)
    signs = []
    for space in (data, points):
        far = space.listed(take(space.rows, chosen), others, threads)
        signs.append(np.sign(far[:, :each] - far[:, each:]))
    agree = (signs[0] == signs[1]).mean(axis=1)
    share = check_confidence(confidence)
    return mean_score(agree, n=None, confidence=share, ends=(0.0, 1.0), n_judged=len(chosen) * each)


@dataclass(frozen=True)
class DistanceCorrelation:
    """How distances on the map go with those in the data.

    Attributes
    ----------
    pearson : float
        Correlation of the distances: 1 for a map to scale. NaN where one side's are all equal.
    spearman : float
        Correlation of their ranks: 1 for a map that keeps the order of all distances.
    n_pairs : int
        Pairs that were drawn.
    """

    pearson: float
    spearman: float
    n_pairs: int

    def to_dict(self) -> dict[str, float | int | None]:
        """Return what JSON can hold; NaN becomes None."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def distance_correlation(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_pairs: int | Literal["all"] = 50_000,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> DistanceCorrelation:
    """Correlate the distances of pairs of rows in the data and on the map.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32; n is 2 or more.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    n_pairs : int or "all", default 50,000
        Pairs to draw, with replacement, of different rows; 2 or more. "all" takes each pair once:
        O(n^2) time and memory.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`.
    random_state : int, Generator, RandomState or None
        Seed of the pairs.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    DistanceCorrelation
        Pearson's and Spearman's coefficients, ties sharing their mean rank.

    Raises
    ------
    ValueError
        If shapes do not match, a value is not finite, or there is one row only.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> found = distance_correlation(rows, 3 * rows + 1)
    >>> round(found.pearson, 6), round(found.spearman, 6)
    (1.0, 1.0)
    """
    threads = resolve_n_jobs(n_jobs)
    data, points = space_of(X, metric, metric_kwds, n_threads=threads), map_space(embedding)
    check_same_rows(data.rows, points.rows, ("X", "embedding"))
    n = len(points.rows)
    if n < 2:
        msg = "1 row has no distance to others: give at least 2 rows."
        raise ValueError(msg)
    if n_pairs == "all":
        i, j = np.triu_indices(n, 1)
    else:
        drawn = check_count(n_pairs, "n_pairs", 2**31 - 1, "it counts pairs", least=2)
        keys = key(resolve_seed(random_state), Stage.SAMPLE, 2, np.arange(drawn, dtype=np.uint64))
        i, j = below(draw(keys, 0), n), below(draw(keys, 1), n - 1)
        j += j >= i
    count = len(i)
    distances = []
    for space in (data, points):
        far = np.empty(count)
        for begin in range(0, count, 1 << 14):
            some = slice(begin, begin + (1 << 14))
            listed = j[some, None].astype(np.int32)
            keys_of = space.listed(np.ascontiguousarray(space.rows[i[some]]), listed, threads)
            far[some] = space.distances(keys_of)[:, 0]
        distances.append(far)
    return _correlations(distances[0], distances[1])


def _correlations(x: NDArray[np.float64], y: NDArray[np.float64]) -> DistanceCorrelation:
    from scipy.stats import rankdata

    return DistanceCorrelation(
        pearson=pearson(x, y), spearman=pearson(rankdata(x), rankdata(y)), n_pairs=len(x)
    )


def pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Correlation; NaN where a side is constant."""
    dx, dy = x - math.fsum(x) / len(x), y - math.fsum(y) / len(y)
    xx, yy = math.fsum(dx * dx), math.fsum(dy * dy)
    return math.fsum(dx * dy) / math.sqrt(xx * yy) if xx > 0 and yy > 0 else math.nan


@dataclass(frozen=True)
class CentroidOrder:
    """Whether the classes lie on the map as they lie in the data.

    Attributes
    ----------
    triplets : float
        Share of all triplets of class centres of which data and map say alike which of two
        is nearer the third. NaN with 2 classes.
    spearman : float
        Rank correlation of the distances between class centres. NaN with 2 classes.
    n_classes : int
        Classes.
    """

    triplets: float
    spearman: float
    n_classes: int

    def to_dict(self) -> dict[str, float | int | None]:
        """Return what JSON can hold; NaN becomes None."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def centroid_order(X: ArrayLike, embedding: ArrayLike, y: ArrayLike) -> CentroidOrder:
    """Compare how the centres of the classes lie in the data and on the map.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32; distances of centres are Euclidean, for means are.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    y : array-like of shape (n,)
        Labels, of at least 2 classes. O(classes^3) time.

    Returns
    -------
    CentroidOrder
        Share of triplets and rank correlation.

    Raises
    ------
    ValueError
        If lengths do not match, a value is not finite, or there is one class only.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 3))
    >>> centroid_order(rows, 2 * rows, np.arange(100) % 5).triplets
    1.0
    """
    rows, points = as_matrix(X, "X"), as_matrix(embedding, "embedding")
    check_same_rows(rows, points, ("X", "embedding"))
    classes, codes = as_codes(y, len(rows), "y")
    c = len(classes)
    if c < 2:
        msg = "y has 1 class only. An order of centres needs at least 2."
        raise ValueError(msg)
    if c == 2:
        return CentroidOrder(math.nan, math.nan, 2)
    ours, theirs = (_centre_distances(table, codes, c) for table in (rows, points))
    agree, total = 0, 0
    for i in range(c):
        others = np.flatnonzero(np.arange(c) != i)
        a, b = np.triu_indices(c - 1, 1)
        here = np.sign(ours[i, others[a]] - ours[i, others[b]])
        there = np.sign(theirs[i, others[a]] - theirs[i, others[b]])
        agree += int((here == there).sum())
        total += len(a)
    pairs = np.triu_indices(c, 1)
    return CentroidOrder(agree / total, _correlations(ours[pairs], theirs[pairs]).spearman, c)


def _centre_distances(
    rows: NDArray[np.float32], codes: NDArray[np.int64], c: int
) -> NDArray[np.float64]:
    sizes = np.bincount(codes, minlength=c)
    centres = np.stack(
        [np.bincount(codes, weights=column, minlength=c) / sizes for column in rows.T], axis=1
    )
    return np.sqrt(((centres[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
