"""Accuracy of k nearest neighbours: how often the map's neighbours share the label."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import as_codes, as_matrix, check_count
from umapkit.quality._near import nearest


def knn_accuracy(
    embedding: ArrayLike,
    y: ArrayLike,
    *,
    n_neighbors: int = 5,
    test_embedding: ArrayLike | None = None,
    test_y: ArrayLike | None = None,
    n_jobs: int | None = None,
) -> float:
    """Share of points whose label is that of most of their k nearest points of the map.

    Without test points every point is judged by its k nearest others (leave-one-out); with them
    the map is the training set and the test points are judged, as
    ``sklearn.neighbors.KNeighborsClassifier`` does it. A tied vote goes to the smallest label,
    tied distances to the lower index.

    Parameters
    ----------
    embedding : array-like of shape (n, c)
        The map, read as float32.
    y : array-like of shape (n,)
        Labels that can be sorted: numbers or strings.
    n_neighbors : int
        k, at most n - 1 (n with test points). Larger values smooth the vote.
    test_embedding : array-like of shape (m, c), optional
        Other points in the same map.
    test_y : array-like of shape (m,), optional
        Their labels; given if and only if `test_embedding` is. A label that is not in `y`
        counts as an error of the map.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If lengths or widths do not match, a value is not finite, or `n_neighbors` is too large.

    Examples
    --------
    >>> knn_accuracy([[0.0], [0.1], [5.0], [5.1]], ["a", "a", "b", "b"], n_neighbors=1)
    1.0
    """
    points = as_matrix(embedding, "embedding")
    n = len(points)
    classes, codes = as_codes(y, n, "y")
    if (test_embedding is None) != (test_y is None):
        msg = "test_embedding and test_y belong together: give both or none."
        raise ValueError(msg)
    if test_embedding is None:
        if n < 2:
            msg = "1 point has no neighbours. Give at least 2 points."
            raise ValueError(msg)
        k = check_count(n_neighbors, "n_neighbors", n - 1, f"the map has {n} points")
        queries, own, truth = points, np.arange(n, dtype=np.int64), codes
    else:
        queries = as_matrix(test_embedding, "test_embedding")
        if queries.shape[1] != points.shape[1]:
            msg = (
                f"test_embedding has {queries.shape[1]} columns and embedding has "
                f"{points.shape[1]}. Both must be of one map."
            )
            raise ValueError(msg)
        k = check_count(n_neighbors, "n_neighbors", n, f"the map has {n} points")
        own = np.full(len(queries), -1, dtype=np.int64)
        named, places = as_codes(test_y, len(queries), "test_y")
        known = {label: code for code, label in enumerate(classes.tolist())}
        truth = np.array([known.get(label, -1) for label in named.tolist()])[places]
    indices, _ = nearest(points, queries, own, k, resolve_n_jobs(n_jobs))
    right = 0
    for begin in range(0, len(queries), 8192):
        votes = codes[indices[begin : begin + 8192]]
        right += int((_winners(votes) == truth[begin : begin + 8192]).sum())
    return right / len(queries)


def _winners(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the most frequent code of each row, the smallest of those that tie."""
    ordered = np.sort(votes, axis=1)
    m, k = ordered.shape
    # The length of the run that ends at each place; the first longest run holds the winner.
    run = np.ones((m, k), dtype=np.int64)
    for j in range(1, k):
        run[:, j] += np.where(ordered[:, j] == ordered[:, j - 1], run[:, j - 1], 0)
    return ordered[np.arange(m), run.argmax(axis=1)]
