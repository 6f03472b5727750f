"""Write pynndescent_metrics.npz: distances by pynndescent 0.7.0, which umap-learn takes them from.

Run it where pynndescent 0.7.0 is installed; the tests read the file only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pynndescent import distances

rng = np.random.default_rng(0)
reals = rng.normal(size=(12, 6))
shares = rng.random((12, 6)) + 0.05
shares /= shares.sum(axis=1, keepdims=True)
sparse_shares = shares * (rng.random((12, 6)) < 0.6)
sparse_shares[:, 0] += 0.1
sparse_shares /= sparse_shares.sum(axis=1, keepdims=True)
packed = rng.integers(0, 256, (12, 5)).astype(np.uint8)
places = rng.random((6, 2))
cost = np.linalg.norm(places[:, None] - places[None], axis=-1)
cost = (cost + cost.T) / 2
half = np.abs(reals)  # at acute angles: theirs is 1 less the angle, and infinite beyond a right one

CASES = {
    "sqeuclidean": ("reals", ()),
    "spearmanr": ("reals", ()),
    "tsss": ("reals", ()),
    "true_angular": ("half", ()),
    "jensen_shannon": ("shares", ()),
    "wasserstein_1d": ("shares", ()),
    "circular_kantorovich": ("shares", ()),
    "kantorovich": ("sparse_shares", (cost,)),
    "sinkhorn": ("shares", (cost, 0.5)),
    "bit_hamming": ("packed", ()),
    "bit_jaccard": ("packed", ()),
}

tables = {"reals": reals, "half": half, "shares": shares, "sparse_shares": sparse_shares}
tables["packed"] = packed
arrays = {f"rows_{name}": rows for name, rows in tables.items()} | {"cost": cost}
for name, (kind, arguments) in CASES.items():
    measure = distances.named_distances[name]
    rows = tables[kind]
    arrays[name] = np.array(
        [[measure(x.copy(), y.copy(), *arguments) for y in rows] for x in rows], dtype=np.float64
    )

np.savez_compressed(Path(__file__).with_name("pynndescent_metrics.npz"), **arrays)
