"""The narrow space in which wide rows are searched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, key, normal, sample_without_replacement

Rows = NDArray[np.float32]

_SAMPLE = 4096
_ITERATIONS = 3


@dataclass(frozen=True, eq=False)
class Space:
    """Axes of a narrow space: V and mu of ``cpp/include/umapkit/project.hpp``.

    Attributes
    ----------
    mean : ndarray of float32, shape (d,)
        Mean of the sample.
    axes : ndarray of float32, shape (d, p)
        Orthonormal columns, largest variance first; p is a multiple of 16.
    """

    mean: Rows
    axes: Rows

    def project(self, rows: Rows, n_threads: int) -> Projected:
        """Lay rows onto the axes; each row on its own, in a fixed order of sums."""
        out = np.empty((rows.shape[0], self.axes.shape[1]), dtype=np.float32)
        squares = np.empty(rows.shape[0], dtype=np.float32)
        _kernels.project(rows, self.mean, self.axes, out, squares, n_threads)
        return Projected(out, squares)

    def first(self, n_axes: int) -> Space:
        """Keep the first `n_axes` axes (rounded up to a multiple of 16)."""
        p = min(self.axes.shape[1], -(-n_axes // 16) * 16)
        return Space(self.mean, np.ascontiguousarray(self.axes[:, :p]))


@dataclass(frozen=True, eq=False)
class Projected:
    """Rows on the axes, and their squared lengths before that."""

    rows: Rows
    squares: NDArray[np.float32]

    def narrow(
        self,
        width: int,
        n_threads: int,
        *,
        products: bool,
        order: NDArray[np.int32] | None = None,
    ) -> tuple[Rows, NDArray[np.float32]]:
        """Return narrow rows, shape (n, width), and heights, shape (n,), in the given order.

        `products`: heights for keys that are inner products rather than squared differences.
        """
        n = self.rows.shape[0]
        out = np.empty((n, width), dtype=np.float32)
        heights = np.empty(n, dtype=np.float32)
        _kernels.narrow(
            self.rows,
            self.squares,
            order,
            products=products,
            out=out,
            heights=heights,
            n_threads=n_threads,
        )
        return out, heights


def principal_space(rows: Rows, n_axes: int, *, seed: int, n_threads: int) -> Space:
    """Find principal axes of a hashed sample of the rows.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
        The rows; d >= n_axes.
    n_axes : int
        How many axes, a multiple of 16.
    seed : int
        Chooses the sample and the start of the iteration.
    n_threads : int
        Threads; the bits of the axes do not depend on them.

    Returns
    -------
    Space
        The axes.
    """
    n, d = rows.shape
    sample = rows[sample_without_replacement(seed, Stage.PROJECTION, n, _SAMPLE)]
    # Sums over axis 0 of a C-contiguous array run row by row: no BLAS, one order.
    mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    sample = np.ascontiguousarray(sample - mean)
    vertices = np.arange(d, dtype=np.uint64)[:, None]
    axes = normal(key(seed, Stage.PROJECTION, 1, vertices), np.arange(n_axes)[None]).astype(
        np.float32
    )
    values = np.empty(n_axes, dtype=np.float32)
    _kernels.principal_axes(sample, _ITERATIONS, axes, values, n_threads)
    return Space(mean, axes)
