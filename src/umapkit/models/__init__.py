"""Maps of fixed points. Each file reads like its abstract: neighbours, graph, start, layout."""

from __future__ import annotations

from umapkit.models._aligned import AlignedUMAP
from umapkit.models._combination import Combination
from umapkit.models._combine import CombinedUMAP, combine
from umapkit.models._family import NeighborEmbedding
from umapkit.models._laplacian import LaplacianEigenmaps
from umapkit.models._largevis import LargeVis
from umapkit.models._load import load
from umapkit.models._members import MEMBERS, Member
from umapkit.models._memory import fit_memory
from umapkit.models._pca import PCA
from umapkit.models._tsne import TSNE
from umapkit.models._umap import UMAP

__all__ = [
    "MEMBERS",
    "PCA",
    "TSNE",
    "UMAP",
    "AlignedUMAP",
    "Combination",
    "CombinedUMAP",
    "LaplacianEigenmaps",
    "LargeVis",
    "Member",
    "NeighborEmbedding",
    "combine",
    "fit_memory",
    "load",
]
