"""Mammoth and bison: points on the surface of a body, a test of global shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from umapkit.data.examples._example import Example
from umapkit.data.examples._sources import check_digest, fetch, local_file, read_arrays

_BISON_URL = (
    "https://raw.githubusercontent.com/duhaime/umap-zoo/"
    "36aa15a3196ad7aa535d2245b7ffdd1934ac0f2b/data/json/bison.json"
)
_MAMMOTH_URL = (
    "https://raw.githubusercontent.com/PAIR-code/understanding-umap/master/public/mammoth_3d.json"
)
# SHA-256 of the points as little-endian float32.
_BISON = "ffcacf61ed9e06bfdaa34e1cf226922089f33c1c9600c49f21767f08731b8d10"
_MAMMOTH = "d771e122517438f1edd6ed912f94736ac501febf770832d7d141179f1e2a9d67"
# The published points are sorted by part of the body; these are the sizes of the parts.
_MAMMOTH_PARTS = (1139, 813, 510, 913, 1271, 1247, 1084, 1190, 985, 444, 404)


def _points(path: Path, digest: str, key: str | None) -> np.ndarray:
    """Points of a JSON file, compared with the published ones."""
    content: Any = json.loads(path.read_text(encoding="utf-8"))
    try:
        points = np.asarray(content if key is None else content[key], dtype=np.float32)
    except (KeyError, TypeError, ValueError):
        points = np.empty((0, 3), dtype=np.float32)
    check_digest(digest, points.astype("<f4"), what=str(path))
    return points


def mammoth() -> Example:
    """Return 10,000 points on the skeleton of a mammoth (Smithsonian; Coenen and Pearce 2019).

    Returns
    -------
    Example
        Rows of shape (10000, 3); the target is one of 11 parts of the skeleton.

    Raises
    ------
    ConnectionError
        If ``UMAPKIT_DATA`` has no ``mammoth.npz`` and the public copy cannot be fetched.
    """
    path = local_file(["mammoth.npz"])
    if path is not None:
        arrays = read_arrays(path, ["x_10k", "y_10k"])
        points, parts, source = arrays["x_10k"], arrays["y_10k"], str(path)
    else:
        points = _points(fetch(_MAMMOTH_URL, "mammoth_3d.json"), _MAMMOTH, None)
        parts = np.repeat(np.arange(len(_MAMMOTH_PARTS)), _MAMMOTH_PARTS)
        source = _MAMMOTH_URL
    return Example(
        name="mammoth",
        data=np.ascontiguousarray(points, dtype=np.float32),
        target=parts.astype(np.int64),
        target_names=tuple(f"part {i}" for i in range(len(_MAMMOTH_PARTS))),
        train=np.arange(len(points)),
        columns=("x", "y", "z"),
        description="Points on the skeleton of a mammoth, in eleven parts.",
        source=f"{source} (Apache-2.0; scan by the Smithsonian)",
    )


def bison() -> Example:
    """Return 50,000 points on the surface of a bison (Duhaime's UMAP Zoo).

    Returns
    -------
    Example
        Rows of shape (50000, 3), of which only 26,556 are distinct: every neighbour list meets
        rows at distance 0. There is no target; `values` is the third coordinate, along the body.

    Raises
    ------
    ConnectionError
        If ``UMAPKIT_DATA`` has no ``bison.npz`` and the public copy cannot be fetched.
    """
    path = local_file(["bison.npz"])
    if path is not None:
        points, source = read_arrays(path, ["x"])["x"], str(path)
    else:
        points = _points(fetch(_BISON_URL, "bison.json"), _BISON, "3d")
        source = _BISON_URL
    points = np.ascontiguousarray(points, dtype=np.float32)
    return Example(
        name="bison",
        data=points,
        values=points[:, 2].copy(),
        train=np.arange(len(points)),
        columns=("x", "y", "z"),
        description="Points on the surface of a bison; about half of them are duplicates.",
        source=f"{source} (no licence stated)",
    )
