"""The way back from the map beside umap-learn: the same map, the same places, time and error.

    python benchmarks/inverse.py --peer PEER_PYTHON [--set mnist] [--rows 10000] [--places 20]

The peer fits the first rows and places the last ones (of MNIST: test rows). From the places of
`--places` of these, and of as many fitted rows, it and umapkit make rows, on the peer's map;
umapkit also on its own. Beside them: the plain mean of the map points that the peer asks about,
weighted as it does, which is where its steps begin. Error: mean squared, values scaled to [0, 1]
over the set. Without a peer, umapkit alone.
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

_PEER = """
import json, sys, time
import numpy as np
import umap
task = json.load(sys.stdin)
rows = np.load(task["rows"])
n = task["fit"]
model = umap.UMAP(random_state=task["seed"]).fit(rows[:n])
asked = np.concatenate([model.transform(rows[n:]), model.embedding_[task["own"]]])
found, seconds = [], []
for _ in range(task["repeat"]):
    begin = time.perf_counter()
    found = model.inverse_transform(asked)
    seconds.append(time.perf_counter() - begin)
np.savez(task["out"], embedding=model.embedding_, asked=asked, found=found, ab=[model._a, model._b])
json.dump({"seconds": seconds, "version": umap.__version__}, open(task["out"] + ".json", "w"))
"""


def main() -> None:
    from _data import HELP, machine, rows_of, scratch
    from _table import markdown

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", metavar="PYTHON", help="interpreter that has umap-learn")
    add("--set", default="mnist", help=HELP)
    add("--rows", type=int, default=10_000, help="rows to fit")
    add("--places", type=int, default=20, help="new rows to place and to bring back")
    add("--repeat", type=int, default=2, help="calls; the shortest counts")
    add("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(f"# {machine()}")
    rows, _ = rows_of(asked.set)
    rows = np.ascontiguousarray((rows - rows.min()) / (rows.max() - rows.min()), dtype=np.float32)
    first, last = rows[: asked.rows], rows[-asked.places :]
    own = np.linspace(0, asked.rows - 1, asked.places).astype(int)
    truth = np.concatenate([last, first[own]])
    table = []
    if asked.peer:
        path, out = scratch() / "inverse_rows.npy", scratch() / "inverse_answer.npz"
        np.save(path, np.concatenate([first, last]))
        task = {
            "rows": str(path),
            "fit": asked.rows,
            "own": own.tolist(),
            "seed": asked.seed,
            "repeat": asked.repeat,
            "out": str(out),
        }
        from _run import _environment

        subprocess.run(
            [asked.peer, "-c", _PEER],
            input=json.dumps(task),
            text=True,
            check=True,
            env=_environment(asked.peer, None),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        told = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
        with np.load(out) as arrays:
            theirs = dict(arrays)
        name = f"umap-learn {told['version']}"
        table.append(line("its own", name, theirs["found"], truth, told["seconds"]))
        table.append(plain_mean(first, truth, theirs))
        table.append(ours_on(first, truth, theirs, asked.repeat))
        path.unlink()
    from umapkit import UMAP

    model = UMAP(random_state=asked.seed).fit(first)
    places = np.concatenate([model.transform(last), model.embedding_[own]])
    table.append(timed("its own", "umapkit", model, places, truth, asked.repeat))
    headers = ["map", "method", "new rows: MSE", "fitted rows: MSE", "first call: ms a place"]
    print(markdown([*headers, "later call: ms a place"], table))


def line(
    where: str, method: str, found: np.ndarray, truth: np.ndarray, seconds: list[float]
) -> list[str]:
    """Errors of new and of fitted rows, and times."""
    half = len(truth) // 2
    error = ((found - truth) ** 2).mean(axis=1)
    each = [1e3 * s / len(truth) for s in (seconds[0], min(seconds[1:] or seconds))]
    scores = [f"{error[:half].mean():.4f}", f"{error[half:].mean():.4f}"]
    return [where, method, *scores, *(f"{ms:.2f}" for ms in each)]


def timed(
    where: str, method: str, model: object, places: np.ndarray, truth: np.ndarray, repeat: int
) -> list[str]:
    """Bring places back, several times."""
    seconds = []
    found = truth
    for _ in range(repeat):
        begin = time.perf_counter()
        found = model.inverse_transform(places)  # pyright: ignore[reportAttributeAccessIssue]
        seconds.append(time.perf_counter() - begin)
    return line(where, method, found, truth, seconds)


def ours_on(
    first: np.ndarray, truth: np.ndarray, theirs: dict[str, np.ndarray], repeat: int
) -> list[str]:
    """Umapkit's rows for the peer's places on the peer's map."""
    from scipy.sparse import csr_array

    from umapkit import UMAP

    # The graph takes no part in the way back.
    graph = csr_array((len(first), len(first)), dtype=np.float32)
    made = UMAP(random_state=0, a=float(theirs["ab"][0]), b=float(theirs["ab"][1]))
    model = UMAP.from_parts(first, graph, theirs["embedding"], model=made)
    return timed("umap-learn's", "umapkit", model, theirs["asked"], truth, repeat)


def plain_mean(first: np.ndarray, truth: np.ndarray, theirs: dict[str, np.ndarray]) -> list[str]:
    """The start of the peer's steps: as many map points as there are columns, weighted mean."""
    found = np.empty_like(truth)
    a, b = theirs["ab"]
    k = min(first.shape)
    for i, place in enumerate(theirs["asked"].astype(np.float64)):
        square = ((theirs["embedding"] - place) ** 2).sum(axis=1)
        near = np.argsort(square)[:k]
        weight = 1 / (1 + a * square[near] ** b)
        found[i] = (weight[:, None] * first[near]).sum(axis=0) / weight.sum()
    row = line("umap-learn's", f"mean of {k} map points", found, truth, [0.0])
    return [*row[:4], "", ""]


if __name__ == "__main__":
    main()
