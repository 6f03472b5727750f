"""How many of the true neighbours a search found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import check_sample_size
from umapkit.quality._near import pick_rows, take
from umapkit.quality._preservation import NeighborLists
from umapkit.quality._score import Score, check_confidence, mean_score
from umapkit.quality._space import MetricLike, space_of

# Approximate searches measure in float32: what is as near but for its rounding counts.
_ROUNDING = 1e-5


def neighbor_recall(
    X: ArrayLike,
    neighbors: NeighborLists,
    *,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = None,
    confidence: float = 0.95,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> Score:
    """Share of the true neighbours that lists hold: how good the search was, before any map.

    A listed neighbour counts if it is as near as the last true one (but for the rounding of
    float32), so ties may go either way. The row itself does not count.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The rows, read as float32.
    neighbors : object with `indices` and `distances`
        Lists of all rows, (n, k), column 0 the row itself, -1 where one is missing: what
        ``umapkit.neighbors.find_neighbors`` gives, or any other library.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`.
    sample_size : int, optional
        Look at this many rows instead of all.
    confidence : float, default 0.95
        Of the interval around the score of a sample.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    Score
        A float in [0, 1], with ``low`` and ``high``; 1 for lists without any neighbour.

    Raises
    ------
    ValueError
        If shapes do not match or a list names a row that does not exist.

    Examples
    --------
    >>> from umapkit.neighbors import find_neighbors
    >>> rows = np.random.default_rng(0).normal(size=(100, 5))
    >>> neighbor_recall(rows, find_neighbors(rows, n_neighbors=10))
    1.0
    """
    threads = resolve_n_jobs(n_jobs)
    share = check_confidence(confidence)
    data = space_of(X, metric, metric_kwds, n_threads=threads)
    n = len(data.rows)
    indices = np.asarray(neighbors.indices)
    if indices.ndim != 2 or len(indices) != n or not 1 <= indices.shape[1] <= n:
        msg = f"neighbors has indices of shape {indices.shape}. They must be ({n}, 1 to {n})."
        raise ValueError(msg)
    low, high = int(indices.min()), int(indices.max())
    if low < -1 or high >= n:
        msg = (
            f"neighbors names row {high if high >= n else low}, but there are {n} rows: 0 to "
            f"{n - 1}, and -1 for none."
        )
        raise ValueError(msg)
    k = indices.shape[1] - 1
    if k == 0:
        return Score(1.0, confidence=share, n_judged=n)
    chosen = pick_rows(n, check_sample_size(sample_size), random_state)
    queries = take(data.rows, chosen)
    listed = np.ascontiguousarray(indices[chosen, 1:], dtype=np.int32)
    ordered = np.sort(listed, axis=1)
    twice = np.zeros(ordered.shape, dtype=bool)
    twice[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    _, keys = data.nearest(queries, chosen, k, threads)
    reached = data.listed(queries, np.maximum(ordered, 0), threads)
    counts = (ordered >= 0) & (ordered != chosen[:, None]) & ~twice
    found = counts & (reached * (1 - _ROUNDING) <= keys[:, -1:])
    return mean_score(found.sum(axis=1) / k, n=n, confidence=share, ends=(0.0, 1.0))
