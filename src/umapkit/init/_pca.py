"""Principal axes, with the same bits for any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from umapkit._threads import one_blas_thread, resolve_n_jobs
from umapkit.init._draws import Purpose, uniform_box

_CHUNK = 4096  # rows handled at once: a fixed shape, so that BLAS takes the same road
_DIRECT = 2048  # side up to which the covariance (or Gram) matrix is decomposed whole
_ITERATIONS = 8
_SPARE = 8
_T = TypeVar("_T")


def pca_start(
    data: NDArray[np.float32], *, n_components: int = 2, seed: int, n_jobs: int | None = None
) -> NDArray[np.float32]:
    """Scores of the rows on the leading principal axes.

    Parameters
    ----------
    data : float32 array of shape (n, d)
        Finite rows.
    n_components : int, default 2
        Dimensions of the map. Those beyond the rank of the data are 0; `rescale` fills them with
        noise.
    seed : int
        Seed of the block iteration, used where both n and d exceed 2048.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, n_components)
        Centred scores, decreasing variance; in every axis the loading of largest magnitude is
        positive.

    Raises
    ------
    ValueError
        If `data` is not a table, or `n_components` below 1.
    """
    if data.ndim != 2:
        msg = f"data has shape {data.shape}. Principal axes need a table of shape (n, d)."
        raise ValueError(msg)
    if n_components < 1:
        msg = f"n_components={n_components} is not allowed. Give 1 or more dimensions."
        raise ValueError(msg)
    return principal_scores(data, n_components, seed=seed, n_threads=resolve_n_jobs(n_jobs))


def principal_scores(
    data: NDArray[np.float32], count: int, *, seed: int, n_threads: int
) -> NDArray[np.float32]:
    """Scores (n, count) on the leading principal axes; missing axes give columns of 0.

    Exact (a covariance matrix, or a Gram matrix where rows are fewer than columns) while the
    smaller side is at most 2048; beyond that by 8 rounds of block iteration.
    """
    n, d = data.shape
    scores = np.zeros((n, count), dtype=np.float32)
    if n < 2 or d == 0:
        return scores
    with one_blas_thread(), ThreadPoolExecutor(n_threads) as pool:
        work = _Chunks(data, pool)
        if d <= min(n, _DIRECT):
            covariance = work.total(lambda x: x.T @ x)
            variances, axes = np.linalg.eigh(covariance)
        elif n <= _DIRECT:
            centred = data - work.mean
            gram = (centred @ centred.T).astype(np.float64)
            variances, vectors = np.linalg.eigh(gram)
            axes = centred.T.astype(np.float64) @ vectors
            lengths = np.sqrt(np.sum(axes**2, axis=0))
            axes /= np.where(lengths > 0, lengths, 1.0)
        else:
            variances, axes = _iterate(work, d, min(count + _SPARE, d), seed)
        keep = np.flatnonzero(variances > 1e-9 * max(float(variances[-1]), 0.0))[::-1][:count]
        axes = np.asarray(axes[:, keep], dtype=np.float32)
        peaks = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
        axes *= np.where(peaks < 0, np.float32(-1), np.float32(1))
        at = 0
        for piece in work.each(lambda x: x @ axes):
            scores[at : at + len(piece), : len(keep)] = piece
            at += len(piece)
    return scores


class _Chunks:
    """Centred chunks of the rows, worked on in parallel, combined in their order."""

    def __init__(self, data: NDArray[np.float32], pool: ThreadPoolExecutor) -> None:
        self.data = data
        self.pool = pool
        self.mean = np.zeros(data.shape[1], dtype=np.float32)
        sums = self.total(lambda x: x.sum(axis=0, dtype=np.float64))
        self.mean = (sums / len(data)).astype(np.float32)

    def each(self, function: Callable[[NDArray[np.float32]], _T]) -> Iterator[_T]:
        """Results of `function` on every centred chunk, in order."""
        return self.pool.map(
            lambda begin: function(self.data[begin : begin + _CHUNK] - self.mean),
            range(0, len(self.data), _CHUNK),
        )

    def total(self, function: Callable[[NDArray[np.float32]], NDArray]) -> NDArray[np.float64]:
        """Sum of the results, in double precision."""
        pieces = self.each(function)
        total = next(pieces).astype(np.float64)
        for piece in pieces:
            total += piece
        return total


def _iterate(
    work: _Chunks, d: int, width: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    basis = uniform_box(seed, Purpose.AXES, np.arange(d), width)
    for _ in range(_ITERATIONS):
        basis = np.linalg.qr(basis)[0].astype(np.float32)
        basis = work.total(lambda x, q=basis: x.T @ (x @ q))
    basis = np.linalg.qr(basis)[0]
    narrow = basis.astype(np.float32)
    variances, turn = np.linalg.eigh(work.total(lambda x: (x @ narrow).T @ (x @ narrow)))
    return variances, basis @ turn
