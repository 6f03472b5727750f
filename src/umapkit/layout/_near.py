"""The order in which vertices lie in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ORDER_FROM = 1_600_000  # bytes; a smaller state lies in a processor's cache anyway
_BITS = 16


def near_order(start: NDArray[np.float32]) -> NDArray[np.int32] | None:
    """Order vertices so that those near each other on the start lie near each other in memory.

    Neighbours read each other's places in every epoch; from some 100,000 vertices of two numbers
    on those no longer fit a cache (measured at 300,000: a quarter of the time saved). The order
    is that of Morton's curve over the ranks of the first two coordinates. It changes no bit of
    the map.

    Parameters
    ----------
    start : float32 array of shape (n, d)
        Where the points begin.

    Returns
    -------
    int32 array of shape (n,), or None
        The vertices in order; None where it would not pay.
    """
    n = len(start)
    if start.size * 8 < _ORDER_FROM:  # place and velocity
        return None
    code = np.zeros(n, dtype=np.uint64)
    for axis in range(min(2, start.shape[1])):
        rank = np.empty(n, dtype=np.uint64)
        rank[np.argsort(start[:, axis], kind="stable")] = np.arange(n, dtype=np.uint64)
        code |= _spread((rank << np.uint64(_BITS)) // np.uint64(n)) << np.uint64(axis)
    return np.argsort(code, kind="stable").astype(np.int32)


def _spread(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between any two of the lowest 16 bits."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        x = (x | (x << np.uint64(shift))) & np.uint64(mask)
    return x
