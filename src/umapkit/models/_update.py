"""More rows for a finished map: `UMAP.update`."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from umapkit.data import RowFinder
from umapkit.graph import disconnected
from umapkit.layout import Layout, LayoutInterrupted, Progress, as_observers, execute
from umapkit.models._copies import Copies
from umapkit.models._fit import find_memberships
from umapkit.models._place import GroundKeeper
from umapkit.models._warm import warm_start

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP

# First step of the layout, as a share of learning_rate.
GENTLE = 0.125

# Parameters by which a layout keeps or measures densities, where UMAP has them.
DENSITIES = ("densmap", "output_dens")

_REFUSED = {
    "y": "labels, and the new rows have none here",
    "graph": "a graph, which says nothing about the new rows",
    "neighbors": "given neighbours (precomputed), which say nothing about the new rows",
}


def update_model(model: UMAP, X_new: Any) -> None:
    """Add rows to a fitted model; see `UMAP.update`."""
    check_is_fitted(model)
    if model._told is not None:
        msg = (
            f"This model was fitted with {_REFUSED[model._told]}. Fit all rows anew; "
            "init=model starts from this map."
        )
        raise ValueError(msg)
    dense = [name for name in DENSITIES if getattr(model, name, False)]
    if dense:
        msg = f"This model has {dense[0]}=True; an update keeps no densities. Fit all rows anew."
        raise ValueError(msg)
    new = model._rows(X_new, reset=False)
    old = model._finder.rows[model._places.slot]
    # All of it happens to a copy: should it fail, the fitted model is what it was.
    made = copy.copy(model)
    vars(made).pop("embedding_list_", None)
    rows = np.concatenate([old, new])
    everyone = RowFinder(rows, n_jobs=model.n_jobs)
    copies = made._places = Copies.of(everyone.first, keep_all=False)
    made._finder = everyone if copies.none else RowFinder(rows[copies.kept])
    made._index = None
    made._mean_distance = None
    made._keeper = GroundKeeper()
    memberships = find_memberships(made, made._finder.rows, None)
    made.graph_ = copies.expand_graph(memberships)
    made.disconnected_ = disconnected(made.graph_)
    start = warm_start(model, made._finder.rows, memberships, seed=model.seed_)
    options = model._layout_options(n_epochs=model._settle_epochs(), seed=model.seed_)
    options = replace(options, learning_rate=GENTLE * options.learning_rate)
    layout = Layout(memberships, start, options, n_jobs=model.n_jobs)
    observers = as_observers(model.observers)
    if model.verbose:
        observers.append(Progress())
    run = execute(layout, [], observers=observers, tol=model.tol, checkpoint=None)
    made.n_epochs_ = layout.epoch
    made.loss_ = layout.loss()
    made.embedding_ = copies.expand(layout.embedding)
    vars(model).clear()
    vars(model).update(vars(made))
    if run.interrupt is not None:
        raise LayoutInterrupted(model.embedding_, model.n_epochs_) from run.interrupt
