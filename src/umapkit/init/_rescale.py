"""The scale at which every layout begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit.init._draws import Purpose, normal_noise

_WIDTH = 10.0
_NOISE = 1e-4


def rescale(start: NDArray[np.floating], *, seed: int, noise: bool = False) -> NDArray[np.float32]:
    """Scale every axis to [0, 10].

    Parameters
    ----------
    start : float array of shape (n, d)
        Finite coordinates.
    seed : int
        Seed of the noise.
    noise : bool, default False
        First scale the whole so that the largest magnitude is 10 and add normal noise of
        standard deviation 1e-4, as umap-learn does for spectral and principal starts.

    Returns
    -------
    float32 array of shape (n, d)
        A constant axis lies at 5, with normal noise of 1e-4 so that points can part along it.
    """
    n, d = start.shape
    if n == 0:
        return np.zeros((0, d), dtype=np.float32)
    place = start.astype(np.float64)
    rows = np.arange(n)
    if noise:
        largest = float(np.abs(place).max())
        if largest > 0:
            place *= _WIDTH / largest
        place += _NOISE * normal_noise(seed, Purpose.NOISE, rows, d)
    low = place.min(axis=0)
    # Halves, so that the difference of two huge coordinates cannot overflow.
    half = place.max(axis=0) / 2 - low / 2
    flat = ~(half > 0)
    place = (place / 2 - low / 2) / np.where(flat, 1.0, half) * _WIDTH
    if flat.any():
        jitter = _NOISE * normal_noise(seed, Purpose.CONSTANT_AXIS, rows, d)
        place[:, flat] = _WIDTH / 2 + jitter[:, flat]
    return place.astype(np.float32)
