"""The name of umap-learn's ``umap.plot`` that umapkit draws: `points`.

For a page to explore, umap-learn's ``interactive``, see `umapkit.view.write_page`.
"""

from __future__ import annotations

from umapkit.compat.umap_learn._plot import points

__all__ = ["points"]
