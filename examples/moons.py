"""Two moons, three labels each: where a classifier draws the line, with UMAP's loss and without.

    python examples/moons.py [--out FOLDER] [--full]

The paper's Fig. 3: the 2,000 rows, the labelled ones in colour, and the classifier's decision as a
contour, learned from the six labels alone and with UMAP's loss over all rows; the map of the joint
network; its losses; the accuracy on 1,000 rows that nothing was learned from, along the training.
It took three minutes on one busy core.
"""

from __future__ import annotations

import numpy as np
from _shared import INK, run
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

from umapkit.parametric import SemiSupervisedUMAP

COLORS = np.array(["#3b4cc0", "#b40426"])  # the ends of "coolwarm"
PAPER = {"rows": 2000, "steps": 19_600}  # 50 epochs of 392 batches


def picture(*, rows: int = 2000, steps: int = 4000, seed: int = 0) -> Figure:
    """Train both classifiers and draw them."""
    x, moons = make_moons(rows, noise=0.1, random_state=1)
    new, truth = make_moons(1000, noise=0.1, random_state=2)
    known = np.full(rows, -1)
    for moon in (0, 1):
        known[np.flatnonzero(moons == moon)[:3]] = moon
    models = {
        weight: SemiSupervisedUMAP(
            umap_weight=weight,
            n_steps=steps,
            min_dist=0.0,
            batch_size=1000,
            learning_rate=0.01,
            label_smoothing=0.2,
            check_every=max(1, steps // 80),
            random_state=seed,
        ).fit(x, known, validation=(new, truth))
        for weight in (0.0, 1.0)
    }
    figure = Figure(figsize=(10.2, 5.6), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1.1, 1])
    axes = above.subplot_mosaic([["0.0", "1.0", "map"]])
    axes |= below.subplot_mosaic([["loss", "accuracy"]], width_ratios=[1, 1.6])
    for weight, name in ((0.0, "labels alone"), (1.0, "with UMAP's loss")):
        model, axis = models[weight], axes[str(weight)]
        decide(axis, model, x)
        dots(axis, x, known)
        axis.set_title(f"{name}: {model.score(new, truth):.1%} right", fontsize=10)
        history = model.history_
        looked = np.isfinite(history["held_out"])
        right = 1 - np.array(history["held_out"])[looked]
        color = COLORS[int(weight)]
        axes["accuracy"].plot(np.array(history["step"])[looked], right, color=color, label=name)
        print(f"{name}: {model.score(new, truth):.3f} of 1,000 new rows")
    both = models[1.0]
    axis = axes["map"]
    axis.scatter(*both.embedding_.T, s=3, c=COLORS[moons], alpha=0.35, linewidths=0)
    dots(axis, both.embedding_, known)
    axis.set_title("its map, colour: the true moon", fontsize=10)
    for name, style in (("attraction", "-"), ("repulsion", "--"), ("labels", ":")):
        values = smooth(both.history_[name])
        axes["loss"].plot(both.history_["step"], values, style, color=INK, lw=1.2, label=name)
    axes["loss"].set(xlabel="step", ylabel="nats", yscale="log")
    axes["loss"].set_title("terms of the joint loss", fontsize=10)
    axes["loss"].legend(frameon=False, fontsize=9)
    axes["accuracy"].set(xlabel="step", ylabel="share right", ylim=(None, 1.005))
    axes["accuracy"].set_title("accuracy on 1,000 new rows", fontsize=10)
    axes["accuracy"].legend(frameon=False, fontsize=9, loc="lower right")
    for name in ("loss", "accuracy"):
        axes[name].spines[["top", "right"]].set_visible(False)
    return figure


def decide(axis, model: SemiSupervisedUMAP, x: np.ndarray) -> None:
    """Draw how sure the classifier is, and its line."""
    low, high = x.min(axis=0) - 0.3, x.max(axis=0) + 0.3
    across, up = np.meshgrid(np.linspace(low[0], high[0], 160), np.linspace(low[1], high[1], 120))
    places = np.column_stack([across.ravel(), up.ravel()])
    sure = model.predict_proba(places)[:, 1].reshape(across.shape)
    axis.contourf(across, up, sure, levels=np.linspace(0, 1, 21), cmap="coolwarm", alpha=0.75)
    axis.contour(across, up, sure, levels=[0.5], colors=INK, linewidths=1.2)
    axis.scatter(*x.T, s=2, c="0.35", linewidths=0)


def dots(axis, places: np.ndarray, known: np.ndarray) -> None:
    """Draw the labelled rows large."""
    chosen = known >= 0
    axis.scatter(*places[chosen].T, s=75, c=COLORS[known[chosen]], edgecolors="white", zorder=3)
    axis.set(xticks=[], yticks=[])


def smooth(values: list[float]) -> np.ndarray:
    """Mean over the last ten entries."""
    given = np.array(values)
    sums = np.cumsum(np.insert(given, 0, 0.0))
    ends = np.arange(1, len(given) + 1)
    starts = np.maximum(0, ends - 10)
    return (sums[ends] - sums[starts]) / (ends - starts)


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
