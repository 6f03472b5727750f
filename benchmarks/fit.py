"""Whole fits beside umap-learn in one run: warm, default parameters, the peer unseeded (parallel).

python benchmarks/fit.py --peer PEER_PYTHON [--sets mnist ...] [--repeat 2]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import SETS, machine, rows_of, scratch

import umapkit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--sets", nargs="+", default=["mnist"])
    parser.add_argument("--repeat", type=int, default=2)
    arguments = parser.parse_args()
    if set(arguments.sets) - set(SETS):
        parser.error(f"there are {', '.join(SETS)}")
    print(f"# {machine()}; umapkit {umapkit.__version__}")
    print("| data | umap-learn, s | umapkit, s | ratio of the fastest | peak MB (children / own) |")
    print("| --- | --- | --- | --- | --- |")
    for name in arguments.sets:
        rows, _ = rows_of(name)
        stored, out = scratch() / f"rows_{name}.npy", scratch() / "fit.npz"
        np.save(stored, rows)
        task = {
            "rows": str(stored), "fit_rows": None, "seed": None, "repeat": arguments.repeat,
            "n_jobs": -1, "out": str(out),
        }  # fmt: skip
        script = str(Path(__file__).with_name("_peer.py"))
        subprocess.run([arguments.peer, script, json.dumps(task)], check=True)
        theirs = np.load(out)["seconds"]
        ours = []
        for _ in range(arguments.repeat):
            began = time.perf_counter()
            umapkit.UMAP(random_state=0).fit(rows)
            ours.append(time.perf_counter() - began)
        peak = [
            resource.getrusage(who).ru_maxrss / 1024
            for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
        ]
        shown = [", ".join(f"{s:.2f}" for s in found) for found in (theirs, ours)]
        print(
            f"| {name} | {shown[0]} | {shown[1]} | {min(theirs) / min(ours):.1f} "
            f"| {peak[0]:.0f} / {peak[1]:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
