"""Random start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit.init._draws import Purpose, uniform_box


def random_start(n: int, *, n_components: int = 2, seed: int) -> NDArray[np.float32]:
    """Uniform points in [-10, 10)^d; row i depends on the seed and on i only.

    Parameters
    ----------
    n : int
        Number of points.
    n_components : int, default 2
        Dimensions of the map.
    seed : int
        Seed of the draws.

    Returns
    -------
    float32 array of shape (n, n_components)
        The start.
    """
    box = uniform_box(seed, Purpose.RANDOM_START, np.arange(n), n_components)
    return (10.0 * box).astype(np.float32)
