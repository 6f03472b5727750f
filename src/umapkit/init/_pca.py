"""Principal axes, with the same bits on every machine and for any number of threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.data import Rows, SparseRows
from umapkit.init._draws import Purpose, uniform_box
from umapkit.neighbors.sparse import narrow_rows

_DIRECT = 64  # side up to which the covariance (or Gram) matrix is decomposed whole
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
    n, d = data.shape
    scores = np.zeros((n, count), dtype=np.float32)
    if n < 2 or d == 0:
        return scores
    data = np.ascontiguousarray(data, dtype=np.float32)
    sums = np.empty(d)
    _kernels.column_sums(data, sums, n_threads)
    mean = (sums / n).astype(np.float32)
    if d <= min(n, _DIRECT):
        variances = np.empty(d)
        axes = np.empty((d, d))
        _kernels.whole_axes(data, mean, axes, variances, n_threads)
    elif n <= _DIRECT:
        centred = data - mean
        vectors, variances = np.empty((n, n)), np.empty(n)
        across = np.ascontiguousarray(centred.T)
        _kernels.whole_axes(across, np.zeros(n, np.float32), vectors, variances, n_threads)
        # Row by row: a matrix product would go to BLAS.
        axes = np.zeros((n, d))
        for row, weight in zip(centred, vectors.T, strict=True):
            axes += weight[:, None] * row
        lengths = np.sqrt(np.add.reduce(axes**2, axis=1))
        axes /= np.where(lengths > 0, lengths, 1.0)[:, None]
    else:
        width = -(-(count + _SPARE) // 16) * 16
        axes = uniform_box(seed, Purpose.AXES, np.arange(width), d).astype(np.float32)
        variances = np.empty(width)
        _kernels.iterated_axes(data, mean, _ITERATIONS, axes, variances, n_threads)
    keep = np.flatnonzero(variances > 1e-9 * max(float(variances[0]), 0.0))[:count]
    if not len(keep):
        return scores
    axes = np.asarray(axes[keep], dtype=np.float32)
    peaks = axes[np.arange(len(keep)), np.abs(axes).argmax(axis=1)]
    axes *= np.where(peaks < 0, np.float32(-1), np.float32(1))[:, None]
    padded = np.zeros((d, -(-len(keep) // 16) * 16), dtype=np.float32)
    padded[:, : len(keep)] = axes.T
    found = np.empty((n, len(keep)), dtype=np.float32)
    _kernels.axis_scores(data, mean, padded, found, n_threads)
    scores[:, : len(keep)] = found
    return scores
