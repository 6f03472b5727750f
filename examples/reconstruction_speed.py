"""How long the way to the map and back takes.

    python examples/reconstruction_speed.py [--out FOLDER] [--sets mnist,...] [--rows 5000] [--full]

The paper's Fig. 12: milliseconds a row to place held-out rows and to make rows of the places again,
the median of three calls (`--full`: ten). As in the paper, `UMAP` places all rows but brings back
ten only, and their time counts for one row each. Networks are trained for a moment only: their pass
takes as long afterwards. `UMAP.inverse_transform` is measured in 2 dimensions, as in the paper.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _shared import Rows, rows_of, run, seconds
from embedding_speed import COLORS, bars
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from umapkit import UMAP
from umapkit.parametric import ParametricUMAP

PAPER = {"sets": "mnist,fashion_mnist,pbmc", "rows": 50_000, "new": 10_000, "repeats": 10}
BROUGHT_BACK = 10


def measured(data: Rows, dimensions: int, repeats: int, seed: int) -> dict[str, float]:
    """Return milliseconds a row of every method."""
    given: dict[str, Any] = {"n_components": dimensions, "random_state": seed}
    networks = {"network, three layers of 100": ("mlp", 20)}
    if data.shape == (28, 28):
        networks["network, convolutions"] = ("conv28", 5)
    found = {}
    for name, (network, steps) in networks.items():
        model = ParametricUMAP(network, network, n_steps=steps, **given).fit(data.train)
        found[name] = round_trip(model, data.new, len(data.new), repeats)
    if dimensions == 2:
        model = UMAP(**given).fit(data.train)
        found["UMAP and its inverse"] = round_trip(model, data.new, BROUGHT_BACK, min(3, repeats))
    if dimensions < min(data.train.shape):
        model = PCA(dimensions).fit(data.train)
        found["principal components"] = round_trip(model, data.new, len(data.new), repeats)
    return found


def round_trip(model: Any, new: np.ndarray, brought_back: int, repeats: int) -> float:
    """Return milliseconds a row: placing all of them, then making `brought_back` again."""
    places = model.transform(new)[:brought_back]
    there = seconds(lambda: model.transform(new), repeats) / len(new)
    back = seconds(lambda: model.inverse_transform(places), repeats) / len(places)
    return 1000 * (there + back)


def picture(
    *,
    sets: str = "mnist,pbmc",
    rows: int = 5000,
    new: int = 256,
    repeats: int = 3,
    seed: int = 0,
) -> Figure:
    """Measure and draw bars."""
    names = sets.split(",")
    figure = Figure(figsize=(4.9 * len(names), 2.7), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False, sharex=True)[0]
    for axis, name in zip(axes, names, strict=True):
        data = rows_of(name, rows, new=new)
        found = {d: measured(data, d, repeats, seed) for d in COLORS}
        bars(axis, found)
        axis.set_title(f"{name}: {len(data.new):,} new rows of {data.new.shape[1]}", fontsize=10)
        for dimensions, times in found.items():
            for method, value in times.items():
                print(f"{name}, {dimensions} dimensions, {method}: {value:.4f} ms a row")
    axes[0].legend(title="dimensions", frameon=False, fontsize=8, title_fontsize=8)
    return figure


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
