"""More rows for a finished map: `UMAP.update`."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from sklearn.utils.validation import check_is_fitted

from umapkit.graph import disconnected
from umapkit.layout import LayoutInterrupted, Progress, as_observers, execute
from umapkit.models._copies import Copies
from umapkit.models._fit import begin, find_equals, find_kept, find_memberships
from umapkit.models._place import GroundKeeper
from umapkit.models._tables import stacked
from umapkit.models._warm import warm_start

if TYPE_CHECKING:
    from umapkit.models._umap import UMAP

# First step of the layout, as a share of learning_rate.
GENTLE = 0.125

# Parameters by which a layout keeps or measures densities.
DENSITIES = ("densmap", "output_dens")

_REFUSED = {
    "y": "labels, and the new rows have none here",
    "graph": "a graph, which says nothing about the new rows",
    "distances": "metric='precomputed', and there are no rows to measure new ones from",
    "neighbors": "precomputed_knn, which says nothing about the new rows",
}


class Updatable:
    """What a fitted model does with more rows."""

    def update(self, X: Any) -> Self:
        """Add rows to the fitted map and optimise it.

        Neighbours of all rows are searched anew (as long as in a fit), old rows begin at their
        places and new ones where `transform` puts them. Then a third of the fit's epochs (100 by
        default) are run with an eighth of `learning_rate`, in which old rows move little: with
        as many new digits as old ones, by 1.5 % of the map's width. Afterwards the model is
        one of all rows, the old ones first. `tol` and `observers` are honoured, `checkpoint` is
        not written.

        Parameters
        ----------
        X : table of shape (m, n_features)
            New rows with the columns of ``fit``. A row equal to an old one takes its place.

        Returns
        -------
        UMAP
            Itself. If anything fails before the layout, it is unchanged.

        Raises
        ------
        ValueError
            If the data cannot be used, or if the fit was told labels, distances, a graph or
            neighbours, or kept densities.
        LayoutInterrupted
            On Ctrl-C during the layout; `embedding_` is the last map.
        """
        model: Any = self  # what UMAP adds
        update_model(model, X)
        return self


def told(model: UMAP, *, y: Any, graph: Any) -> str | None:
    """Name what a fit knows besides the rows, so that more rows alone cannot be added."""
    if y is not None:
        return "y"
    if graph is not None:
        return "graph"
    if model._is_given():
        return "distances"
    return None if model._given_neighbors() is None else "neighbors"


def update_model(model: UMAP, X_new: Any) -> None:
    """Add rows to a fitted model; see `UMAP.update`."""
    check_is_fitted(model)
    if model._told is not None:
        msg = (
            f"This model was fitted with {_REFUSED[model._told]}. Fit all rows anew; "
            "init=model starts from this map."
        )
        raise ValueError(msg)
    dense = [name for name in DENSITIES if getattr(model, name)]
    if dense:
        msg = f"This model has {dense[0]}=True; an update keeps no densities. Fit all rows anew."
        raise ValueError(msg)
    new = model._rows(X_new, reset=False)
    old = model._finder.rows[model._places.slot]
    # All of it happens to a copy: should it fail, the fitted model is what it was.
    made = copy.copy(model)
    vars(made).pop("embedding_list_", None)
    rows = stacked(old, new)
    everyone = find_equals(rows, model.n_jobs)
    copies = made._places = Copies.of(everyone.first, keep_all=False)
    made._finder = find_kept(everyone, rows, copies)
    made._index = None
    made._mean_distance = None
    made._inverse_number = None
    made._keeper = GroundKeeper()
    memberships = find_memberships(made, made._finder.rows, None)
    made.graph_ = copies.expand_graph(memberships)
    made.disconnected_ = disconnected(made.graph_)
    start = warm_start(model, made._finder.rows, memberships, seed=model.seed_)
    options = model._layout_options(n_epochs=model._settle_epochs(), seed=model.seed_)
    options = replace(options, learning_rate=GENTLE * options.learning_rate)
    layout = begin(made, memberships, start, options, warm=True)
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
