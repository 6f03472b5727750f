"""Birdsong: Bengalese finches at hand, Cassin's vireo from the user's file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, draw, key
from umapkit.data.examples._example import Example
from umapkit.data.examples._sources import local_file, raise_missing, read_arrays

_FINCH = "bengalese_finch_syllables.npz"
_PART = 1000  # rows that validate and rows that test, as in the Parametric UMAP paper
_CLASSES = 20


def _padded(spectrograms: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Flatten to rows of 32 by 32: a zero column goes in front of 31 frames, as the paper does."""
    images = np.asarray(spectrograms)
    if images.ndim != 3 or images.shape[1:] not in ((32, 31), (32, 32)):
        msg = f"{path}: x has shape {images.shape}; expected (n, 32, 31) or (n, 32, 32)."
        raise ValueError(msg)
    if images.shape[2] == 31:
        images = np.pad(images, ((0, 0), (0, 0), (1, 0)))
    rows = images.reshape(len(images), -1).astype(np.float32)
    if images.dtype == np.uint8:
        rows /= np.float32(255)
    return rows


def birdsong() -> Example:
    """Return syllables of Bengalese finches as spectrograms: a stand-in for Cassin's vireo.

    Returns
    -------
    Example
        Rows of shape (24191, 1024) in [0, 1]: 32 mel bands by 32 frames; the target is one of
        the 20 most frequent syllables. `groups` is the song. Whole songs, drawn by a fixed hash,
        make up the validation part and the test part, each of at least 1,000 rows, so that no
        song is on both sides.

    Raises
    ------
    FileNotFoundError
        If ``UMAPKIT_DATA`` has no ``bengalese_finch_syllables.npz``: these spectrograms were
        computed from recordings and have no public copy.
    """
    path = local_file([_FINCH])
    if path is None:
        how = (
            "Spectrograms of that form (x: n by 32 by 31 bytes, y, label_names, song_id) can be "
            "computed from the recordings at https://doi.org/10.6084/m9.figshare.4805749 and "
            "https://doi.org/10.6084/m9.figshare.3470165."
        )
        raise_missing("birdsong", [_FINCH], how)
    arrays = read_arrays(path, ["x", "y", "label_names", "song_id"])
    kept = np.flatnonzero(arrays["y"] < _CLASSES)  # labels are sorted by frequency
    songs = arrays["song_id"][kept].astype(np.int64)
    train, valid, test = _split_by_group(songs)
    return Example(
        name="birdsong",
        data=_padded(arrays["x"][kept], path),
        target=arrays["y"][kept].astype(np.int64),
        target_names=tuple(str(name) for name in arrays["label_names"][:_CLASSES]),
        train=train,
        valid=valid,
        test=test,
        image_shape=(32, 32),
        groups=songs,
        description="Syllables of Bengalese finches: 32 mel bands by 32 frames, 20 classes.",
        source=f"{path} (recordings CC BY 4.0 and CC0)",
    )


def _split_by_group(
    groups: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows of train, valid and test; whole groups, in the order of a hash of their number."""
    numbers, sizes = np.unique(groups, return_counts=True)
    order = np.argsort(draw(key(0, Stage.SHUFFLE, 0, numbers.astype(np.uint64)), 0), kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    end_valid = int(np.searchsorted(before, _PART))
    start_test = before[end_valid] if end_valid < len(before) else before[-1]
    end_test = int(np.searchsorted(before, start_test + _PART))
    part_of = np.zeros(int(numbers.max()) + 1, dtype=np.int8)
    part_of[numbers[order[:end_valid]]] = 1
    part_of[numbers[order[end_valid:end_test]]] = 2
    part = part_of[groups]
    return np.flatnonzero(part == 0), np.flatnonzero(part == 1), np.flatnonzero(part == 2)


def vireo(path: str | os.PathLike[str] | None = None) -> Example:
    """Syllables of Cassin's vireo as spectrograms (Hedley 2016), from the user's file.

    Parameters
    ----------
    path : path or None, default=None
        An ``.npz`` file with ``x`` (n, 32, 31) or (n, 32, 32), bytes or numbers in [0, 1], and
        ``y`` (n,), numbers or text, in the original order. ``None``: ``vireo.npz`` in the folder
        of ``UMAPKIT_DATA``.

    Returns
    -------
    Example
        Rows of shape (26984, 1024) for the paper's file: the 20 most frequent labels, not
        shuffled; the first 1,000 validate, the next 1,000 test.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file does not hold such spectrograms.
    """
    found = local_file(["vireo.npz"]) if path is None else Path(path)
    if found is None or not found.is_file():
        how = (
            "Save the spectrograms with numpy.savez_compressed(file, x=spectrograms, y=labels): x "
            "of shape (n, 32, 31), y of shape (n,), in the order of the recordings."
        )
        raise_missing("vireo", [str(path or "vireo.npz")], how)
    arrays = read_arrays(found, ["x", "y"])
    names, labels, counts = np.unique(arrays["y"], return_inverse=True, return_counts=True)
    if len(arrays["x"]) != len(labels) or len(labels) <= 2 * _PART:
        msg = (
            f"{found}: x has {len(arrays['x'])} rows and y {len(labels)}; expected the same "
            f"number, more than {2 * _PART}."
        )
        raise ValueError(msg)
    frequent = np.sort(np.argsort(-counts, kind="stable")[:_CLASSES])
    kept = np.flatnonzero(np.isin(labels, frequent))
    n = len(kept)
    return Example(
        name="vireo",
        data=_padded(arrays["x"][kept], found),
        target=np.searchsorted(frequent, labels[kept]).astype(np.int64),
        target_names=tuple(str(name) for name in names[frequent]),
        train=np.arange(2 * _PART, n),
        valid=np.arange(_PART),
        test=np.arange(_PART, 2 * _PART),
        image_shape=(32, 32),
        description="Syllables of Cassin's vireo: 32 bands by 32 frames, 20 classes.",
        source=f"{found} (supplied by the user)",
    )
