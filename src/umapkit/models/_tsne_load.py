"""Saved t-SNE models: what is written, and how it comes back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit.models._load import Loader, parameters_back, plain_parameters, save_start
from umapkit.models._plain_load import arrays_of, maybe_of, put_back
from umapkit.store import write_folder

if TYPE_CHECKING:
    from umapkit.models._tsne import TSNE

_NUMBERS = ("seed_", "n_epochs_", "n_features_in_", "kl_divergence_", "perplexity_", "repulsion_")
_MOTION = ("velocity", "gains")
_RADII = ("rad_orig_", "rad_emb_")


def save_tsne(model: TSNE, path: str | os.PathLike[str]) -> None:
    """Write a fitted model; see `TSNE.save`."""
    from umapkit import __version__

    arrays, index = arrays_of(model)
    arrays |= {name: model._motion[name] for name in _MOTION}
    for number, kept in enumerate(model.embedding_list_):
        arrays[f"embedding_list.{number}"] = kept
    arrays |= {name: getattr(model, name) for name in _RADII if hasattr(model, name)}
    fitted = {name: getattr(model, name) for name in _NUMBERS}
    fitted |= maybe_of(model)
    perplexity = model.perplexity
    plain = plain_parameters(model, arrays)
    # Numbers, not the whole numbers of a list of epochs.
    plain["perplexity"] = (
        [float(value) for value in perplexity]  # pyright: ignore[reportGeneralTypeIssues]
        if np.ndim(perplexity)
        else float(perplexity)  # pyright: ignore[reportArgumentType]
    )
    config = {
        "model": "TSNE",
        "umapkit": __version__,
        "parameters": plain,
        "fitted": fitted,
        "keeps_all": model._places.keeps_all,
        "index": index,
    }
    write_folder(path, config, arrays)
    save_start(model.init, path)


def load_tsne(
    path: str | os.PathLike[str],
    config: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    load_start: Loader | None = None,
) -> TSNE:
    """Read what `save_tsne` wrote."""
    from umapkit.models._tsne import TSNE

    model = TSNE(**parameters_back(config["parameters"], arrays, path, load_start))
    put_back(model, path, config, arrays)
    model._motion = {name: arrays[name] for name in _MOTION}
    model._field = None
    for name in _RADII:
        if name in arrays:
            setattr(model, name, arrays[name])
    count = sum(name.startswith("embedding_list.") for name in arrays)
    model.embedding_list_ = [arrays[f"embedding_list.{number}"] for number in range(count)]
    return model
