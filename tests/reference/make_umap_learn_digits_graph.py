"""Write umap_learn_digits_graph.npz: what umap-learn 0.5.12 makes of 400 digits.

Run it where umap-learn 0.5.12 is installed; the tests read the file only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from umap import umap_

ROWS = 400
K = 15

digits = load_digits()
rows = digits.data[:ROWS].astype(np.float64)
labels = digits.target[:ROWS].astype(np.int64)
labels[::7] = -1

squared = np.sum((rows[:, None, :] - rows[None, :, :]) ** 2, axis=2)
np.fill_diagonal(squared, -1.0)
indices = np.argsort(squared, axis=1, kind="stable")[:, :K].astype(np.int32)
distances = np.sqrt(np.maximum(np.take_along_axis(squared, indices, axis=1), 0)).astype(np.float32)

arrays = {"indices": indices, "distances": distances, "labels": labels}


def keep(name: str, graph) -> None:
    """Remember one graph by its parts."""
    graph = graph.tocsr()
    graph.sort_indices()
    arrays[f"{name}_indptr"] = graph.indptr.astype(np.int32)
    arrays[f"{name}_indices"] = graph.indices.astype(np.int16)
    arrays[f"{name}_data"] = graph.data.astype(np.float32)


for name, options in {
    "default": {},
    "connectivity_1_75": {"local_connectivity": 1.75},
    "mix_half": {"set_op_mix_ratio": 0.5},
}.items():
    graph, sigmas, rhos = umap_.fuzzy_simplicial_set(
        rows,
        K,
        np.random.RandomState(0),
        "euclidean",
        knn_indices=indices,
        knn_dists=distances,
        **options,
    )
    keep(name, graph)
    arrays[f"{name}_sigmas"] = sigmas
    arrays[f"{name}_rhos"] = rhos
    if name == "default":
        for weight in (0.5, 0.9, 1.0):
            far = 2.5 * (1.0 / (1.0 - weight)) if weight < 1 else 1.0e12
            joint = umap_.discrete_metric_simplicial_set_intersection(
                graph.copy(), labels, far_dist=far
            )
            keep(f"labels_{int(100 * weight)}", joint)

np.savez_compressed(Path(__file__).with_name("umap_learn_digits_graph.npz"), **arrays)
