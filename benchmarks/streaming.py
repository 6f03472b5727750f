"""A map of arriving rows: as good and as fast as one of all rows? How long is a step?

    python benchmarks/streaming.py [--only grow steps churn kill drift] [--set mnist] [--size 70000]

grow    rows in batches of 1,000 beside a fit of all: scores, time, how far old points move
steps   step(seconds=.05) while rows arrive, on a small and on the full map
churn   inserts, updates, removals in random order, then as good as a fresh fit?
kill    a writer with a journal, killed at random moments, resumed each time
drift   classes 5-9 arrive after 0-4, free and with an anchor
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, machine, rows_of
from _table import markdown

from umapkit import UMAP, ProgressiveUMAP
from umapkit.quality import knn_accuracy, trustworthiness
from umapkit.streaming._rules import MOVES_PER_ROW, TABLE_PIECE

BATCH = 1000
ROUNDS = 4
# Logs of the 2020 prototype on MNIST: the first picture over a batch fit of 200 epochs; all rows in
# over a batch fit of as many epochs as these logs gave it.
PROTOTYPE = (2.87 / 65.9, 255 / 388)
LOGGED_EPOCHS = 2100

WRITER = """
import sys
import numpy as np
from umapkit import ProgressiveUMAP

model = ProgressiveUMAP(random_state=0, n_neighbors=5, journal=sys.argv[1])
rng = np.random.default_rng(0)
number = 0
while True:
    model.partial_fit(rng.normal(size=(50, 10)), ids=range(number, number + 50))
    number += 50
    print(number, flush=True)
