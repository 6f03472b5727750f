"""Exact neighbours of rows and of points of a map, by the kernels of this room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, resolve_seed, sample_without_replacement

# Up to here a k-d tree beats looking at every row.
TREE_DIMENSIONS = 6

_BLOCK_WORK = 2e10  # numbers compared in one call
_LEAST_BLOCK = 4096  # rows: every call packs all rows anew


def pick_rows(n: int, sample_size: int | None, random_state: Any) -> NDArray[np.int64]:
    """Ascending indices of the rows to judge: all, or a hashed sample without replacement."""
    if sample_size is None or sample_size >= n:
        return np.arange(n, dtype=np.int64)
    return sample_without_replacement(resolve_seed(random_state), Stage.SAMPLE, n, sample_size)


def take(rows: NDArray[np.float32], chosen: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the chosen rows, without a copy where all are chosen."""
    return rows if len(chosen) == len(rows) else np.ascontiguousarray(rows[chosen])


def nearest(
    rows: NDArray[np.float32],
    queries: NDArray[np.float32],
    own: NDArray[np.int64],
    k: int,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the k nearest rows of each query, by (distance, index).

    Parameters
    ----------
    rows : ndarray of float32, shape (n, d)
        Where to look.
    queries : ndarray of float32, shape (m, d)
        For whom.
    own : ndarray of int64, shape (m,)
        The row that each query is, which is left out; -1 where it is none of them.
    k : int
        How many; at most n, or n - 1 where queries are rows.
    n_threads : int
        Does not change the result.

    Returns
    -------
    indices : ndarray of int32, shape (m, k)
        Nearest first, ties to the lower index.
    distances : ndarray of float64, shape (m, k)
        Squared Euclidean.
    """
    indices = np.empty((len(queries), k), dtype=np.int32)
    distances = np.empty((len(queries), k), dtype=np.float64)
    narrow = rows.shape[1] <= TREE_DIMENSIONS
    if narrow:
        _kernels.quality_nearest_points(rows, queries, own, indices, distances, n_threads)
        return indices, distances
    for block in blocks(rows, len(queries)):
        _kernels.quality_nearest_rows(
            rows, queries[block], own[block], indices[block], distances[block], n_threads
        )
    return indices, distances


def blocks(rows: NDArray[np.float32], n_queries: int) -> Iterator[slice]:
    """Blocks of queries that a kernel compares with all rows in a second or so.

    Between them Ctrl-C is heard. No result depends on them.
    """
    step = max(_LEAST_BLOCK, int(_BLOCK_WORK / rows.size))
    for begin in range(0, n_queries, step):
        yield slice(begin, begin + step)
