"""Metrics as functions of two rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from umapkit.distances import METRICS, Metric

DISCRETE_METRICS = (
    "categorical",
    "hierarchical_categorical",
    "ordinal",
    "count",
    "string",
    "myers",
)


def _of_two_rows(card: Metric) -> Callable[[ArrayLike, ArrayLike], float]:
    def distance(x: ArrayLike, y: ArrayLike) -> float:
        one = np.atleast_2d(np.asarray(x, dtype=np.float64))
        other = np.atleast_2d(np.asarray(y, dtype=np.float64))
        return float(card.formula(one, other)[0, 0])

    distance.__name__ = distance.__qualname__ = card.name
    distance.__doc__ = f"Distance {card.name!r} of two rows of shape (d,); a float."
    return distance


def _all() -> dict[str, Callable[[ArrayLike, ArrayLike], float]]:
    found = {}
    for card in METRICS.values():
        function = _of_two_rows(card)
        found |= dict.fromkeys((card.name, *card.aliases), function)
    return found


named_distances = _all()
