"""Hashed draws of the start: one sub-stage for every purpose."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, draw, key, uniform


class Purpose(IntEnum):
    """What is drawn; takes the place of the epoch. Numbers are never changed."""

    RANDOM_START = 0
    NOISE = 1
    BLOCK = 2
    TINY_COMPONENT = 3
    CENTRE = 4
    DUPLICATE = 5
    CONSTANT_AXIS = 6
    AXES = 7
    KRYLOV = 8


def uniform_box(
    seed: int, purpose: Purpose, vertices: NDArray[np.integer], n_components: int
) -> NDArray[np.float64]:
    """Uniform points in [-1, 1)^d, one for each of `vertices`."""
    keys = key(seed, Stage.START, int(purpose), vertices)
    draws = draw(keys[:, None], np.arange(n_components, dtype=np.uint64)[None, :])
    return 2.0 * uniform(draws).astype(np.float64) - 1.0


def normal_noise(
    seed: int, purpose: Purpose, vertices: NDArray[np.integer], n_components: int
) -> NDArray[np.float64]:
    """Independent standard normals, one row for each of `vertices`.

    `umapkit._seed.normal` up to rounding, but with the kernels' logarithm and cosine: NumPy's
    differ between processors.
    """
    out = np.empty((len(vertices), n_components))
    _kernels.fill_normal(seed % 2**64, int(purpose), np.asarray(vertices, np.int64), out, 1)
    return out
