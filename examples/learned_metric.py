"""What a classifier of few labels makes of images: UMAP of its last hidden layer.

    python examples/learned_metric.py [--out FOLDER] [--sets mnist,...] [--labels 4] [--full]

The paper's Fig. 17: maps of the activations of the classifier's last hidden layer, the space of
the "learned metric". Above, colours are the true classes; below, the classifier's; the labelled
rows are large. Left, the classifier learned from its few labels alone; right, with UMAP's loss over
all rows, on neighbours sought among the activations. By default a small network, "conv28", trained
for as long as a processor allows; `--full` takes the paper's, "cnn13", and wants a GPU.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from _shared import rows_of, run
from matplotlib.figure import Figure

from umapkit import UMAP, plot
from umapkit.parametric import SemiSupervisedUMAP

PAPER = {
    "sets": "mnist,fashion_mnist",
    "rows": 50_000,
    "encoder": "cnn13",
    "steps": 20_000,
    "components": 1024,
    "batch": 128,
}


def picture(
    *,
    sets: str = "mnist",
    labels: int = 4,
    rows: int = 1500,
    encoder: str = "conv28",
    width: float = 1.0,
    steps: int = 300,
    components: int = 64,
    batch: int = 64,
    seed: int = 0,
) -> Figure:
    """Train the classifiers and draw maps of what they see."""
    names = sets.split(",")
    figure = Figure(figsize=(5.6 * len(names), 5.9), layout="constrained")
    axes = figure.subplots(2, 2 * len(names), squeeze=False)
    for k, name in enumerate(names):
        data = rows_of(name, rows, new=2000)
        assert data.labels is not None
        assert data.shape is not None
        known = np.full(len(data.train), -1)
        for label in np.unique(data.labels):
            known[np.flatnonzero(data.labels == label)[:labels]] = label
        given: dict[str, Any] = {
            "encoder": encoder,
            "width": width,
            "n_components": components,
            "input_shape": (1, *data.shape),
            "label_smoothing": 0.2,
            "batch_size": batch,
            "scaling": "none",
            "random_state": seed,
        }
        joint = {"supervised_steps": steps // 4, "graph_steps": max(1, steps // 4)}
        models = {
            "labels alone": SemiSupervisedUMAP(umap_weight=0.0, n_steps=steps, **given),
            "and UMAP's loss": SemiSupervisedUMAP(
                graph="activations", n_steps=steps - steps // 4, **joint, **given
            ),
        }
        for j, (kind, model) in enumerate(models.items()):
            begin = time.perf_counter()
            model.fit(data.train, known)
            score = model.score(data.new, data.new_labels)
            print(f"{name}, {kind}: {score:.3f} of new rows, {time.perf_counter() - begin:.0f} s")
            places = UMAP(random_state=seed).fit_transform(model.activations(data.train))
            guessed = model.predict(data.train)
            for axis, colors in zip(axes[:, 2 * k + j], (data.labels, guessed), strict=True):
                draw(axis, places, colors, known)
            axes[0, 2 * k + j].set_title(f"{name}, {kind}:\n{score:.1%} of new rows", fontsize=10)
    axes[0, 0].set_ylabel("true classes", fontsize=10)
    axes[1, 0].set_ylabel("the classifier's", fontsize=10)
    return figure


def draw(axis: Any, places: np.ndarray, classes: np.ndarray, known: np.ndarray) -> None:
    """Draw rows small and light, labelled ones large."""
    plot.points(places, labels=classes, ax=axis, legend=False, size=3.0, alpha=0.45)
    chosen = known >= 0
    plot.points(places, labels=known, ax=axis, legend=False, subset=chosen, size=42.0, alpha=1.0)
    axis.collections[-1].set(edgecolor="black", linewidth=0.8)
    axis.set(xlabel="", ylabel="", aspect="auto")


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
