"""Three neighbour embeddings on one pair, and the spectrum that they lie on: docs/family.md, drawn.

    python examples/family.py [FOLDER]

Prints the figures that the page quotes; with a folder, draws its pictures there (needs the extra
`plot`). Takes about half a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit import NeighborEmbedding, data, find_neighbors, fuzzy_graph, run_layout
from umapkit.graph import bandwidths, conditional_affinities
from umapkit.init import make_start
from umapkit.layout import find_ab
from umapkit.quality import attraction_cost, repulsion_cost, similarity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATE, GAMMA, GUARD = 5, 7, 0.1
COLORS = {"UMAP": "#0072b2", "t-SNE": "#d55e00", "LargeVis": "#009e73"}
TSNE_KNOB, NEG_KNOB = (1.0, 2.0, 4.0, 10.0, 30.0), (0.03, 0.1, 0.3, 1.0, 10.0)
OTHERS = ("umap", "largevis", "infonc_tsne")
Values = NDArray[np.float64]


def input_probabilities(row: int = 0) -> dict[str, tuple[Values, Values]]:
    """Distances and conditional probabilities of a digit's neighbours, by each method.

    UMAP: Eq. 1, 15 neighbours, which sum to log2(15). t-SNE and LargeVis: Eq. 18, 90 and 150
    neighbours, which sum to 1.
    """
    near = find_neighbors(data.load("digits").data, n_neighbors=151)
    widths = bandwidths(near.with_k(15))
    d = near.distances[row].astype(np.float64)
    above = np.maximum(d[1:15] - widths.rhos[row], 0.0)
    found = {"UMAP": (d[1:15], np.exp(-above / widths.sigmas[row]))}
    for method, perplexity in (("t-SNE", 30.0), ("LargeVis", 50.0)):
        count = round(3 * perplexity)
        given = conditional_affinities(near.with_k(count + 1), perplexity=perplexity)
        p = given[[row], :].toarray().ravel()[near.indices[row, 1 : count + 1]]
        found[method] = (d[1 : count + 1], p)
    return found


def pair_weights() -> dict[str, float]:
    """One edge of the digits' fuzzy graph: p, and how much it is pushed on UMAP's map.

    p is the median; the ends have the mean degree. t-SNE divides p by the sum of all, `whole`, and
    every similarity by their sum on the map, `total`.
    """
    a, b = find_ab(min_dist=0.1, spread=1.0)
    graph = fuzzy_graph(find_neighbors(data.load("digits").data, n_neighbors=15))
    n, whole = len(graph.indptr) - 1, float(graph.sum())
    start = make_start(graph, seed=0)
    made = run_layout(graph, start, a=a, b=b, n_epochs=500, random_state=0).astype(np.float64)
    squared = ((made[:, None] - made[None]) ** 2).sum(axis=2)
    return {
        "p": float(np.median(graph.data)),
        "push": RATE * (whole / n) / n,
        "whole": whole,
        "total": float((1 / (1 + squared)).sum()) - n,
    }


def costs(d: Values) -> dict[str, tuple[Values, Values]]:
    """Attraction and repulsion of a pair at distance d, for weights of 1 (Eqs. 8, 9, 22, 23).

    t-SNE repels by the logarithm of its normaliser: q / total a pair, here over 1 / total.
    """
    a, b = find_ab(min_dist=0.1, spread=1.0)
    near, far = attraction_cost(d, 1.0, 1.0), repulsion_cost(d, 1.0, 1.0)
    return {
        "UMAP": (attraction_cost(d, a, b), repulsion_cost(d, a, b)),
        "t-SNE": (near, similarity(d, 1.0, 1.0)),
        "LargeVis": (near, GAMMA * far),
    }


def edge_costs(d: Values) -> dict[str, Values]:
    """Cost of the edge of `pair_weights` with both its terms, as they are sampled."""
    w, found = pair_weights(), costs(d)
    push = {"UMAP": w["push"], "t-SNE": w["whole"] / w["total"], "LargeVis": w["push"]}
    return {name: w["p"] * near + push[name] * far for name, (near, far) in found.items()}


def rests() -> dict[str, float]:
    """Distance at which the cost of that edge is least."""
    d = np.geomspace(1e-3, 10, 4000)
    return {name: float(d[np.argmin(cost)]) for name, cost in edge_costs(d).items()}


def lines() -> list[str]:
    """Compute what the page quotes."""
    d = np.array([0.5, 1.0, 3.0])
    a, b = find_ab(min_dist=0.1, spread=1.0)
    out = ["similarity q at the distances 0.5, 1, 3"]
    for name, curve in (("UMAP", (a, b)), ("t-SNE, LargeVis", (1.0, 1.0))):
        out.append(f"  {name:<18}" + "".join(f"{q:>8.3f}" for q in similarity(d, *curve)))
    out.append("nearest 5 and 15 of a digit: share of its probability")
    for name, (_, p) in input_probabilities().items():
        share = [float(p[:count].sum() / p.sum()) for count in (5, 15)]
        out.append(f"  {name:<18}{share[0]:>8.2f}{share[1]:>8.2f}")
    out.append("distance at which an edge of median weight rests")
    for name, place in rests().items():
        out.append(f"  {name:<18}" + ("       0" if place < 2e-3 else f"{place:>8.2f}"))
    return out


def draw_costs() -> Figure:
    """Draw probabilities in the data, similarities on the map, and costs."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.2), layout="constrained")
    (left, right), (low, last) = figure.subplots(2, 2)
    for name, (d, p) in input_probabilities().items():
        left.plot(d, p, ".-", color=COLORS[name], label=name, markersize=4, linewidth=1)
    left.set(yscale="log", xlabel="distance in the data", title="p(j|i) of one digit")
    d = np.geomspace(0.03, 10, 300)
    a, b = find_ab(min_dist=0.1, spread=1.0)
    right.plot(d, similarity(d, a, b), color=COLORS["UMAP"], label="UMAP")
    right.plot(d, similarity(d, 1.0, 1.0), color=COLORS["t-SNE"], label="t-SNE (before / sum)")
    right.plot(d, similarity(d, 1.0, 1.0), ":", color=COLORS["LargeVis"], label="LargeVis", lw=3)
    right.set(xscale="log", xlabel="distance on the map", title="similarity q on the map")
    for name, (near, far) in costs(d).items():
        style = {"t-SNE": (0, (6, 2)), "LargeVis": (0, (1, 2))}.get(name, "-")
        low.plot(d, near, color=COLORS[name], linestyle=style, label=f"{name}, attraction")
        low.plot(d, far, color=COLORS[name], linewidth=2.5, alpha=0.55, label=f"{name}, repulsion")
    low.set(xscale="log", yscale="log", ylim=(1e-2, 60), xlabel="distance on the map")
    low.set(title="costs for weights of 1, nats")
    for name, cost in edge_costs(d).items():
        last.plot(d, cost, color=COLORS[name], label=name)
        place = int(np.argmin(cost))
        last.plot(d[place], cost[place], "o", color=COLORS[name])
    last.set(xscale="log", ylim=(0, 1.0), xlabel="distance on the map")
    last.set(title="cost of an edge of median weight, as sampled")
    for ax in (left, right, low, last):
        ax.legend(frameon=False, fontsize=8, loc="upper right" if ax is low else "best")
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def draw_spectrum() -> Figure:
    """Draw the digits by every member, along the knob."""
    from matplotlib.figure import Figure

    from umapkit import plot

    example = data.load("digits")
    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplots(3, 5)
    asked = [("tsne", knob) for knob in TSNE_KNOB] + [("neg_tsne", knob) for knob in NEG_KNOB]
    asked += [(loss, 1.0) for loss in OTHERS]
    for ax in axes.ravel()[len(asked) :]:
        ax.set_axis_off()
    for ax, (loss, knob) in zip(axes.ravel(), asked, strict=False):
        chosen: Any = loss
        model = NeighborEmbedding(chosen, exaggeration=knob, random_state=0).fit(example.data)
        plot.points(model, labels=example.target, legend=False, ax=ax)
        ax.set(xlabel="", ylabel="", title=f"{loss}, {knob:g}" if knob != 1 else loss)
        ax.title.set_fontsize(10)
    return figure


PICTURES = {"costs": draw_costs, "spectrum": draw_spectrum}

if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
    if len(sys.argv) > 1:
        for name, draw in PICTURES.items():
            draw().savefig(Path(sys.argv[1]) / f"family-{name}.png", dpi=110)
