"""scanpy's verbs over umapkit, on AnnData objects as scanpy leaves them.

scanpy itself is not needed: what it wrote into the object is read by name.
"""

from __future__ import annotations

from umapkit.compat.scanpy._ingest import ingest, reference_model
from umapkit.compat.scanpy._neighbors import KNeighborsTransformer
from umapkit.compat.scanpy._tsne import tsne
from umapkit.compat.scanpy._umap import umap

__all__ = ["KNeighborsTransformer", "ingest", "reference_model", "tsne", "umap"]
