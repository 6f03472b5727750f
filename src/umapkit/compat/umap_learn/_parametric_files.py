"""Files of the incumbent's ParametricUMAP: those of umapkit, and its parameters."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

import umapkit
from umapkit.compat.umap_learn._parametric import ParametricUMAP

_FILE = "umap_learn.json"


def save_parametric(model: ParametricUMAP, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a folder.

    Raises
    ------
    TypeError
        If a parameter holds something that is neither a plain value nor an array; nothing is
        written then.
    """
    fitted = model._fitted()
    parameters = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if isinstance(value, (bool, int, float, str, dict, np.generic)) or name == "dims"
    }
    text = json.dumps(parameters, indent=2, default=_plain) + "\n"
    fitted.save(path)
    (Path(path) / _FILE).write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Turn NumPy's numbers and arrays into numbers and lists."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    msg = (
        f"{value!r} cannot be saved: loading runs no code from the files. Set the parameter that "
        "holds it to None before save."
    )
    raise TypeError(msg)


def load_ParametricUMAP(
    save_location: str | os.PathLike[str],
    verbose: bool = True,
    *,
    encoder: Any = None,
    decoder: Any = None,
) -> ParametricUMAP:
    """Read what `ParametricUMAP.save` wrote; no code from the files is run.

    The model can be trained further (umap-learn's cannot). Landmarks are not in the files: call
    `add_landmarks` again.

    Parameters
    ----------
    save_location : path-like
        The folder.
    verbose : bool, default True
        Without effect: nothing is printed.
    encoder, decoder : torch.nn.Module, optional
        Modules of the classes that the saved model had, where it had modules.

    Returns
    -------
    ParametricUMAP
        Fitted.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    """
    del verbose
    file = Path(save_location) / _FILE
    if not file.is_file():
        msg = f"{os.fspath(save_location)} has no {_FILE}. Give the folder of ParametricUMAP.save."
        raise FileNotFoundError(msg)
    parameters = json.loads(file.read_text(encoding="utf-8"))
    if parameters["dims"] is not None:
        parameters["dims"] = tuple(parameters["dims"])
    made = ParametricUMAP(**parameters | {"encoder": encoder, "decoder": decoder})
    made._take(umapkit.load(save_location, encoder=encoder, decoder=decoder))
    return made
