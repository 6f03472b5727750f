"""A start that a fitted model gives, and places for rows that it cannot place."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import clone

from umapkit.data import Rows
from umapkit.graph import pairs_of
from umapkit.init import place, random_start
from umapkit.layout import resolve_output_metric
from umapkit.models._tables import with_gaps

if TYPE_CHECKING:
    from umapkit.models._settings import Settings


def is_model(init: Any) -> bool:
    """Whether `init` is a model that places rows, not a name or a table."""
    return hasattr(init, "transform") and not hasattr(init, "__array__")


def check_warm(init: Any, model: Settings, *, n_columns: int | None = None) -> None:
    """Refuse a model that cannot give a start for `model` and rows of `n_columns`.

    Raises
    ------
    ValueError
        If it is not fitted, its map has another number of axes or another output metric, its rows
        another number of columns, or one of the two takes distances for rows.
    """
    embedding = getattr(init, "embedding_", None)
    if embedding is None:
        msg = (
            f"init={init!r} is no fitted map (it has no embedding_), so there are no places to "
            "start from. Fit it first, or give 'spectral', 'pca', 'random' or an array."
        )
        raise ValueError(msg)
    if embedding.shape[1] != model.n_components:
        msg = (
            f"init is a model whose map has {embedding.shape[1]} axes, but "
            f"n_components={model.n_components}. Give a model of as many, or set n_components."
        )
        raise ValueError(msg)
    inner = getattr(init, "combination_", init)
    inner = getattr(inner, "model", inner)  # of a Combination
    theirs = resolve_output_metric(
        getattr(inner, "output_metric", "euclidean"),
        getattr(inner, "output_metric_kwds", None),
        n_components=model.n_components,
    )
    if theirs != model._output():
        msg = (
            f"init is a model with output_metric={theirs.name!r}, whose places mean nothing to "
            f"output_metric={model.output_metric!r}. Give a model with the same output metric."
        )
        raise ValueError(msg)
    if model._is_given() or _takes_distances(inner):
        msg = (
            "init is a model, and metric='precomputed': distances of one table are no rows that a "
            "model of another could place. Give init=other.embedding_ if it has the same rows."
        )
        raise ValueError(msg)
    columns = getattr(init, "n_features_in_", n_columns)
    if n_columns is not None and columns != n_columns:
        msg = (
            f"init is a model of rows with {columns} columns, but X has {n_columns}. Give a model "
            "of the same columns, or an array of places."
        )
        raise ValueError(msg)


def _takes_distances(model: Any) -> bool:
    metric = getattr(model, "metric", None)
    return isinstance(metric, str) and metric == "precomputed"


def keeps_scale(init: Any) -> bool:
    """Whether the places of the model `init` are at the scale of a layout.

    Principal components have the units of the data, and eigenvectors none: such places are scaled
    like those of an array.
    """
    return bool(getattr(init, "_has_scale_of_layouts", True))


def warm_start(init: Any, rows: Rows, graph: csr_array, *, seed: int) -> NDArray[np.float32]:
    """Places of `rows` on the map of `init`, all of them finite.

    The map keeps its place and scale (which may mean nothing: `keeps_scale`). Rows that `init`
    cannot place (NaN) are put among their neighbours in `graph`; see `fill_places`.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*places are NaN", category=UserWarning)
        # The rows were checked against the columns of the fit; their names stayed behind.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        places = init.transform(with_gaps(rows))
    return fill_places(np.asarray(places, dtype=np.float32), graph, seed=seed)


def fill_places(places: NDArray[np.float32], graph: csr_array, *, seed: int) -> NDArray[np.float32]:
    """Give a place to rows that have none (NaN): the weighted mean of their neighbours.

    Round by round, so that a place travels along the graph. Rows that no place reaches are spread
    over the extent of the map by hashes of the seed.

    Parameters
    ----------
    places : float32 array of shape (n, d)
        NaN where there is none.
    graph : csr_array of shape (n, n)
        Memberships.
    seed : int
        Seed of those spread.

    Returns
    -------
    float32 array of shape (n, d)
        Finite.
    """
    places = np.array(places, dtype=np.float32)
    rows, columns = pairs_of(graph)
    open_ = np.asarray(np.isnan(places).any(axis=1))
    while open_.any():
        known = ~open_[columns] & open_[rows]
        if not known.any():
            break
        n = len(places)
        part = csr_array((graph.data[known], (rows[known], columns[known])), shape=(n, n))
        found = place(part, np.nan_to_num(places))
        reached = np.unique(rows[known])
        places[reached] = found[reached]
        open_[reached] = False
    if open_.any():
        box = places[~open_] if not open_.all() else np.array([[0.0], [10.0]])
        low, high = box.min(axis=0), box.max(axis=0)
        spread = random_start(len(places), n_components=places.shape[1], seed=seed)
        share = (spread - spread.min()) / max(float(np.ptp(spread)), 1e-30)
        places[open_] = (low + share * (high - low))[open_].astype(np.float32)
    return places


def clone_with_init(model: Any) -> Any:
    """Clone an estimator, keeping a fitted `init`: a start that is not fitted is none."""
    parameters: dict[str, Any] = {
        name: value if name == "init" and is_model(value) else clone(value, safe=False)
        for name, value in model.get_params(deep=False).items()
    }
    made = type(model)(**parameters)
    for name in ("_sklearn_output_config", "_metadata_request"):
        if name in vars(model):
            setattr(made, name, copy.deepcopy(vars(model)[name]))
    return made
