"""Two moons, three labels each: where a classifier draws the line, with UMAP's loss and without.

    python examples/moons.py [FILE.png]

The paper's Fig. 3: rows and boundary by labels alone and with UMAP's loss, the learned map, and the
losses. Needs the extras `parametric` and `plot`; takes about a minute.
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

from umapkit.parametric import SemiSupervisedUMAP

COLORS = np.array(["#0072b2", "#d55e00"])


def main() -> None:
    """Fit both, draw four panels."""
    rows, moons = make_moons(2000, noise=0.1, random_state=1)
    new, truth = make_moons(1000, noise=0.1, random_state=2)
    known = np.full(2000, -1)
    for moon in (0, 1):
        known[np.flatnonzero(moons == moon)[:3]] = moon
    kinds = {
        "min_dist": 0.0,
        "batch_size": 1000,
        "learning_rate": 0.01,
        "label_smoothing": 0.2,
        "random_state": 0,
    }
    alone = SemiSupervisedUMAP(n_steps=600, umap_weight=0.0, **kinds).fit(rows, known)
    both = SemiSupervisedUMAP(n_steps=4000, **kinds).fit(rows, known)
    figure = Figure(figsize=(15, 3.8), layout="constrained")
    axes = figure.subplots(1, 4)
    x, y = np.meshgrid(np.linspace(-1.6, 2.6, 200), np.linspace(-1.1, 1.6, 200))
    grid = np.column_stack([x.ravel(), y.ravel()])
    for axis, model, name in (
        (axes[0], alone, "labels alone"),
        (axes[1], both, "with UMAP's loss"),
    ):
        sure = model.predict_proba(grid)[:, 1].reshape(x.shape)
        axis.contourf(x, y, sure, levels=20, cmap="RdBu_r", alpha=0.5)
        axis.contour(x, y, sure, levels=[0.5], colors="black")
        axis.scatter(*rows.T, s=2, c="0.4")
        axis.set_title(f"{name}: {model.score(new, truth):.3f} of new points")
    for axis, places in ((axes[0], rows), (axes[1], rows), (axes[2], both.embedding_)):
        labelled = known >= 0
        axis.scatter(*places[labelled].T, s=70, c=COLORS[known[labelled]], edgecolors="white")
        axis.set(xticks=[], yticks=[])
    axes[2].scatter(*both.embedding_.T, s=2, c=COLORS[moons], zorder=0)
    axes[2].set_title("the map (colour: the moon)")
    for name in ("labels", "attraction", "repulsion"):
        axes[3].plot(both.history_["step"], both.history_[name], label=name)
    axes[3].set(xlabel="step", ylabel="loss, nats", ylim=(0, 1), title="losses")
    axes[3].legend()
    file = sys.argv[1] if len(sys.argv) > 1 else "moons.png"
    figure.savefig(file, dpi=110)
    print(f"{file}: {alone.score(new, truth):.3f} by labels alone, {both.score(new, truth):.3f}")


if __name__ == "__main__":
    main()
