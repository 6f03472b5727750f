"""Sparse rows beside the peers that take them: time, recall, peak memory, in one run.

    python benchmarks/sparse.py --peer PEER_PYTHON [--shape 10000 50000 100] [--metric cosine]

Rows are made (_texts.py): "texts" on 20 topics, and "noise", among which nobody is near anybody.
Cold: imports and the first fit of a process; warm: its second one. Peak: the process's high-water
mark, imports included, and how much that is beyond the rows. Accuracy is that of the topics.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import scipy.sparse

sys.path.insert(0, str(Path(__file__).parent))
from _data import cores, machine, scratch
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _scores import list_recall
from _table import failure, markdown, seconds
from _texts import SETS

from umapkit.quality import knn_accuracy

SPARSE = [name for name, card in METHODS.items() if card.sparse]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have peers")
    add("--shape", nargs=3, type=int, default=[10_000, 50_000, 100],
        metavar=("ROWS", "COLUMNS", "ENTRIES"), help="entries: of every row")  # fmt: skip
    add("--sets", nargs="+", choices=SETS, default=list(SETS))
    add("--metric", default="cosine")
    add("--methods", nargs="+", choices=SPARSE, default=["umapkit", "umap-learn"])
    add("--neighbors", type=int, default=15, help="the row itself included")
    add("--sample", type=int, default=2000, help="rows whose recall is measured")
    add("--seed", type=int, default=0)
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    asked = parser.parse_args()
    ask = Ask(asked.neighbors, seed=asked.seed, jobs=asked.jobs, metric=asked.metric)
    print(f"# {machine()}; {asked.jobs} threads; {asked.metric}", flush=True)
    table = []
    for name in asked.sets:
        rows, labels = SETS[name](*asked.shape)
        held = (rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes) / 2**20
        path = scratch() / f"rows_{name}.npz"
        scipy.sparse.save_npz(path, rows, compressed=False)
        for method in asked.methods:
            record, arrays = run_method(
                method, path, ask, find_packages(asked.peer), repeat=2, limit=asked.limit
            )
            row = [f"{name}, {held:.0f} MB", f"{method} {record.get('version', '')}".strip()]
            if record["status"] != "ok":
                table.append([*row, failure(record) or ""])
                continue
            first, second = record["fit_s"]
            row += [seconds(record["base_s"] + record["import_s"] + first), seconds(second)]
            recall = record.get("lists_error", "all pairs")
            if "lists" in arrays:
                found = list_recall(
                    rows, arrays["lists"], asked.neighbors,
                    sample=asked.sample, metric=asked.metric,
                )  # fmt: skip
                recall = f"{found:.4f}"
            if "told_recall" in record:
                recall += f" (told {record['told_recall']:.4f})"
            row += [recall, f"{record['peak_mb']:.0f}", f"{record['peak_mb'] - held:.0f}"]
            if labels is not None and "embedding" in arrays:
                row.append(f"{knn_accuracy(arrays['embedding'], labels):.4f}")
            table.append(row)
            print(row, file=sys.stderr, flush=True)
        path.unlink()
    headers = ["rows", "method", "cold, s", "warm, s", "recall", "peak MB", "beyond the rows, MB"]
    print(markdown([*headers, "5-NN accuracy"], table))


if __name__ == "__main__":
    main()
