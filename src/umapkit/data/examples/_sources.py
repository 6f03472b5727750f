"""Where the files of an example set are: a folder of the user, or the public original.

A folder named by the environment variable ``UMAPKIT_DATA`` comes first. Public originals are kept
in ``UMAPKIT_CACHE``, or else in the cache folder of the system. Whatever is fetched is compared
with the SHA-256 of the published rows, since a file that was changed or cut short must not be
used silently.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_TIMEOUT = 60  # seconds without an answer
_BLOCK = 1 << 20


def data_folder() -> Path | None:
    """Folder named by ``UMAPKIT_DATA``, or None where the variable is not set."""
    named = os.environ.get("UMAPKIT_DATA", "")
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        msg = (
            f"UMAPKIT_DATA={named!r} is no folder. Set it to the folder that holds the data files, "
            "or unset it."
        )
        raise FileNotFoundError(msg)
    return folder


def local_file(names: Sequence[str]) -> Path | None:
    """First of these files that the folder of ``UMAPKIT_DATA`` holds, or None."""
    folder = data_folder()
    if folder is None:
        return None
    return next((folder / name for name in names if (folder / name).is_file()), None)


def read_arrays(path: Path, needed: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read an .npz file; no pickle is ever run.

    Raises
    ------
    ValueError
        If an array of `needed` is missing.
    """
    with np.load(path, allow_pickle=False) as arrays:
        missing = [name for name in needed if name not in arrays.files]
        if missing:
            msg = (
                f"{path} has no array {', '.join(map(repr, missing))}; it holds "
                f"{', '.join(map(repr, arrays.files))}. Expected: {', '.join(needed)}."
            )
            raise ValueError(msg)
        return {name: arrays[name] for name in arrays.files}


def digest(*arrays: NDArray[Any]) -> str:
    """SHA-256 of the values of these arrays, one after the other."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()


def check_digest(expected: str, *arrays: NDArray[Any], what: str) -> None:
    """Raise ValueError if the arrays are not the published ones."""
    found = digest(*arrays)
    if found != expected:
        msg = (
            f"{what} does not hold the published rows in the published order (SHA-256 {found}, "
            f"expected {expected}). Put the right file into a folder and name that folder in "
            "UMAPKIT_DATA."
        )
        raise ValueError(msg)


def cache_folder() -> Path:
    """Folder of fetched files: ``UMAPKIT_CACHE``, else the system's cache folder."""
    named = os.environ.get("UMAPKIT_CACHE", "")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "umapkit"


def fetch(url: str, file_name: str) -> Path:
    """Download a file once and keep it in the cache folder.

    Returns
    -------
    Path
        The file. It appears there only when it is complete.

    Raises
    ------
    ConnectionError
        If the file cannot be fetched.
    """
    import urllib.request

    path = cache_folder() / file_name
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=file_name)
    try:
        with (
            os.fdopen(handle, "wb") as out,
            urllib.request.urlopen(url, timeout=_TIMEOUT) as answer,
        ):
            while block := answer.read(_BLOCK):
                out.write(block)
        Path(partial).replace(path)
    except OSError as error:
        Path(partial).unlink(missing_ok=True)
        msg = (
            f"{url} could not be fetched ({error}). Download it by other means, save it as "
            f"{path}, and call again."
        )
        raise ConnectionError(msg) from error
    return path


def from_openml(name: str, version: int) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Rows and labels of a set of OpenML, by scikit-learn, which caches and checks them.

    Raises
    ------
    ConnectionError
        If OpenML cannot be reached.
    """
    import importlib.util

    from sklearn.datasets import fetch_openml

    # pandas reads these files many times faster; it is optional.
    parser = "pandas" if importlib.util.find_spec("pandas") else "liac-arff"
    try:
        bunch: Any = fetch_openml(name, version=version, as_frame=False, parser=parser)
    except OSError as error:
        msg = (
            f"The set {name!r} could not be fetched from OpenML ({error}), and UMAPKIT_DATA names "
            "no folder that holds it. Put the file into a folder, name that folder in "
            "UMAPKIT_DATA, and call again."
        )
        raise ConnectionError(msg) from error
    return np.asarray(bunch.data).astype(np.uint8), np.asarray(bunch.target)


def raise_missing(name: str, names: Sequence[str], how: str) -> NoReturn:
    """Raise FileNotFoundError for a set that has no public original that could be read directly."""
    folder = data_folder()
    looked = f"not found in {folder}" if folder else "the variable UMAPKIT_DATA is not set"
    msg = (
        f"The set {name!r} needs the file {' or '.join(names)} in the folder that UMAPKIT_DATA "
        f"names ({looked}). {how}"
    )
    raise FileNotFoundError(msg)
