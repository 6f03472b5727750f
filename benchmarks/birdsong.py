"""Syllables compared by dynamic time warping, placed by a recurrent network (paper, Table 1, A.2).

    python benchmarks/birdsong.py [--rows 2000] [--new 1000] [--steps 400]

Rows are spectrograms of Bengalese finches (32 bands, 32 frames), drawn once from the training
songs; the new ones are of other songs, so no song is on both sides. Three maps by the same LSTM
network:
"DTW", UMAP's loss on the graph of warped distances; "Euclidean", on the graph of pixels; "AE", an
autoencoder. Accuracy is that of the 5 nearest fitted rows on the map for the new rows, which the
network has not seen; "rows themselves" is that of the 5 nearest spectrograms, without any map.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import cores, machine
from _table import markdown, seconds

from umapkit.data import load
from umapkit.distances import dtw
from umapkit.neighbors import find_neighbors
from umapkit.parametric import Autoencoder, ParametricUMAP
from umapkit.quality import trustworthiness

_SHAPE = (32, 32)
_TIME = {"shape": _SHAPE, "axis": 1}  # columns are frames


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=2000, help="rows to fit")
    add("--new", type=int, default=1000, help="rows of other songs")
    add("--components", type=int, default=2)
    add("--steps", type=int, default=400, help="steps of every network")
    add("--batch", type=int, default=128, help="edges, or rows for the autoencoder, of a step")
    add("--seed", type=int, default=0)
    add("--device", default="auto")
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    asked = parser.parse_args()
    print(f"# {machine()}; {asked.jobs} threads; {vars(asked)}")
    rows, codes = some("train", asked.rows)
    new, truth = some("test", asked.new)
    common = {
        "n_components": asked.components,
        "input_shape": (1, *_SHAPE),
        "scaling": "none",
        "batch_size": asked.batch,
        "random_state": asked.seed,
        "device": asked.device,
        "n_jobs": asked.jobs,
    }
    table = []
    began = time.perf_counter()
    warped = find_neighbors(
        rows, n_neighbors=15, metric="dtw", metric_kwds=_TIME, method="exact", n_jobs=asked.jobs
    )
    searched = time.perf_counter() - began
    by_dtw = ParametricUMAP("lstm", n_steps=asked.steps, metric="dtw", metric_kwds=_TIME,
                            precomputed_knn=warped, **common)  # fmt: skip
    by_pixels = ParametricUMAP("lstm", n_steps=asked.steps, **common)
    epochs = max(1, round(asked.steps * asked.batch / len(rows)))
    coded = Autoencoder("lstm", "lstm", n_epochs=epochs, **common)
    for name, model in (("DTW", by_dtw), ("Euclidean", by_pixels), ("AE", coded)):
        began = time.perf_counter()
        model.fit(rows)
        taken = time.perf_counter() - began + (searched if name == "DTW" else 0)
        table.append(
            [
                name,
                f"{accuracy(model.embedding_, codes, model.transform(new), truth):.4f}",
                f"{trustworthiness(rows, model.embedding_):.4f}",
                seconds(taken),
            ]
        )
        print("#", *table[-1], flush=True)
    pixels = f"{accuracy(rows, codes, new, truth):.4f}"
    table.append(["rows themselves, Euclidean", pixels, "", ""])
    few = min(len(new), 300)
    far = dtw(new[:few], rows, **_TIME)
    votes = codes[np.argsort(far, axis=1, kind="stable")[:, :5]]
    own = f"{(majority(votes) == truth[:few]).mean():.4f}"
    table.append([f"rows themselves, DTW ({few} new)", own, "", ""])
    print(f"# DTW neighbours of {len(rows)} rows: {seconds(searched)} s")
    headers = ["map", "5-NN of new songs", "trustworthiness (Euclidean)", "fit with search, s"]
    print(markdown(headers, table))


def some(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a part, drawn once and for all, and the numbers of their syllables."""
    example = load("birdsong", split=part)
    rows = np.asarray(example.data, dtype=np.float32)
    codes = np.asarray(example.target)
    chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[:count])
    return np.ascontiguousarray(rows[chosen]), codes[chosen].astype(np.int64)


def accuracy(places: np.ndarray, codes: np.ndarray, new: np.ndarray, truth: np.ndarray) -> float:
    """Share of the new rows whose five nearest fitted rows name their syllable."""
    from sklearn.neighbors import KNeighborsClassifier

    return float(KNeighborsClassifier(5).fit(places, codes).score(new, truth))


def majority(votes: np.ndarray) -> np.ndarray:
    """Most frequent number of every row; of equally frequent ones the smallest."""
    return np.array([np.bincount(row).argmax() for row in votes])


if __name__ == "__main__":
    main()
