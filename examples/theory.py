"""What UMAP really lowers: the claims of docs/theory.md, computed and drawn.

    python examples/theory.py [FOLDER]

Prints the figures that the page quotes; with a folder, draws its pictures there (needs the extra
`plot`). Takes about half a minute.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import FuzzySet, data, find_neighbors, fuzzy_graph, run_layout
from umapkit.graph import bandwidths, fin_sing, local_metric
from umapkit.init import make_start, rescale
from umapkit.layout import find_ab
from umapkit.quality import (
    effective_loss,
    effective_loss_of,
    effective_target,
    fuzzy_cross_entropy_without_constants,
    nominal_loss_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATE, FLOOR, EPOCHS, POINTS = 5, 1e-4, 10_000, 1000
LOOKS = (("-", "#0072b2"), ("-", "#d55e00"), (":", "#d55e00"))
Values = NDArray[np.float64]


def ring(seed: int) -> NDArray[np.float32]:
    """1,000 points on a circle of radius 4, each moved inside a disc of radius 0.5."""
    state = np.random.RandomState(seed)
    phi = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    radius = 0.5 * np.sqrt(state.uniform(size=POINTS))
    angle = 2 * np.pi * state.uniform(size=POINTS)
    x = 4 * np.cos(phi) + radius * np.cos(angle)
    y = 4 * np.sin(phi) + radius * np.sin(angle)
    return np.stack([x, y], axis=1).astype(np.float32)


def pruned(graph: Any, epochs: int) -> csr_array:
    """Leave out the edges that are too weak to be drawn once in so many epochs."""
    kept = csr_array(graph, dtype=np.float64, copy=True)
    kept.data[kept.data < kept.data.max() / epochs] = 0
    kept.eliminate_zeros()
    return kept


def ring_losses(seed: int) -> tuple[dict[str, tuple[float, float]], NDArray[np.float32]]:
    """Nominal and effective loss of four arrangements, and the map that the optimiser made.

    As published, the sums run over all ordered pairs, (i, i) included.
    """
    a, b = find_ab(min_dist=0.1, spread=1.0)
    rows = ring(seed)
    graph = fuzzy_graph(find_neighbors(rows, n_neighbors=15))
    kept = pruned(graph, EPOCHS)
    on = {"negative_sample_rate": RATE, "log_floor": FLOOR}
    # A point is as similar to itself as can be: c^r = -ln(floor), n times, and m d_i / n times.
    itself = -math.log(FLOOR) * POINTS
    by_weight = -math.log(FLOOR) * RATE * float(kept.sum()) / POINTS
    made = run_layout(graph, rescale(rows, seed=seed), a=a, b=b, n_epochs=EPOCHS, random_state=seed)

    def of_map(points: NDArray[np.float32]) -> tuple[float, float]:
        nominal = fuzzy_cross_entropy_without_constants(kept, points, a, b, log_floor=FLOOR)
        effective = effective_loss(kept, points, a, b, **on).value
        return nominal + itself, effective + by_weight

    scattered = np.eye(POINTS)
    found = {
        "the best similarities": (
            nominal_loss_of(kept, kept, log_floor=FLOOR),
            effective_loss_of(kept, effective_target(kept, negative_sample_rate=RATE), **on),
        ),
        "all infinitely far apart": (
            nominal_loss_of(kept, scattered, log_floor=FLOOR) + itself,
            effective_loss_of(kept, scattered, **on) + by_weight,
        ),
        "the data themselves": of_map(rows),
        "UMAP's map": of_map(made),
    }
    return found, made


def umap_forces(d: Values, p: float, push: float, a: float, b: float) -> tuple[Values, Values]:
    """Attraction and repulsion p dc^a/dd and push dc^r/dd of one pair at distance d."""
    w = a * d ** (2 * b)
    return p * 2 * b / d * w / (1 + w), push * 2 * b / (d * (1 + w))


def tsne_forces(d: Values, p: float, total: float) -> tuple[Values, Values]:
    """Attraction and repulsion of 4 (p - q) d / (1 + d^2), q = 1 / ((1 + d^2) total)."""
    near = 4 * d / (1 + d * d)
    return p * near, near / ((1 + d * d) * total)


def largevis_forces(d: Values, p: float, repulsion: float) -> tuple[Values, Values]:
    """Attraction p 2d / (1 + d^2) and repulsion lambda 2 / (d (1 + d^2))."""
    return p * 2 * d / (1 + d * d), repulsion * 2 / (d * (1 + d * d))


def all_forces() -> tuple[Values, dict[str, dict[str, Values]]]:
    """Compute the three methods' forces on one pair, of the same graph and on the same map.

    The pair is an edge of median weight between points of mean degree, in the graph of the digits;
    t-SNE's normaliser is that of UMAP's map of them, and its forces are multiplied by the sum of
    all p, by which it divides.
    """
    a, b = find_ab(min_dist=0.1, spread=1.0)
    graph = fuzzy_graph(find_neighbors(data.load("digits").data, n_neighbors=15))
    n, whole = graph.shape[0], float(graph.sum())
    p, push = float(np.median(graph.data)), RATE * 2 * (whole / n) / (2 * n)
    points = run_layout(
        graph, make_start(graph, seed=0), a=a, b=b, n_epochs=500, random_state=0
    ).astype(np.float64)
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    total = float((1 / (1 + squared)).sum()) - n
    d = np.geomspace(0.03, 30, 400)
    near, far = umap_forces(d, p, push, a, b)
    pull, away = tsne_forces(d, p / whole, total)
    close, off = largevis_forces(d, p, 7 * push)
    return d, {
        "UMAP": {
            "attraction": near,
            "repulsion, as sampled": far,
            "repulsion, weight 1 - p": umap_forces(d, p, 1 - p, a, b)[1],
        },
        "t-SNE": {"attraction": pull * whole, "repulsion": away * whole},
        "LargeVis": {
            "attraction": close,
            "repulsion, as sampled": off,
            "repulsion, weight 7": largevis_forces(d, p, 7)[1],
        },
    }


def local_sets(n: int = 60) -> float:
    """Largest gap between the union of the local fuzzy sets of n rows and their fuzzy graph."""
    rows = data.load("digits").data[:n]
    neighbors = find_neighbors(rows, n_neighbors=8)
    widths = bandwidths(neighbors)
    union = FuzzySet.of(csr_array((n, n)))
    for row in range(n):
        union = union.union(fin_sing(local_metric(neighbors, widths, row)))
    return float(abs(union.memberships - fuzzy_graph(neighbors)).max())


def weights() -> dict[str, Any]:
    """Weights of the repulsion in a graph of the digits: 1 - p, and m (d_i + d_j) / 2n."""
    graph = pruned(fuzzy_graph(find_neighbors(data.load("digits").data, n_neighbors=15)), 500)
    n = graph.shape[0]
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    push = RATE * (degrees[:, None] + degrees[None, :]) / (2 * n)
    off = ~np.eye(n, dtype=bool)
    return {
        "p": graph.data,
        "push on edges": push[graph.nonzero()],
        "target": effective_target(graph, negative_sample_rate=RATE).data,
        "nominal sum": n * (n - 1) - float(graph.sum()),
        "effective sum": float(push[off].sum()),
        "push": push[off],
        "n": n,
    }


def crossing(d: Values, push: Values, pull: Values) -> str:
    """Distance below which repulsion wins and beyond which attraction does."""
    stronger = np.flatnonzero(push > pull)
    if len(stronger) == 0:
        return "nowhere"
    last = int(stronger[-1])
    if last == len(d) - 1:
        return "everywhere"
    # Both are nearly powers of d: between two of its values their logarithms are straight lines.
    near, beyond = np.log(push / pull)[last : last + 2]
    share = near / (near - beyond)
    return f"{d[last] * (d[last + 1] / d[last]) ** share:.2f}"


def lines() -> list[str]:
    """Compute everything and return what the page quotes."""
    tables = [ring_losses(seed)[0] for seed in range(7)]
    out = ["ring, mean of seeds 0 to 6: nominal loss, effective loss"]
    for name in tables[0]:
        nominal, effective = np.mean([table[name] for table in tables], axis=0)
        out.append(f"  {name:<25}{nominal:>10,.0f}{effective:>10,.0f}")
    d, forces = all_forces()
    out.append("digits: distance below which repulsion wins, median edge")
    for method, curves in forces.items():
        for name in list(curves)[1:]:
            place = crossing(d, curves[name], curves["attraction"])
            out.append(f"  {method + ', ' + name:<33}{place:>12}")
    found = weights()
    n = found["n"]
    out += [
        "digits: how much all pairs are repelled",
        f"  nominal, 1 - p           {found['nominal sum'] / n:>10,.1f} a row",
        f"  effective, m(d_i+d_j)/2n {found['effective sum'] / n:>10,.1f} a row",
        f"  weight of a pair, median {np.median(found['push']):>10.4f}",
        "digits: similarity that an edge is drawn to",
        f"  p, median                {np.median(found['p']):>10.3f}",
        f"  p / (p + push), median   {np.median(found['target']):>10.3f}",
        f"  edges with p > 0.9       {np.mean(found['p'] > 0.9):>10.1%}",
        f"  edges drawn to > 0.9     {np.mean(found['target'] > 0.9):>10.1%}",
        "union of the local fuzzy sets of 60 digits",
        f"  less than 1e-6 from p_ij {local_sets() < 1e-6!s:>10}",
    ]
    return out


def draw_ring() -> Figure:
    """Draw the ring, UMAP's map of it, and the losses of four arrangements."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.7), layout="constrained")
    rows = ring(0)
    table, made = ring_losses(0)
    left, middle, right = figure.subplots(1, 3)
    hue = np.linspace(0, 1, POINTS)
    for ax, points, title in ((left, rows, "the data"), (middle, made, "UMAP's map of it")):
        ax.scatter(*points.T, c=hue, cmap="twilight", s=5, linewidths=0)
        ax.set(title=title, aspect="equal", xticks=[], yticks=[])
    names = list(table)
    place = np.arange(len(names))
    for shift, which, color in ((0.2, 0, "#d55e00"), (-0.2, 1, "#0072b2")):
        values = [table[name][which] for name in names]
        label = "effective" if which else "nominal"
        bars = right.barh(place + shift, values, height=0.36, color=color, label=label)
        right.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=8)
    right.set(xscale="log", xlim=(1e3, 1e6), yticks=place, yticklabels=names, title="loss")
    right.invert_yaxis()
    right.legend(frameon=False, loc="upper right", fontsize=8)
    return figure


