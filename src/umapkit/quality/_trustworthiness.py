"""Trustworthiness and continuity: whether neighbours in one space are near in the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import (
    as_matrix,
    check_count,
    check_same_rows,
    check_sample_size,
    in_metric,
)
from umapkit.quality._near import blocks, nearest, pick_rows, take


def trustworthiness(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 5,
    metric: str = "euclidean",
    sample_size: int | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> float:
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
    metric : {"euclidean", "cosine"}
        Distance in the data.
    sample_size : int, optional
        Judge this many rows, drawn by a hash without replacement, instead of all (all rows if
        there are fewer). Their ranks still count all n rows, so the mean is unbiased.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        In [0, 1].

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
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> trustworthiness(rows, rows)
    1.0
    """
    rows, points = _two_spaces(X, embedding, metric)
    return _score(rows, points, n_neighbors, sample_size, random_state, n_jobs)


def continuity(
    X: ArrayLike,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 5,
    metric: str = "euclidean",
    sample_size: int | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> float:
    """Share of the data's neighbourhoods that the map kept: trustworthiness, spaces swapped.

    Parameters
    ----------
    X : array-like of shape (n, d)
        The data, read as float32.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    n_neighbors : int
        k, below n / 2.
    metric : {"euclidean", "cosine"}
        Distance in the data.
    sample_size : int, optional
        Judge this many rows instead of all.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        In [0, 1]; 1: no neighbour of the data was torn away.

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
    rows, points = _two_spaces(X, embedding, metric)
    return _score(points, rows, n_neighbors, sample_size, random_state, n_jobs)


def _two_spaces(
    X: ArrayLike, embedding: ArrayLike, metric: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rows = as_matrix(X, "X")
    points = as_matrix(embedding, "embedding")
    check_same_rows(rows, points, ("X", "embedding"))
    return in_metric(rows, metric, "X"), points


def _score(
    ranked: NDArray[np.float32],
    listing: NDArray[np.float32],
    n_neighbors: int,
    sample_size: int | None,
    random_state: Any,
    n_jobs: int | None,
) -> float:
    n = len(ranked)
    if n < 3:
        msg = f"{n} rows are too few: n_neighbors=1 needs 3, because it must be below n / 2."
        raise ValueError(msg)
    k = check_count(n_neighbors, "n_neighbors", (n - 1) // 2, f"it must be below n / 2 = {n / 2}")
    threads = resolve_n_jobs(n_jobs)
    chosen = pick_rows(n, check_sample_size(sample_size), random_state)
    listed, _ = nearest(listing, take(listing, chosen), chosen, k, threads)
    ranks = np.empty_like(listed)
    queries = take(ranked, chosen)
    for block in blocks(ranked, len(chosen)):
        _kernels.quality_rank_rows(
            ranked, queries[block], chosen[block], listed[block], ranks[block], threads
        )
    penalty = int(np.maximum(ranks.astype(np.int64) - k, 0).sum())
    return 1.0 - penalty * (2.0 / (len(chosen) * k * (2.0 * n - 3.0 * k - 1.0)))
