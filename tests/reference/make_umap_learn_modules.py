"""Make umap_learn_modules.npz: umap-learn 0.5.12's spectral, layouts, validation and sparse.

Run with a Python that has umap-learn 0.5.12:  python tests/reference/make_umap_learn_modules.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import umap
from scipy.sparse import block_diag, csr_matrix, random_array
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances
from umap import layouts, sparse, spectral, umap_, utils, validation

ANSWERS: dict[str, np.ndarray] = {}


def islands(count: int) -> csr_matrix:
    """Weighted chains of 30 vertices each: their smooth coordinates are well apart."""
    chain = np.diag(np.linspace(0.5, 1.0, 29), 1)
    return csr_matrix(block_diag([chain + chain.T] * count))


def spectra() -> None:
    """Places of components, and of their vertices."""
    draw = np.random.default_rng(0)
    rows = np.repeat(draw.normal(size=(6, 3)), 30, axis=0) + 0.01 * draw.normal(size=(180, 3))
    labels = np.repeat(np.arange(6), 30)
    state = np.random.RandomState(0)
    ANSWERS.update(island_rows=rows, island_labels=labels)
    for metric in ("euclidean", "manhattan", "cosine"):
        found = spectral.component_layout(rows, 6, labels, 2, state, metric=metric)
        ANSWERS[f"centres_{metric}"] = found
    distances = pairwise_distances(rows)
    for linkage in ("average", "complete", "single"):
        ANSWERS[f"centres_{linkage}"] = spectral.component_layout(
            distances, 6, labels, 2, state, "precomputed", {"linkage": linkage}
        )
    for count in (3, 6):
        n = 30 * count
        ANSWERS[f"islands_{count}"] = spectral.multi_component_layout(
            rows[:n], islands(count), count, labels[:n], 2, state
        )
        ANSWERS[f"graph_{count}"] = islands(count).toarray()


def maps() -> None:
    """Small functions of points, and how good a layout gets."""
    pairs = np.random.default_rng(1).normal(size=(5, 2, 3)).astype(np.float32)
    ANSWERS.update(pairs=pairs, rdist=np.array([layouts.rdist(x, y) for x, y in pairs]))
    ANSWERS["clip"] = np.array([layouts.clip(x) for x in (-5.0, -4.0, 0.5, 3.9, 7.0)])
    ANSWERS["norm"] = np.array([utils.norm(x) for x, _ in pairs])
    centres = 4 * np.random.default_rng(2).normal(size=(10, 5))
    rows = np.repeat(centres, 30, axis=0) + np.random.default_rng(3).normal(size=(300, 5))
    graph = umap_.fuzzy_simplicial_set(rows, 15, np.random.RandomState(0), "euclidean")[0].tocoo()
    graph.sum_duplicates()
    periods = umap_.make_epochs_per_sample(graph.data, 200)
    start = np.random.default_rng(4).uniform(0, 10, size=(300, 2)).astype(np.float32)
    ANSWERS.update(layout_rows=rows, head=graph.row, tail=graph.col, periods=periods, start=start)
    a, b = umap.umap_.find_ab_params(1.0, 0.1)
    scores = []
    for seed in range(3):
        places = start.copy()
        layouts.optimize_layout_euclidean(
            places, places, graph.row, graph.col, 200, 300, periods, a, b,
            np.random.RandomState(seed).randint(-1000, 1000, 3).astype(np.int64), move_other=True,
        )  # fmt: skip
        scores.append(trustworthiness(rows, places, n_neighbors=10))
    ANSWERS["layout_trustworthiness"] = np.array(scores)


def scores() -> None:
    """Trustworthiness of all sizes."""
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(60, 5))
    ANSWERS["score_rows"] = rows
    near = np.argsort(pairwise_distances(rows[:, :2]), axis=1)[:, 1:9]
    for metric in ("euclidean", "manhattan", "canberra"):
        order = np.argsort(pairwise_distances(rows, metric=metric), axis=1)
        ANSWERS[f"bulk_{metric}"] = validation.trustworthiness_vector_bulk(order, near, 8)
        function = umap.distances.named_distances[metric]
        calculate = validation.make_trustworthiness_calculator(function)
        ANSWERS[f"calculated_{metric}"] = calculate(rows, near, 8)


def distances() -> None:
    """Distances of sparse rows, all pairs."""
    draw = np.random.default_rng(6)
    table = random_array((8, 20), density=0.4, rng=draw, format="csr")
    table.data = np.ceil(5 * table.data)
    ANSWERS["sparse_rows"] = table.toarray()
    kept = [slice(*table.indptr[i : i + 2]) for i in range(8)]
    parts = [(table.indices[i], table.data[i].astype(np.float32)) for i in kept]
    for name, function in sparse.sparse_named_distances.items():
        more = (20,) if name in sparse.sparse_need_n_features else ()
        ANSWERS[f"sparse_{name}"] = np.array(
            [[function(*one, *other, *more) for other in parts] for one in parts]
        )
    for name in ("sparse_sum", "sparse_diff", "sparse_mul"):
        columns, values = getattr(sparse, name)(*parts[0], *parts[1])
        ANSWERS[f"{name}_columns"], ANSWERS[f"{name}_values"] = columns, values


if __name__ == "__main__":
    spectra()
    maps()
    scores()
    distances()
    np.savez_compressed(Path(__file__).with_name("umap_learn_modules.npz"), **ANSWERS)
