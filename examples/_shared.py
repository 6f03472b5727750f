"""What the examples share: the command line, rows to learn from and to judge by, the file."""

from __future__ import annotations

import argparse
import inspect
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import umapkit.data

INK = "#222222"


class Rows(NamedTuple):
    """A part to learn from and a part to judge by."""

    train: np.ndarray  # (n, d), float32
    labels: np.ndarray | None  # (n,), int64; None where the set has none
    new: np.ndarray  # (m, d)
    new_labels: np.ndarray | None
    shape: tuple[int, int] | None  # height and width where a row is a grey image


def rows_of(name: str, rows: int, *, new: int = 0) -> Rows:
    """Draw `rows` and `new` other rows of an example set, of a small one fewer: 3 to 1."""
    example = umapkit.data.load(name)
    order = np.random.default_rng(0).permutation(len(example.data))
    if new:
        rows = min(rows, len(order) * 3 // 4)
    parts = order[:rows], order[rows : rows + new]
    train, judged = (np.ascontiguousarray(example.data[part]) for part in parts)
    labels = [None if example.target is None else example.target[part] for part in parts]
    shape = example.image_shape
    grey = (int(shape[0]), int(shape[1])) if shape is not None and len(shape) == 2 else None
    return Rows(train, labels[0], judged, labels[1], grey)


def seconds(function: Callable[[], Any], repeats: int) -> float:
    """Median time of a call, after one that is not counted."""
    function()
    found = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def montage(images: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Lay flat grey images, (rows, columns, pixels), side by side with white lines between."""
    down, across = images.shape[:2]
    tiles = 1 - np.clip(images.reshape(down, across, *shape), 0, 1)  # ink is dark
    tiles = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=1.0)
    return tiles.transpose(0, 2, 1, 3).reshape(down * (shape[0] + 2), across * (shape[1] + 2))


def run(picture: Callable[..., Figure], doc: str | None, paper: Mapping[str, Any]) -> None:
    """Call `picture` with what the command line says, and write it as a PNG.

    Every keyword of `picture` is an option; ``--full`` takes those of `paper` for defaults.
    """
    file = Path(inspect.getfile(picture))
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = ", ".join(f"--{name} {value}" for name, value in paper.items())
    parser.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="of the picture")
    parser.add_argument("--full", action="store_true", help=f"the paper's sizes: {sizes}")
    for name, parameter in inspect.signature(picture).parameters.items():
        kind, default = type(parameter.default), parameter.default
        parser.add_argument(f"--{name}", type=kind, help=f"{kind.__name__}, default {default}")
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    out, full = given.pop("out"), given.pop("full")
    out.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    figure = picture(**({**paper, **given} if full else given))
    path = out / f"{file.stem}.png"
    figure.savefig(path, dpi=110)
    print(f"{path}: {time.perf_counter() - begin:.0f} s")
