"""umap-learn's trustworthiness for many sizes of neighbourhood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.compat.umap_learn._distances import named_distances
from umapkit.distances import METRICS, Metric, resolve_metric
from umapkit.neighbors import find_neighbors
from umapkit.quality import trustworthiness

Calculator = Callable[[ArrayLike, ArrayLike, int], NDArray[np.float64]]


def trustworthiness_vector(
    source: ArrayLike, embedding: ArrayLike, max_k: int, metric: str = "euclidean"
) -> NDArray[np.float64]:
    """Trustworthiness for every k from 1 to `max_k`; see `umapkit.quality.trustworthiness`.

    Parameters
    ----------
    source : array of shape (n, d)
        The data.
    embedding : array of shape (n, c)
        The map.
    max_k : int
        Largest k, below n / 2.
    metric : str
        Distance in the data, and in the map, too, but for "cosine": there the map is Euclidean.

    Returns
    -------
    float64 array of shape (max_k + 1,)
        Entry k for k neighbours; entry 0 is 1.
    """
    if metric in ("euclidean", "cosine"):
        scores = [
            trustworthiness(source, embedding, n_neighbors=k, metric=metric)
            for k in range(1, max_k + 1)
        ]
        return np.array([1.0, *scores])
    near = find_neighbors(embedding, n_neighbors=max_k + 1, metric=metric, method="exact")
    return make_trustworthiness_calculator(metric)(source, near.indices[:, 1:], max_k)


def make_trustworthiness_calculator(metric: str | Callable[..., float]) -> Calculator:
    """Make a function ``f(source, indices_embedded, max_k)``, trustworthiness for every k.

    Parameters
    ----------
    metric : str or callable
        Distance in the data: a name, one of `umap.distances`, or any function of two rows, which
        is called n² times.

    Returns
    -------
    callable
        With rows (n, d) and the `max_k` or more nearest of every row in the map (n, k), itself not
        among them, it gives a float64 array of shape (max_k + 1,), entry 0 being 1. Ties in the
        data go to the lower row. Memory grows with n.
    """
    card = _card_of(metric)

    def trustworthiness_vector_lowmem(
        source: ArrayLike, indices_embedded: ArrayLike, max_k: int
    ) -> NDArray[np.float64]:
        rows = np.asarray(source, dtype=np.float64)
        known = card.learned(rows)
        listed = np.asarray(indices_embedded)
        ranks = np.empty((len(rows), max_k), dtype=np.int64)
        for i in range(len(rows)):
            far = known.between(rows[i : i + 1], rows)[0]
            far[i] = -np.inf  # the row itself comes first, also where others equal it
            ranks[i] = _ranks(np.argsort(far, kind="stable"), _first(listed, max_k)[i])
        return _scores(ranks)

    return trustworthiness_vector_lowmem


def trustworthiness_vector_bulk(
    indices_source: ArrayLike, indices_embedded: ArrayLike, max_k: int
) -> NDArray[np.float64]:
    """Trustworthiness for every k, from all rows in order of distance.

    Parameters
    ----------
    indices_source : int array of shape (n, n)
        For every row all rows, the nearest in the data, itself, first.
    indices_embedded : int array of shape (n, max_k) or wider
        The nearest in the map, itself not among them.
    max_k : int
        Largest k, below n / 2.

    Returns
    -------
    float64 array of shape (max_k + 1,)
        Entry k for k neighbours; entry 0 is 1 (umap-learn: 0).
    """
    orders = np.asarray(indices_source)
    listed = _first(np.asarray(indices_embedded), max_k)
    pairs = zip(orders, listed, strict=True)
    return _scores(np.array([_ranks(order, near) for order, near in pairs]))


def _card_of(metric: str | Callable[..., float]) -> Metric:
    if isinstance(metric, str):
        return resolve_metric(metric)
    name = getattr(metric, "__name__", "")
    ours = name in METRICS and named_distances.get(name) is metric
    return resolve_metric(name if ours else metric)


def _first(listed: NDArray[Any], max_k: int) -> NDArray[Any]:
    if listed.ndim != 2 or listed.shape[1] < max_k:
        msg = (
            f"indices_embedded has shape {listed.shape}; max_k={max_k} needs that many columns: "
            "the nearest rows of the map, without the row itself."
        )
        raise ValueError(msg)
    n = len(listed)
    if not 1 <= max_k < n / 2:
        msg = f"max_k={max_k} is not allowed for {n} rows: it must be 1 or more, below n / 2."
        raise ValueError(msg)
    return listed[:, :max_k]


def _ranks(order: NDArray[Any], near: NDArray[Any]) -> NDArray[np.int64]:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places[near]


def _scores(ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Trustworthiness from the ranks in the data of the map's nearest, shape (n, max_k)."""
    n, max_k = ranks.shape
    out = np.ones(max_k + 1)
    for k in range(1, max_k + 1):
        penalty = int(np.maximum(ranks[:, :k] - k, 0).sum())
        out[k] = 1.0 - penalty * (2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)))
    return out
