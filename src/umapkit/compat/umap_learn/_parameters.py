"""umap-learn's parameters as those of `umapkit.UMAP`, by asking what the latter accepts."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

import umapkit
from umapkit.compat.umap_learn._bar import Bar
from umapkit.distances import resolve_metric
from umapkit.layout import OUTPUT_METRICS

if TYPE_CHECKING:
    from umapkit.compat.umap_learn._umap import UMAP

# Taken over under the same name and with the same meaning.
_SAME = (
    "n_components",
    "learning_rate",
    "n_epochs",
    "min_dist",
    "spread",
    "set_op_mix_ratio",
    "local_connectivity",
    "repulsion_strength",
    "negative_sample_rate",
    "a",
    "b",
    "random_state",
    "disconnection_distance",
    "target_weight",
)
# Taken over where they are given, since umapkit refuses what would have no effect.
_IF_GIVEN = ("metric_kwds", "output_metric", "output_metric_kwds", "output_dens")
_IF_LABELS = ("target_metric", "target_metric_kwds", "target_n_neighbors")
_IF_DENSE = ("dens_lambda", "dens_frac", "dens_var_shift")
# Every metric that umap-learn 0.5.12 knows by name, its own and pynndescent's.
THEIR_METRICS = frozenset(
    {
        *("euclidean", "l2", "sqeuclidean", "manhattan", "taxicab", "l1", "chebyshev"),
        *("linfinity", "linfty", "linf", "minkowski", "poincare", "seuclidean"),
        *("standardised_euclidean", "wminkowski", "weighted_minkowski", "mahalanobis"),
        *("canberra", "cosine", "correlation", "hellinger", "softmax_hellinger", "haversine"),
        *("braycurtis", "ll_dirichlet", "symmetric_kl", "hamming", "jaccard", "dice", "matching"),
        *("kulsinski", "rogerstanimoto", "russellrao", "sokalsneath", "sokalmichener", "yule"),
        *("categorical", "ordinal", "hierarchical_categorical", "count", "string", "myers"),
        *("direct_cosine", "dot", "inner_product", "spearmanr", "tsss", "true_angular"),
        *("kantorovich", "wasserstein", "kantorovich_1d", "wasserstein_1d", "wasserstein-1d"),
        *("kantorovich-1d", "circular_kantorovich", "circular_wasserstein", "sinkhorn"),
        *("jensen_shannon", "jensen-shannon", "bit_hamming", "bit_jaccard", "precomputed"),
    }
)


def accepted() -> dict[str, inspect.Parameter]:
    """Parameters of `umapkit.UMAP` as installed."""
    return dict(inspect.signature(umapkit.UMAP).parameters)


def default_of(model: UMAP, name: str) -> Any:
    """Value that umap-learn gives a parameter of its own."""
    return inspect.signature(type(model)).parameters[name].default


def our_parameters(
    model: UMAP, *, n_neighbors: int, supervised: bool, knn: Any = None
) -> dict[str, Any]:
    """Arguments for `umapkit.UMAP`.

    Raises
    ------
    NotImplementedError
        If a parameter has a value that umap-learn takes and umapkit does not.
    """
    names = [*_SAME, *[n for n in _IF_GIVEN if _given(model, n)]]
    if supervised:
        names += [n for n in _IF_LABELS if _given(model, n)]
    if model.densmap:
        names += ["densmap", *_IF_DENSE]
    there = accepted()
    ours: dict[str, Any] = {}
    for name in names:
        if name not in there:
            value = getattr(model, name)
            if name in _SAME and value == default_of(model, name):
                continue
            refuse(f"{name}={value!r}")
        ours[name] = getattr(model, name)
    if "output_metric" in ours and not _lies_somewhere(model.output_metric):
        refuse(f"output_metric={model.output_metric!r}")
    if "dens_lambda" in ours:  # umap-learn counts each edge twice in this weight, umapkit once
        ours["dens_lambda"] = 2 * ours["dens_lambda"]
    ours["n_neighbors"] = n_neighbors
    ours["n_components"] = int(model.n_components)
    ours["n_jobs"] = None if model.n_jobs == -1 else model.n_jobs
    ours["metric"] = our_metric(model.metric)
    ours["init"] = "spectral" if _is(model.init, "tswspectral") else model.init
    ours["precomputed_knn"] = knn
    _one_curve(model, ours)
    if model.force_approximation_algorithm:
        ours["neighbors"] = _method(ours["metric"])
    if model.verbose:
        ours["observers"] = Bar(model.tqdm_kwds)
    if model.transform_mode == "graph":
        ours |= {"n_epochs": 0, "init": "random"}
    return ours


def our_metric(metric: Any) -> Any:
    """Return the metric, if umapkit has it.

    Raises
    ------
    NotImplementedError
        If umap-learn has it and umapkit has not.
    """
    try:
        resolve_metric(metric)
    except (TypeError, ValueError):
        if callable(metric) or metric == "precomputed":
            if not _open_metrics():
                refuse(f"metric={metric!r}")
        elif metric in THEIR_METRICS:
            refuse(f"metric={metric!r}")
        else:
            raise
    return metric


def refuse(what: str) -> None:
    """Say that umap-learn has it and umapkit has not.

    Raises
    ------
    NotImplementedError
        Always.
    """
    msg = (
        f"{what} is umap-learn's and not in umapkit {umapkit.__version__}. Leave it at its "
        "default, or use umap-learn for this map."
    )
    raise NotImplementedError(msg)


def _given(model: UMAP, name: str) -> bool:
    value = getattr(model, name)
    if name.endswith("_kwds"):
        return bool(value)
    default = default_of(model, name)
    return not (value is default or _is(value, default))


def _is(value: Any, wanted: Any) -> bool:
    """Compare without the elementwise answer of arrays."""
    return not isinstance(value, np.ndarray) and not callable(value) and bool(value == wanted)


def _lies_somewhere(output: Any) -> bool:
    """Whether umapkit has maps of this output metric."""
    return isinstance(output, str) and output in {*OUTPUT_METRICS, "l2"}


def _open_metrics() -> bool:
    """Whether `umapkit.UMAP` takes distances of the user's own: it then has keywords for them."""
    return "metric_kwds" in accepted()


def _one_curve(model: UMAP, ours: dict[str, Any]) -> None:
    """umap-learn prefers a and b to min_dist and spread, and passes over one of them alone."""
    if model.a is not None and model.b is not None:
        del ours["min_dist"], ours["spread"]
    elif model.a is not None or model.b is not None:
        msg = (
            f"a={model.a!r} and b={model.b!r}: only one is given, and as in umap-learn both are "
            "fitted to min_dist and spread. Give both."
        )
        warnings.warn(msg, UserWarning, stacklevel=5)
        ours["a"] = ours["b"] = None


def _method(metric: Any) -> str:
    """Approximate search where the metric has one."""
    try:
        offered = resolve_metric(metric).descent
    except (TypeError, ValueError):
        offered = False
    if offered:
        return "descent"
    msg = (
        f"force_approximation_algorithm=True: for metric={metric!r} umapkit has no approximate "
        "search, so the neighbours are exact."
    )
    warnings.warn(msg, UserWarning, stacklevel=5)
    return "auto"
