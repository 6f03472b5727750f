"""What one pair of points costs and weighs: the arithmetic that all costs share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def squared_between(points: Values, i: NDArray[np.int64], j: NDArray[np.int64]) -> Values:
    """Squared distances of the points i from the points j, which broadcast; axis after axis."""
    total = np.zeros(np.broadcast_shapes(i.shape, j.shape))
    for axis in points.T:
        total += (axis[i] - axis[j]) ** 2
    return total


def log_weight(squared: Values, a: float, b: float) -> Values:
    """ln(a s^b), minus infinity at 0; q = 1 / (1 + a s^b)."""
    with np.errstate(divide="ignore"):
        return math.log(a) + b * np.log(squared)


def edge_costs(squared: Values, a: float, b: float, log_floor: float) -> tuple[Values, Values]:
    """c^a and c^r of squared distances, with a floor under the logarithms or without (0)."""
    log_w = log_weight(squared, a, b)
    attraction, repulsion = np.logaddexp(0.0, log_w), np.logaddexp(0.0, -log_w)
    if log_floor > 0:
        attraction, repulsion = (
            floored(np.exp(-attraction), log_floor),
            floored(np.exp(-repulsion), log_floor),
        )
    return attraction, repulsion


def floored(share: Values, log_floor: float) -> Values:
    """-ln(min(x + floor, 1)): the cost of a similarity, as Damrich and Hamprecht compute it."""
    with np.errstate(divide="ignore"):
        return -np.log(np.minimum(share + log_floor, 1.0))


def push_weight(first: Any, second: Any, rate: float, n: int) -> Any:
    """Weigh by m (d_i + d_j) / 2n: how much negative sampling repels a pair with these degrees."""
    return rate * (first + second) / (2.0 * n)
