"""Write umap_learn_targets.npz: umap-learn 0.5.12's intersections of 150 digits with targets.

Run it where umap-learn 0.5.12 is installed; the tests read the file only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances
from umap import distances as dist
from umap import umap_

ROWS = 150
K = 10

digits = load_digits()
rows = digits.data[:ROWS].astype(np.float64)
classes = digits.target[:ROWS]
rng = np.random.default_rng(0)
numbers = classes + rng.normal(scale=0.3, size=ROWS)
table = np.stack([numbers, rng.normal(size=ROWS)], axis=1)
# Short texts of up to nine letters: no pair is cut off at a third of the longest by one side only.
texts = np.array(["abcdefghi"] + [f"digit{v}" for v in classes[1:]], dtype=object)

graph, _, _ = umap_.fuzzy_simplicial_set(rows, K, np.random.RandomState(0), "euclidean")
arrays = {"classes": classes, "numbers": numbers, "table": table, "texts": texts.astype(str)}


def keep(name: str, found) -> None:
    """Remember one graph by its parts."""
    found = found.tocsr()
    found.sort_indices()
    arrays[f"{name}_indptr"] = found.indptr.astype(np.int32)
    arrays[f"{name}_indices"] = found.indices.astype(np.int16)
    arrays[f"{name}_data"] = found.data.astype(np.float32)


keep("graph", graph)
for weight in (0.2, 0.5, 0.8):
    for name, metric, y in (("numbers", "l1", numbers[:, None]), ("table", "euclidean", table)):
        of_targets, _, _ = umap_.fuzzy_simplicial_set(
            pairwise_distances(y, metric=metric),
            K,
            np.random.RandomState(0),
            "precomputed",
            {},
            None,
            None,
            False,
            1.0,
            1.0,
            False,
        )
        keep(f"{name}_targets", of_targets)
        joint = umap_.general_simplicial_set_intersection(graph, of_targets, weight)
        keep(f"{name}_{int(100 * weight)}", umap_.reset_local_connectivity(joint))
    for name, y in (("ordinal", classes), ("string", texts.astype(str))):
        joint = umap_.discrete_metric_simplicial_set_intersection(
            graph.copy(),
            y,
            metric=name,
            metric_kws=dist.get_discrete_params(y, name),
            metric_scale=2.5 / (1.0 - weight),
        )
        keep(f"{name}_{int(100 * weight)}", joint)

np.savez_compressed(Path(__file__).with_name("umap_learn_targets.npz"), **arrays)
