"""Clusters that k-means finds in a map, against known classes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import one_blas_thread
from umapkit.quality._check import as_codes, as_matrix, check_count, check_sample_size
from umapkit.quality._silhouette import silhouette


@dataclass(frozen=True, eq=False)
class ClusterAgreement:
    """What `kmeans_nmi` found.

    Attributes
    ----------
    nmi : float
        Normalised mutual information of clusters and classes, 0 to 1.
    n_clusters : int
        The number of clusters that was chosen without looking at the classes.
    silhouette : float
        Of the chosen clusters.
    labels : int64 array of shape (n,)
        The cluster of every point.
    """

    nmi: float
    n_clusters: int
    silhouette: float
    labels: NDArray[np.int64]


def kmeans_nmi(
    embedding: ArrayLike,
    y: ArrayLike,
    *,
    n_clusters: int | None = None,
    n_seeds: int = 5,
    n_init: int = 10,
    sample_size: int | None = None,
    n_jobs: int | None = None,
) -> ClusterAgreement:
    """Mutual information of the classes with clusters of the map that k-means finds.

    The protocol of the Parametric UMAP paper: k-means with every number of clusters from
    ``c - c // 2`` to ``c + c // 2 - 1`` for c classes (5 to 14 for ten, and never fewer than two),
    and with the seeds 0, 1, ...; the clustering with the largest silhouette of its own clusters is
    chosen, and judged by the classes, which had no part in the choice but for the range.

    Parameters
    ----------
    embedding : array-like of shape (n, c)
        The map, read as float32.
    y : array-like of shape (n,)
        Labels, of 2 classes or more.
    n_clusters : int, optional
        This number of clusters alone, from 2 to n - 1, in place of the range.
    n_seeds : int, default 5
        Seeds. More find a better clustering, or none.
    n_init : int, default 10
        Starts of k-means for a seed, of which the tightest counts.
    sample_size : int, optional
        Points that the silhouettes judge, drawn by a hash, in place of all: they are most of the
        work on large maps.
    n_jobs : int or None
        Threads of the silhouettes; the result does not depend on it.

    Returns
    -------
    ClusterAgreement
        With the mutual information over the mean of the two entropies (``nmi``), as
        ``sklearn.metrics.normalized_mutual_info_score``, and which clustering it was.

    Raises
    ------
    ValueError
        If lengths do not match, a value is not finite, there is one class only, or the map has
        fewer than two different places.

    References
    ----------
    Sainburg, McInnes, Gentner, "Parametric UMAP", appendix A.3.4 and Table 6.

    Examples
    --------
    >>> places = [[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]]
    >>> found = kmeans_nmi(places, list("aaabbb"))
    >>> found.nmi, found.n_clusters
    (1.0, 2)
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    points = as_matrix(embedding, "embedding")
    n = len(points)
    classes, codes = as_codes(y, n, "y")
    count = len(classes)
    if count < 2:
        msg = f"y has {count} class. Clusters can agree with 2 classes or more."
        raise ValueError(msg)
    check_count(n_seeds, "n_seeds", 2**31 - 1, "it counts seeds")
    check_count(n_init, "n_init", 2**31 - 1, "it counts starts")
    check_sample_size(sample_size)
    if n_clusters is None:
        grid = range(max(2, count - count // 2), min(max(3, count + count // 2), n))
    else:
        why = f"the map has {n} points"
        grid = (check_count(n_clusters, "n_clusters", n - 1, why, least=2),)
    kmeans: Any = KMeans  # scikit-learn's annotations are narrower than what it takes and gives
    best: ClusterAgreement | None = None
    for k in grid:
        for seed in range(n_seeds):
            with one_blas_thread(), warnings.catch_warnings():
                # Fewer different places than clusters: the silhouette sees those that there are.
                warnings.simplefilter("ignore", ConvergenceWarning)
                labels = kmeans(k, n_init=n_init, random_state=seed).fit(points).labels_
            if not 2 <= len(np.unique(labels)) < n:
                continue
            tight = silhouette(points, labels, sample_size=sample_size, n_jobs=n_jobs)
            if best is None or tight > best.silhouette:
                best = ClusterAgreement(0.0, k, tight, labels.astype(np.int64))
    if best is None:
        msg = (
            f"k-means finds no clusters in {n} points: there are fewer than 3 of them, or all are "
            "at one place. Give a map with more."
        )
        raise ValueError(msg)
    return ClusterAgreement(
        _mutual_information(codes, best.labels), best.n_clusters, best.silhouette, best.labels
    )


def _mutual_information(one: NDArray[np.int64], two: NDArray[np.int64]) -> float:
    """Mutual information over the mean of the entropies; 1 where both are constant."""
    pairs = np.zeros((one.max() + 1, two.max() + 1))
    np.add.at(pairs, (one, two), 1.0 / len(one))
    entropies = [_entropy(pairs.sum(axis=axis)) for axis in (0, 1)]
    mean = sum(entropies) / 2
    if mean == 0:
        return 1.0
    return float(np.clip((sum(entropies) - _entropy(pairs.ravel())) / mean, 0.0, 1.0))


def _entropy(shares: NDArray[np.float64]) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())