"""


def trust(rows: np.ndarray, places: np.ndarray) -> float:
    return trustworthiness(rows, places, sample_size=min(len(rows), 10_000))


def diameter(places: np.ndarray) -> float:
    return float(np.linalg.norm(np.ptp(places, axis=0)))


def stream(jobs: int, **given: object) -> ProgressiveUMAP:
    return ProgressiveUMAP(**{"random_state": 0, "n_jobs": jobs, **given})  # pyright: ignore[reportArgumentType]


def grow(rows: np.ndarray, labels: np.ndarray, jobs: int) -> list[list[str]]:
    UMAP(random_state=0, n_jobs=jobs).fit(rows[:2000])
    wholes, streams, firsts = [], [], []
    for _ in range(ROUNDS):  # in turns: the machine is not equally fast all the time
        begun = time.perf_counter()
        batch = UMAP(random_state=0, n_jobs=jobs).fit_transform(rows)
        wholes.append(time.perf_counter() - begun)
        model = stream(jobs)
        spent, moves, epochs, at_200 = 0.0, [], 0.0, 0
        for at in range(0, len(rows), BATCH):
            before = model.embedding_ if at else None
            begun = time.perf_counter()
            model.partial_fit(rows[at : at + BATCH])
            spent += time.perf_counter() - begun
            after = model.embedding_
            if before is None:
                firsts.append(spent)
                continue
            moves.append(np.median(np.linalg.norm(after[:at] - before, axis=1)) / diameter(after))
            epochs += MOVES_PER_ROW * BATCH / len(after)
            if epochs <= 200:
                at_200 = len(after)
        streams.append(spent)
    whole, spent, first = min(wholes), min(streams), min(firsts)
    begun = time.perf_counter()
    UMAP(random_state=0, n_jobs=jobs, n_epochs=LOGGED_EPOCHS).fit(rows)
    logged = time.perf_counter() - begun
    fit = stream(jobs)
    begun = time.perf_counter()
    fit.fit(rows)
    progressive = time.perf_counter() - begun
    last = model.embedding_
    scores = [
        (f"{trust(rows, places):.4f}", f"{knn_accuracy(places, labels):.4f}")
        for places in (batch, last, fit.embedding_)
    ]
    return [
        ["trustworthiness: batch, stream, progressive fit", ", ".join(s[0] for s in scores)],
        ["5-NN accuracy: batch, stream, progressive fit", ", ".join(s[1] for s in scores)],
        ["recall of the stream's table", f"{model.neighbor_recall_:.4f}"],
        ["batch fits, s", ", ".join(f"{one:.2f}" for one in wholes)],
        ["streams, s", ", ".join(f"{one:.2f}" for one in streams)],
        ["stream, quickest over quickest batch fit", f"{spent:.2f} ({spent / whole:.2f})"],
        ["progressive fit, s (over batch)", f"{progressive:.2f} ({progressive / whole:.2f})"],
        ["first map, s (over batch)", f"{first:.2f} ({first / whole:.3f})"],
        ["... of the prototype of 2020", f"{PROTOTYPE[0]:.3f}"],
        [
            f"all rows in over a batch fit of {LOGGED_EPOCHS} epochs ({logged:.1f} s)",
            f"{spent / logged:.2f}",
        ],
        ["... of the prototype", f"{PROTOTYPE[1]:.2f}"],
        ["rows in at 200 epochs; epochs in all", f"{at_200:,}; {epochs:.0f}"],
        ["old points' median move a batch: median", f"{np.median(moves):.2%} of the diameter"],
        ["... largest; batches over 2 %", f"{max(moves):.2%}; {sum(m > 0.02 for m in moves)}"],
    ]  # fmt: skip


def steps(rows: np.ndarray, _: np.ndarray, jobs: int) -> list[list[str]]:
    found = []
    for n in sorted({min(10_000, len(rows) // 2), len(rows) - 1000}):
        model = stream(jobs)
        for at in range(0, n, BATCH):
            model.partial_fit(rows[at : min(at + BATCH, n)])
        model.partial_fit(rows[n : n + 1000], wait=False)
        times = []
        for _ in range(200):
            begun = time.perf_counter()
            model.step(seconds=0.05)
            times.append(time.perf_counter() - begun)
        waits = np.quantile(times, [0.5, 0.95, 1.0]) * 1000
        text = ", ".join(f"{w:.0f}" for w in waits)
        left = model.snapshot().waiting
        found.append(
            [f"step of 50 ms at n = {n:,}, ms: median, 95 %, most", f"{text}; {left} wait"]
        )
    return found


def churn(rows: np.ndarray, _: np.ndarray, jobs: int) -> list[list[str]]:
    rng = np.random.default_rng(0)
    inserts = min(20_000, len(rows) // 2)
    kinds = rng.permutation(np.repeat([0, 1, 2], [inserts, inserts // 4, inserts // 4]))
    fresh = iter(rows)
    model = stream(jobs)
    truth: dict[int, np.ndarray] = {}
    held: list[int] = []
    number = 0
    begun = time.perf_counter()
    for part in np.array_split(kinds, max(1, len(kinds) // 250)):
        new = [next(fresh) for _ in range(int((part == 0).sum()))]
        if new:
            ids = [*range(number, number + len(new))]
            number += len(new)
            model.partial_fit(np.array(new), ids=ids, wait=False)
            truth |= dict(zip(ids, new, strict=True))
            held += ids
        some = rng.permutation(len(held))[: int((part > 0).sum())]
        chosen = [held[i] for i in some]
        changed, gone = chosen[: int((part == 1).sum())], chosen[int((part == 1).sum()) :]
        if changed:
            values = [next(fresh) for _ in changed]
            model.update(changed, np.array(values), wait=False)
            truth |= dict(zip(changed, values, strict=True))
        if gone:
            model.remove(gone, wait=False)
            for one in gone:
                del truth[one]
            held = [one for one in held if one in truth]
        model.step(operations=len(part))
    while model.snapshot().waiting or model.snapshot().owed:
        model.step(operations=2000)
    spent = time.perf_counter() - begun
    ids = model.ids_.tolist()
    now = np.array([truth[one] for one in ids])
    whole = UMAP(random_state=0, n_jobs=jobs).fit_transform(now)
    maps = (whole, model.embedding_)
    same = sorted(ids) == sorted(truth)
    return [
        ["inserts, updates, removals; seconds", f"{np.bincount(kinds).tolist()}; {spent:.1f}"],
        ["recall when all is drained", f"{model._stream.table.estimate_recall(sample=2000):.4f}"],
        ["trustworthiness: fresh fit, stream", ", ".join(f"{trust(now, m):.4f}" for m in maps)],
        ["ids held are those given and not removed", str(same)],
    ]  # fmt: skip


def kill(_: np.ndarray, __: np.ndarray, ___: int) -> list[list[str]]:
    rng = np.random.default_rng(0)
    whole, beyond = 0, 0
    for _ in range(20):
        folder = Path(tempfile.mkdtemp())
        path = folder / "journal.db"
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            time.sleep(float(rng.uniform(0, 5)))
            process.send_signal(signal.SIGKILL)
            said += process.stdout.read()
        lines = [line for line in said.split("\n")[:-1] if line]
        acknowledged = set(range(int(lines[-1])))
        model = ProgressiveUMAP.resume(path)
        held = model.ids_.tolist()
        whole += len(set(held)) == len(held) and acknowledged <= set(held)
        beyond += len(set(held) - acknowledged)
        model.close()
        shutil.rmtree(folder)
    return [
        ["killed: all that was acknowledged is there, nothing twice", f"{whole} of 20"],
        ["rows of calls that were written but had not come back", str(beyond)],
    ]  # fmt: skip


def drift(rows: np.ndarray, labels: np.ndarray, jobs: int) -> list[list[str]]:
    n = min(20_000, len(rows))
    rows, labels = rows[:n], labels[:n]
    old, new = np.flatnonzero(labels < 5), np.flatnonzero(labels >= 5)
    found = []
    for anchor in (0.0, 1.0):
        model = stream(jobs, anchor=anchor)
        for some in (old, new):
            before = model.embedding_ if some is new else None
            for at in range(0, len(some), BATCH):
                model.partial_fit(rows[some[at : at + BATCH]])
        after = model.embedding_
        told = np.concatenate([labels[old], labels[new]])
        far = np.linalg.norm(after[: len(old)] - before, axis=1) / diameter(after)
        right = right_ones(after, told)[len(old) :].mean()
        found.append(
            [
                f"anchor {anchor:g}: 5-NN on the new classes; 95 % of old points moved at most",
                f"{right:.4f}; {np.quantile(far, 0.95):.2%} of the diameter",
            ]
        )
    return found


def right_ones(places: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether most of a point's five nearest others have its label."""
    from umapkit.neighbors import find_neighbors

    near = find_neighbors(places, n_neighbors=6, method="exact").indices[:, 1:]
    votes = np.array([np.bincount(labels[row]).argmax() for row in near])
    return votes == labels


QUESTIONS = {"grow": grow, "steps": steps, "churn": churn, "kill": kill, "drift": drift}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", nargs="+", default=list(QUESTIONS), choices=QUESTIONS)
    add("--set", default="mnist", help=HELP)
    add("--size", type=int, default=0, help="rows, in a random order (default: all)")
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {asked.jobs} threads; pieces of {TABLE_PIECE} operations")
    rows, labels = rows_of(asked.set)
    if labels is None:
        parser.error(f"--set {asked.set} has no labels")
    order = np.random.default_rng(0).permutation(len(rows))[: asked.size or None]
    rows, labels = np.ascontiguousarray(rows[order]), labels[order].astype(np.int64)
    table = []
    for name in asked.only:
        table += [[name, *row] for row in QUESTIONS[name](rows, labels, asked.jobs)]
        print(f"# {name} done", file=sys.stderr)
    print(markdown(["", f"{asked.set}, {len(rows):,} rows", ""], table))


if __name__ == "__main__":
    main()
