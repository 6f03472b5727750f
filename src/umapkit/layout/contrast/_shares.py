"""How often a vertex is a negative, and what that weighs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit.layout._edges import LANES


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares s of vertices with degrees d, for ``cpp/include/umapkit/weighted.hpp``.

    Attributes
    ----------
    degrees : float32 array of shape (n,)
        d, sums of the scaled weights.
    values : float32 array of shape (n,)
        s, of mean 1: all 1, or in proportion to d^0.75.
    mean_power : float
        Mean of d^0.75; 1 where all shares are 1.
    """

    degrees: NDArray[np.float32]
    values: NDArray[np.float32]
    mean_power: float

    @classmethod
    def of(cls, degrees: NDArray[np.float32], *, by_degree: bool) -> Shares:
        """Make them of degrees, not all 0."""
        if not by_degree:
            return cls(degrees, np.ones(len(degrees), dtype=np.float32), 1.0)
        powers = _power(degrees.astype(np.float64))
        mean = math.fsum(powers.tolist()) / len(powers)
        mean = mean if mean > 0 else 1.0
        return cls(degrees, (powers / mean).astype(np.float32), mean)

    def ratio(self) -> NDArray[np.float32]:
        """Share over degree, 0 where the degree is."""
        return np.divide(
            self.values, self.degrees, out=np.zeros_like(self.values), where=self.degrees > 0
        )

    def ratio_of(self, degree: float, *, by_degree: bool) -> float:
        """Share over degree of one more vertex of that degree."""
        power = float(_power(np.array(degree))) / self.mean_power if by_degree else 1.0
        return power / degree

    def around(self, order: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Shares and degrees in the order of the shuffled copy, the first 16 again at the end."""
        turned = order[np.arange(len(order) + LANES) % len(order)]
        return self.values[turned], self.degrees[turned]


def _power(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """d^0.75 by square roots, which are the same on every machine."""
    root = np.sqrt(degrees)
    return root * np.sqrt(root)
