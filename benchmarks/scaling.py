"""How the time grows with rows, columns, neighbours and dimensions of the map, stage by stage.

    python benchmarks/scaling.py [n d k c] [--set mnist] [--rows 20000] [--values 5000 10000 ...]

One quantity grows, the others stay: n rows of the set; d columns of the made set (_tanh.py); k
neighbours; c dimensions. ``--methods`` adds peers, whose stages are not known. Each line is a
process of its own; times are of its second fit.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _data import cores, machine, rows_of, stored
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _scores import list_recall
from _stages import STAGES
from _table import failure, markdown, seconds

VALUES = {
    "n": (5_000, 10_000, 20_000, 40_000, 70_000),
    "d": (10, 50, 200, 800),
    "k": (5, 15, 30, 60, 100),
    "c": (1, 2, 3, 5, 10, 50),
}


def point(what: str, value: int, stem: str, rows: int, asked: argparse.Namespace):
    """Name the set and make the request of one line."""
    ask = {"jobs": asked.jobs}
    if what == "d":
        return f"tanh:{rows}x{value}", Ask(**ask)
    if what == "n":
        return f"{stem}:{value}", Ask(**ask)
    return f"{stem}:{rows}", Ask(**ask, **{{"k": "n_neighbors", "c": "n_components"}[what]: value})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("what", nargs="*", default=list(VALUES), help="n, d, k, c (default: all)")
    add("--set", default="mnist", help="set of n, k and c: mnist, tanh (any number of rows), ...")
    add("--rows", type=int, default=20_000, help="rows where they do not grow")
    add("--values", nargs="+", type=int, help="values in place of the usual; with one quantity")
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have peers")
    add("--methods", nargs="+", default=["umapkit"], choices=METHODS, metavar="METHOD")
    add("--repeat", type=int, default=2)
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    asked = parser.parse_args()
    if set(asked.what) - set(VALUES):
        parser.error("there are n, d, k and c")
    if asked.values and len(asked.what) != 1:
        parser.error("--values goes with exactly one of n, d, k, c")
    found = find_packages(asked.peer)
    print(f"# {machine()}; {asked.jobs} threads", flush=True)
    for what in asked.what:
        table = []
        for value in asked.values or VALUES[what]:
            name, ask = point(what, value, asked.set, asked.rows, asked)
            rows, _ = rows_of(name)
            path = stored(name, rows)
            for method in asked.methods:
                record, arrays = run_method(
                    method, path, ask, found, repeat=asked.repeat, limit=asked.limit,
                    stages=method == "umapkit",
                )  # fmt: skip
                line = [f"{value:,}", f"{name}, {len(rows):,} x {rows.shape[1]}", method]
                table.append(line + _cells(record, arrays, rows, ask))
            path.unlink()
        headers = [what, "data", "method", "total, s", *STAGES, "rest", "recall", "peak MB"]
        print(f"\n{markdown(headers, table)}", flush=True)


def _cells(record: dict, arrays: dict, rows, ask: Ask) -> list[str]:
    why = failure(record)
    if why is not None:
        return [why]
    stages = record["stages_s"][-1] if "stages_s" in record else {}
    cells = [seconds(record["fit_s"][-1])]
    cells += [seconds(stages[s]) if stages else "" for s in (*STAGES, "rest")]
    recall = "all pairs" if record.get("exact") else record.get("lists_error", "")
    if "lists" in arrays:
        recall = f"{list_recall(rows, arrays['lists'], ask.n_neighbors, sample=500):.4f}"
    return [*cells, recall, f"{record['peak_mb']:.0f}"]


if __name__ == "__main__":
    main()
