"""What reading and writing share: the formats, and clear words where a package is missing."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from types import ModuleType
from typing import NoReturn

READABLE = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".npy": "npy",
    ".npz": "npz",
    ".h5ad": "h5ad",
    ".mtx": "mtx",
    ".mtx.gz": "mtx",
}
WRITABLE = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".npy": "npy"}


def as_path(path: str | os.PathLike[str]) -> Path:
    """Make a Path of it, with the home folder written out."""
    return Path(path).expanduser()


def file_format(path: Path, formats: dict[str, str], what: str) -> str:
    """Format of a file by its name.

    Raises
    ------
    ValueError
        If the ending is none of `formats`; the message lists them.
    """
    name = path.name.lower()
    for ending in sorted(formats, key=len, reverse=True):
        if name.endswith(ending):
            return formats[ending]
    msg = f"{path}: cannot {what} a file of this kind. Its name must end in {', '.join(formats)}."
    raise ValueError(msg)


def need_file(path: Path) -> None:
    """Raise FileNotFoundError or IsADirectoryError if there is no such file."""
    if path.is_dir():
        msg = f"{path} is a folder. Give a file: {', '.join(READABLE)}."
        raise IsADirectoryError(msg)
    if not path.is_file():
        msg = f"{path} does not exist (looked in {path.absolute().parent})."
        raise FileNotFoundError(msg)


def need_package(module: str, extra: str, path: Path) -> ModuleType:
    """Import an optional package.

    Raises
    ------
    ImportError
        If it is missing; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        msg = f'{path} needs the package {package}: pip install "umapkit[{extra}]".'
        raise ImportError(msg) from error


def refuse(path: Path, error: Exception) -> NoReturn:
    """Turn a library's error into one that names the file."""
    text = str(error).strip().splitlines()
    msg = f"{path} cannot be read: {text[0] if text else type(error).__name__}"
    raise ValueError(msg) from error
