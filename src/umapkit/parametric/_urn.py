"""Draws with unequal chances: a binary search, begun where a table says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_UNIT = 2.0**-53
_PER_MARK = 4  # items, on average, between two marks of the table


class Urn:
    """Numbers 0 ... n - 1, drawn in proportion to weights.

    Memory is 9 bytes an item. A draw is the place of a chance in the running sums; a plain binary
    search waits for main memory some twenty times, one after the other, this one for three draws of
    all chances at once.

    Parameters
    ----------
    weights : float array of shape (n,)
        0 or more, not all 0; n at least 1.
    """

    def __init__(self, weights: NDArray[Any]) -> None:
        self.sums: NDArray[np.float64] = np.cumsum(weights, dtype=np.float64)
        # A power of two: whole parts of a chance are then exact, so that the marks on both sides of
        # it always hold its place between them.
        self._marks = 1 << max(0, (len(self.sums) // _PER_MARK).bit_length() - 1)
        marks = np.arange(self._marks + 1) * (1.0 / self._marks) * self.sums[-1]
        self._guide = np.searchsorted(self.sums, marks, side="right").astype(np.int32)

    def __len__(self) -> int:
        """Count the numbers."""
        return len(self.sums)

    def draw(self, bits: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return one number for each 64 random bits, the same for the same bits."""
        chance = (bits >> np.uint64(11)).astype(np.float64) * _UNIT
        wanted = chance * self.sums[-1]
        mark = (chance * self._marks).astype(np.int64)
        low, high = self._guide[mark].astype(np.int64), self._guide[mark + 1].astype(np.int64)
        while (low < high).any():
            middle = (low + high) >> 1
            behind = (self.sums[np.minimum(middle, len(self.sums) - 1)] <= wanted) & (low < high)
            low = np.where(behind, middle + 1, low)
            high = np.where(behind, high, np.minimum(middle, high))
        return np.minimum(low, len(self.sums) - 1)
