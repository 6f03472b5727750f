"""umap-learn's parameters of ParametricUMAP as those of `umapkit.ParametricUMAP`."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit.compat.umap_learn._graph import nearest_neighbors
from umapkit.compat.umap_learn._knn import usable_knn
from umapkit.compat.umap_learn._parameters import our_metric, refuse
from umapkit.graph import fuzzy_graph
from umapkit.neighbors import Neighbors

if TYPE_CHECKING:
    from umapkit.compat.umap_learn._parametric import ParametricUMAP

# Under the same name and with the same meaning.
_SAME = (
    *("n_components", "set_op_mix_ratio", "local_connectivity", "repulsion_strength"),
    *("negative_sample_rate", "a", "b", "random_state", "disconnection_distance"),
    *("target_weight", "verbose"),
)
_LOSSES = {
    None: "bce",
    "binary_crossentropy": "bce",
    "bce": "bce",
    "mean_squared_error": "mse",
    "mse": "mse",
}
_LARGEST_BATCH = 1000
_RATE = 1e-3  # umap-learn's Adam, with gradients clipped to 4


def our_network_parameters(
    model: ParametricUMAP, rows: NDArray[np.float32], distances: Any
) -> tuple[dict[str, Any], Any]:
    """Return arguments for `umapkit.ParametricUMAP`, and the graph if there are given distances.

    Raises
    ------
    TypeError
        If a network is a Keras model.
    ValueError
        If parameters contradict each other.
    NotImplementedError
        If a parameter has a value that umap-learn takes and umapkit does not.
    """
    for name in ("encoder", "decoder"):
        _refuse_keras(name, getattr(model, name))
    _refuse_others(model)
    n = len(rows)
    ours = {name: getattr(model, name) for name in _SAME}
    k = min(int(model.n_neighbors), n)
    knn = usable_knn(model.precomputed_knn, n=n, n_neighbors=k)
    if model.a is None or model.b is None:
        ours |= {"min_dist": model.min_dist, "spread": model.spread, "a": None, "b": None}
    epochs = model.n_epochs or (500 if n <= 10_000 else 200)
    dims = model.dims
    modules = model.encoder is not None or model.decoder is not None
    ours |= {
        "n_neighbors": k,
        "n_jobs": None if model.n_jobs == -1 else model.n_jobs,
        "precomputed_knn": None if knn is None else knn[:2],
        "batch_size": model.batch_size or min(n, _LARGEST_BATCH),
        "input_shape": tuple(dims) if dims is not None and len(dims) > 1 else None,
        "encoder": "mlp" if model.encoder is None else model.encoder,
        "scaling": "none" if modules else "global",
        "n_epochs": _count(model, "n_training_epochs") * epochs,
        "learning_rate": _RATE,
        "schedule": "constant",
        "correlation_weight": model.global_correlation_loss_weight,
        "landmark_weight": model.landmark_loss_weight,
        **_decoding(model),
    }
    _count(model, "loss_report_frequency")
    return ours | _metric(model), _graph(model, n, k, distances)


def _decoding(model: ParametricUMAP) -> dict[str, Any]:
    if not model.parametric_reconstruction:
        for name, idle in (("decoder", None), ("autoencoder_loss", False)):
            if getattr(model, name) is not idle:
                msg = (
                    f"{name}={getattr(model, name)!r} does nothing without a trained decoder. Give "
                    "parametric_reconstruction=True, or leave it out."
                )
                raise ValueError(msg)
        return {"decoder": None, "reconstruction": None}
    given = model.parametric_reconstruction_loss_fcn
    if not (given is None or isinstance(given, str)) or given not in _LOSSES:
        refuse(f"parametric_reconstruction_loss_fcn={given!r}")
    return {
        "decoder": "mlp" if model.decoder is None else model.decoder,
        "reconstruction": "joint" if model.autoencoder_loss else "detached",
        "reconstruction_loss": _LOSSES[given],
        "reconstruction_weight": model.parametric_reconstruction_loss_weight,
    }


def _metric(model: ParametricUMAP) -> dict[str, Any]:
    if isinstance(model.metric, str) and model.metric == "precomputed":
        return {"metric": "euclidean", "metric_kwds": None}  # the graph is given
    return {"metric": our_metric(model.metric), "metric_kwds": model.metric_kwds or None}


def _graph(model: ParametricUMAP, n: int, k: int, distances: Any) -> Any:
    given = isinstance(model.metric, str) and model.metric == "precomputed"
    if given != (distances is not None):
        msg = (
            "metric='precomputed' and precomputed_distances= belong together: the rows are for the "
            "network, their distances for the graph. Give both or none."
        )
        raise ValueError(msg)
    if not given:
        return None
    if np.shape(distances) != (n, n):
        msg = f"precomputed_distances has shape {np.shape(distances)}; {(n, n)} is needed."
        raise ValueError(msg)
    indices, lengths, _ = nearest_neighbors(
        distances, k, "precomputed", None, angular=False, random_state=None
    )
    return fuzzy_graph(
        Neighbors(indices, lengths),
        set_op_mix_ratio=model.set_op_mix_ratio,
        local_connectivity=model.local_connectivity,
        disconnection_distance=model.disconnection_distance,
    )


def _refuse_keras(name: str, network: Any) -> None:
    """Raise TypeError for what is no module of torch."""
    from umapkit.parametric._torch import nn

    if network is None or isinstance(network, nn.Module):
        return
    kind = f"{type(network).__module__}.{type(network).__qualname__}"
    what = "a Keras model" if kind.split(".")[0] in ("keras", "tensorflow", "tf_keras") else kind
    msg = (
        f"{name}= is {what}, and networks here are those of torch. Give a torch.nn.Module, or "
        "leave it out for three layers of 100 units."
    )
    raise TypeError(msg)


def _refuse_others(model: ParametricUMAP) -> None:
    for name, idle in (
        ("reconstruction_validation", None),
        ("landmark_loss_fn", None),
        ("target_metric", "categorical"),
    ):
        value = getattr(model, name)
        if value is not idle and not (isinstance(value, str) and value == idle):
            refuse(f"{name}={_short(value)}")
    if model.keras_fit_kwargs:
        refuse(f"keras_fit_kwargs={model.keras_fit_kwargs!r}")


def _short(value: Any) -> str:
    return "..." if hasattr(value, "__array__") else repr(value)


def _count(model: ParametricUMAP, name: str) -> int:
    value = getattr(model, name)
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        msg = f"{name}={value!r} is not allowed. Give a whole number, 1 or more."
        raise ValueError(msg)
    return int(value)
