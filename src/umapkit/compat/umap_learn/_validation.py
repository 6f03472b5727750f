"""umap-learn's trustworthiness for many sizes of neighbourhood."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.quality import trustworthiness


def trustworthiness_vector(
    source: ArrayLike, embedding: ArrayLike, max_k: int, metric: str = "euclidean"
) -> NDArray[np.float64]:
    """Trustworthiness for every k from 1 to `max_k`; see `umapkit.quality.trustworthiness`.

    Parameters
    ----------
    source : array of shape (n, d)
        The data.
    embedding : array of shape (n, c)
        The map; distances in it are Euclidean.
    max_k : int
        Largest k, below n / 2.
    metric : {"euclidean", "cosine"}
        Distance in the data.

    Returns
    -------
    float64 array of shape (max_k + 1,)
        Entry k for k neighbours; entry 0 is 1.
    """
    scores = [
        trustworthiness(source, embedding, n_neighbors=k, metric=metric)
        for k in range(1, max_k + 1)
    ]
    return np.array([1.0, *scores])
