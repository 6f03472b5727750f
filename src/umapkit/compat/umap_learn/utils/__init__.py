"""The names of umap-learn's ``umap.utils`` that other packages import."""

from __future__ import annotations

from umapkit.compat.umap_learn._utils import (
    average_nn_distance,
    csr_unique,
    disconnected_vertices,
    fast_knn_indices,
    submatrix,
)

__all__ = [
    "average_nn_distance",
    "csr_unique",
    "disconnected_vertices",
    "fast_knn_indices",
    "submatrix",
]
