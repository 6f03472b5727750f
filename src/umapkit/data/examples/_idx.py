"""The IDX format of the MNIST files.

Two zero bytes, a type code, the number of dimensions, the dimensions as big-endian 32-bit
integers, then the values (http://yann.lecun.com/exdb/mnist).
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data.examples._sources import data_folder

_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: Path) -> NDArray[Any]:
    """Read one IDX file, gzipped or not.

    Raises
    ------
    ValueError
        If the file is not in this format or ends too early.
    """
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        content = file.read()
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        msg = f"{path} is no IDX file: it starts with {content[:4]!r}."
        raise ValueError(msg)
    dtype, n_dimensions = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * n_dimensions
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], dtype=">i4"))
    size = int(np.prod(shape)) * dtype.itemsize
    if len(shape) != n_dimensions or len(content) - start != size:
        msg = (
            f"{path} holds {len(content) - start} bytes of values; its header {shape} says {size}."
        )
        raise ValueError(msg)
    values = np.frombuffer(content, dtype=dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)


def read_idx_set(name: str) -> tuple[NDArray[Any], NDArray[Any], Path] | None:
    """Images, labels and folder of a set in four IDX files below ``UMAPKIT_DATA``, or None."""
    folder = data_folder()
    if folder is None or not (folder / name).is_dir():
        return None
    folder = folder / name
    parts = []
    for stem in ("train-images-idx3", "t10k-images-idx3", "train-labels-idx1", "t10k-labels-idx1"):
        names = (f"{stem}-ubyte", f"{stem}-ubyte.gz")
        path = next((folder / each for each in names if (folder / each).is_file()), None)
        if path is None:
            msg = f"{folder} has no {names[0]}[.gz]. Put all four IDX files of the set there."
            raise FileNotFoundError(msg)
        parts.append(read_idx(path))
    return np.concatenate(parts[:2]), np.concatenate(parts[2:]), folder
