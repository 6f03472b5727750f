"""Principal axes, with the same bits on every machine and for any number of threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.data import Rows, SparseRows
from umapkit.init._axes import principal_axes
from umapkit.neighbors.sparse import narrow_rows

_ITERATIONS = 12
_SPARE = 14
_MOST_OF_SPARSE = 64


def pca_start(
    data: Rows, *, n_components: int = 2, seed: int, n_jobs: int | None = None
) -> NDArray[np.float32]:
    """Scores of the rows on the leading principal axes.

    Parameters
    ----------
    data : float32 array or SparseRows of shape (n, d)
        Finite rows. Sparse ones are not made dense: block iteration brings them into 16 to 64
        dimensions first.
    n_components : int, default 2
        Dimensions of the map. Those beyond the rank of the data are 0; `rescale` fills them with
        noise.
    seed : int
        Seed of the block iteration, used where both n and d exceed 64, and for sparse rows.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, n_components)
        Centred scores, decreasing variance; in every axis the loading of largest magnitude is
        positive (sparse rows: the loading in those fewer dimensions).

    Raises
    ------
    ValueError
        If `data` is not a table, or `n_components` below 1, or above 64 for sparse rows.
    """
    if not isinstance(data, SparseRows) and data.ndim != 2:
        msg = f"data has shape {data.shape}. Principal axes need a table of shape (n, d)."
        raise ValueError(msg)
    if n_components < 1:
        msg = f"n_components={n_components} is not allowed. Give 1 or more dimensions."
        raise ValueError(msg)
    n_threads = resolve_n_jobs(n_jobs)
    if isinstance(data, SparseRows):
        data = few_columns(data, n_components, seed=seed, n_threads=n_threads)
    return principal_scores(data, n_components, seed=seed, n_threads=n_threads)


def few_columns(data: SparseRows, count: int, *, seed: int, n_threads: int) -> NDArray[np.float32]:
    """Dense rows of 16 to 64 numbers with nearly the same `count` leading principal scores.

    Raises
    ------
    ValueError
        If more than 64 scores are wanted.
    """
    if count > _MOST_OF_SPARSE:
        msg = (
            f"{count} principal axes of sparse rows were asked for; at most {_MOST_OF_SPARSE} are "
            "offered. Give init='spectral' or 'random', or fewer components."
        )
        raise ValueError(msg)
    n_axes = min(_MOST_OF_SPARSE, -(-(count + _SPARE) // 16) * 16)
    return narrow_rows(data, n_axes, iterations=_ITERATIONS, seed=seed, n_threads=n_threads)


def principal_scores(
    data: NDArray[np.float32], count: int, *, seed: int, n_threads: int
) -> NDArray[np.float32]:
    """Scores (n, count) on the leading principal axes; missing axes give columns of 0.

    Exact (a covariance matrix, or a Gram matrix where rows are fewer than columns) while the
    smaller side is at most 64; beyond that by 12 rounds of block iteration on at least 14 vectors
    more than wanted.
    """
    scores = np.zeros((len(data), count), dtype=np.float32)
    data = np.ascontiguousarray(data, dtype=np.float32)
    found = principal_axes(data, count, seed=seed, n_threads=n_threads)
    scores[:, : len(found.axes)] = found.scores(data, n_threads=n_threads)
    return scores
