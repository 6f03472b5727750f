"""Make umap_learn_functions.npz: what umap-learn 0.5.12's helpers answer on small inputs.

Run with a Python that has umap-learn 0.5.12:  python tests/reference/make_umap_learn_functions.py
"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import umap
from scipy.sparse import csr_matrix
from umap import umap_

ANSWERS: dict[str, np.ndarray] = {}


def keep(name: str, graph: object) -> None:
    """Keep a sparse matrix as a dense one."""
    ANSWERS[name] = np.asarray(csr_matrix(graph).toarray())


def main() -> None:
    """Ask, and write."""
    rows = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    distances = np.sqrt(((rows[:, None].astype(np.float64) - rows[None]) ** 2).sum(axis=2))
    indices = np.argsort(distances, axis=1, kind="stable")[:, :8].astype(np.int32)
    far = np.take_along_axis(distances, indices, axis=1).astype(np.float32)
    labels = np.random.default_rng(1).integers(-1, 3, size=40)
    ANSWERS.update(rows=rows, indices=indices, distances=far, labels=labels)
    ANSWERS["ab"] = np.array(
        [umap_.find_ab_params(s, d) for s, d in ((1.0, 0.1), (1.0, 0.5), (2.0, 0.0))]
    )
    for name, connectivity, k in (("one", 1.0, 8.0), ("more", 1.75, 8.0), ("few", 1.0, 5.0)):
        sigmas, rhos = umap_.smooth_knn_dist(far, k, local_connectivity=connectivity)
        ANSWERS[f"sigmas_{name}"], ANSWERS[f"rhos_{name}"] = sigmas, rhos
    sigmas, rhos = umap_.smooth_knn_dist(far, 8.0)
    part = np.where(far > 2, np.int32(-1), indices)
    triplets = umap_.compute_membership_strengths(part, far, sigmas, rhos, True)
    for name, values in zip(("heads", "tails", "values", "dists"), triplets, strict=True):
        ANSWERS[f"strengths_{name}"] = values
    state = np.random.RandomState(0)
    fuzzy = umap_.fuzzy_simplicial_set
    one = fuzzy(rows, 8, state, None, knn_indices=indices, knn_dists=far, return_dists=True)
    keep("graph", one[0])
    keep("graph_dists", one[3])
    options = {"knn_indices": indices, "knn_dists": far}
    keep("graph_half", fuzzy(rows, 8, state, None, set_op_mix_ratio=0.5, **options)[0])
    keep("graph_directed", fuzzy(rows, 8, state, None, apply_set_operations=False, **options)[0])
    other_rows = rows[:, ::-1] * np.array([3, 1, 1, 0.2])
    other = fuzzy(other_rows, 6, state, "euclidean")[0]
    keep("other", other)
    graph = csr_matrix(one[0])
    # Copies: some of these functions write into what they are given.
    keep("reset", umap_.reset_local_connectivity(graph.copy()))
    keep("reset_metric", umap_.reset_local_connectivity(graph.copy(), reset_local_metric=True))
    keep("labelled", umap_.discrete_metric_simplicial_set_intersection(graph.copy(), labels))
    keep("union", umap_.general_simplicial_set_union(graph.copy(), csr_matrix(other)))
    for name, weight, complement in (("mean", 0.5, False), ("low", 0.2, False), ("not", 0.5, True)):
        found = umap_.general_simplicial_set_intersection(
            graph.copy(), csr_matrix(other), weight=weight, right_complement=complement
        )
        keep(f"intersection_{name}", found)
    weights = np.array([1.0, 0.5, 0.1, 0.0])
    ANSWERS["epochs"] = umap_.make_epochs_per_sample(weights, 200)
    ANSWERS["parameters"] = np.array(
        [f"{p.name}={p.default!r}" for p in inspect.signature(umap.UMAP).parameters.values()]
    )
    np.savez_compressed(Path(__file__).with_name("umap_learn_functions.npz"), **ANSWERS)


if __name__ == "__main__":
    main()
