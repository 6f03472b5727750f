"""umap-learn's ``umap.plot``: its pictures by `umapkit.plot`, its page by `umapkit.view`."""

from __future__ import annotations

from umapkit.compat.umap_learn._diagnostic import diagnostic
from umapkit.compat.umap_learn._interactive import interactive, output_file, output_notebook, show
from umapkit.compat.umap_learn._plot import connectivity, nearest_neighbour_distribution, points

__all__ = [
    "connectivity",
    "diagnostic",
    "interactive",
    "nearest_neighbour_distribution",
    "output_file",
    "output_notebook",
    "points",
    "show",
]
