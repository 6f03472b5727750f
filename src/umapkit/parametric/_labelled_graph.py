"""The graph of rows or activations, intersected with the known labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import intersect_labels
from umapkit.parametric._fit import find_memberships

if TYPE_CHECKING:
    from umapkit.parametric._semi_supervised import SemiSupervisedUMAP


class _Neighbourhood:
    """What `find_memberships` asks of a model."""

    set_op_mix_ratio = 1.0
    local_connectivity = 1.0
    disconnection_distance = None
    precomputed_knn = None

    def __init__(self, model: SemiSupervisedUMAP) -> None:
        self.n_neighbors = model.n_neighbors
        self.metric = model.metric
        self.metric_kwds = model.metric_kwds
        self.n_jobs = model.n_jobs
        self.neighbor_recall_ = math.nan


def labelled_graph(
    model: SemiSupervisedUMAP, seen: NDArray[np.float32], codes: NDArray[np.int64]
) -> csr_array:
    """Make the graph of what is seen; at `target_weight` 1 no edge joins two known classes."""
    made, _ = find_memberships(_Neighbourhood(model), seen, None)
    return intersect_labels(
        made, codes, target_weight=model.target_weight, unknown=-1, n_jobs=model.n_jobs
    )
