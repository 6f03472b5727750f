"""The whole UMAP family in one package.

Names and rooms load when they are first asked for, so that importing the package costs next to
nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Name -> the room that holds it.
_NAMES = {
    "UMAP": "models",
    "AlignedUMAP": "models",
    "Autoencoder": "parametric",
    "Combination": "models",
    "CombinedUMAP": "models",
    "DirectUMAP": "parametric",
    "FuzzySet": "graph",
    "LaplacianEigenmaps": "models",
    "LargeVis": "models",
    "NeighborEmbedding": "models",
    "Neighbors": "neighbors",
    "PCA": "models",
    "ParametricTSNE": "parametric",
    "ParametricUMAP": "parametric",
    "ProgressiveUMAP": "streaming",
    "SemiSupervisedUMAP": "parametric",
    "TSNE": "models",
    "VAE": "parametric",
    "combine": "models",
    "find_neighbors": "neighbors",
    "fuzzy_graph": "graph",
    "load": "_load",
    "perplexity_graph": "graph",
    "place": "init",
    "run_layout": "layout",
    "spectral_start": "init",
}
_ROOMS = (
    "data",
    "distances",
    "graph",
    "init",
    "layout",
    "models",
    "neighbors",
    "parametric",
    "plot",
    "quality",
    "reproduce",
    "store",
    "streaming",
    "view",
)

if TYPE_CHECKING:
    from umapkit import (
        data,
        distances,
        graph,
        init,
        layout,
        models,
        neighbors,
        parametric,
        plot,
        quality,
        reproduce,
        store,
        streaming,
        view,
    )
    from umapkit._load import load
    from umapkit.graph import FuzzySet, fuzzy_graph, perplexity_graph
    from umapkit.init import place, spectral_start
    from umapkit.layout import run_layout
    from umapkit.models import (
        PCA,
        TSNE,
        UMAP,
        AlignedUMAP,
        Combination,
        CombinedUMAP,
        LaplacianEigenmaps,
        LargeVis,
        NeighborEmbedding,
        combine,
    )
    from umapkit.neighbors import Neighbors, find_neighbors
    from umapkit.parametric import (
        VAE,
        Autoencoder,
        DirectUMAP,
        ParametricTSNE,
        ParametricUMAP,
        SemiSupervisedUMAP,
    )
    from umapkit.streaming import ProgressiveUMAP

__all__ = [
    "PCA",
    "TSNE",
    "UMAP",
    "VAE",
    "AlignedUMAP",
    "Autoencoder",
    "Combination",
    "CombinedUMAP",
    "DirectUMAP",
    "FuzzySet",
    "LaplacianEigenmaps",
    "LargeVis",
    "NeighborEmbedding",
    "Neighbors",
    "ParametricTSNE",
    "ParametricUMAP",
    "ProgressiveUMAP",
    "SemiSupervisedUMAP",
    "__version__",
    "combine",
    "data",
    "distances",
    "find_neighbors",
    "fuzzy_graph",
    "graph",
    "init",
    "layout",
    "load",
    "models",
    "neighbors",
    "parametric",
    "perplexity_graph",
    "place",
    "plot",
    "quality",
    "reproduce",
    "run_layout",
    "spectral_start",
    "store",
    "streaming",
    "view",
]


def _has_torch() -> bool:
    """Whether torch is installed, without loading it."""
    try:
        return importlib.util.find_spec("torch") is not None
    except (ImportError, ValueError):  # something stands in its way
        return False


if not _has_torch():  # asked for by name, the networks say what to install
    __all__ = [  # pyright: ignore[reportUnsupportedDunderAll]
        name for name in __all__ if "parametric" not in (name, _NAMES.get(name))
    ]


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return importlib.import_module(f"umapkit.{name}")
    if name in _NAMES:
        value = getattr(importlib.import_module(f"umapkit.{_NAMES[name]}"), name)
        globals()[name] = value
        return value
    msg = f"module 'umapkit' has no attribute {name!r}; it has: {', '.join(__all__)}."
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
