"""Write opentsne_affinities.npz: affinities of 80 rows by openTSNE 1.0.4.

Run it with an interpreter that has openTSNE.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from openTSNE import _tsne
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.nearest_neighbors import PrecomputedDistanceMatrix

rng = np.random.default_rng(0)
rows = (rng.normal(size=(80, 4)) * rng.uniform(0.2, 3, size=(80, 1))).astype(np.float32)
rows = rows.astype(np.float64)
distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2))
near = PerplexityBasedNN(knn_index=PrecomputedDistanceMatrix(distances, k=30), perplexity=10)
directed = PerplexityBasedNN(
    knn_index=PrecomputedDistanceMatrix(distances, k=30), perplexity=10, symmetrize=False
)
full = np.asarray(
    _tsne.compute_gaussian_perplexity(
        np.sort(distances, axis=1)[:, 1:], np.array([12.5]), num_threads=1
    )
)
order = np.argsort(distances, axis=1)[:, 1:]
everyone = np.zeros((80, 80))
np.put_along_axis(everyone, order, full, axis=1)
np.savez_compressed(
    Path(__file__).with_name("opentsne_affinities.npz"),
    rows=rows.astype(np.float32),
    joint=near.P.toarray(),
    conditional=directed.P.toarray(),
    exact=everyone,
)
