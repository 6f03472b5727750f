"""The curve of closeness on the map: a and b from `min_dist` and `spread`."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray


def find_ab(*, min_dist: float = 0.1, spread: float = 1.0) -> tuple[float, float]:
    """Fit the two numbers of the curve q = 1 / (1 + a d^(2b)).

    Parameters
    ----------
    min_dist : float, default 0.1
        Distance on the map up to which two points count as equally close; in units of the map.
        Larger values spread clumps out. Between 0 and `spread`.
    spread : float, default 1.0
        Scale over which closeness then decays; in units of the map. Larger values make the whole
        map larger. From 1e-15 to 1e15.

    Returns
    -------
    a, b : float
        The least-squares fit on 300 points of [0, 3 spread] to 1 below `min_dist` and
        exp(-(d - min_dist) / spread) above it (umap-learn's rule; tutorial, Eq. 5).

    Raises
    ------
    ValueError
        If `spread` or `min_dist` is out of its range.

    Examples
    --------
    >>> a, b = find_ab(min_dist=0.1)
    >>> round(a, 3), round(b, 3)
    (1.577, 0.895)
    """
    if not 1e-15 <= spread <= 1e15:  # further away a leaves the range of the kernels' float32
        msg = f"spread={spread!r} must be a positive number, from 1e-15 to 1e15."
        raise ValueError(msg)
    if not 0 <= min_dist <= spread:
        msg = f"min_dist={min_dist!r} must lie between 0 and spread={spread!r}."
        raise ValueError(msg)
    a, b = _fit(float(min_dist) / float(spread))
    # BLAS and NumPy's exp differ between processors in the last of some twelve good digits.
    return _rounded(a * float(spread) ** (-2.0 * b)), _rounded(b)


def _rounded(x: float) -> float:
    """Nine digits, and ten from 1 on."""
    exponent = math.floor(math.log10(x))
    return round(x, 9 - exponent if exponent >= 0 else 8 - exponent)


@functools.lru_cache(maxsize=64)
def _fit(min_dist: float) -> tuple[float, float]:
    """Fit the curve in units of `spread`."""
    distance = np.linspace(0.0, 3.0, 300)
    target = np.where(distance < min_dist, 1.0, np.exp(-(distance - min_dist)))
    # Levenberg and Marquardt on two unknowns, from a = b = 1. scipy's curve_fit finds the same
    # minimum, but importing scipy.optimize costs more than a fit of two thousand rows.
    point: NDArray[np.float64] = np.ones(2)
    damping = 1e-3
    value, slopes = _residual(point, distance, target)
    for _ in range(500):
        normal = slopes.T @ slopes
        gradient = slopes.T @ value
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -gradient)
        if np.all(point + step > 0):
            moved = (point + step).astype(np.float64)
            trial, trial_slopes = _residual(moved, distance, target)
            if trial @ trial <= value @ value:
                point = moved
                value, slopes = trial, trial_slopes
                damping = max(damping / 10, 1e-15)
                if np.max(np.abs(step)) < 1e-12:
                    break
                continue
        damping *= 10
        if damping > 1e12:
            break
    return float(point[0]), float(point[1])


def _residual(
    point: NDArray[np.float64], distance: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Curve minus target, and its derivatives by a and b."""
    a, b = point
    log_distance = np.log(distance, out=np.zeros_like(distance), where=distance > 0)
    power = np.where(distance > 0, np.exp(2 * b * log_distance), 0.0)
    q = 1.0 / (1.0 + a * power)
    return q - target, np.stack([-q * q * power, -q * q * a * power * 2 * log_distance], axis=1)
