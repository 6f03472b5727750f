"""Smooth coordinates of a large connected graph by a Chebyshev filter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.init._draws import Purpose
from umapkit.init._operator import Operator

_DEGREES = (20, 20, 40, 80, 160)  # one round each; most graphs need two or three
_SETTLED = 0.1
_FIRST_CUT = 0.5
_SPARE = 5  # vectors beyond those wanted: they take up what the filter leaves of the others


def filter_vectors(operator: Operator, count: int, seed: int) -> NDArray[np.float32]:
    """Approximate the `count` leading nontrivial eigenvectors of the normalised adjacency.

    Rounds of a Chebyshev filter on a block of vectors, each followed by a Rayleigh-Ritz step:
    degrees 20, 20, 40, 80, 160, until the residual of every wanted vector is at most a tenth of
    1 - eigenvalue (the eigenvalue's own error is of the order of the square). 325 sparse products
    at most. It is a start for a layout, not an eigensolver: close eigenvalues may stay mixed.

    Parameters
    ----------
    operator : Operator
        Normalised adjacency of a connected graph of n vertices.
    count : int
        Vectors wanted; the block holds at least 5 more, and n must be larger than the block.
    seed : int
        Seed of the random block.

    Returns
    -------
    float32 array of shape (n, count)
        Orthonormal up to rounding, eigenvalues decreasing.
    """
    n = operator.n
    width = block_width(count)
    x = np.empty((n, width), dtype=np.float32)
    _kernels.fill_uniform(seed, int(Purpose.BLOCK), x, operator.n_threads)
    operator.deflate(x)
    cut = _FIRST_CUT
    for degree in _DEGREES:
        x = _filtered(operator, x, cut, degree)
        operator.deflate(x)
        x, ritz, residuals = operator.rayleigh_ritz(x)
        if len(ritz) >= count and np.all(residuals[:count] <= _SETTLED * (1.0 - ritz[:count])):
            break
        # What lies below the block's last Ritz value is what is to be damped next.
        cut = float(np.clip(ritz[-1], 0.0, 0.999))
    return np.ascontiguousarray(x[:, :count])


def block_width(count: int) -> int:
    """Vectors in the block: a multiple of 8."""
    return -(-(count + _SPARE) // 8) * 8


def _filtered(
    operator: Operator, x: NDArray[np.float32], cut: float, degree: int
) -> NDArray[np.float32]:
    # Damps [-1, cut]; scaled so that an eigenvector with eigenvalue 1 keeps its length.
    half = (cut + 1.0) / 2.0
    centre = (cut - 1.0) / 2.0
    sigma = half / (1.0 - centre)
    tau = 2.0 / sigma
    previous = x
    current = operator.step(x, x, sigma / half, -centre * sigma / half, 0.0)
    for _ in range(2, degree + 1):
        following = 1.0 / (tau - sigma)
        factor = 2.0 * following / half
        result = operator.step(
            current, previous, factor, -centre * factor, -sigma * following, out=previous
        )
        previous, current, sigma = current, result, following
    return current
