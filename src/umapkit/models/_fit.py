"""The stages of a fit: neighbours, memberships, start, layout."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from umapkit.data import RowFinder, Rows
from umapkit.graph import bandwidths, check_graph, fuzzy_graph
from umapkit.init import given_start, make_start
from umapkit.layout import (
    CurvedLayout,
    Layout,
    LayoutInterrupted,
    LayoutOptions,
    Progress,
    as_observers,
    execute,
    resolve_epochs,
    surface_start,
)
from umapkit.models._copies import Copies
from umapkit.models._density import MORE_EPOCHS, density_term, keep_densities
from umapkit.models._labels import Labels, keep_labels
from umapkit.models._place import NewRows
from umapkit.models._warm import is_model, keeps_scale, warm_start
from umapkit.neighbors import (
    GivenDistances,
    GivenIndex,
    NeighborIndex,
    SameRows,
    build_index,
    check_precomputed,
    estimate_recall,
    with_self,
)

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP

# The neighbour search draws from this seed whatever random_state is: its result then depends on
# the data only, so a cache (`memory`) serves every seed. Start and layout draw from seed_.
_SEARCH_SEED = 0


def forget(model: Any) -> None:
    """Drop the earlier fit: should this one fail, no mixture of the two may place rows."""
    new = ("a_", "b_", "n_features_in_", "feature_names_in_")
    for name in [n for n in vars(model) if n.endswith("_") and n not in new]:
        delattr(model, name)


def check_places(model: UMAP, n: int) -> None:
    """Refuse an `init` of coordinates that are not places of the n rows, or of the kept ones.

    Raises
    ------
    ValueError
        If its shape is another one, or a coordinate is not a finite number.
    """
    if isinstance(model.init, str) or is_model(model.init):
        return
    places = kept_places(model, n)
    count = n if model._places.keeps_all else len(model._places.kept)
    fits = places.shape == (count, model.n_components) and places.dtype.kind in "biuf"
    if fits and np.isfinite(places).all():
        return
    # This says what is wrong.
    given_start(places, n_rows=count, n_components=model.n_components, seed=model.seed_)


def kept_places(model: UMAP, n: int) -> Any:
    """Coordinates given as `init`; of those of all n rows the kept ones."""
    init, copies = np.asarray(model.init), model._places
    if init.shape == (n, model.n_components) and not copies.keeps_all:
        return init[copies.kept]
    return init


def find_memberships(model: UMAP, rows: Any, graph: Any) -> csr_array:
    """Memberships of the kept rows: given, or by neighbours given or searched."""
    model._lists = None
    if graph is not None:
        model.neighbor_recall_ = float("nan")
        return check_graph(graph, n_rows=len(rows))
    knn = model._given_neighbors()
    if isinstance(rows, GivenDistances):
        neighbors = rows.training_neighbors(_available(model, len(rows)))
        model.neighbor_recall_ = 1.0
    elif knn is not None:
        neighbors = check_precomputed(knn, n=len(rows), n_neighbors=model.n_neighbors)
        model.neighbor_recall_ = estimate_recall(
            rows,
            neighbors,
            metric=model.metric,
            metric_kwds=model.metric_kwds,
            n_jobs=model.n_jobs,
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
    if model.densmap or model.output_dens:
        model._lists = neighbors
    return fuzzy_graph(
        neighbors,
        set_op_mix_ratio=model.set_op_mix_ratio,
        local_connectivity=model.local_connectivity,
        disconnection_distance=model._resolved_disconnection(),
        n_jobs=model.n_jobs,
    )


def search(model: UMAP, rows: Rows) -> NeighborIndex:
    """Neighbours of the kept rows, out of the cache where the user keeps one."""
    n_neighbors = _available(model, len(rows))
    build: Any = build_index
    if model.memory is not None:
        from sklearn.utils.validation import check_memory

        memory = model.memory
        if isinstance(memory, os.PathLike):
            memory = os.fspath(memory)
        build = check_memory(memory).cache(build_index, ignore=["n_jobs"])
    return build(
        rows,
        n_neighbors=n_neighbors,
        metric=model.metric,
        metric_kwds=model.metric_kwds,
        method=model.neighbors,
        random_state=_SEARCH_SEED,
        n_jobs=model.n_jobs,
    )


def _available(model: UMAP, n: int) -> int:
    """`n_neighbors`, or the number of rows where there are fewer."""
    if model.n_neighbors > n:
        msg = (
            f"n_neighbors={model.n_neighbors} is more than the number of different rows, {n}; "
            f"{n} is used."
        )
        warnings.warn(msg, UserWarning, stacklevel=5)
    return min(model.n_neighbors, n)


def find_equals(rows: Any, n_jobs: int | None) -> Any:
    """Make the finder of equal rows: by value, or by distance 0 where distances are given."""
    if isinstance(rows, GivenDistances):
        return SameRows.of(rows)
    return RowFinder(rows, n_jobs=n_jobs)


def find_kept(everyone: Any, rows: Any, copies: Copies) -> Any:
    """Make the finder of the kept rows, whose answers are positions among them."""
    if copies.none:
        return everyone
    if isinstance(rows, GivenDistances):
        return everyone.among(copies.slot)
    return RowFinder(rows[copies.kept])


def given_index(model: UMAP, rows: Any) -> GivenIndex | None:
    """Index of the kept rows where their distances were given; it cannot be made later."""
    if not isinstance(rows, GivenDistances):
        return None
    kept = model._places.kept
    among = rows[kept].of_columns(kept)
    found = among.nearest(min(model.n_neighbors, len(kept)) - 1, training=True)
    return GivenIndex(with_self(found.indices, found.distances), kept)


def lay_out(model: UMAP, memberships: csr_array, rows: Any, labels: Labels | None = None) -> None:
    """Start and layout; sets what `fit` promises, also when interrupted."""
    copies = model._places
    data = None
    if not model._is_given() and model._missing_value() is None:
        data = rows if copies.keeps_all else model._finder.rows
    init = model.init
    warm = is_model(init)
    if warm:
        known = rows if copies.keeps_all else model._finder.rows
        warm = keeps_scale(init)
        init = warm_start(init, known, memberships, seed=model.seed_)
    elif not isinstance(init, str):
        init = kept_places(model, len(rows))
    length, wanted = resolve_epochs(model.n_epochs, len(memberships.indptr) - 1)
    if model.densmap and model.n_epochs is None:
        length += MORE_EPOCHS
    options = model._layout_options(n_epochs=length, seed=model.seed_)
    layout = begin(model, memberships, init, options, data=data, labels=labels, warm=warm)
    observers = as_observers(model.observers)
    if model.verbose:
        observers.append(Progress())
    run = execute(layout, wanted, observers=observers, tol=model.tol, checkpoint=model.checkpoint)
    model._new_row_epochs = model._settle_epochs()
    model.n_epochs_ = layout.epoch
    model.loss_ = layout.loss()
    keep_densities(model, layout.embedding)
    keep_labels(model, layout, labels)
    model.embedding_ = copies.expand(layout.embedding)
    if run.snapshots:
        model.embedding_list_ = [copies.expand(kept) for kept in run.snapshots]
    if run.interrupt is not None:
        raise LayoutInterrupted(model.embedding_, model.n_epochs_) from run.interrupt


def begin(
    model: UMAP,
    memberships: csr_array,
    init: Any,
    options: LayoutOptions,
    *,
    data: Rows | None = None,
    labels: Labels | None = None,
    warm: bool = False,
) -> Layout:
    """Start of the layout, on whatever the map lies; a `warm` one is not scaled."""
    output = model._output()
    if not isinstance(init, str) and (warm or not output.flat):
        start = given_start(
            init,
            n_rows=len(memberships.indptr) - 1,
            n_components=model.n_components,
            seed=options.seed,
        )
        places: Any = start if output.flat else output.to_places(start)
    else:
        start = make_start(
            memberships,
            init=init,
            n_components=model.n_components if output.flat else 2,
            data=data,
            seed=options.seed,
            n_jobs=model.n_jobs,
        )
        places = start if output.flat else surface_start(start, output)
    if not output.flat:
        return CurvedLayout(memberships, places, options, output_metric=output, n_jobs=model.n_jobs)
    if labels is not None and labels.guide_the_layout(model):
        return labels.layout(model, memberships, places, options)
    density = density_term(model, memberships)
    return Layout(memberships, places, options, density=density, n_jobs=model.n_jobs)


def search_index(model: UMAP) -> NeighborIndex | GivenIndex:
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


def new_rows(model: UMAP, rows: Any, n_jobs: int) -> NewRows:
    """Rows to place, with every constant of the fitted model that their places depend on."""
    copies = model._places
    index = model._search_index()
    return NewRows(
        rows=rows,
        ground=model._keeper.ground(model.embedding_, copies, index, model.seed_),
        copies=copies,
        n_neighbors=min(model.n_neighbors, len(copies.kept)),
        local_connectivity=model.local_connectivity,
        mean_distance=floor_distance(model),
        disconnection_distance=model._resolved_disconnection(),
        options=model._layout_options(n_epochs=model._new_row_epochs, seed=model.seed_),
        radius_rule=model._radius_rule,
        n_jobs=n_jobs,
        output=model._output(),
    )
