"""Memory of a long training: a million rows, edges drawn as they are needed.

    python benchmarks/parametric_memory.py [--rows 1000000] [--columns 50] [--steps 300]

The made rows of `_tanh.py`, written to a file. One process opens it as a memory map, another reads
it; each makes the graph, trains `--steps` steps and tells its high-water mark (`VmHWM`: everything,
imports, rows, graph and pages of the map included). What more steps would add is nothing: a step's
batch is drawn and dropped.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

_ONE = """
import json, sys, time
import numpy as np
from umapkit import ParametricUMAP
path, kind, steps, jobs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rows = np.load(path, mmap_mode="r" if kind == "memory map" else None)
begin = time.perf_counter()
model = ParametricUMAP(n_steps=steps, random_state=0, n_jobs=jobs).fit(rows)
seconds = time.perf_counter() - begin
status = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
trained = model.history_["seconds"][-1]
print(json.dumps({"peak": peak, "fit": seconds, "trained": trained, "edges": model.graph_.nnz}))
"""


def main() -> None:
    from _data import cores, machine, scratch
    from _table import markdown
    from _tanh import tanh_rows

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=1_000_000)
    add("--columns", type=int, default=50)
    add("--steps", type=int, default=300)
    add("--kinds", nargs="+", default=["memory map", "array"], choices=["memory map", "array"])
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {vars(asked)}", flush=True)
    path = scratch() / "parametric_memory.npy"
    np.save(path, tanh_rows(asked.rows, asked.columns)[0])
    size = asked.rows * asked.columns * 4 / 2**20
    table = []
    for kind in asked.kinds:
        done = subprocess.run(
            [sys.executable, "-c", _ONE, str(path), kind, str(asked.steps), str(asked.jobs)],
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        table.append(
            [
                kind,
                f"{size:.0f}",
                f"{told['peak']:.0f}",
                f"{told['peak'] - size:.0f}",
                f"{told['edges']:,}",
                f"{told['fit']:.0f}",
                f"{1e3 * told['trained'] / asked.steps:.1f}",
            ]
        )
    path.unlink()
    headers = ["rows as", "rows, MiB", "peak, MiB", "more than the rows, MiB", "edges", "fit, s"]
    print(markdown([*headers, "step, ms"], table))


if __name__ == "__main__":
    main()
