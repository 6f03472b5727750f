"""The names of umap-learn's ``umap.distances``: functions of two rows.

`named_distances` holds every metric that umapkit has, under all its names; each of them is a
function of this module, too (``distances.euclidean(x, y)``).
"""

from __future__ import annotations

from typing import Any

from umapkit.compat.umap_learn._distances import DISCRETE_METRICS, named_distances

__all__ = ["DISCRETE_METRICS", "named_distances"]


def __getattr__(name: str) -> Any:
    found = named_distances.get(name)
    if found is None:
        msg = (
            f"umapkit.compat.umap_learn.distances has no {name!r}; it has: "
            f"{', '.join(sorted(named_distances))}."
        )
        raise AttributeError(msg)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *named_distances})
