"""LargeVis beside UMAP: time, nearest neighbours kept, and the cost that both its samplers reach.

    python benchmarks/largevis.py [--set mnist] [--seeds 0] [--jobs 2] [--methods ...]
        [--samples 10000]

One process, `--warm` rows fitted first, uncounted. "cost": mean cost of a drawn edge with its
strangers over all pairs of the map (umapkit.quality.sampled_edge_cost), from one graph (perplexity
50, of the first method that has one). "literal" is serial and draws `--samples` edges a row.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, machine, rows_of
from _scores import SCORES, map_scores
from _table import markdown, seconds

from umapkit import UMAP, LargeVis, NeighborEmbedding
from umapkit.quality import sampled_edge_cost

METHODS = ("largevis", "umap", "largevis-literal", "neg_tsne", "infonc_tsne")


def method_of(name: str, n: int, asked: argparse.Namespace, seed: int) -> Any:
    """Unfitted model of a method for n rows."""
    common: dict[str, Any] = {"random_state": seed, "n_jobs": asked.jobs}
    if name == "umap":
        return UMAP(**common)
    if name == "largevis":
        return LargeVis(**common)
    if name == "largevis-literal":
        return LargeVis(optimizer="literal", n_samples=asked.samples * n, **common)
    chosen: Any = name
    return NeighborEmbedding(chosen, **common)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--set", default="mnist", help=HELP)
    add("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    add("--seeds", nargs="+", type=int, default=[0])
    add("--samples", type=int, default=10_000, help="edges a row that the serial one draws")
    add("--warm", type=int, default=2000, help="rows of the fit before the clock starts")
    add("--sample", type=int, default=5000, help="rows whose neighbours are scored")
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {asked.jobs} threads", flush=True)
    rows, labels = rows_of(asked.set)
    table, graph = [], None
    for seed in asked.seeds:
        for name in asked.methods:
            small = rows[: min(asked.warm, len(rows))]
            method_of(name, len(small) // 10 + 1, asked, seed).fit(small)
            model = method_of(name, len(rows), asked, seed)
            began = time.perf_counter()
            model.fit(rows)
            took = time.perf_counter() - began
            if name.startswith("largevis") and graph is None:
                graph = model.graph_
            scores = map_scores(rows, labels, model.embedding_, sample=asked.sample)
            row = [f"{asked.set}, seed {seed}", name, seconds(took)]
            row += [f"{scores[score]:.4f}" if score in scores else "" for score in SCORES]
            # Equal rows are one point of the graph.
            kept = np.unique(model._places.kept)
            cost = ""
            if graph is not None and graph.shape[0] == len(kept):
                cost = f"{sampled_edge_cost(graph, model.embedding_[kept], n_jobs=asked.jobs):.4f}"
            table.append([*row, cost])
            print("|", " | ".join(table[-1]), "|", file=sys.stderr, flush=True)
    print(markdown(["data", "method", "fit, s", *SCORES, "cost"], table), flush=True)


if __name__ == "__main__":
    main()
