"""The names of umap-learn's ``umap.spectral``."""

from __future__ import annotations

from umapkit.compat.umap_learn._spectral import spectral_layout, tswspectral_layout

__all__ = ["spectral_layout", "tswspectral_layout"]
