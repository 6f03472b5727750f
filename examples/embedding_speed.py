"""How long it takes to place rows that were not in the fit.

    python examples/embedding_speed.py [--out FOLDER] [--sets mnist,...] [--rows 5000] [--full]

The paper's Fig. 11: the held-out rows at once, the median of ten calls, in milliseconds a row, on
maps of 2 and 64 dimensions. `UMAP.transform` searches neighbours and lays out; a network needs one
pass; principal components one product. How long a network was trained does not change its pass:
it is trained here for a moment only. Where umap-learn is installed it is measured, too. It took
three minutes on one busy core, most of them for the convolutions.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from _shared import Rows, rows_of, run, seconds
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from umapkit import UMAP
from umapkit.parametric import ParametricUMAP

PAPER = {"sets": "mnist,fashion_mnist,pbmc", "rows": 50_000, "new": 10_000}
COLORS = {2: "#0072b2", 64: "#e69f00"}


def measured(data: Rows, dimensions: int, repeats: int, seed: int) -> dict[str, float]:
    """Return milliseconds a row of every method, on a map of `dimensions`."""
    given: dict[str, Any] = {"n_components": dimensions, "random_state": seed}
    models: dict[str, Any] = {"network, three layers of 100": ParametricUMAP(n_steps=20, **given)}
    if data.shape == (28, 28):
        models["network, convolutions"] = ParametricUMAP("conv28", n_steps=5, **given)
    models["UMAP.transform"] = UMAP(**given)
    if find_spec("umap") is not None:
        import umap

        models["umap-learn's transform"] = umap.UMAP(**given)
    if dimensions < min(data.train.shape):
        models["principal components"] = PCA(dimensions)
    found = {}
    for name, model in models.items():
        model.fit(data.train)
        took = seconds(lambda m=model: m.transform(data.new), repeats)
        found[name] = 1000 * took / len(data.new)
    return found


def picture(
    *,
    sets: str = "mnist,pbmc",
    rows: int = 5000,
    new: int = 5000,
    repeats: int = 10,
    seed: int = 0,
) -> Figure:
    """Measure and draw bars."""
    names = sets.split(",")
    figure = Figure(figsize=(4.9 * len(names), 2.9), layout="constrained")
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


def bars(axis: Any, found: dict[int, dict[str, float]]) -> None:
    """Draw one group of bars a method, one bar a number of dimensions, on a logarithmic axis."""
    methods = list(found[2])
    for place, (dimensions, times) in enumerate(found.items()):
        at = np.array([methods.index(method) for method in times]) + 0.38 * (place - 0.5)
        values = np.array(list(times.values()))
        axis.barh(at, values, height=0.36, color=COLORS[dimensions], label=str(dimensions))
        for y, value in zip(at, values, strict=True):
            axis.text(value * 1.15, y, f"{value:.2g}", va="center", fontsize=8)
    axis.set(xscale="log", xlabel="milliseconds a row")
    axis.set_yticks(range(len(methods)), methods, fontsize=9)
    axis.invert_yaxis()
    axis.margins(x=0.25)
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
