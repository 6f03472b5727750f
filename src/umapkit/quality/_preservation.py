"""Share of the nearest neighbours that a map keeps."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import (
    as_matrix,
    check_count,
    check_same_rows,
    check_sample_size,
    in_metric,
)
from umapkit.quality._near import nearest, pick_rows, take


class NeighborLists(Protocol):
    """Neighbour lists of all rows: sorted, column 0 is the row itself, -1 marks a gap."""

    @property
    def indices(self) -> NDArray[np.int32]:
        """Rows, shape (n, columns)."""
        ...

    @property
    def distances(self) -> NDArray[np.float32]:
        """Their distances, shape (n, columns)."""
        ...


def neighborhood_preservation(
    X: ArrayLike | None,
    embedding: ArrayLike,
    *,
    n_neighbors: int = 15,
    metric: str = "euclidean",
    sample_size: int | None = None,
    neighbors: NeighborLists | None = None,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> float:
    """Mean share of the k nearest in the map that are among the k nearest in the data.

    The row itself is not counted. Ties in the data are no error of the map: a neighbour in the
    map counts if it is *as near in the data as the k-th nearest is*, whichever of the tied rows
    a list would name; so rows with more than k - 1 equals score 1 if the map keeps them
    together. Ties in the map go to the lower index, so that a map that collapsed to one place
    scores what guessing would.

    Parameters
    ----------
    X : array-like of shape (n, d), or None
        The data, read as float32; None where `neighbors` is given.
    embedding : array-like of shape (n, c)
        The map, read as float32.
    n_neighbors : int
        k, at most n - 1. Larger values judge coarser structure.
    metric : {"euclidean", "cosine"}
        Distance in the data; read with `X` only.
    sample_size : int, optional
        Judge this many rows, drawn by a hash, instead of all.
    neighbors : object with `indices` and `distances`, optional
        The data's neighbour lists in place of `X`: (n, k + 1) or more columns, column 0 the row
        itself. Ties beyond the last column are not seen. Approximate lists give an approximate
        score.
    random_state : int, Generator, RandomState or None
        Seed of the sample.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    ValueError
        If shapes do not match, both or none of `X` and `neighbors` are given, or `n_neighbors`
        is more than the rows or lists hold.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> neighborhood_preservation(rows, 3 * rows)
    1.0
    """
    points = as_matrix(embedding, "embedding")
    n = len(points)
    if (X is None) == (neighbors is None):
        given = "neither" if X is None else "both"
        msg = f"Of X and neighbors {given} is given. Give one; X=None where neighbors is given."
        raise ValueError(msg)
    if n < 2:
        msg = "1 row has no neighbours. Give at least 2 rows."
        raise ValueError(msg)
    k = check_count(n_neighbors, "n_neighbors", n - 1, f"there are {n} rows")
    threads = resolve_n_jobs(n_jobs)
    chosen = pick_rows(n, check_sample_size(sample_size), random_state)
    if neighbors is not None:
        if metric != "euclidean":
            msg = "metric is of no use with neighbors: their distances are given. Leave it out."
            raise ValueError(msg)
        near = _lists_of(neighbors, n, k)
    else:
        near = None
    listed, _ = nearest(points, take(points, chosen), chosen, k, threads)
    if near is not None:
        return float(_found_in_lists(listed, chosen, near, k) / listed.size)
    rows = as_matrix(X, "X")
    check_same_rows(rows, points, ("X", "embedding"))
    rows = in_metric(rows, metric, "X")
    queries = take(rows, chosen)
    _, distances = nearest(rows, queries, chosen, k, threads)
    reached = np.empty_like(distances)
    _kernels.quality_listed_distances(rows, queries, listed, reached, threads)
    return float(np.count_nonzero(reached <= distances[:, -1:]) / listed.size)


def _lists_of(
    neighbors: NeighborLists, n: int, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    indices, distances = np.asarray(neighbors.indices), np.asarray(neighbors.distances)
    if indices.shape != distances.shape or indices.ndim != 2 or len(indices) != n:
        msg = (
            f"neighbors has indices of shape {indices.shape} and distances of shape "
            f"{distances.shape}; the map has {n} rows. Both must be ({n}, columns)."
        )
        raise ValueError(msg)
    if indices.shape[1] < k + 1:
        msg = (
            f"neighbors has {indices.shape[1]} columns, the row itself included; n_neighbors={k} "
            f"needs {k + 1}. Give longer lists or a smaller n_neighbors."
        )
        raise ValueError(msg)
    return indices, distances


def _found_in_lists(
    listed: NDArray[np.int32],
    chosen: NDArray[np.int64],
    near: tuple[NDArray[np.int32], NDArray[np.float32]],
    k: int,
) -> int:
    found = 0
    for begin in range(0, len(chosen), 4096):
        block = chosen[begin : begin + 4096]
        indices, distances = near[0][block, 1:], near[1][block, 1:]
        counts = (indices >= 0) & (distances <= distances[:, k - 1 : k])
        allowed = np.where(counts, indices, -1)
        ours = listed[begin : begin + 4096]
        found += int((ours[:, :, None] == allowed[:, None, :]).any(axis=2).sum())
    return found
