"""umap-learn's module of this name: the map by a network, here in torch."""

from __future__ import annotations

from umapkit.compat.umap_learn._parametric import ParametricUMAP
from umapkit.compat.umap_learn._parametric_files import load_ParametricUMAP

__all__ = ["ParametricUMAP", "load_ParametricUMAP"]
