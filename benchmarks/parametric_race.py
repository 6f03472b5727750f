"""Two trainers of one network: cross-entropy against time, and who is first at the same value.

    python benchmarks/parametric_race.py --peer PEER_PYTHON [--set mnist] [--steps 1000 4000]

The network is the MLP of three layers of 100 units. Both sides get the same rows, divided by the
largest entry, and make their own graph of 15 neighbours. The judge knows rows that nobody trained
on: of the graph of all rows it draws `--edges` edges with an end among the held-out ones, once and
for all, with five tails of other such edges as the negatives of each, and takes the uncapped
cross-entropy of the encoders' places of these ends. The peer, umap-learn's ParametricUMAP on Keras,
trains until its own epochs are done or `--seconds` of training are over; looks at the places do
not count. Ours plans its step sizes for its number of steps, so every number of `--steps` is a
fit of its own, and its last loss is asked of the peer. "Training" is counted from the first step,
"all" adds the graph and what a first call compiles.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))


def main() -> None:
    from _data import HELP, cores, machine, rows_of, scratch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", metavar="PYTHON", required=True, help="interpreter with umap-learn and Keras")
    add("--set", default="mnist", help=HELP)
    add("--fit", type=int, default=60_000, help="rows to train on, at most 6 of 7")
    add("--steps", nargs="+", type=int, default=[500, 1000, 2000, 4000, 0],
        help="of our fits; 0: the default")  # fmt: skip
    add("--size", type=int, default=None, help="edges of our steps; the default if not given")
    add("--seconds", type=float, default=1e9, help="of the peer's training, at most")
    add("--epochs", type=int, default=1, help="training epochs of the peer")
    add("--edges", type=int, default=10_000, help="edges of the judge")
    add("--every", type=float, default=1.25, help="factor from one look to the next, in steps")
    add("--seed", type=int, default=0)
    add("--reuse", action="store_true", help="take the peer's places of the last run")
    add("--jobs", type=int, default=cores(), help="threads of ours (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {vars(asked)}", flush=True)
    rows, _ = rows_of(asked.set)
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    rows /= np.abs(rows).max()
    n = min(asked.fit, len(rows) * 6 // 7)
    judge = Judge(rows, n, asked.edges)
    folder = scratch()
    np.savez(folder / "race.npz", train=rows[:n], seen=judge.rows)
    ours = [run_ours(rows[:n], judge, asked, n_steps) for n_steps in asked.steps]
    print("\n| umapkit, steps | seconds of training | in all | cross-entropy |")
    print("| --- | --- | --- | --- |")
    for one in ours:
        told = "| {steps} | {seconds:.1f} | {all:.1f} | {loss:.4f} |"
        print(told.format(**one), flush=True)
    task = {
        "rows": str(folder / "race.npz"),
        "seconds": asked.seconds,
        "every": asked.every,
        "seed": asked.seed,
        "epochs": asked.epochs,
        "out": str(folder / "race_peer.npz"),
    }
    script = Path(__file__).with_name("_parametric_peer.py")
    if not asked.reuse:
        subprocess.run([asked.peer, str(script)], input=json.dumps(task), text=True, check=True)
    with np.load(task["out"]) as found:
        places = found["places"]
    told = json.loads(Path(task["out"] + ".json").read_text(encoding="utf-8"))
    theirs = told | {"losses": [judge.loss(one) for one in places]}
    curve(theirs)
    report(ours, theirs)


class Judge:
    """Edges with a held-out end and their negatives, the same for everybody."""

    def __init__(self, rows: np.ndarray, n: int, size: int) -> None:
        from scipy.sparse import csr_array

        from umapkit import find_neighbors, fuzzy_graph
        from umapkit.layout import find_ab
        from umapkit.parametric import EdgeSource

        graph = fuzzy_graph(find_neighbors(rows, n_neighbors=15, random_state=0)).tocoo()
        new = (graph.row >= n) | (graph.col >= n)
        graph = csr_array((graph.data[new], (graph.row[new], graph.col[new])), shape=graph.shape)
        graph.sort_indices()
        self.batch = EdgeSource(graph, batch_size=size, seed=2**40).batch(0)
        self.rows = rows[self.batch.rows]
        self.a, self.b = find_ab()

    def loss(self, places: np.ndarray) -> float:
        """Cross-entropy, nats a pair."""
        import torch

        from umapkit.parametric import umap_loss

        batch = self.batch.to(torch.device("cpu"))
        known = torch.tensor(np.asarray(places, dtype=np.float64))
        return float(sum(umap_loss(known, batch, a=self.a, b=self.b).values()))


def run_ours(
    rows: np.ndarray, judge: Judge, asked: argparse.Namespace, n_steps: int
) -> dict[str, float]:
    """Fit with the defaults, but for the number of steps."""
    from umapkit import ParametricUMAP

    model = ParametricUMAP(
        random_state=asked.seed, n_jobs=asked.jobs, n_steps=n_steps or None, batch_size=asked.size
    )
    begun = time.perf_counter()
    model.fit(rows)
    whole = time.perf_counter() - begun
    return {
        "steps": model.n_steps_,
        "seconds": model.history_["seconds"][-1],
        "all": whole,
        "loss": judge.loss(model.transform(judge.rows)),
    }


def curve(side: dict[str, Any]) -> None:
    """Write one curve."""
    print(f"\n{side['name']}: {side['before']:.1f} s before the first step")
    print(f"{side['all']:.1f} s in all, looks not counted\n")
    print("| step | seconds of training | cross-entropy |\n| --- | --- | --- |")
    for one in zip(side["steps"], side["seconds"], side["losses"], strict=True):
        print("| {} | {:.1f} | {:.4f} |".format(*one), flush=True)


def report(ours: list[dict[str, float]], theirs: dict[str, Any]) -> None:
    """Write the times to the same values: those of our fits, and the peer's best."""
    print("\n| cross-entropy | umapkit, s | peer, s | ratio of training | of all |")
    print("| --- | --- | --- | --- | --- |")
    for one in ours:
        level = one["loss"]
        other = until(theirs, level)
        mine = f"{one['seconds']:.1f} ({one['all']:.1f})"
        if other is None:
            least = theirs["seconds"][-1]
            print(
                f"| {level:.4f} | {mine} | not in {least:.0f} ({least + theirs['before']:.0f}) "
                f"| over {least / one['seconds']:.1f} "
                f"| over {(least + theirs['before']) / one['all']:.1f} |"
            )
            continue
        whole = other + theirs["before"]
        print(
            f"| {level:.4f} | {mine} | {other:.1f} ({whole:.1f}) | {other / one['seconds']:.1f} "
            f"| {whole / one['all']:.1f} |"
        )


def until(side: dict[str, Any], level: float) -> float | None:
    """Seconds of training after which the loss was no higher; None if it always was."""
    for second, loss in zip(side["seconds"], side["losses"], strict=True):
        if loss <= level:
            return second
    return None


if __name__ == "__main__":
    main()