def draw_forces() -> Figure:
    """Draw forces against distance, a panel a method."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    axes = figure.subplots(1, 3, sharex=True, sharey=True)
    d, panels = all_forces()
    for ax, (title, curves) in zip(axes, panels.items(), strict=True):
        for (name, force), look in zip(curves.items(), LOOKS, strict=False):
            ax.plot(d, force, look[0], color=look[1], label=name)
        ax.set(xscale="log", yscale="log", ylim=(1e-7, 1e2), title=title, xlabel="distance d")
        ax.legend(frameon=False, fontsize=8, loc="lower left")
    axes[0].set_ylabel("force of one pair")
    return figure


def draw_weights() -> Figure:
    """Draw what pairs weigh and what edges are drawn to."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    found = weights()
    bins = np.geomspace(1e-4, 1, 60)
    left.hist(1 - found["p"], bins, color="#d55e00", alpha=0.6, label="1 - p, on edges")
    left.hist(found["push on edges"], bins, color="#0072b2", alpha=0.6,
              label="m(d_i + d_j)/2n, on edges")  # fmt: skip
    left.axvline(1, color="#d55e00", linestyle=":", label="1 - p, on all other pairs")
    left.set(xscale="log", title="weight of a repelled pair", ylabel="edges")
    left.legend(frameon=False, fontsize=8)
    bins = np.linspace(0, 1, 50)
    right.hist(found["p"], bins, color="#d55e00", alpha=0.6, label="p")
    right.hist(found["target"], bins, color="#0072b2", alpha=0.6, label="p / (p + m(d_i + d_j)/2n)")
    right.set(title="similarity that an edge is drawn to", ylabel="edges")
    right.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


PICTURES = {"ring": draw_ring, "forces": draw_forces, "weights": draw_weights}

if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
    if len(sys.argv) > 1:
        for name, draw in PICTURES.items():
            draw().savefig(Path(sys.argv[1]) / f"theory-{name}.png", dpi=110)
