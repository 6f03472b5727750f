"""The output metrics as plain NumPy: distance and gradient in the coordinates of the map.

Every function takes points ``x`` (m, c) and ``y`` (m, c), pair by pair, in float64, and returns
distances (m,) and their gradients with respect to ``x`` (m, c). They are the specification of
``cpp/include/umapkit/output_surface.hpp`` and ``output_gaussian.hpp``, and are tested against
finite differences.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def euclidean(x: Points, y: Points) -> Pair:
    """Length of the difference."""
    delta = x - y
    d = np.sqrt((delta**2).sum(axis=1))
    return d, delta / _safe(d)[:, None]


def haversine(x: Points, y: Points) -> Pair:
    """Angle between two directions, given as colatitude (0 to pi) and longitude.

    The point is (sin t cos p, sin t sin p, cos t). Formed from the chord, so that small angles
    keep their digits. At the poles the longitude has no gradient.
    """
    down = 0.5 * (x[:, 0] - y[:, 0])
    round_ = 0.5 * (x[:, 1] - y[:, 1])
    sine = np.sin(down) ** 2 + np.sin(x[:, 0]) * np.sin(y[:, 0]) * np.sin(round_) ** 2
    sine = np.clip(sine, 0.0, 1.0)
    d = 2 * np.arcsin(np.sqrt(sine))
    # d sin^2(d / 2) = sin(d / 2) cos(d / 2) dd.
    slope = _safe(np.sqrt(sine * (1 - sine)))
    by_down = np.sin(down) * np.cos(down) + (
        np.cos(x[:, 0]) * np.sin(y[:, 0]) * np.sin(round_) ** 2
    )
    by_round = np.sin(x[:, 0]) * np.sin(y[:, 0]) * np.sin(round_) * np.cos(round_)
    return d, np.stack([by_down / slope, by_round / slope], axis=1)


def hyperboloid(x: Points, y: Points) -> Pair:
    """Distance in the hyperbolic plane of (x1, x2), lifted to x3 = sqrt(1 + x1^2 + x2^2)."""
    s = np.sqrt(1 + (x**2).sum(axis=1))
    t = np.sqrt(1 + (y**2).sum(axis=1))
    delta = x - y
    gap = (delta**2).sum(axis=1) - ((delta * (x + y)).sum(axis=1) / (s + t)) ** 2
    gap = np.maximum(gap, 0.0)
    d = 2 * np.arcsinh(np.sqrt(gap) / 2)
    slope = _safe(np.sqrt(gap * (1 + gap / 4)))  # sinh d
    return d, (x * (t / s)[:, None] - y) / slope[:, None]


def torus(x: Points, y: Points, *, periods: tuple[float, float]) -> Pair:
    """Length of the shortest difference, every coordinate modulo its period."""
    length = np.asarray(periods, dtype=np.float64)
    delta = x - y
    delta = delta - length * np.floor(delta / length + 0.5)
    d = np.sqrt((delta**2).sum(axis=1))
    return d, delta / _safe(d)[:, None]


def spherical_gaussian_energy(x: Points, y: Points) -> Pair:
    """Energy of two round Gaussians: mean (2), variance."""
    energy, gradient = _energy(*(_shape(p, 1) for p in (x, y)))
    turned = np.stack([gradient[:, 0], gradient[:, 1], gradient[:, 2] + gradient[:, 4]], axis=1)
    turned[:, 2] *= np.sign(x[:, 2])
    return energy, turned


def diagonal_gaussian_energy(x: Points, y: Points) -> Pair:
    """Energy of two Gaussians along the axes: mean (2), variances (2)."""
    energy, gradient = _energy(*(_shape(p, 2) for p in (x, y)))
    turned = gradient[:, [0, 1, 2, 4]]
    turned[:, 2:] *= np.sign(x[:, 2:4])
    return energy, turned


def gaussian_energy(x: Points, y: Points) -> Pair:
    """Energy of two Gaussians: mean (2), variances (2), angle of the first."""
    energy, g = _energy(*(_shape(p, 3) for p in (x, y)))
    c, s = np.cos(x[:, 4]), np.sin(x[:, 4])
    first = c * c * g[:, 2] + 2 * c * s * g[:, 3] + s * s * g[:, 4]
    second = s * s * g[:, 2] - 2 * c * s * g[:, 3] + c * c * g[:, 4]
    mixed = c * s * (g[:, 4] - g[:, 2]) + (c * c - s * s) * g[:, 3]
    lean = np.abs(x[:, 2]) - np.abs(x[:, 3])
    sizes = np.stack([first, second], axis=1) * np.sign(x[:, 2:4])
    return energy, np.concatenate([g[:, :2], sizes, (2 * lean * mixed)[:, None]], axis=1)


def _shape(x: Points, parts: int) -> Points:
    """Mean, and the three numbers of the covariance."""
    s1 = np.abs(x[:, 2])
    s2 = np.abs(x[:, 3]) if parts > 1 else s1
    angle = x[:, 4] if parts > 2 else np.zeros(len(x))
    c, s = np.cos(angle), np.sin(angle)
    covariance = [s1 * c * c + s2 * s * s, (s1 - s2) * s * c, s1 * s * s + s2 * c * c]
    return np.stack([x[:, 0], x[:, 1], *covariance], axis=1)


def _energy(x: Points, y: Points) -> Pair:
    """Energy, and its gradient by the mean (2) and by S11, S12 (once), S22 of the first."""
    m = x[:, :2] - y[:, :2]
    s11, s12, s22 = (x + y)[:, 2:].T
    det = s11 * s22 - s12 * s12
    q = np.stack([s22 * m[:, 0] - s12 * m[:, 1], s11 * m[:, 1] - s12 * m[:, 0]], axis=1)
    q = q / det[:, None]
    energy = 0.5 * (m * q).sum(axis=1) + 0.5 * np.log(det) + np.log(2 * np.pi)
    g11 = 0.5 * (s22 / det - q[:, 0] ** 2)
    g12 = 0.5 * (-s12 / det - q[:, 0] * q[:, 1])
    g22 = 0.5 * (s11 / det - q[:, 1] ** 2)
    return energy, np.concatenate([q, np.stack([g11, g12, g22], axis=1)], axis=1)


def _safe(d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the divisor, 1 where it would be 0: there the gradient is 0."""
    return np.where(d > 0, d, 1.0)
