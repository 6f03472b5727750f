"""Recall of the neighbour search: the model's estimate beside the exact figure over all rows.

python benchmarks/recall.py [--sets digits mnist ...]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _data import SETS, machine, rows_of

from umapkit.neighbors import build_index, estimate_recall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    arguments = parser.parse_args()
    print(f"# {machine()}")
    print("| data | rows | method | recall@15, estimate | exact | seconds to search |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.sets:
        rows, _ = rows_of(name)
        for method in ("auto", "descent"):
            began = time.perf_counter()
            index = build_index(rows, n_neighbors=15, method=method, random_state=0)
            seconds = time.perf_counter() - began
            if method == "descent" and index.method == "exact":
                continue
            exact = estimate_recall(rows, index.neighbors, sample_size=len(rows))
            print(
                f"| {name} | {len(rows):,} | {index.method} | {index.recall:.4f} | {exact:.4f} "
                f"| {seconds:.2f} |",
                flush=True,
            )
            if method == "auto" and index.method == "descent":
                break


if __name__ == "__main__":
    main()
