"""t-SNE: gradient descent on the divergence between a graph of probabilities and the map."""

from __future__ import annotations

from umapkit.layout.tsne._layout import TsneLayout
from umapkit.layout.tsne._options import Repulsion, TsneOptions
from umapkit.layout.tsne._settle import FrozenField, settle_tsne

__all__ = ["FrozenField", "Repulsion", "TsneLayout", "TsneOptions", "settle_tsne"]
