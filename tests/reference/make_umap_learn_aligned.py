"""Scores of umap-learn's AlignedUMAP on slices of digits and iris, for test_aligned.py.

Run with umap-learn 0.5.12; the answers are in umap_learn_aligned.json. Not a test.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import umap
from sklearn.datasets import load_digits, load_iris
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances


def nearest(rows, k=10):
    return np.argsort(pairwise_distances(rows), axis=1, kind="stable")[:, :k]


def kept_neighbors(rows, places):
    pairs = zip(nearest(rows), nearest(places), strict=True)
    return float(np.mean([np.isin(a, b).mean() for a, b in pairs]))


def agreement(one, other, relation):
    """Median distance of related points over the extent of the maps."""
    pairs = np.array(list(relation.items()))
    gaps = np.linalg.norm(one[pairs[:, 0]] - other[pairs[:, 1]], axis=1)
    return float(np.median(gaps) / np.ptp(np.concatenate([one, other]), axis=0).max())


def scores(slices, relations, seed, **parameters):
    model = umap.AlignedUMAP(random_state=seed, transform_seed=seed, **parameters)
    model.fit(slices, relations=relations)
    maps = [np.asarray(one) for one in model.embeddings_]
    pairs = list(zip(slices, maps, strict=True))
    return {
        "kept": float(np.mean([kept_neighbors(x, m) for x, m in pairs])),
        "trustworthiness": float(
            np.mean([trustworthiness(x, m, n_neighbors=10) for x, m in pairs])
        ),
        "agreement": float(
            np.mean(
                [agreement(a, b, r) for a, b, r in zip(maps, maps[1:], relations, strict=False)]
            )
        ),
    }


digits, labels = load_digits(return_X_y=True)
order = np.argsort(labels, kind="stable")  # umap-learn's guide: ordered, in overlapping slices
slices = [digits[order][150 * i : 150 * i + 400] for i in range(10)]
relations = [{150 + i: i for i in range(250)} for _ in range(9)]
iris = load_iris().data
found = {
    "digits": [scores(slices, relations, seed) for seed in (0, 1)],
    "iris": [
        scores(
            [iris[i : i + 50] for i in range(0, 125, 25)],
            [{25 + i: i for i in range(25)} for _ in range(4)],
            seed,
        )
        for seed in (0, 1)
    ],
}
Path(__file__).with_name("umap_learn_aligned.json").write_text(json.dumps(found, indent=1) + "\n")
