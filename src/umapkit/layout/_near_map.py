"""The points of a map near given places, by any output metric."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.layout._output import OutputMetric

_TREE_DIMENSIONS = 6  # up to here a k-d tree beats looking at every point


def nearest_places(
    embedding: NDArray[np.float32],
    queries: NDArray[np.float32],
    k: int,
    *,
    output_metric: OutputMetric,
    own: NDArray[np.int64] | None = None,
    n_jobs: int | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Find the k points of a map nearest to each query.

    Parameters
    ----------
    embedding : float32 array of shape (n, c)
        The map.
    queries : float32 array of shape (m, c)
        Places, finite.
    k : int
        How many, at most n (n - 1 with `own`).
    output_metric : OutputMetric
        How they are measured.
    own : int64 array of shape (m,), optional
        For each query the point that it is, which is left out.
    n_jobs : int or None, default None
        Threads; the result does not depend on it, nor one row's on the other rows.

    Returns
    -------
    indices : int32 array of shape (m, k)
        Nearest first, ties to the lower index.
    distances : float64 array of shape (m, k)
        By the output metric.
    """
    threads = resolve_n_jobs(n_jobs)
    if not output_metric.flat:
        more = k if own is None else k + 1
        indices = np.empty((len(queries), more), dtype=np.int32)
        distances = np.empty((len(queries), more))
        _kernels.nearest_curved(
            embedding, queries, indices, distances, **output_metric.options, n_threads=threads
        )
        return (indices, distances) if own is None else _without(own, indices, distances)
    indices = np.empty((len(queries), k), dtype=np.int32)
    distances = np.empty((len(queries), k))
    nobody = np.full(len(queries), -1, dtype=np.int64) if own is None else own
    narrow = embedding.shape[1] <= _TREE_DIMENSIONS
    search = _kernels.quality_nearest_points if narrow else _kernels.quality_nearest_rows
    search(embedding, queries, nobody, indices, distances, threads)
    return indices, np.sqrt(distances)


def _without(
    own: NDArray[np.int64], indices: NDArray[np.int32], distances: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Take the point itself out of every list; the last one where it is not listed."""
    mine = indices == own[:, None]
    column = np.where(mine.any(axis=1), mine.argmax(axis=1), indices.shape[1] - 1)
    keep = np.arange(indices.shape[1])[None, :] != column[:, None]
    shape = (len(indices), indices.shape[1] - 1)
    return indices[keep].reshape(shape), distances[keep].reshape(shape)
