"""Metrics of angles, on spheres and in the hyperbolic disc.

Every function compares ``x`` and ``y``, shapes (..., d) that broadcast, in float64, and returns
distances of shape (...).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances._differences import as_pair

Array = NDArray[np.float64]


def true_angular(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Angle over :math:`\pi`: 0 in one direction, 1 in opposite ones; zero rows as for cosine.

    pynndescent gives 1 minus that, so that rows of one direction are farthest apart.
    """
    return np.arccos(np.clip(1.0 - cosine(x, y), -1.0, 1.0)) / np.pi


def cosine(x: ArrayLike, y: ArrayLike) -> Array:
    """One minus the cosine; 0 between two zero rows, 1 between a zero row and another."""
    x, y = as_pair(x, y)
    (u, _, zero_x), (v, _, zero_y) = direction(x), direction(y)
    # From the chord: exactly 0 for equal rows, and exact for small angles.
    far = np.clip(((u - v) ** 2).sum(axis=-1) / 2, 0.0, 2.0)
    return np.where(zero_x | zero_y, np.where(zero_x & zero_y, 0.0, 1.0), far)


def correlation(x: ArrayLike, y: ArrayLike) -> Array:
    """Cosine distance of the rows less their means; a constant row counts as a zero row."""
    x, y = as_pair(x, y)
    return cosine(centred(x), centred(y))


def spearmanr(x: ArrayLike, y: ArrayLike) -> Array:
    """Correlation distance of the ranks inside each row; ties share their mean rank."""
    x, y = as_pair(x, y)
    return correlation(ranks(x), ranks(y))


def ranks(x: ArrayLike) -> Array:
    """Ranks inside each row, 1 to d; ties share their mean rank."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(x, axis=-1), dtype=np.float64)


def direction(x: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Rows of length one (zeros stay), lengths (..., 1), and which rows are zero."""
    zero = (x == 0).all(axis=-1)
    largest = np.abs(x).max(axis=-1, keepdims=True)
    scaled = x / np.where(largest > 0, largest, 1.0)  # lest a square leave the range of float64
    length = np.sqrt((scaled**2).sum(axis=-1, keepdims=True))
    unit = scaled / np.where(length > 0, length, 1.0)
    return unit, length * largest, zero


def centred(x: Array) -> Array:
    """Rows less their means; exactly 0 for constant rows."""
    flat = (x == x[..., :1]).all(axis=-1, keepdims=True)
    return np.where(flat, 0.0, x - x.mean(axis=-1, keepdims=True))


def haversine(x: ArrayLike, y: ArrayLike) -> Array:
    """Angle between points of a sphere, given as (latitude, longitude) in radians."""
    x, y = as_pair(x, y)
    gap = x - y
    square = (
        np.sin(0.5 * gap[..., 0]) ** 2
        + np.cos(x[..., 0]) * np.cos(y[..., 0]) * np.sin(0.5 * gap[..., 1]) ** 2
    )
    return 2.0 * np.arcsin(np.sqrt(np.clip(square, 0.0, 1.0)))


def poincare(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Distance in the Poincaré ball, of rows shorter than 1.

    :math:`\operatorname{arcosh}(1 + 2 |x - y|^2 / ((1 - |x|^2)(1 - |y|^2)))`.
    """
    x, y = as_pair(x, y)
    room = (1.0 - (x**2).sum(axis=-1)) * (1.0 - (y**2).sum(axis=-1))
    half = ((x - y) ** 2).sum(axis=-1) / room
    # arcosh(1 + 2h) = 2 arsinh(sqrt(h)), which keeps its digits near 0.
    return 2.0 * np.arcsinh(np.sqrt(half))


def tsss(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Triangle times sector (Heidarian and Dinneen 2016): angle and lengths at once.

    With :math:`\theta` the angle plus 10°: the triangle's area
    :math:`\frac12 |x| |y| \sin\theta` times the sector's
    :math:`\frac12 (|x - y| + ||x| - |y||)^2 \theta`. Not for zero rows, which have no angle, nor
    for negative values: it is made for angles up to 90°. Towards 170° it falls back to 0.
    """
    x, y = as_pair(x, y)
    long_x, long_y = direction(x)[1][..., 0], direction(y)[1][..., 0]
    theta = np.pi * true_angular(x, y) + np.radians(10.0)
    reach = np.sqrt(((x - y) ** 2).sum(axis=-1)) + np.abs(long_x - long_y)
    return (long_x * long_y * np.sin(theta) / 2.0) * (reach**2 * theta / 2.0)
