"""The scores of a map and of neighbour lists, by umapkit.quality, the same rows for everyone."""

from __future__ import annotations

from typing import Any

import numpy as np

SCORES = ("trustworthiness(5)", "5-NN accuracy", "preservation(15)", "silhouette")


def map_scores(
    rows: np.ndarray, labels: np.ndarray | None, embedding: np.ndarray, *, sample: int
) -> dict[str, float]:
    """Judge a map: four figures, two where there are no labels.

    Trustworthiness, preservation and silhouette on `sample` hashed rows (ranks, neighbours and
    distances count all rows); accuracy on all rows, each left out in turn.
    """
    from umapkit import quality

    k = min(15, len(rows) - 1)
    found = {
        "trustworthiness(5)": quality.trustworthiness(
            rows, embedding, n_neighbors=5, sample_size=sample
        ),
        "preservation(15)": quality.neighborhood_preservation(
            rows, embedding, n_neighbors=k, sample_size=sample
        ),
    }
    if labels is not None:
        found["5-NN accuracy"] = quality.knn_accuracy(embedding, labels, n_neighbors=5)
        found["silhouette"] = quality.silhouette(embedding, labels, sample_size=sample)
    return found


def list_recall(
    rows: Any, lists: np.ndarray, n_neighbors: int, *, sample: int, metric: str = "euclidean"
) -> float:
    """Share of the `n_neighbors` - 1 nearest others that lists hold, on `sample` hashed rows.

    Lists (n, any) may hold the row itself at any place, or not; only their first
    `n_neighbors` - 1 others count.
    """
    from umapkit import Neighbors
    from umapkit.neighbors import estimate_recall

    n = rows.shape[0]
    everyone = np.arange(n, dtype=np.int32)[:, None]
    lists = np.where(lists == everyone, np.int32(-1), lists.astype(np.int32))
    # The row itself goes to the end, the order of the others stays.
    order = np.argsort(lists < 0, axis=1, kind="stable")[:, : n_neighbors - 1]
    others = np.full((n, n_neighbors - 1), -1, dtype=np.int32)
    others[:, : order.shape[1]] = np.take_along_axis(lists, order, axis=1)
    listed = Neighbors(np.hstack([everyone, others]), np.zeros((n, n_neighbors), dtype=np.float32))
    return estimate_recall(rows, listed, metric=metric, sample_size=sample)
