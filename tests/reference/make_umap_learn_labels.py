"""Held-out accuracy of umap-learn on MNIST with half the labels hidden, for test_labels.py.

Run with umap-learn 0.5.12, a folder holding mnist.npz (Keras's) as argument; the answers are in
umap_learn_labels.json. Not a test.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import umap
from sklearn.neighbors import KNeighborsClassifier

with np.load(Path(sys.argv[1]) / "mnist.npz") as kept:
    rows = kept["x_train"][:12000].reshape(12000, -1).astype(np.float32)
    labels = kept["y_train"][:12000].astype(int)
known = labels[:10000].copy()
known[np.random.default_rng(0).permutation(10000)[:5000]] = -1


def accuracy(seed: int, y: np.ndarray | None) -> float:
    """Share of the last 2,000 rows whose 5 nearest of the first 10,000 tell their digit."""
    model = umap.UMAP(n_epochs=200, random_state=seed).fit(rows[:10000], y)
    votes = KNeighborsClassifier(5).fit(model.embedding_, labels[:10000])
    return float(votes.score(model.transform(rows[10000:]), labels[10000:]))


found = {
    "half_hidden": [accuracy(seed, known) for seed in (0, 1)],
    "no_labels": [accuracy(seed, None) for seed in (0, 1)],
}
Path(__file__).with_name("umap_learn_labels.json").write_text(json.dumps(found, indent=1) + "\n")
