"""The names of umap-learn's ``umap.distances``: functions of two rows, or of two labels.

`named_distances` holds every metric that umapkit has, under all its names, and
`named_distances_with_gradients` those with a gradient; each of them is a function of this module,
too (``distances.euclidean(x, y)``, ``distances.euclidean_grad(x, y)``).
"""

from __future__ import annotations

from typing import Any

from umapkit.compat.umap_learn._distances import (
    DISCRETE_METRICS,
    functions,
    named_distances,
    named_distances_with_gradients,
    pairwise_special_metric,
)

__all__ = [
    "DISCRETE_METRICS",
    "named_distances",
    "named_distances_with_gradients",
    "pairwise_special_metric",
]


def __getattr__(name: str) -> Any:
    found = functions.get(name)
    if found is None:
        msg = (
            f"umapkit.compat.umap_learn.distances has no {name!r}; it has: "
            f"{', '.join(sorted(functions))}."
        )
        raise AttributeError(msg)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *functions})
