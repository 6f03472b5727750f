"""New rows beside the peers that can place them: all in one call, and one row at a time.

    python benchmarks/transform.py --peer PEER_PYTHON [--set mnist] [--new 10000] [--seeds 0 1 2]

The last rows of the set (of MNIST: its test rows) are not fitted but placed. One row alone: median
of 200 calls after 20 to warm up, or of as many as a minute allows.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, machine, rows_of, stored
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _table import failure, markdown, seconds

from umapkit.quality import knn_accuracy

PLACES = [name for name, card in METHODS.items() if card.places and not card.dense]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have peers")
    add("--set", default="mnist", help=HELP)
    add("--new", type=int, default=10_000, help="rows to place")
    add("--methods", nargs="+", default=["umapkit", "umap-learn"], choices=PLACES)
    add("--seeds", nargs="+", type=int, default=[0])
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    asked = parser.parse_args()
    found = find_packages(asked.peer)
    print(f"# {machine()}; {asked.jobs} threads")
    rows, labels = rows_of(asked.set)
    split = len(rows) - asked.new
    path = stored(asked.set, rows)
    table = []
    for seed in asked.seeds:
        for method in asked.methods:
            record, arrays = run_method(
                method, path, Ask(seed=seed, jobs=asked.jobs), found, limit=asked.limit,
                repeat=2, new_rows=asked.new,
            )  # fmt: skip
            row = [f"{asked.set}, seed {seed}", f"{method} {record.get('version', '')}".strip()]
            if record["status"] != "ok":
                table.append([*row, failure(record) or ""])
                continue
            accuracy = ""
            if labels is not None:
                right = knn_accuracy(
                    arrays["embedding"], labels[:split],
                    test_embedding=arrays["placed"], test_y=labels[split:],
                )  # fmt: skip
                accuracy = f"{right:.4f}"
            alone = record["one_row_s"]
            row += [accuracy, *(seconds(s) for s in record["place_s"])]
            table.append([*row, f"{statistics.median(alone) * 1e3:.2f} ({len(alone)})"])
    path.unlink()
    headers = ["data", "method", "5-NN accuracy of new rows", f"{asked.new:,} rows: first call, s"]
    print(markdown([*headers, "second call, s", "one row, ms, median (calls)"], table))


if __name__ == "__main__":
    main()
