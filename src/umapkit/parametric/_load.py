"""Saved networks: what is written, and how it comes back."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from umapkit.parametric._group import group
from umapkit.parametric._plain import from_plain, to_plain
from umapkit.parametric._torch import torch
from umapkit.store import read_folder, write_folder

if TYPE_CHECKING:
    from umapkit.parametric._base import NetworkEmbedding

# Class of a saved model -> module that holds it.
CLASSES = {
    "Autoencoder": "umapkit.parametric._autoencoder",
    "ParametricTSNE": "umapkit.parametric._tsne",
    "ParametricUMAP": "umapkit.parametric._umap",
    "SemiSupervisedUMAP": "umapkit.parametric._semi_supervised",
    "VAE": "umapkit.parametric._autoencoder",
}
_OF_THE_RUN = ("observers", "verbose")


def save_model(model: NetworkEmbedding, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `NetworkEmbedding.save`."""
    from umapkit import __version__

    check_is_fitted(model)
    if group()[1]:
        return
    arrays: dict[str, NDArray[Any]] = {"embedding": model.embedding_}
    parameters: dict[str, Any] = {}
    for name, value in model.get_params(deep=False).items():
        if name not in _OF_THE_RUN:
            parameters[name] = to_plain(name, value, arrays)
    for name, tensor in model.networks_.state_dict().items():
        arrays[f"networks.{name}"] = tensor.detach().cpu().numpy()
    config, more = model._extra_state()
    fitted: dict[str, Any] = {
        "seed_": model.seed_,
        "n_features_in_": model.n_features_in_,
        "_reconstruction": model._reconstruction,
    }
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        fitted["feature_names_in_"] = [str(name) for name in names]
    history = {
        name: [_without_nan(value) for value in values] for name, values in model.history_.items()
    }
    write_folder(
        path,
        {
            "model": type(model).__name__,
            "umapkit": __version__,
            "parameters": parameters,
            "fitted": fitted,
            "history": history,
            "extra": {name: _without_nan(value) for name, value in config.items()},
        },
        arrays | {f"extra.{name}": array for name, array in more.items()},
    )


def load(
    path: str | os.PathLike[str], *, encoder: Any = None, decoder: Any = None, device: Any = "cpu"
) -> Any:
    """Read a model of this room that ``save`` wrote; no code from the files is run.

    Parameters
    ----------
    path : path-like
        The folder.
    encoder, decoder : torch.nn.Module, optional
        Modules of the classes that the saved model had, where it was given modules instead of
        names; they are copied, and the saved numbers put into the copies.
    device : str or torch.device, default "cpu"
        Where the networks go, and the loaded model's parameter.

    Returns
    -------
    NetworkEmbedding
        Fitted.

    Raises
    ------
    FileNotFoundError
        If there is no saved model.
    ValueError
        If the files hold another kind of model, or a module is missing or of another class.
    """
    config, arrays = read_folder(path)
    name = config.get("model")
    if name not in CLASSES:
        known = ", ".join(map(repr, CLASSES))
        msg = f"{os.fspath(path)} holds a {name!r}; umapkit.parametric loads {known}."
        raise ValueError(msg)
    cls = getattr(importlib.import_module(CLASSES[name]), name)
    given = {"encoder": encoder, "decoder": decoder}
    parameters = {
        key: from_plain(key, value, arrays, given) for key, value in config["parameters"].items()
    }
    for key, module in given.items():
        if module is not None and parameters.get(key) is not module:
            msg = f"{key}= was given, but the saved model names its {key}: leave it out."
            raise ValueError(msg)
    model = cls(**parameters | {"device": device})
    for key, value in config["fitted"].items():
        setattr(model, key, value)
    if hasattr(model, "feature_names_in_"):
        model.feature_names_in_ = np.array(model.feature_names_in_, dtype=object)
    model.history_ = {
        key: [float("nan") if v is None else v for v in values]
        for key, values in config["history"].items()
    }
    model.embedding_ = arrays["embedding"]
    # One row of zeros gives the networks their shapes; all numbers come from the file.
    shape = np.zeros((1, model.n_features_in_), dtype=np.float32)
    model._make_networks(
        shape, decoder=model._decoder_network(), encoder_outputs=model._encoder_outputs()
    )
    extra = {k.removeprefix("extra."): v for k, v in arrays.items() if k.startswith("extra.")}
    model._restore({k: float("nan") if v is None else v for k, v in config["extra"].items()}, extra)
    state = {
        k.removeprefix("networks."): torch.from_numpy(v)
        for k, v in arrays.items()
        if k.startswith("networks.")
    }
    try:
        model.networks_.load_state_dict(state)
    except RuntimeError as error:
        msg = f"The saved numbers do not fit the networks: {error}"
        raise ValueError(msg) from error
    model.networks_.eval()
    return model


def _without_nan(value: Any) -> Any:
    """Return None for NaN, which JSON has not."""
    return None if isinstance(value, float) and np.isnan(value) else value
