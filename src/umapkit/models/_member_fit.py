"""The stages of a fit of the family: affinities, start, layout."""

from __future__ import annotations

import math
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.distances import resolve_metric
from umapkit.graph import fuzzy_graph, joint_affinities
from umapkit.init import given_start, make_start
from umapkit.layout import (
    Layout,
    LayoutInterrupted,
    LayoutOptions,
    Progress,
    as_observers,
    execute,
)
from umapkit.layout.contrast import ContrastLayout
from umapkit.layout.tsne import TsneLayout, TsneOptions
from umapkit.models._members import Plan
from umapkit.models._tsne_fit import find_lists, given_weights, make_tsne_start, search
from umapkit.models._warm import is_model, keeps_scale, warm_start

if TYPE_CHECKING:
    from umapkit.models._member import FamilyMember


def find_graph(model: FamilyMember, plan: Plan, rows: Any, graph: Any) -> csr_array:
    """Affinities of the kept rows: given, or by neighbours."""
    asked: Any = model  # the search reads of t-SNE what every member has
    if graph is not None:
        model.neighbor_recall_ = math.nan
        found = given_weights(graph, len(rows))
    elif plan.affinities == "fuzzy":
        columns = available(plan.n_neighbors, len(rows))
        model._index = search(asked, rows, columns, model.neighbors)
        model.neighbor_recall_ = float(model._index.recall)
        found = fuzzy_graph(
            model._places.count_copies(model._index.neighbors),
            disconnection_distance=disconnection(model),
            n_jobs=model.n_jobs,
        )
    else:
        columns, perplexity = reach(plan, len(rows))
        neighbors, recall = find_lists(asked, rows, columns)
        model.neighbor_recall_ = float(recall)
        found = joint_affinities(
            neighbors,
            perplexity=perplexity,
            kind="uniform" if plan.affinities == "uniform" else "perplexity",
            n_jobs=model.n_jobs,
        )
    total = float(found.data.sum(dtype=np.float64))
    if not total > 0:
        msg = "The graph has no edges, so there is nothing to lay out. Give some weights above 0."
        raise ValueError(msg)
    if isinstance(plan.options, TsneOptions) and (graph is not None or plan.affinities == "fuzzy"):
        parts = (found.data / np.float32(total), found.indices, found.indptr)
        return csr_array(parts, shape=found.shape)
    return found


def reach(plan: Plan, n: int) -> tuple[int, float]:
    """Columns of the lists, and the perplexity, that n rows allow; less with a warning."""
    if plan.affinities == "uniform":
        return available(plan.n_neighbors, n), 1.0
    most = max(1.0, (n - 1) / 3)
    if plan.perplexity > most:
        msg = (
            f"perplexity={plan.perplexity!r} is more than a third of the {n} different rows; "
            f"{most:g} is used."
        )
        warnings.warn(msg, UserWarning, stacklevel=5)
    perplexity = min(float(plan.perplexity), most)
    return min(n, int(3 * perplexity) + 1), perplexity


def available(n_neighbors: int, n: int) -> int:
    """`n_neighbors`, or the number of rows where there are fewer."""
    if n_neighbors > n:
        msg = (
            f"n_neighbors={n_neighbors} is more than the number of different rows, {n}; "
            f"{n} is used."
        )
        warnings.warn(msg, UserWarning, stacklevel=5)
    return min(n_neighbors, n)


def disconnection(model: FamilyMember) -> float:
    """Distance from which neighbours are not connected."""
    return float(resolve_metric(model.metric).disconnection_distance)


def begin(model: FamilyMember, plan: Plan, graph: csr_array, rows: Any) -> Layout:
    """Make the layout that the plan's options ask for, at its start."""
    options = plan.options
    if isinstance(options, TsneOptions):
        asked: Any = SimpleNamespace(
            n_components=model.n_components,
            metric=model.metric,
            init=model._start(),
            seed_=model.seed_,
            n_jobs=model.n_jobs,
            _places=model._places,
        )
        return TsneLayout(graph, make_tsne_start(asked, graph, rows), options, n_jobs=model.n_jobs)
    start = make_member_start(model, graph, rows)
    if isinstance(options, LayoutOptions):
        return Layout(graph, start, options, n_jobs=model.n_jobs)
    return ContrastLayout(graph, start, options, n_jobs=model.n_jobs)


def make_member_start(model: FamilyMember, graph: csr_array, rows: Any) -> NDArray[np.float32]:
    """Start of a layout but t-SNE's: every axis scaled to [0, 10], or the map of a model."""
    init = model._start()
    if is_model(init):
        places = warm_start(init, rows, graph, seed=model.seed_)
        if keeps_scale(init):
            n = len(graph.indptr) - 1
            return given_start(places, n_rows=n, n_components=model.n_components, seed=model.seed_)
        init = places
    elif not isinstance(init, str):
        init = np.asarray(init)
        if len(init) == len(model._places.slot) and not model._places.keeps_all:
            init = init[model._places.kept]
    return make_start(
        graph,
        init=init,
        n_components=model.n_components,
        data=None if model._missing_value() is not None else rows,
        seed=model.seed_,
        n_jobs=model.n_jobs,
    )


def lay_out(model: FamilyMember, plan: Plan, graph: csr_array, rows: Any) -> None:
    """Start and layout; sets what `fit` promises, also when interrupted."""
    layout = begin(model, plan, graph, rows)
    observers = as_observers(model.observers)
    if model.verbose:
        observers.append(Progress())
    run = execute(layout, plan.wanted, observers=observers, tol=None, checkpoint=model.checkpoint)
    copies = model._places
    model.n_epochs_ = layout.epoch
    model.loss_ = layout.loss()
    model._degrees = None
    if isinstance(layout, ContrastLayout):
        all_rows = len(layout.degrees) != len(copies.kept)
        model._degrees = layout.degrees[copies.kept] if all_rows else layout.degrees
    model.embedding_ = copies.expand(layout.embedding)
    model.embedding_list_ = [copies.expand(kept) for kept in run.snapshots]
    if run.interrupt is not None:
        raise LayoutInterrupted(model.embedding_, model.n_epochs_) from run.interrupt
