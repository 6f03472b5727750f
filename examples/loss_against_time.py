"""How fast the loss falls: a layout of points, the same loss by torch, and a network.

    python examples/loss_against_time.py [--out FOLDER] [--sets mnist,...] [--rows 5000] [--full]

The paper's Fig. 10: cross-entropy against seconds of optimisation, the graph not counted, since all
three descend on the same one. Unlike the paper's, the loss is that of one fixed sample of 50,000
edges and five negatives each, drawn from the graph for all, at chosen moments: there is no running
mean to lag behind, and measuring is not counted as time. It took five minutes on one busy core.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from _shared import rows_of, run
from matplotlib.figure import Figure

from umapkit import UMAP
from umapkit.parametric import DirectUMAP, EdgeSource, ParametricUMAP, umap_loss

PAPER = {"sets": "mnist,fashion_mnist", "rows": 50_000, "encoder": "conv28"}
COLORS = {"UMAP": "#222222", "free points, torch": "#e69f00", "Parametric UMAP": "#0072b2"}


class Curve:
    """Loss of one fixed sample, and the seconds until then, without those of measuring."""

    def __init__(self, graph: Any, a: float, b: float) -> None:
        source = EdgeSource(graph, batch_size=50_000, negatives="uniform", seed=2**40)
        drawn = source.batch(0)
        self.rows, self.sample, self.curve = drawn.rows, drawn.to(torch.device("cpu")), (a, b)
        self.seconds: list[float] = []
        self.losses: list[float] = []
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self.begin, self.lost = time.perf_counter(), 0.0

    def due(self) -> bool:
        """Whether a tenth of the time has passed since the last look."""
        passed = time.perf_counter() - self.begin - self.lost
        return not self.seconds or passed > 1.1 * self.seconds[-1]

    def look(self, places: np.ndarray | torch.Tensor, *, seconds: float | None = None) -> float:
        """Measure places of `self.rows`."""
        now = time.perf_counter()
        with torch.no_grad():
            known = torch.as_tensor(places)
            terms = umap_loss(known, self.sample, a=self.curve[0], b=self.curve[1])
        self.losses.append(float(sum(terms.values())))
        self.seconds.append(now - self.begin - self.lost if seconds is None else seconds)
        self.lost += time.perf_counter() - now
        return self.losses[-1]


def of_layout(rows: np.ndarray, seed: int) -> tuple[Curve, Any]:
    """Return the curve of `UMAP`, and the graph that all share."""
    once = UMAP(random_state=seed).fit(rows)
    curve = Curve(once.graph_, once.a_, once.b_)

    class Watch:
        every = 1

        def start(self, layout: Any) -> None:
            curve.start()

        def epoch(self, layout: Any) -> None:
            if curve.due():
                curve.look(layout.embedding[curve.rows])

        def end(self, layout: Any) -> None:
            curve.look(layout.embedding[curve.rows])

    UMAP(observers=Watch(), random_state=seed).fit(rows)
    return curve, once.graph_


def of_points(rows: np.ndarray, graph: Any, epochs: int, seed: int) -> Curve:
    """Return the curve of `DirectUMAP`: runs of growing length, each the beginning of the next."""
    curve = None
    for n_epochs in sorted({max(1, round(epochs * share)) for share in np.geomspace(0.01, 1, 8)}):
        model = DirectUMAP(n_epochs=n_epochs, random_state=seed).fit(rows, graph=graph)
        curve = curve or Curve(graph, model.a_, model.b_)
        curve.look(model.embedding_[curve.rows], seconds=model.history_["seconds"][-1])
    assert curve is not None
    return curve


def of_network(rows: np.ndarray, graph: Any, encoder: str, seed: int) -> Curve:
    """Return the curve of `ParametricUMAP`."""
    found: list[Curve] = []
    x = torch.from_numpy(rows)

    def watch(step: int, terms: dict[str, float]) -> None:
        if not found:
            found.append(Curve(graph, model.a_, model.b_))
            found[0].begin -= terms["seconds"]
        curve = found[0]
        if curve.due():
            begin = time.perf_counter()
            networks = model.networks_
            with torch.no_grad():
                parts = x[torch.from_numpy(curve.rows)].split(4096)
                places = [networks["encoder"](networks["scaling"](part)) for part in parts]
            curve.lost += time.perf_counter() - begin
            curve.look(torch.cat(places))

    image = encoder if rows.shape[1] == 784 else "mlp"
    model = ParametricUMAP(image, device="cpu", observers=watch, random_state=seed)
    model.fit(rows, graph=graph)
    whole = model.history_["seconds"][-1] - found[0].lost
    found[0].look(model.embedding_[found[0].rows], seconds=whole)
    return found[0]


def picture(
    *,
    sets: str = "mnist,fashion_mnist,pbmc",
    rows: int = 5000,
    encoder: str = "mlp",
    epochs: int = 100,
    seed: int = 0,
) -> Figure:
    """Draw the three curves of every set."""
    names = sets.split(",")
    figure = Figure(figsize=(3.6 * len(names), 3.4), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for axis, name in zip(axes, names, strict=True):
        data = rows_of(name, rows).train
        layout, graph = of_layout(data, seed)
        network = of_network(data, graph, encoder, seed)
        points = of_points(data, graph, epochs, seed)
        for (label, color), curve in zip(COLORS.items(), (layout, points, network), strict=True):
            axis.plot(curve.seconds, curve.losses, ".-", ms=4, color=color, label=label)
            print(f"{name}, {label}: {curve.losses[-1]:.4f} after {curve.seconds[-1]:.2f} s")
        axis.axhline(layout.losses[-1], color="0.75", lw=0.8, zorder=0)
        axis.set(xscale="log", xlabel="seconds of optimisation", ylim=(0, 0.5))
        axis.set_title(f"{name}, {len(data):,} rows", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("cross-entropy, nats a pair")
    axes[0].legend(frameon=False, fontsize=9)
    return figure


if __name__ == "__main__":
    run(picture, __doc__, PAPER)
