"""The stages of a fit: neighbours, memberships, start, layout."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from umapkit.data import Rows
from umapkit.graph import bandwidths, check_graph, fuzzy_graph
from umapkit.init import make_start
from umapkit.layout import (
    Layout,
    LayoutInterrupted,
    Progress,
    as_observers,
    execute,
    resolve_epochs,
)
from umapkit.neighbors import NeighborIndex, build_index, check_precomputed, estimate_recall

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP

# The neighbour search draws from this seed whatever random_state is: its result then depends on
# the data only, so a cache (`memory`) serves every seed. Start and layout draw from seed_.
_SEARCH_SEED = 0


def forget(model: UMAP) -> None:
    """Drop the earlier fit: should this one fail, no mixture of the two may place rows."""
    new = ("a_", "b_", "n_features_in_", "feature_names_in_")
    for name in [n for n in vars(model) if n.endswith("_") and n not in new]:
        delattr(model, name)


def find_memberships(model: UMAP, rows: Rows, graph: Any) -> csr_array:
    """Memberships of the kept rows: given, or by neighbours given or searched."""
    if graph is not None:
        model.neighbor_recall_ = float("nan")
        return check_graph(graph, n_rows=len(rows))
    knn = model._given_neighbors()
    if knn is not None:
        neighbors = check_precomputed(knn, n=len(rows), n_neighbors=model.n_neighbors)
        model.neighbor_recall_ = estimate_recall(
            rows, neighbors, metric=model.metric, n_jobs=model.n_jobs
        )
        if model.neighbor_recall_ < 0.5:
            msg = (
                f"precomputed_knn holds {model.neighbor_recall_:.0%} of the nearest rows by "
                f"metric={model.metric!r}, on a sample. Were they found on other rows, or by "
                "another metric? Then name that metric."
            )
            warnings.warn(msg, UserWarning, stacklevel=3)
    else:
        model._index = search(model, rows)
        neighbors = model._places.count_copies(model._index.neighbors)
        model.neighbor_recall_ = float(model._index.recall)
    return fuzzy_graph(
        neighbors,
        set_op_mix_ratio=model.set_op_mix_ratio,
        local_connectivity=model.local_connectivity,
        disconnection_distance=model._resolved_disconnection(),
        n_jobs=model.n_jobs,
    )


def search(model: UMAP, rows: Rows) -> NeighborIndex:
    """Neighbours of the kept rows, out of the cache where the user keeps one."""
    n = len(rows)
    if model.n_neighbors > n:
        msg = (
            f"n_neighbors={model.n_neighbors} is more than the number of different rows, {n}; "
            f"{n} is used."
        )
        warnings.warn(msg, UserWarning, stacklevel=4)
    build: Any = build_index
    if model.memory is not None:
        from sklearn.utils.validation import check_memory

        memory = model.memory
        if isinstance(memory, os.PathLike):
            memory = os.fspath(memory)
        build = check_memory(memory).cache(build_index, ignore=["n_jobs"])
    return build(
        rows,
        n_neighbors=min(model.n_neighbors, n),
        metric=model.metric,
        method=model.neighbors,
        random_state=_SEARCH_SEED,
        n_jobs=model.n_jobs,
    )


def lay_out(model: UMAP, memberships: csr_array, rows: Rows) -> None:
    """Start and layout; sets what `fit` promises, also when interrupted."""
    copies = model._places
    kept_rows = rows if copies.keeps_all else model._finder.rows
    init = model.init
    if not isinstance(init, str):
        init = np.asarray(init)
        if init.shape == (len(rows), model.n_components):
            init = init[copies.kept] if not copies.keeps_all else init
    start = make_start(
        memberships,
        init=init,
        n_components=model.n_components,
        data=kept_rows,
        seed=model.seed_,
        n_jobs=model.n_jobs,
    )
    length, wanted = resolve_epochs(model.n_epochs, len(start))
    options = model._layout_options(n_epochs=length, seed=model.seed_)
    layout = Layout(memberships, start, options, n_jobs=model.n_jobs)
    observers = as_observers(model.observers)
    if model.verbose:
        observers.append(Progress())
    run = execute(layout, wanted, observers=observers, tol=model.tol, checkpoint=model.checkpoint)
    model._new_row_epochs = model._settle_epochs()
    model.n_epochs_ = layout.epoch
    model.loss_ = layout.loss()
    model.embedding_ = copies.expand(layout.embedding)
    if run.snapshots:
        model.embedding_list_ = [copies.expand(kept) for kept in run.snapshots]
    if run.interrupt is not None:
        raise LayoutInterrupted(model.embedding_, model.n_epochs_) from run.interrupt


def search_index(model: UMAP) -> NeighborIndex:
    """Index of the kept rows; searched now if the fit did not need one."""
    if model._index is None:
        model._index = search(model, model._finder.rows)
    return model._index


def floor_distance(model: UMAP) -> float:
    """Mean distance of the training table: a constant of the model for new rows."""
    if model._mean_distance is None:
        table = model._places.count_copies(search_index(model).neighbors)
        model._mean_distance = bandwidths(table, n_jobs=model.n_jobs).mean_distance
    return model._mean_distance
