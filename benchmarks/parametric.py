"""ParametricUMAP: quality and time of MNIST, speed of embedding and decoding, beside others.

    python benchmarks/parametric.py [--peer PEER_PYTHON] [--set mnist] [--fit 60000] [--steps N]

The first `--fit` rows are trained on, 10,000 of the others are held out. Trustworthiness is over
the first 10,000 training rows, 5-NN of a held-out place is by the training map. The loss is the
uncapped cross-entropy of one fixed sample of 100,000 edges of the training graph and five uniform
negatives each, the same for every method. Embedding: the held-out rows, the median of `--repeat`
calls, beside `UMAP.transform` and PCA; decoding: the same places, beside `UMAP.inverse_transform`
of `--inverse` of them. With `--peer` umap-learn does both, too, on a map of its own: the faster of
two calls. `parametric_race.py` compares trainings.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

_PEER = """
import json, sys, time
import numpy as np
import umap
task = json.load(sys.stdin)
rows = np.load(task["rows"])
n = task["fit"]
begin = time.perf_counter()
model = umap.UMAP(n_jobs=task["jobs"]).fit(rows[:n])
fit = time.perf_counter() - begin
def fastest(function):
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), found
embed, placed = fastest(lambda: model.transform(rows[n:]))
back, _ = fastest(lambda: model.inverse_transform(placed[: task["inverse"]]))
told = {"name": "umap-learn " + umap.__version__, "fit": fit, "embed": embed}
np.savez(task["out"], places=model.embedding_, placed=placed)
json.dump(told | {"back": back / task["inverse"]}, open(task["out"] + ".json", "w"))
"""


def timed(function: Callable[[], Any], repeat: int) -> float:
    """Median seconds of a call, after one uncounted."""
    function()
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def fixed_loss(graph: Any, places: np.ndarray, curve: tuple[float, float]) -> float:
    """Cross-entropy of one sample of edges and uniform negatives, of any map of these rows."""
    import torch

    from umapkit.parametric import EdgeSource, umap_loss

    batch = EdgeSource(graph, batch_size=100_000, negatives="uniform", seed=2**40).batch(0)
    known = torch.tensor(np.asarray(places, dtype=np.float32)[batch.rows])
    terms = umap_loss(known, batch.to(torch.device("cpu")), a=curve[0], b=curve[1])
    return float(sum(terms.values()))


def scores(rows: Any, y: Any, places: Any, placed: Any, y_new: Any) -> list[float]:
    """Trustworthiness, 5-NN accuracy, and that of held-out rows."""
    from sklearn.neighbors import KNeighborsClassifier

    from umapkit import quality

    head = slice(0, 10_000)
    return [
        quality.trustworthiness(rows[head], np.ascontiguousarray(places[head]), n_neighbors=5),
        quality.knn_accuracy(places, y, n_neighbors=5),
        KNeighborsClassifier(5).fit(places, y).score(placed, y_new),
    ]


def line(name: str, values: list[Any]) -> None:
    """Write one row of the table."""
    print("|", " | ".join([name, *(f"{v:.4g}" for v in values)]), "|", flush=True)


def main() -> None:
    from _data import HELP, cores, machine, rows_of, scratch
    from sklearn.decomposition import PCA

    from umapkit import UMAP, ParametricUMAP

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", metavar="PYTHON", help="interpreter that has umap-learn")
    add("--set", default="mnist", help=HELP)
    add("--fit", type=int, default=60_000, help="rows to train on")
    add("--encoder", default="mlp", help="network by name: mlp, conv28, ...")
    add("--steps", type=int, help="steps; by default the model's own choice")
    add("--batch", type=int, help="edges of a step; by default the model's own choice")
    add("--rate", type=float, help="step size; by default the model's own choice")
    add("--no-decoder", action="store_true", help="skip the model with a decoder")
    add("--inverse", type=int, default=20, help="places that UMAP brings back")
    add("--repeat", type=int, default=5)
    add("--seed", type=int, default=0)
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {vars(asked)}")
    rows, y = rows_of(asked.set)
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    n = min(asked.fit, len(rows) * 6 // 7)
    train, new = rows[:n], rows[n : n + 10_000]
    y, y_new = np.asarray(y)[:n], np.asarray(y)[n : n + 10_000]
    print("| method | fit s | trust | 5-NN | held-out 5-NN | loss | embed s | decode ms a row |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    begin = time.perf_counter()
    umap = UMAP(random_state=asked.seed, n_jobs=asked.jobs).fit(train)
    seconds = time.perf_counter() - begin
    placed: Any = umap.transform(new)
    embed = timed(lambda: umap.transform(new), 1)
    back = timed(lambda: umap.inverse_transform(placed[: asked.inverse]), 1) / asked.inverse
    curve = (umap.a_, umap.b_)
    loss = fixed_loss(umap.graph_, umap.embedding_, curve)
    found = scores(train, y, umap.embedding_, placed, y_new)
    line("UMAP", [seconds, *found, loss, embed, 1000 * back])
    settings: dict[str, Any] = {
        "n_steps": asked.steps,
        "batch_size": asked.batch,
        "random_state": asked.seed,
        "n_jobs": asked.jobs,
    }
    if asked.rate:
        settings["learning_rate"] = asked.rate
    models: list[tuple[str, str | None]] = [(f"ParametricUMAP, {asked.encoder}", None)]
    if not asked.no_decoder:
        models.append(("with a decoder, detached", "mlp"))
    for name, decoder in models:
        begin = time.perf_counter()
        model = ParametricUMAP(asked.encoder, decoder, **settings)
        model.fit(train)
        seconds = time.perf_counter() - begin
        placed = model.transform(new)
        embed = timed(lambda m=model: m.transform(new), asked.repeat)
        back = float("nan")
        if decoder is not None:
            back = timed(lambda m=model, z=placed: m.inverse_transform(z), asked.repeat) / len(new)
        loss = fixed_loss(umap.graph_, model.embedding_, curve)
        found = scores(train, y, model.embedding_, placed, y_new)
        line(name, [seconds, *found, loss, embed, 1000 * back])
    pca = PCA(2).fit(train)
    embed = timed(lambda: pca.transform(new), asked.repeat)
    placed = pca.transform(new)
    back = timed(lambda: pca.inverse_transform(placed), asked.repeat) / len(new)
    line("PCA", [float("nan")] * 5 + [embed, 1000 * back])
    if asked.peer is None:
        return
    folder = scratch()
    np.save(folder / "rows.npy", np.concatenate([train, new]))
    task = {
        "rows": str(folder / "rows.npy"),
        "fit": n,
        "jobs": asked.jobs,
        "inverse": asked.inverse,
        "out": str(folder / "peer.npz"),
    }
    subprocess.run([asked.peer, "-c", _PEER], input=json.dumps(task), text=True, check=True)
    told = json.loads((folder / "peer.npz.json").read_text(encoding="utf-8"))
    with np.load(folder / "peer.npz") as arrays:
        places, placed = arrays["places"], arrays["placed"]
    loss = fixed_loss(umap.graph_, places, curve)
    found = scores(train, y, places, placed, y_new)
    line(told["name"], [told["fit"], *found, loss, told["embed"], 1000 * told["back"]])


if __name__ == "__main__":
    main()
