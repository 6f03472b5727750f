"""The names of umap-learn's ``umap.spectral``."""

from __future__ import annotations

from umapkit.compat.umap_learn._spectral import (
    component_layout,
    multi_component_layout,
    spectral_layout,
    tswspectral_layout,
)

__all__ = [
    "component_layout",
    "multi_component_layout",
    "spectral_layout",
    "tswspectral_layout",
]
