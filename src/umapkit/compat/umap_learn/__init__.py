"""umap-learn's names over umapkit: ``import umapkit.compat.umap_learn as umap``.

The classes and functions take umap-learn 0.5.12's arguments and give what it gives; the work is
umapkit's. What umap-learn has and umapkit has not raises NotImplementedError, and says so.
"""

from __future__ import annotations

from umapkit.compat.umap_learn import (
    aligned_umap,
    distances,
    layouts,
    sparse,
    spectral,
    umap_,
    utils,
    validation,
)
from umapkit.compat.umap_learn._aligned import AlignedUMAP
from umapkit.compat.umap_learn._umap import UMAP

__version__ = "0.5.12"  # of umap-learn, whose names these are

__all__ = [
    "UMAP",
    "AlignedUMAP",
    "__version__",
    "aligned_umap",
    "distances",
    "layouts",
    "sparse",
    "spectral",
    "umap_",
    "utils",
    "validation",
]


# Loaded when they are asked for: matplotlib is needed for the one, torch for the others.
_ASKED = ("ParametricUMAP", "load_ParametricUMAP", "parametric_umap", "plot")


def __getattr__(name: str) -> object:
    if name in _ASKED:
        import importlib

        room = "plot" if name == "plot" else "parametric_umap"
        module = importlib.import_module(f"umapkit.compat.umap_learn.{room}")
        return module if name == room else getattr(module, name)
    msg = f"umapkit.compat.umap_learn has no {name!r}; it has: {', '.join([*__all__, *_ASKED])}."
    raise AttributeError(msg)
