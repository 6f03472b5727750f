"""umap-learn's module of this name: the class for related tables."""

from __future__ import annotations

from umapkit.compat.umap_learn._aligned import AlignedUMAP

__all__ = ["AlignedUMAP"]
