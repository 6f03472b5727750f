"""A million rows of 50 numbers (_tanh.py): time, time of every stage, recall, peak memory.

    python benchmarks/million.py [--method tsne] [--rows 1000000]
        [--peer PEER_PYTHON --limit 3600]

umapkit's UMAP, or its t-SNE, runs first, then each peer, one fit each in a process of its own,
ended after ``--limit`` seconds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _data import cores, machine, rows_of, stored
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _scores import list_recall, map_scores
from _table import failure, markdown, seconds

# --method -> umapkit's method and its peer.
OURS = {"umap": ("umapkit", "umap-learn"), "tsne": ("umapkit-tsne", "openTSNE")}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=1_000_000)
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have peers")
    add("--method", choices=OURS, default="umap", help="of umapkit")
    add("--methods", nargs="+", choices=METHODS, metavar="METHOD",
        help="default: that, and with --peer its peer")  # fmt: skip
    add("--seed", type=int, default=0, help="of the fit")
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    add("--sample", type=int, default=1000, help="rows on which recall and scores are measured")
    asked = parser.parse_args()
    ours, peer = OURS[asked.method]
    methods = asked.methods or [ours, *([peer] if asked.peer else [])]
    found = find_packages(asked.peer)
    print(f"# {machine()}; {asked.jobs} threads", flush=True)
    name = f"tanh:{asked.rows}"
    rows, labels = rows_of(name)
    path = stored(name, rows)
    for method in methods:
        ask = Ask(seed=asked.seed, jobs=asked.jobs)
        own = any(method == name for name, _ in OURS.values())
        record, arrays = run_method(
            method, path, ask, found, repeat=1, limit=asked.limit, stages=own, components=own
        )
        print(f"\n{method} {record.get('version', '')}, {len(rows):,} x {rows.shape[1]}\n")
        why = failure(record)
        table = [[why, ""]] if why else []
        if not why:
            imports = record["base_s"] + record["import_s"]
            table = [["imports, s", seconds(imports)], ["fit, s", seconds(record["fit_s"][0])]]
            stages = record.get("stages_s", [{}])[0]
            table += [[f"- {stage}, s", seconds(taken)] for stage, taken in stages.items()]
            if "components" in record:
                table.append(["components of the graph", str(record["components"])])
            if "lists" in arrays:
                recall = list_recall(rows, arrays["lists"], ask.n_neighbors, sample=asked.sample)
                table.append([f"recall@15 on {asked.sample} rows", f"{recall:.4f}"])
            elif "told_recall" in record:
                table.append(["recall that the model tells", f"{record['told_recall']:.4f}"])
            if "lists_error" in record:
                table.append(["recall@15", record["lists_error"]])
            table.append(["peak memory, MB (the rows: " f"{rows.nbytes / 2**20:.0f})",
                          f"{record['peak_mb']:.0f}"])  # fmt: skip
            if "embedding" in arrays:
                scores = map_scores(rows, labels, arrays["embedding"], sample=asked.sample)
                table += [[score, f"{value:.4f}"] for score, value in scores.items()]
        print(markdown(["what", "value"], table), flush=True)
    path.unlink()


if __name__ == "__main__":
    main()
