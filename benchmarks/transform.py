"""New rows beside umap-learn: fit on MNIST's 60,000 training rows, place the 10,000 test rows.

python benchmarks/transform.py --peer PEER_PYTHON [--seeds 0 1 2]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import machine, rows_of, scratch

import umapkit
from umapkit.quality import knn_accuracy

SPLIT = 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    arguments = parser.parse_args()
    rows, labels = rows_of("mnist")
    stored = scratch() / "rows_mnist.npy"
    np.save(stored, rows)
    print(f"# {machine()}; umapkit {umapkit.__version__}")
    print("| seed | library | 5-NN accuracy of new rows | seconds to place 10,000 | one row, ms |")
    print("| --- | --- | --- | --- | --- |")

    def line(seed: int, library: str, embedding, placed, seconds: float, one: str) -> None:
        accuracy = knn_accuracy(
            embedding, labels[:SPLIT], test_embedding=placed, test_y=labels[SPLIT:]
        )
        print(f"| {seed} | {library} | {accuracy:.4f} | {seconds:.2f} | {one} |", flush=True)

    for seed in arguments.seeds:
        out = scratch() / f"umap_learn_mnist_split_{seed}.npz"
        if not out.exists():
            task = {
                "rows": str(stored), "fit_rows": SPLIT, "seed": seed, "repeat": 1, "n_jobs": -1,
                "out": str(out),
            }  # fmt: skip
            script = str(Path(__file__).with_name("_peer.py"))
            subprocess.run([arguments.peer, script, json.dumps(task)], check=True)
        found = np.load(out)
        line(seed, "umap-learn", found["embedding"], found["placed"],
             float(found["transform_seconds"]), "")  # fmt: skip
        model = umapkit.UMAP(random_state=seed).fit(rows[:SPLIT])
        began = time.perf_counter()
        placed = model.transform(rows[SPLIT:])
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        for row in rows[SPLIT : SPLIT + 50]:
            model.transform(row[None])
        one = (time.perf_counter() - began) / 50 * 1e3
        line(seed, "umapkit", model.embedding_, placed, seconds, f"{one:.1f}")


if __name__ == "__main__":
    main()
