"""umap-learn's checks: which values it refuses, always with ValueError."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from umapkit.compat.umap_learn._parameters import THEIR_METRICS
from umapkit.distances import resolve_metric

if TYPE_CHECKING:
    from umapkit.compat.umap_learn._umap import UMAP

# The metrics that umap-learn has a gradient of.
_OUTPUTS = frozenset(
    {
        *("euclidean", "l2", "manhattan", "taxicab", "l1", "chebyshev", "linfinity", "linfty"),
        *("linf", "minkowski", "seuclidean", "standardised_euclidean", "wminkowski"),
        *("weighted_minkowski", "mahalanobis", "canberra", "cosine", "correlation", "hellinger"),
        *("softmax_hellinger", "haversine", "braycurtis", "symmetric_kl", "hyperboloid"),
        *("spherical_gaussian_energy", "diagonal_gaussian_energy", "gaussian_energy"),
        "torus",  # umapkit's own
    }
)
_STARTS = ("spectral", "random", "pca", "tswspectral")


def check_parameters(model: UMAP) -> None:
    """Refuse parameters that umap-learn refuses.

    Raises
    ------
    ValueError
        With the parameter, its value and what is allowed.
    """
    _within(model, "set_op_mix_ratio", 0, 1)
    _within(model, "repulsion_strength", 0)
    _within(model, "learning_rate", 0)
    _within(model, "negative_sample_rate", 0)
    _within(model, "spread", 0)
    _within(model, "min_dist", 0, model.spread)
    _within(model, "local_connectivity", 0)
    _within(model, "target_weight", 0, 1)
    _within(model, "dens_lambda", 0)
    _within(model, "dens_frac", 0, 1)
    _within(model, "dens_var_shift", 0)
    _whole(model, "n_neighbors", 2)
    _whole(model, "n_components", 1)
    if model.target_n_neighbors != -1:
        _whole(model, "target_n_neighbors", 2)
    if model.n_jobs != -1:
        _whole(model, "n_jobs", 1)
    if model.disconnection_distance is not None and not _number(model.disconnection_distance):
        _refuse(model, "disconnection_distance", "a distance, or None")
    if model.tqdm_kwds is not None and not isinstance(model.tqdm_kwds, dict):
        _refuse(model, "tqdm_kwds", "a dict of tqdm's keywords, or None")
    if model.transform_mode not in ("embedding", "graph"):
        _refuse(model, "transform_mode", "'embedding' or 'graph'")
    _check_epochs(model)
    _check_start(model)
    _check_metrics(model)


def check_with_data(model: UMAP, rows: Any) -> None:
    """Refuse parameters that do not fit the data.

    Raises
    ------
    ValueError
        As `check_parameters`.
    """
    if isinstance(model.init, np.ndarray):
        wanted = (rows.shape[0], int(model.n_components))
        if model.init.shape != wanted:
            msg = f"init is an array of shape {model.init.shape}. It must be {wanted}."
            raise ValueError(msg)
    if model.metric == "hellinger" and rows.shape[0] and rows.min() < 0:
        msg = "metric='hellinger' needs values of 0 or more; X holds negative ones."
        raise ValueError(msg)
    if model.metric == "haversine" and rows.shape[1] != 2:
        msg = (
            f"metric='haversine' needs two columns, latitude and longitude; X has {rows.shape[1]}."
        )
        raise ValueError(msg)


def _check_epochs(model: UMAP) -> None:
    given = model.n_epochs
    if given is None:
        return
    many: list[Any] = list(given) if isinstance(given, (list, tuple, np.ndarray)) else [given]
    if not many or not all(isinstance(n, numbers.Integral) and int(n) >= 0 for n in many):
        _refuse(model, "n_epochs", "a whole number of 0 or more, a list of such, or None")


def _check_start(model: UMAP) -> None:
    if isinstance(model.init, np.ndarray):
        return
    if not isinstance(model.init, str) or model.init not in _STARTS:
        _refuse(model, "init", f"one of {', '.join(map(repr, _STARTS))}, or an array")


def _check_metrics(model: UMAP) -> None:
    metric, output = model.metric, model.output_metric
    if not callable(metric) and not (isinstance(metric, str) and _known(metric)):
        _refuse(model, "metric", "a name that umap-learn or umapkit knows, or a function")
    if model.unique and metric == "precomputed":
        msg = "unique=True with metric='precomputed': distances have no equal rows. Give one."
        raise ValueError(msg)
    if callable(output):
        _check_slope(model, output)
    elif not isinstance(output, str) or output not in _OUTPUTS:
        _refuse(model, "output_metric", "a name of a metric with a gradient, or a function")
    elif output == "haversine" and model.n_components != 2:
        msg = "output_metric='haversine' needs n_components=2: a map on the sphere."
        raise ValueError(msg)
    if model.densmap and output not in ("euclidean", "l2"):
        msg = f"densmap=True needs output_metric='euclidean', not {output!r}."
        raise ValueError(msg)


def _check_slope(model: UMAP, function: Callable[..., Any]) -> None:
    """Ask a function of two points of the map for its gradient, as umap-learn does."""
    x = np.linspace(0.25, 0.75, int(model.n_components))
    found = function(x, x[::-1] + 0.125, **(model.output_metric_kwds or {}))
    if not isinstance(found, tuple) or len(found) != 2:
        _refuse(model, "output_metric", "a function that returns the distance and its gradient")


def _known(metric: str) -> bool:
    if metric in THEIR_METRICS:
        return True
    try:
        resolve_metric(metric)
    except ValueError:
        return False
    return True


def _number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _within(model: UMAP, name: str, low: float, high: float | None = None) -> None:
    value = getattr(model, name)
    if not _number(value) or not value >= low or (high is not None and value > high):
        _refuse(model, name, f"a number from {low}" + ("" if high is None else f" to {high}"))


def _whole(model: UMAP, name: str, least: int) -> None:
    value = getattr(model, name)
    if not _number(value) or not np.isfinite(value) or value != int(value) or value < least:
        _refuse(model, name, f"a whole number, {least} or more")


def _refuse(model: UMAP, name: str, allowed: str) -> None:
    msg = f"{name}={getattr(model, name)!r} is not allowed. Give {allowed}."
    raise ValueError(msg)
