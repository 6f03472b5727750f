"""Whether rows that were placed later lie where their neighbours lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import as_matrix, check_count, check_same_rows, check_sample_size
from umapkit.quality._near import pick_rows, take
from umapkit.quality._space import MetricLike, Space, map_space, space_of
from umapkit.quality._trustworthiness import row_scores


@dataclass(frozen=True)
class OutOfSample:
    """How well new rows lie among the training rows, beside how well these lie themselves.

    Attributes
    ----------
    trustworthiness : float
        Of the new rows: whether the training points next to them are near in the data.
    preservation : float
        Of the new rows: share of their k nearest training points that are true ones.
    inside_trustworthiness, inside_preservation : float
        The same of the training rows (of as many as there are new rows): what may be hoped for.
    n_new : int
        New rows.
    n_neighbors : int
        k.
    """

    trustworthiness: float
    preservation: float
    inside_trustworthiness: float
    inside_preservation: float
    n_new: int
    n_neighbors: int

    def to_dict(self) -> dict[str, float | int]:
        """Return the figures, for JSON."""
        return asdict(self)


def out_of_sample_agreement(
    X: ArrayLike,
    embedding: ArrayLike,
    new_X: ArrayLike,
    new_embedding: ArrayLike,
    *,
    n_neighbors: int = 15,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    sample_size: int | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> OutOfSample:
    """Judge where new rows were placed by the training points around them.

    Parameters
    ----------
    X : array-like of shape (n, d)
        Training rows, read as float32.
    embedding : array-like of shape (n, c)
        Their map.
    new_X : array-like of shape (m, d)
        Rows that the map was not made of.
    new_embedding : array-like of shape (m, c)
        Where they were placed, for instance by ``model.transform(new_X)``.
    n_neighbors : int, default 15
        k, below n / 2. Larger values judge coarser structure.
    metric, metric_kwds
        Distance in the data, as in :func:`trustworthiness`.
    sample_size : int, optional
        Judge this many of the new rows, and of the training rows, instead of all.
    random_state : int, Generator, RandomState or None
        Seed of the samples.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    OutOfSample
        Trustworthiness and preservation of new and of training rows.

    Raises
    ------
    ValueError
        If shapes do not match, a value is not finite, there are fewer than 3 training rows, or
        `n_neighbors` is not below n / 2.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(200, 2))
    >>> found = out_of_sample_agreement(rows, rows, rows[:9] + 0.01, rows[:9] + 0.01)
    >>> found.preservation
    1.0
    """
    threads = resolve_n_jobs(n_jobs)
    data, points = space_of(X, metric, metric_kwds, n_threads=threads), map_space(embedding)
    check_same_rows(data.rows, points.rows, ("X", "embedding"))
    n = len(points.rows)
    if n < 3:
        msg = f"{n} training rows are too few: n_neighbors=1 needs 3, as it must be below n / 2."
        raise ValueError(msg)
    k = check_count(n_neighbors, "n_neighbors", (n - 1) // 2, f"it must be below n / 2 = {n / 2}")
    width = as_matrix(X, "X").shape[1]
    new_rows, places = as_matrix(new_X, "new_X"), as_matrix(new_embedding, "new_embedding")
    check_same_rows(new_rows, places, ("new_X", "new_embedding"))
    for name, got, wanted in (
        ("new_X", new_rows.shape[1], width),
        ("new_embedding", places.shape[1], points.rows.shape[1]),
    ):
        if got != wanted:
            msg = f"{name} has {got} columns; the training rows have {wanted}. They must be equal."
            raise ValueError(msg)
    size = check_sample_size(sample_size)
    picked = pick_rows(len(new_rows), size, random_state)
    queries = data.prepare(take(new_rows, picked), "new_X", threads)
    nobody = np.full(len(picked), -1, dtype=np.int64)
    new = _judge(data, points, queries, take(places, picked), nobody, k, threads)
    inside = pick_rows(n, len(picked), random_state)
    old = _judge(
        data, points, take(data.rows, inside), take(points.rows, inside), inside, k, threads
    )
    return OutOfSample(*new, *old, n_new=len(new_rows), n_neighbors=k)


def _judge(
    data: Space, points: Space, queries: Any, places: Any, own: Any, k: int, threads: int
) -> tuple[float, float]:
    listed, _ = points.nearest(places, own, k, threads)
    ranks = data.ranks(queries, own, listed, threads)
    _, keys = data.nearest(queries, own, k, threads)
    kept = data.listed(queries, listed, threads) <= keys[:, -1:]
    # A query that is no row itself can be given n ranks, not n - 1.
    others = len(data.rows) if own[0] >= 0 else len(data.rows) + 1
    scores = row_scores(ranks, k, others)
    return math.fsum(scores) / len(scores), float(kept.mean())
