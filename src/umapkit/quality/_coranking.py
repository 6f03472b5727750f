"""Co-ranking: how many neighbours a map keeps at every scale at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import check_same_rows, check_sample_size
from umapkit.quality._near import pick_rows, take
from umapkit.quality._space import MetricLike, map_space, space_of


@dataclass(frozen=True)
class CoRanking:
    """Neighbours kept at every scale, and what is read off that curve.

    Attributes
    ----------
    n : int
        Rows.
    n_judged : int
        Rows whose rankings were compared; ``n`` where the curve is exact.
    kept : ndarray of float64, shape (n - 1,)
        Q(k) for k = 1 to n - 1: mean share of the k nearest that are the same in data and map.
    """

    n: int
    n_judged: int
    kept: NDArray[np.float64]

    @property
    def scales(self) -> NDArray[np.int64]:
        """K = 1 to n - 1."""
        return np.arange(1, self.n, dtype=np.int64)

    @property
    def lcmc(self) -> NDArray[np.float64]:
        """Local continuity meta-criterion: Q(k) less k / (n - 1), what guessing would keep."""
        return self.kept - self.scales / (self.n - 1)

    @property
    def best_scale(self) -> int:
        """Scale at which the map keeps most beyond guessing: it parts local from global."""
        return int(self.lcmc.argmax()) + 1

    @property
    def local_quality(self) -> float:
        """Mean of Q(k) up to ``best_scale``."""
        return math.fsum(self.kept[: self.best_scale]) / self.best_scale

    @property
    def global_quality(self) -> float:
        """Mean of Q(k) from ``best_scale`` on."""
        rest = self.kept[self.best_scale - 1 :]
        return math.fsum(rest) / len(rest)

    @property
    def beyond_chance(self) -> NDArray[np.float64]:
        """R(k) = ((n - 1) Q(k) - k) / (n - 1 - k), k = 1 to n - 2: 0 guessing, 1 all kept."""
        k = self.scales[:-1]
        return ((self.n - 1) * self.kept[:-1] - k) / (self.n - 1 - k)

    @property
    def auc(self) -> float:
        """Mean of R(k) with weights 1 / k: the area under R over log k. One figure for all scales.

        Small scales count as much as large ones.
        """
        weights = 1.0 / self.scales[:-1]
        return math.fsum(weights * self.beyond_chance) / math.fsum(weights)

    def to_dict(self) -> dict[str, float | int]:
        """Return the summaries, for JSON."""
        return {
            "n": self.n,
            "n_judged": self.n_judged,
            "auc": self.auc,
            "best_scale": self.best_scale,
            "lcmc": float(self.lcmc.max()),
            "local_quality": self.local_quality,
            "global_quality": self.global_quality,
        }


def coranking(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = 1000,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> CoRanking:
    r"""Compare the rankings of data and map at every scale.

    .. math:: Q(k) = \frac{1}{nk} \sum_i |\{j : r(i,j) \le k, \rho(i,j) \le k\}|

    with the ranks r in the data and rho in the map; ties go to the lower index. The co-ranking
    matrix itself (n x n) is never made: a pair counts from k = max(r, rho) on.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32; n is 3 or more.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`.
    sample_size : int or None, default 1000
        Rows whose rankings of all n rows are compared; None for all, which takes O(n^2 (d + log
        n)) time. Memory grows with n.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    CoRanking
        The curve and its summaries.

    Raises
    ------
    ValueError
        If shapes do not match, a value is not finite, or there are fewer than 3 rows.

    References
    ----------
    Lee and Verleysen: Quality assessment of dimensionality reduction, Neurocomputing 72, 2009.
    Chen and Buja: Local multidimensional scaling, J. Am. Stat. Assoc. 104, 2009 (the LCMC). Lee,
    Peluffo-Ordonez and Verleysen: Multi-scale similarities in stochastic neighbour embedding,
    Neurocomputing 169, 2015 (the area).

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(60, 2))
    >>> coranking(rows, rows).auc
    1.0
    >>> abs(coranking(rows, np.random.default_rng(1).normal(size=(60, 2))).auc) < 0.1
    True
    """
    threads = resolve_n_jobs(n_jobs)
    data, points = space_of(X, metric, metric_kwds, n_threads=threads), map_space(embedding)
    check_same_rows(data.rows, points.rows, ("X", "embedding"))
    n = len(points.rows)
    if n < 3:
        msg = f"{n} rows are too few to rank: give at least 3."
        raise ValueError(msg)
    chosen = pick_rows(n, check_sample_size(sample_size), random_state)
    counts = np.zeros(n, dtype=np.int64)
    in_data = data.tables(take(data.rows, chosen), chosen, threads)
    on_map = points.tables(take(points.rows, chosen), chosen, threads)
    for (_, far), (_, off) in zip(in_data, on_map, strict=True):
        for ours, theirs in zip(_ranks(far), _ranks(off), strict=True):
            counts += np.bincount(np.maximum(ours, theirs), minlength=n)
    # A row is last for itself, of rank n - 1 from 0, in both rankings: that place is left out.
    shared = np.cumsum(counts[:-1])
    kept = shared / (len(chosen) * np.arange(1, n, dtype=np.float64))
    return CoRanking(n, len(chosen), kept)


def _ranks(far: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rank from 0 of every column in each row."""
    order = np.argsort(far, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(far.shape[1])[None, :], axis=1)
    return ranks
