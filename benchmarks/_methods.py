"""What is compared: one card a method, run by umapkit's interpreter or by that of the peers.

Only numpy is imported up here; every function imports its package itself. Peers run with their
own defaults, except that all UMAPs are asked for the same neighbours, dimensions and min_dist=0.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ask:
    """What every method is asked for."""

    n_neighbors: int = 15  # the row itself included
    n_components: int = 2
    seed: int = 0
    jobs: int = 1
    metric: str = "euclidean"  # another one for cards with `sparse` only


@dataclass
class Fit:
    """What a method gives back; the functions are called after the clock has stopped.

    embedding: the map (n, c), None for a mere search. lists: gives neighbour lists of all rows,
    without or with the row itself, None where the method looks at all pairs; itself None where
    nobody can tell. place: puts new rows on the map.
    """

    embedding: np.ndarray | None
    lists: Callable[[], np.ndarray | None] | None
    place: Callable[[Any], Any] | None = None
    model: Any = None


@dataclass(frozen=True)
class Card:
    """A method: who makes it, what to import, how to run it."""

    distribution: str
    module: str
    fit: Callable[[np.ndarray, Ask], Fit]
    maps: bool = True  # else it finds neighbours only
    uses_sklearn: bool = True  # imports numpy, scipy and scikit-learn anyway: "base imports"
    places: bool = False  # can put new rows on its map
    dense: bool = False  # a densMAP: compared by density.py
    sparse: bool = False  # takes sparse rows, and any metric: compared by sparse.py


def _umapkit(rows: np.ndarray, ask: Ask) -> Fit:
    from umapkit import UMAP, find_neighbors

    model = UMAP(
        ask.n_neighbors, n_components=ask.n_components, metric=ask.metric, random_state=ask.seed,
        n_jobs=ask.jobs,
    ).fit(rows)  # fmt: skip

    def lists() -> np.ndarray:  # the search of the fit once more
        k = min(ask.n_neighbors, rows.shape[0])
        return find_neighbors(
            rows, n_neighbors=k, metric=ask.metric, random_state=0, n_jobs=ask.jobs
        ).indices

    return Fit(model.embedding_, lists, model.transform, model)


def _umap_learn(rows: np.ndarray, ask: Ask, *, seeded: bool = False) -> Fit:
    from umap import UMAP

    model = UMAP(
        n_neighbors=ask.n_neighbors,
        n_components=ask.n_components,
        metric=ask.metric,
        random_state=ask.seed if seeded else None,
        n_jobs=1 if seeded else ask.jobs,
    ).fit(rows)
    # Below 4,096 rows it computes all pairs.
    exact = getattr(model, "_small_data", False)
    return Fit(model.embedding_, lambda: None if exact else model._knn_indices, model.transform)


def _umap_learn_seeded(rows: np.ndarray, ask: Ask) -> Fit:
    return _umap_learn(rows, ask, seeded=True)


def _umapkit_densmap(rows: np.ndarray, ask: Ask) -> Fit:
    from umapkit import UMAP

    model = UMAP(
        ask.n_neighbors, n_components=ask.n_components, densmap=True, random_state=ask.seed,
        n_jobs=ask.jobs,
    ).fit(rows)  # fmt: skip
    return Fit(model.embedding_, None, model.transform, model)


def _umap_learn_densmap(rows: np.ndarray, ask: Ask) -> Fit:
    from umap import UMAP

    model = UMAP(
        n_neighbors=ask.n_neighbors, n_components=ask.n_components, densmap=True, n_jobs=ask.jobs
    ).fit(rows)
    return Fit(model.embedding_, None)


def _umapkit_parametric(rows: np.ndarray, ask: Ask) -> Fit:
    from umapkit import ParametricUMAP

    model = ParametricUMAP(
        n_neighbors=ask.n_neighbors, n_components=ask.n_components, random_state=ask.seed,
        n_jobs=ask.jobs, device="cpu",
    ).fit(rows)  # fmt: skip
    return Fit(model.embedding_, None, model.transform, model)


def _umapkit_stream(rows: np.ndarray, ask: Ask) -> Fit:
    """Rows that come a thousand at a time; the map after the last."""
    from umapkit import ProgressiveUMAP

    model = ProgressiveUMAP(
        ask.n_neighbors, n_components=ask.n_components, random_state=ask.seed, n_jobs=ask.jobs
    )
    for begin in range(0, len(rows), 1000):
        model.partial_fit(rows[begin : begin + 1000])
    return Fit(model.embedding_, None, None, model)


def _pacmap(rows: np.ndarray, ask: Ask) -> Fit:
    """PaCMAP; its own number of neighbours, which is 10 up to 10,000 rows."""
    from pacmap import PaCMAP

    model = PaCMAP(n_components=ask.n_components, random_state=ask.seed)
    return Fit(np.asarray(model.fit_transform(rows)), None)


def _torchdr(rows: np.ndarray, ask: Ask) -> Fit:
    import torch
    import torchdr

    torch.set_num_threads(ask.jobs)
    model = torchdr.UMAP(
        n_neighbors=ask.n_neighbors, n_components=ask.n_components, min_dist=0.1,
        random_state=ask.seed, device="cpu",
    )  # fmt: skip
    return Fit(np.asarray(model.fit_transform(rows)), None)


def _opentsne(rows: np.ndarray, ask: Ask) -> Fit:
    from openTSNE import TSNE

    model = TSNE(n_components=ask.n_components, random_state=ask.seed, n_jobs=ask.jobs).fit(rows)

    def lists() -> np.ndarray:  # kept under a private name of one of several classes
        kept = vars(model.affinities)
        return next(kept[name] for name in kept if name.endswith("__neighbors"))

    return Fit(np.asarray(model), lists, model.transform)


def _umapkit_tsne(rows: np.ndarray, ask: Ask) -> Fit:
    from umapkit import TSNE

    model = TSNE(n_components=ask.n_components, random_state=ask.seed, n_jobs=ask.jobs).fit(rows)
    return Fit(model.embedding_, None, model.transform, model)


def _fastumap(rows: np.ndarray, ask: Ask) -> Fit:
    import fastumap
    from fastumap.neighbors import knn_graph

    model = fastumap.fit(rows, ask.n_components, n_neighbors=ask.n_neighbors, random_state=ask.seed)

    def lists() -> np.ndarray:
        return knn_graph(rows.astype(np.float64), ask.n_neighbors, mode="auto")[0]

    return Fit(model.embedding, lists, model.transform)


def _manifolds(rows: np.ndarray, ask: Ask) -> Fit:
    import manifolds_rs

    manifolds_rs.set_num_threads(ask.jobs)
    others = ask.n_neighbors - 1  # it does not count the row itself
    model = manifolds_rs.UMAP(
        n_components=ask.n_components, n_neighbors=others, min_dist=0.1, seed=ask.seed
    )
    return Fit(model.fit_transform(rows), lambda: manifolds_rs.knn_graph(rows, others)[0])


def _searched(method: str) -> Callable[[np.ndarray, Ask], Fit]:
    def fit(rows: np.ndarray, ask: Ask) -> Fit:
        from umapkit.neighbors import build_index

        index = build_index(
            rows,
            n_neighbors=ask.n_neighbors,
            metric=ask.metric,
            method=method,  # pyright: ignore[reportArgumentType]
            random_state=ask.seed,
            n_jobs=ask.jobs,
        )
        return Fit(None, lambda: index.neighbors.indices, model=index)

    return fit


def _pynndescent(rows: np.ndarray, ask: Ask) -> Fit:
    from pynndescent import NNDescent

    index = NNDescent(
        rows, n_neighbors=ask.n_neighbors, metric=ask.metric, random_state=ask.seed,
        n_jobs=ask.jobs,
    )  # fmt: skip
    found = index.neighbor_graph[0]
    return Fit(None, lambda: found)


def _manifolds_knn(rows: np.ndarray, ask: Ask) -> Fit:
    import manifolds_rs

    manifolds_rs.set_num_threads(ask.jobs)
    found = manifolds_rs.knn_graph(rows, ask.n_neighbors - 1, ann="nndescent", seed=ask.seed)[0]
    return Fit(None, lambda: found)


def _faiss(kind: str) -> Callable[[np.ndarray, Ask], Fit]:
    def fit(rows: np.ndarray, ask: Ask) -> Fit:
        import faiss

        faiss.omp_set_num_threads(ask.jobs)
        n, d = rows.shape
        if kind == "flat":
            index = faiss.IndexFlatL2(d)
        elif kind == "hnsw":
            index = faiss.IndexHNSWFlat(d, 32)
            index.hnsw.efSearch = 64
        else:
            cells = max(1, min(n // 39, int(4 * n**0.5)))  # 39 rows a cell: faiss asks for that
            index = faiss.IndexIVFFlat(faiss.IndexFlatL2(d), d, cells)
            index.train(rows)
            index.nprobe = min(cells, 16)
        index.add(rows)
        found = index.search(rows, ask.n_neighbors)[1]
        return Fit(None, lambda: found)

    return fit


METHODS = {
    "umapkit": Card("umapkit", "umapkit", _umapkit, places=True, sparse=True),
    "umap-learn": Card("umap-learn", "umap", _umap_learn, places=True, sparse=True),
    "umap-learn-seeded": Card("umap-learn", "umap", _umap_learn_seeded, places=True, sparse=True),
    "umapkit-densmap": Card("umapkit", "umapkit", _umapkit_densmap, places=True, dense=True),
    "umap-learn-densmap": Card("umap-learn", "umap", _umap_learn_densmap, dense=True),
    "umapkit-tsne": Card("umapkit", "umapkit", _umapkit_tsne, places=True),
    "openTSNE": Card("openTSNE", "openTSNE", _opentsne, places=True),
    "umapkit-parametric": Card("umapkit", "umapkit", _umapkit_parametric, places=True),
    "umapkit-stream": Card("umapkit", "umapkit", _umapkit_stream),
    "pacmap": Card("pacmap", "pacmap", _pacmap),
    "torchdr": Card("torchdr", "torchdr", _torchdr),
    "fastumap": Card("fastumap", "fastumap", _fastumap, uses_sklearn=False, places=True),
    "manifolds-rs": Card("manifolds-rs", "manifolds_rs", _manifolds, uses_sklearn=False),
    "umapkit-descent": Card("umapkit", "umapkit", _searched("descent"), maps=False, sparse=True),
    "umapkit-exact": Card("umapkit", "umapkit", _searched("exact"), maps=False, sparse=True),
    "pynndescent": Card("pynndescent", "pynndescent", _pynndescent, maps=False, sparse=True),
    "faiss-flat": Card("faiss-cpu", "faiss", _faiss("flat"), maps=False, uses_sklearn=False),
    "faiss-hnsw": Card("faiss-cpu", "faiss", _faiss("hnsw"), maps=False, uses_sklearn=False),
    "faiss-ivf": Card("faiss-cpu", "faiss", _faiss("ivf"), maps=False, uses_sklearn=False),
    "manifolds-rs-descent": Card(
        "manifolds-rs", "manifolds_rs", _manifolds_knn, maps=False, uses_sklearn=False
    ),
}
