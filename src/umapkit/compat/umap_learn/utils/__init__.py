"""The names of umap-learn's ``umap.utils`` that other packages import.

Left out: `tau_rand` and `tau_rand_int`, steps of a generator with a state; every draw here is a
hash of what it is for, and nothing could be drawn from such a state.
"""

from __future__ import annotations

from umapkit.compat.umap_learn._utils import (
    average_nn_distance,
    csr_unique,
    disconnected_vertices,
    fast_knn_indices,
    norm,
    submatrix,
)

__all__ = [
    "average_nn_distance",
    "csr_unique",
    "disconnected_vertices",
    "fast_knn_indices",
    "norm",
    "submatrix",
]
