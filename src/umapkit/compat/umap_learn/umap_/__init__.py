"""The names of umap-learn's ``umap.umap_`` that other packages import."""

from __future__ import annotations

import numpy as np

from umapkit.compat.umap_learn._graph import (
    MIN_K_DIST_SCALE,
    SMOOTH_K_TOLERANCE,
    compute_membership_strengths,
    fuzzy_simplicial_set,
    nearest_neighbors,
    smooth_knn_dist,
)
from umapkit.compat.umap_learn._layout import (
    find_ab_params,
    init_graph_transform,
    init_transform,
    make_epochs_per_sample,
    noisy_scale_coords,
    simplicial_set_embedding,
)
from umapkit.compat.umap_learn._sets import (
    discrete_metric_simplicial_set_intersection,
    general_simplicial_set_intersection,
    general_simplicial_set_union,
    reset_local_connectivity,
)
from umapkit.compat.umap_learn._umap import UMAP

INT32_MIN = np.iinfo(np.int32).min + 1
INT32_MAX = np.iinfo(np.int32).max - 1
# Distances from which two rows count as unrelated.
DISCONNECTION_DISTANCES = {
    "correlation": 2,
    "cosine": 2,
    "hellinger": 1,
    "jaccard": 1,
    "bit_jaccard": 1,
    "dice": 1,
}

__all__ = [
    "DISCONNECTION_DISTANCES",
    "INT32_MAX",
    "INT32_MIN",
    "MIN_K_DIST_SCALE",
    "SMOOTH_K_TOLERANCE",
    "UMAP",
    "compute_membership_strengths",
    "discrete_metric_simplicial_set_intersection",
    "find_ab_params",
    "fuzzy_simplicial_set",
    "general_simplicial_set_intersection",
    "general_simplicial_set_union",
    "init_graph_transform",
    "init_transform",
    "make_epochs_per_sample",
    "nearest_neighbors",
    "noisy_scale_coords",
    "reset_local_connectivity",
    "simplicial_set_embedding",
    "smooth_knn_dist",
]
