"""densMAP beside umap-learn's, and plain UMAP: densities kept, neighbourhoods kept, time.

    python benchmarks/density.py --peer PEER_PYTHON [--set mnist] [--new 10000]

Density correlation: Pearson of log radii, squared distances, fuzzy graphs of `--neighbors` of data
and map (umapkit.quality.density_correlation). Every process fits `--warm` rows before the clock
starts, so that compilers that run at the first fit do not count. With `--new`, the last rows are
not fitted but placed, by those methods that can; their radii are measured among all rows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, machine, rows_of, stored
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _table import failure, markdown, seconds

from umapkit import quality

_WITH_NEW = ["umapkit", "umapkit-densmap"]
_ALL = ["umapkit", "umapkit-densmap", "umap-learn", "umap-learn-densmap"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have peers")
    add("--set", default="mnist", help=HELP)
    add("--new", type=int, default=0, help="rows to place instead of fitting them")
    add("--methods", nargs="+", choices=METHODS, metavar="METHOD", help=", ".join(_ALL))
    add("--neighbors", type=int, default=30, help="the row itself included")
    add("--warm", type=int, default=5000, help="rows of the fit before the clock starts")
    add("--sample", type=int, default=10_000, help="rows whose trustworthiness is measured")
    add("--seed", type=int, default=0)
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    asked = parser.parse_args()
    methods = asked.methods or (_WITH_NEW if asked.new else _ALL)
    print(f"# {machine()}; {asked.jobs} threads", flush=True)
    rows, labels = rows_of(asked.set)
    path = stored(asked.set, rows)
    split = len(rows) - asked.new
    radii = quality.local_radii(rows, n_neighbors=asked.neighbors)
    fitted = radii if split == len(rows) else quality.local_radii(
        rows[:split], n_neighbors=asked.neighbors
    )  # fmt: skip
    table = []
    for method in methods:
        record, arrays = run_method(
            method, path, Ask(asked.neighbors, seed=asked.seed, jobs=asked.jobs),
            find_packages(asked.peer), repeat=1, limit=asked.limit, new_rows=asked.new,
            warm_rows=min(asked.warm, split),
        )  # fmt: skip
        row = [asked.set, f"{method} {record.get('version', '')}".strip()]
        if record["status"] != "ok":
            table.append([*row, failure(record) or ""])
            continue
        found = arrays["embedding"]
        row.append(seconds(min(record["fit_s"])))
        row.append(f"{quality.density_correlation(fitted, found, n_neighbors=asked.neighbors):.4f}")
        trust = quality.trustworthiness(
            rows[:split], found, n_neighbors=5, sample_size=asked.sample
        )
        row.append(f"{trust:.4f}")
        right = "" if labels is None else f"{quality.knn_accuracy(found, labels[:split]):.4f}"
        row.append(right)
        if asked.new:
            row += placed_scores(arrays, radii, labels, split, asked.neighbors)
        table.append(row)
        print(row, file=sys.stderr, flush=True)
    path.unlink()
    headers = ["data", "method", "fit, s", "density correlation", "trustworthiness(5)"]
    headers += ["5-NN accuracy"]
    if asked.new:
        headers += [f"{asked.new:,} new rows: density correlation", "5-NN accuracy"]
    print(markdown(headers, table))


def placed_scores(
    arrays: dict[str, np.ndarray],
    radii: np.ndarray,
    labels: np.ndarray | None,
    split: int,
    n_neighbors: int,
) -> list[str]:
    """Density correlation of the placed rows among all rows, and their accuracy."""
    whole = np.concatenate([arrays["embedding"], arrays["placed"]])
    found = quality.local_radii(whole, n_neighbors=n_neighbors)
    cells = [f"{quality.density_correlation(radii[split:], found[split:]):.4f}"]
    if labels is None:
        return [*cells, ""]
    right = quality.knn_accuracy(
        arrays["embedding"], labels[:split], test_embedding=arrays["placed"], test_y=labels[split:]
    )
    return [*cells, f"{right:.4f}"]


if __name__ == "__main__":
    main()
