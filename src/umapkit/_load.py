"""Loading of saved models, of whichever room."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from umapkit.store import read_folder

# Models that `umapkit.parametric` made; asking that room itself would import torch.
_NETWORKS = (
    "Autoencoder",
    "ParametricTSNE",
    "ParametricUMAP",
    "SemiSupervisedUMAP",
    "VAE",
)


def load(path: str | os.PathLike[str], *, encoder: Any = None, decoder: Any = None) -> Any:
    """Read a model that ``save`` wrote; no code from the files is run.

    Parameters
    ----------
    path : path-like
        The folder.
    encoder, decoder : torch.nn.Module, optional
        Modules of the classes that the saved model (or the one that was its start) had, where it
        was given modules instead of names of networks.

    Returns
    -------
    UMAP, ParametricUMAP, ...
        Fitted; its `transform` gives what that of the saved model gives. Networks are on the CPU.

    Raises
    ------
    FileNotFoundError
        If there is no saved model.
    ValueError
        If the files cannot be read or hold another kind of model, or a module is missing.
    ImportError
        If the model is a network and torch is not there.
    """
    config, _ = read_folder(path)
    if config.get("model") in _NETWORKS:
        from umapkit import parametric

        return parametric.load(path, encoder=encoder, decoder=decoder)
    # A model that was the start lies in a folder of its own, and may be a network.
    given = encoder is not None or decoder is not None
    if given and not any(Path(path).glob("**/init/config.json")):
        msg = (
            f"{os.fspath(path)} holds a {config.get('model')!r}, which has no networks. Leave "
            "encoder= and decoder= out."
        )
        raise ValueError(msg)
    if config.get("model") == "ProgressiveUMAP":
        from umapkit import streaming

        return streaming.load(path)
    from umapkit import models

    return models.load(path, load_start=partial(load, encoder=encoder, decoder=decoder))
