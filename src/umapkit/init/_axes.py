"""Principal axes of a table: whole, by LAPACK, or by block iteration; rows there and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import one_blas_thread
from umapkit.init._draws import Purpose, uniform_box

DIRECT = 64  # side up to which the covariance (or Gram) matrix is decomposed whole by a kernel
EXACT = 4096  # and up to which LAPACK does it, where it is asked for
_ITERATIONS = 12
_SPARE = 14
_BLOCK = 4096  # rows (or columns) that are centred at once, in double precision

AxesSolver = Literal["exact", "iterated"]


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The leading principal axes of a table.

    Attributes
    ----------
    mean : float32 array of shape (d,)
        Of the rows.
    axes : float32 array of shape (r, d)
        Orthonormal, decreasing variance; the loading of largest magnitude is positive. Axes
        without variance are left out, so r may be less than was asked for.
    squares : float64 array of shape (r,)
        Sums of squares of the scores: n - 1 times the variances.
    """

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    squares: NDArray[np.float64]

    def scores(self, rows: NDArray[np.float32], *, n_threads: int) -> NDArray[np.float32]:
        """Scores (n, r) of rows (n, d); a row's depend on that row alone."""
        found = np.empty((len(rows), len(self.axes)), dtype=np.float32)
        if len(self.axes):
            _kernels.axis_scores(rows, self.mean, _padded(self.axes.T), found, n_threads)
        return found

    def rows(self, scores: NDArray[np.float32], *, n_threads: int) -> NDArray[np.float32]:
        """Rows (n, d) whose scores (n, r) these are, on the axes; each row by itself."""
        found = np.zeros((len(scores), len(self.mean)), dtype=np.float32)
        if len(self.axes):
            origin = np.zeros(len(self.axes), dtype=np.float32)
            _kernels.axis_scores(scores, origin, _padded(self.axes), found, n_threads)
        found += self.mean
        return found


def principal_axes(
    data: NDArray[np.float32],
    count: int,
    *,
    seed: int,
    n_threads: int,
    solver: AxesSolver = "iterated",
) -> PrincipalAxes:
    """Find the `count` leading principal axes of rows (n, d).

    Exact, with the same bits on every machine, while the smaller side is at most 64. Beyond,
    "iterated" makes 12 rounds of block iteration on at least 14 vectors more than wanted, again
    with the same bits everywhere; "exact" decomposes the covariance (or Gram) matrix by LAPACK on
    one thread, whose bits depend on the processor.
    """
    n, d = data.shape
    if n < 2 or d == 0:
        mean = data.mean(axis=0) if n else np.zeros(d)
        return PrincipalAxes(mean.astype(np.float32), np.empty((0, d), np.float32), np.empty(0))
    data = np.ascontiguousarray(data, dtype=np.float32)
    sums = np.empty(d)
    _kernels.column_sums(data, sums, n_threads)
    mean = (sums / n).astype(np.float32)
    if d <= min(n, DIRECT):
        squares = np.empty(d)
        axes = np.empty((d, d))
        _kernels.whole_axes(data, mean, axes, squares, n_threads)
    elif n <= DIRECT:
        centred = data - mean
        vectors, squares = np.empty((n, n)), np.empty(n)
        across = np.ascontiguousarray(centred.T)
        _kernels.whole_axes(across, np.zeros(n, np.float32), vectors, squares, n_threads)
        axes = _from_gram(centred, vectors)
    elif solver == "exact":
        axes, squares = _by_lapack(data, mean, count)
    else:
        width = -(-(count + _SPARE) // 16) * 16
        axes = uniform_box(seed, Purpose.AXES, np.arange(width), d).astype(np.float32)
        squares = np.empty(width)
        _kernels.iterated_axes(data, mean, _ITERATIONS, axes, squares, n_threads)
    keep = np.flatnonzero(squares > 1e-9 * max(float(squares[0]), 0.0))[:count]
    axes = np.asarray(axes[keep], dtype=np.float32)
    peaks = axes[np.arange(len(keep)), np.abs(axes).argmax(axis=1)]
    axes *= np.where(peaks < 0, np.float32(-1), np.float32(1))[:, None]
    return PrincipalAxes(mean, axes, squares[keep])


def _from_gram(centred: NDArray[np.float32], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axes out of the eigenvectors (columns) of the rows' products with each other."""
    axes = np.zeros((vectors.shape[1], centred.shape[1]))
    # Row by row: a matrix product would go to BLAS.
    for row, weight in zip(centred, vectors.T, strict=True):
        axes += weight[:, None] * row
    lengths = np.sqrt(np.add.reduce(axes**2, axis=1))
    axes /= np.where(lengths > 0, lengths, 1.0)[:, None]
    return axes


def _by_lapack(
    data: NDArray[np.float32], mean: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n, d = data.shape
    side = min(n, d)
    matrix = np.zeros((side, side))
    with one_blas_thread():
        if d <= n:
            for begin in range(0, n, _BLOCK):
                part = data[begin : begin + _BLOCK].astype(np.float64) - mean
                matrix += part.T @ part
        else:
            for part in _centred_columns(data, mean):
                matrix += part @ part.T
        squares, vectors = np.linalg.eigh(matrix)
        squares, vectors = squares[::-1][:count].copy(), vectors[:, ::-1][:, :count].T
        if d > n:
            found = [vectors @ part for part in _centred_columns(data, mean)]
            vectors = np.concatenate(found, axis=1)
            lengths = np.sqrt(np.add.reduce(vectors**2, axis=1))
            vectors /= np.where(lengths > 0, lengths, 1.0)[:, None]
    return np.ascontiguousarray(vectors), squares


def _centred_columns(
    data: NDArray[np.float32], mean: NDArray[np.float32]
) -> Iterator[NDArray[np.float64]]:
    for begin in range(0, data.shape[1], _BLOCK):
        columns = slice(begin, begin + _BLOCK)
        yield data[:, columns].astype(np.float64) - mean[columns]


def _padded(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Columns of zeros up to a multiple of 16."""
    padded = np.zeros((len(table), -(-table.shape[1] // 16) * 16), dtype=np.float32)
    padded[:, : table.shape[1]] = table
    return padded
