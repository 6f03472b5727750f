"""A fresh process: import and first fit of 1,797 digits, beside umap-learn, in turn.

    python benchmarks/cold.py --peer PEER_PYTHON [--runs 5]

Caches of both are warm (one uncounted run each). The import of numpy, scipy and scikit-learn that
both need is timed in each interpreter the same way and subtracted in the last column.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import machine, rows_of, scratch

BASE = "import numpy, scipy.sparse, scipy.sparse.linalg, sklearn.base, sklearn.utils.validation"
FIT = (
    "import sys, warnings; warnings.filterwarnings('ignore'); import numpy as np; "
    "X = np.load(sys.argv[1]); from {package} import UMAP; UMAP(random_state=0).fit(X)"
)


def seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    stored = str(scratch() / "rows_digits.npy")
    np.save(stored, rows_of("digits")[0])
    commands = {
        "umap-learn": (arguments.peer, "-c", FIT.format(package="umap"), stored),
        "its base imports": (arguments.peer, "-c", BASE),
        "umapkit": (sys.executable, "-c", FIT.format(package="umapkit"), stored),
        "our base imports": (sys.executable, "-c", BASE),
        "import umapkit; UMAP": (sys.executable, "-c", f"{BASE}; import umapkit; umapkit.UMAP"),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(arguments.runs + 1):
        for name, command in commands.items():
            taken = seconds(*command)
            if run:
                times[name].append(taken)
    print(f"# {machine()}")
    middle = {name: statistics.median(found) for name, found in times.items()}
    for name, found in times.items():
        print(f"{name:24s} median {middle[name]:7.3f} s   {min(found):.3f} to {max(found):.3f}")
    print(f"ratio, whole process: {middle['umap-learn'] / middle['umapkit']:.1f}")
    theirs = middle["umap-learn"] - middle["its base imports"]
    ours = middle["umapkit"] - middle["our base imports"]
    print(f"ratio, base imports subtracted: {theirs:.3f} / {ours:.3f} = {theirs / ours:.1f}")
    extra = middle["import umapkit; UMAP"] - middle["our base imports"]
    print(f"import umapkit; umapkit.UMAP over the base imports: {extra:.3f} s")


if __name__ == "__main__":
    main()
