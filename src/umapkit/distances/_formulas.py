"""The metrics as plain NumPy in float64: the specification of the kernels.

Every function takes query rows ``a`` (m, d) and table rows ``b`` (n, d) and returns the (m, n)
matrix of distances. They are for reading and for tests, not for speed: memory is O(m n d).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


def _rows(a: ArrayLike, b: ArrayLike) -> tuple[Matrix, Matrix]:
    return np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)


def euclidean(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Root of the sum of squared differences."""
    a, b = _rows(a, b)
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2))


def manhattan(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Sum of absolute differences."""
    a, b = _rows(a, b)
    return np.abs(a[:, None, :] - b[None, :, :]).sum(axis=2)


def chebyshev(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Largest absolute difference."""
    a, b = _rows(a, b)
    return np.abs(a[:, None, :] - b[None, :, :]).max(axis=2)


def hamming(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Share of the coordinates that differ."""
    a, b = _rows(a, b)
    return (a[:, None, :] != b[None, :, :]).mean(axis=2)


def cosine(a: ArrayLike, b: ArrayLike) -> Matrix:
    """One minus the cosine; 0 between two zero rows, 1 between a zero row and another."""
    a, b = _rows(a, b)
    return _angle(a, b, (a == 0).all(axis=1), (b == 0).all(axis=1))


def correlation(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Cosine distance of the rows less their means; a constant row counts as a zero row."""
    a, b = _rows(a, b)
    flat_a, flat_b = (a == a[:, :1]).all(axis=1), (b == b[:, :1]).all(axis=1)
    return _angle(
        a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True), flat_a, flat_b
    )


def _angle(a: Matrix, b: Matrix, zero_a: NDArray[np.bool_], zero_b: NDArray[np.bool_]) -> Matrix:
    norm_a = np.where(zero_a, 1.0, np.linalg.norm(a, axis=1))
    norm_b = np.where(zero_b, 1.0, np.linalg.norm(b, axis=1))
    cosines = (a / norm_a[:, None]) @ (b / norm_b[:, None]).T
    distances = np.clip(1.0 - cosines, 0.0, 2.0)
    distances[zero_a[:, None] | zero_b[None, :]] = 1.0
    distances[zero_a[:, None] & zero_b[None, :]] = 0.0
    return distances


def inner_product(a: ArrayLike, b: ArrayLike) -> Matrix:
    r"""Room below the largest possible product: :math:`|a| \max_j |b_j| - a \cdot b`.

    A plain :math:`1 - a \cdot b` turns negative on rows longer than 1, and negative distances have
    no meaning for the graph. Here each row's neighbours are in the order of their inner products,
    largest first, distances are never negative (Cauchy and Schwarz), and on rows of length one
    this *is* :math:`1 - a \cdot b`. The maximum is over the table, so a new row's distances do not
    depend on the other new rows. It is not symmetric, and a row is not at distance 0 from itself;
    the list of a training row nevertheless begins with the row itself at 0, as for every metric.
    """
    a, b = _rows(a, b)
    reach = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1).max(initial=0.0)
    return np.maximum(reach[:, None] - a @ b.T, 0.0)
