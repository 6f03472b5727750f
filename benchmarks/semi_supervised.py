"""Few labels and many rows: what UMAP's loss adds to a classifier of images (paper, Table 8).

    python benchmarks/semi_supervised.py [--set mnist] [--labels 4] [--width 0.25] [--seeds 0 1 2]

The first `--labels` rows of each class have labels, `--rows` rows in all are learned from, the
set's last 10,000 (`--test` of them) are judged. "baseline": labels alone; "+UMAP (Euclidean)": the
graph of the pixels; "+UMAP (learned)": of the classifier's activations, made anew every
`--graph-steps`; "+aug": the paper's augmentation. As in the paper the runs with a UMAP loss begin
with the steps of their baseline. A seed draws weights and batches; the labelled rows are the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import cores, machine, rows_of
from _table import markdown, seconds

from umapkit.parametric import SemiSupervisedUMAP

_VARIANTS = {
    "baseline": {"umap_weight": 0.0},
    "+aug": {"umap_weight": 0.0, "augmentation": True},
    "+UMAP (Euclidean)": {},
    "+UMAP (learned)": {"graph": "activations"},
    "+aug +UMAP (learned)": {"graph": "activations", "augmentation": True},
    "+aug +UMAP (Euclidean)": {"augmentation": True},
}
_POLICIES = {"mnist": "mnist", "fashion_mnist": "fashion", "cifar10": "cifar"}
_SHAPES = {784: (1, 28, 28), 1024: (1, 32, 32), 3072: (3, 32, 32)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--set", default="mnist", choices=list(_POLICIES))
    add("--labels", type=int, default=4, help="labelled rows a class")
    add("--rows", type=int, default=3000, help="rows to learn from")
    add("--test", type=int, default=3000, help="rows to judge by")
    add("--width", type=float, default=0.25, help="factor on the widths of cnn13")
    add("--components", type=int, default=256, help="dimensions of the map (paper: 1024)")
    add("--baseline-steps", type=int, default=100)
    add("--steps", type=int, default=200)
    add("--graph-steps", type=int, default=50)
    add("--edges", type=int, default=24, help="edges of a step")
    add("--weight", type=float, default=1.0, help="weight of UMAP's loss")
    add("--rate", type=float, default=1e-3)
    add("--seeds", nargs="+", type=int, default=[0, 1, 2])
    add("--variants", nargs="+", default=list(_VARIANTS), choices=list(_VARIANTS))
    add("--device", default="auto")
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {asked.jobs} threads; {vars(asked)}")
    rows, labels = rows_of(asked.set)
    learned, new = rows[: asked.rows], rows[-10_000:][: asked.test]
    truth = labels[-10_000:][: asked.test]
    known = few(labels[: asked.rows], asked.labels)
    table = []
    for name in asked.variants:
        scores, times = [], []
        for seed in asked.seeds:
            began = time.perf_counter()
            model = fitted(asked, name, seed, learned, known)
            times.append(time.perf_counter() - began)
            scores.append(float((model.predict(new) == truth).mean()))
            print(f"# {name}, seed {seed}: {scores[-1]:.4f} in {times[-1]:.0f} s", flush=True)
        mean, each = f"{np.mean(scores):.4f}", " ".join(f"{score:.4f}" for score in scores)
        table.append([name, mean, each, seconds(float(np.median(times)))])
    print(markdown(["variant", "accuracy", "by seed", "fit, s"], table))


def few(labels: np.ndarray, count: int) -> np.ndarray:
    """Labels of the first `count` rows of each class, -1 elsewhere."""
    known = np.full(len(labels), -1, dtype=np.int64)
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)[:count]
        known[chosen] = label
    return known


def fitted(
    asked: argparse.Namespace, name: str, seed: int, rows: np.ndarray, known: np.ndarray
) -> SemiSupervisedUMAP:
    """Return a model of one variant."""
    kinds = dict(_VARIANTS[name])
    if kinds.pop("augmentation", False):
        kinds["augmentation"] = _POLICIES[asked.set]
    if kinds.get("umap_weight") == 0.0:
        kinds["n_steps"] = asked.baseline_steps + asked.steps
    else:
        kinds |= {"n_steps": asked.steps, "supervised_steps": asked.baseline_steps}
        kinds["umap_weight"] = asked.weight
    if kinds.get("graph") == "activations":
        kinds["graph_steps"] = asked.graph_steps
    model = SemiSupervisedUMAP(
        "cnn13",
        width=asked.width,
        n_components=asked.components,
        label_smoothing=0.2,
        batch_size=asked.edges,
        learning_rate=asked.rate,
        scaling="none",
        input_shape=_SHAPES[rows.shape[1]],
        random_state=seed,
        device=asked.device,
        n_jobs=asked.jobs,
        **kinds,
    )
    return model.fit(rows, known)


if __name__ == "__main__":
    main()
