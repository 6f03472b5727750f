"""Write umap_learn_metrics.npz: distances and gradients by umap-learn 0.5.12.

Run it where umap-learn 0.5.12 is installed; the tests read the file only.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
from umap import distances

rng = np.random.default_rng(0)
reals = rng.normal(size=(12, 6))
shares = rng.random((12, 6)) + 0.05
bits = (rng.random((12, 9)) < 0.4).astype(np.float64)
bits[0] = 0
bits[1] = bits[2]
ball = reals / 12
places = np.stack([rng.uniform(-1.4, 1.4, 12), rng.uniform(-3, 3, 12)], axis=1)
form = rng.normal(size=(6, 6))
form = form @ form.T + np.eye(6)
weights = rng.random(6) + 0.5

ROWS = {
    "poincare": "ball",
    "haversine": "places",
    "hellinger": "shares",
    "symmetric_kl": "shares",
    **dict.fromkeys(
        [
            "jaccard",
            "dice",
            "matching",
            "kulsinski",
            "rogerstanimoto",
            "russellrao",
            "sokalsneath",
            "sokalmichener",
            "yule",
            "hamming",
        ],
        "bits",
    ),
}
KEYWORDS = {
    "minkowski": (2.5,),
    "wminkowski": (weights, 2.5),
    "seuclidean": (weights,),
    "mahalanobis": (form,),
}
NAMES = [
    "euclidean",
    "manhattan",
    "chebyshev",
    "minkowski",
    "seuclidean",
    "wminkowski",
    "mahalanobis",
    "canberra",
    "cosine",
    "correlation",
    "hellinger",
    "softmax_hellinger",
    "braycurtis",
    "poincare",
    "haversine",
    "symmetric_kl",
    "jaccard",
    "dice",
    "matching",
    "kulsinski",
    "rogerstanimoto",
    "russellrao",
    "sokalsneath",
    "sokalmichener",
    "yule",
    "hamming",
]
# Not gradients of the distance that umap-learn reports: see umapkit/distances/_gradients.py.
DEFECTIVE = {"braycurtis", "symmetric_kl", "haversine"}

tables = {"reals": reals, "shares": shares, "bits": bits, "ball": ball, "places": places}
arrays = {f"rows_{name}": rows for name, rows in tables.items()}
arrays |= {"form": form, "weights": weights}
for name in NAMES:
    rows = tables[ROWS.get(name, "reals")]
    arguments = KEYWORDS.get(name, ())
    measure = distances.named_distances[name]
    if name == "mahalanobis":
        measure = distances.mahalanobis_f64
    arrays[f"{name}"] = np.array(
        [[measure(x.copy(), y.copy(), *arguments) for y in rows] for x in rows]
    )
    slope = distances.named_distances_with_gradients.get(name)
    if slope is not None and name not in DEFECTIVE:
        assert "x" in inspect.signature(slope.py_func).parameters
        arrays[f"{name}_gradient"] = np.array(
            [
                slope(x.copy(), y.copy(), *arguments)[1]
                for x, y in zip(rows[:6], rows[6:], strict=True)
            ]
        )

np.savez_compressed(Path(__file__).with_name("umap_learn_metrics.npz"), **arrays)
