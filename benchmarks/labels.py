"""Half the labels hidden: how well new rows are placed, beside umap-learn.

    python benchmarks/labels.py --peer PEER_PYTHON [--set mnist] [--new 10000] [--seeds 0]

The last rows of the set are not fitted but placed. Of the others every second label, by a hash of
its number, is hidden. "new rows": 5-NN accuracy of the placed rows among the fitted ones; "hidden":
silhouette of the fitted rows whose labels were hidden (on 5,000 of them).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, machine, rows_of, scratch
from _table import markdown, seconds

from umapkit import UMAP
from umapkit._seed import Stage, draw, key
from umapkit.quality import knn_accuracy, silhouette

_KINDS = {
    "no labels": None,
    "intersection": {},
    "cross_entropy": {"supervision": "cross_entropy"},
    "cross_entropy in turns": {"supervision": "cross_entropy", "supervision_period": (5, 5)},
    "triplet": {"supervision": "triplet"},
    "triplet in turns": {"supervision": "triplet", "supervision_period": (5, 5)},
}
_PEER = """
import sys, time
import numpy as np
from umap import UMAP
with np.load(sys.argv[1]) as given:
    rows, known, new = given["rows"], given["known"], given["new"]
began = time.perf_counter()
model = UMAP(random_state=int(sys.argv[3])).fit(rows, known)
fitted = time.perf_counter() - began
began = time.perf_counter()
placed = model.transform(new)
np.savez(sys.argv[2], embedding=model.embedding_, placed=placed, fit=fitted,
         place=time.perf_counter() - began)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", metavar="PYTHON", help="interpreter that has umap-learn")
    add("--set", default="mnist", help=HELP)
    add("--new", type=int, default=10_000, help="rows to place")
    add("--kinds", nargs="+", default=list(_KINDS), choices=list(_KINDS))
    add("--seeds", nargs="+", type=int, default=[0])
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {asked.jobs} threads")
    rows, labels = rows_of(asked.set)
    if labels is None:
        parser.error(f"{asked.set} has no classes")
    split = len(rows) - asked.new
    codes = np.unique(labels, return_inverse=True)[1]
    hidden = draw(key(0, Stage.SAMPLE, 0, np.arange(split)), 0) % np.uint64(2) == 0
    known = np.where(hidden, -1, codes[:split])
    table = []

    def report(name: str, seed: int, fitted: float, placing: float, places, placed) -> None:
        right = knn_accuracy(places, codes[:split], test_embedding=placed, test_y=codes[split:])
        apart = silhouette(places[hidden], codes[:split][hidden], sample_size=5000)
        table.append(
            [name, str(seed), f"{right:.4f}", f"{apart:.3f}", seconds(fitted), seconds(placing)]
        )

    for seed in asked.seeds:
        for kind in asked.kinds:
            parameters = _KINDS[kind]
            model = UMAP(random_state=seed, n_jobs=asked.jobs, **(parameters or {}))
            began = time.perf_counter()
            model.fit(rows[:split], None if parameters is None else known)
            fitted = time.perf_counter() - began
            began = time.perf_counter()
            placed = model.transform(rows[split:])
            placing = time.perf_counter() - began
            report(f"umapkit, {kind}", seed, fitted, placing, model.embedding_, placed)
        if asked.peer:
            given, answer = scratch() / "labels_given.npz", scratch() / "labels_answer.npz"
            np.savez(given, rows=rows[:split], known=known, new=rows[split:])
            command = [asked.peer, "-c", _PEER, str(given), str(answer), str(seed)]
            subprocess.run(command, check=True)
            with np.load(answer) as found:
                report(
                    "umap-learn, seeded", seed, float(found["fit"]), float(found["place"]),
                    found["embedding"], found["placed"],
                )  # fmt: skip
            given.unlink()
            answer.unlink()
    headers = ["method", "seed", "new rows", "hidden", "fit, s", "place, s"]
    print(markdown(headers, table))


if __name__ == "__main__":
    main()
