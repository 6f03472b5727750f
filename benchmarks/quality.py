"""Quality beside umap-learn: same rows, default parameters, the mean of several seeds.

    python benchmarks/quality.py --peer PEER_PYTHON [--sets digits mnist ...] [--seeds 0 1 2]

PEER_PYTHON is an interpreter with umap-learn in an environment of its own. Its maps are kept in
the scratch folder (UMAPKIT_BENCH, else build/bench) and fitted only once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import SETS, machine, rows_of, scratch

import umapkit
from umapkit.quality import knn_accuracy, neighborhood_preservation, silhouette, trustworthiness


def peer_map(peer: str, name: str, rows: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
    out = scratch() / f"umap_learn_{name}_{seed}.npz"
    if not out.exists():
        stored = scratch() / f"rows_{name}.npy"
        np.save(stored, rows)
        task = {
            "rows": str(stored), "fit_rows": None, "seed": seed, "repeat": 1, "n_jobs": -1,
            "out": str(out),
        }  # fmt: skip
        script = str(Path(__file__).with_name("_peer.py"))
        subprocess.run([peer, script, json.dumps(task)], check=True)
    found = np.load(out)
    return found["embedding"], float(found["seconds"].min())


def scores(rows: np.ndarray, labels: np.ndarray | None, embedding: np.ndarray) -> dict[str, float]:
    size = None if len(rows) <= 5000 else 10_000
    found = {
        "trustworthiness(5)": trustworthiness(rows, embedding, n_neighbors=5, sample_size=size),
        "preservation(15)": neighborhood_preservation(
            rows, embedding, n_neighbors=15, sample_size=size
        ),
    }
    if labels is not None:
        found["5-NN accuracy"] = knn_accuracy(embedding, labels, n_neighbors=5)
        found["silhouette"] = silhouette(embedding, labels)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--sets", nargs="+", default=["digits", "mnist", "fashion_mnist", "bison"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    arguments = parser.parse_args()
    unknown = set(arguments.sets) - set(SETS)
    if unknown:
        parser.error(f"unknown sets {sorted(unknown)}; there are {', '.join(SETS)}")
    print(f"# {machine()}; umapkit {umapkit.__version__}; seeds {arguments.seeds}")
    print("| data | score | umap-learn | umapkit | difference |")
    print("| --- | --- | --- | --- | --- |")
    for name in arguments.sets:
        rows, labels = rows_of(name)
        if labels is not None and len(np.unique(labels)) < 2:
            labels = None
        theirs, ours, seconds, recalls = [], [], [], []
        for seed in arguments.seeds:
            embedding, _ = peer_map(arguments.peer, name, rows, seed)
            theirs.append(scores(rows, labels, embedding))
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                began = time.perf_counter()
                model = umapkit.UMAP(random_state=seed).fit(rows)
                seconds.append(time.perf_counter() - began)
            ours.append(scores(rows, labels, model.embedding_))
            recalls.append(model.neighbor_recall_)
        for score in theirs[0]:
            their = np.array([found[score] for found in theirs])
            our = np.array([found[score] for found in ours])
            print(
                f"| {name} | {score} | {their.mean():.4f} ± {their.std():.4f} "
                f"| {our.mean():.4f} ± {our.std():.4f} | {our.mean() - their.mean():+.4f} |",
                flush=True,
            )
        print(f"| {name} | recall@15 (estimate) | | {np.mean(recalls):.4f} | |")
        print(f"| {name} | seconds a fit | | {min(seconds):.2f} to {max(seconds):.2f} | |")


if __name__ == "__main__":
    main()
