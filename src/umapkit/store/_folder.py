"""A folder of two files: ``config.json`` and ``state.safetensors``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1


def write_folder(
    path: str | os.PathLike[str], config: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> None:
    """Write numbers and arrays to a folder.

    Parameters
    ----------
    path : path-like
        The folder; made if needed. Each file is replaced in one step, the arrays first.
    config : dict
        Finite numbers, strings, lists, dicts and ``None``.
    arrays : dict of str to array
        Arrays of any numeric dtype.

    Raises
    ------
    TypeError
        If something in `config` is no plain value.
    ValueError
        If a number in `config` is not finite: JSON has none such.
    FileExistsError
        If the folder's name is that of a file.
    """
    from safetensors.numpy import save_file

    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file. Give the name of a folder; it is made if needed."
        raise FileExistsError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **config}, indent=2, allow_nan=False)
    part = folder / "state.safetensors.part"
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, part)
    state = part
    part = folder / "config.json.part"
    part.write_text(text + "\n", encoding="utf-8")
    # safetensors writes for the owner alone; a saved model is as readable as any new file.
    state.chmod(part.stat().st_mode & 0o777)
    state.replace(folder / "state.safetensors")
    part.replace(folder / "config.json")


def read_folder(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `write_folder` wrote. No code from the files is run.

    Parameters
    ----------
    path : path-like
        The folder.

    Returns
    -------
    config : dict
    arrays : dict of str to array

    Raises
    ------
    FileNotFoundError
        If the folder or one of its files is missing.
    ValueError
        If a file cannot be read, or is of a newer format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(path)
    for name in ("config.json", "state.safetensors"):
        if not (folder / name).is_file():
            msg = f"{folder} is no saved model: {name} is missing. Give the folder of save()."
            raise FileNotFoundError(msg)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        arrays = load_file(folder / "state.safetensors")
    except (ValueError, SafetensorError) as error:
        msg = f"{folder} cannot be read: {error}. Save the model again."
        raise ValueError(msg) from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        found = config.get("format") if isinstance(config, dict) else None
        msg = (
            f"{folder} has format {found!r}; this version reads format {FORMAT}. Update umapkit, "
            "or save the model with this version."
        )
        raise ValueError(msg)
    return config, arrays
