"""Sparse rows in a narrow dense space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, draw, key, uniform
from umapkit.data import SparseRows
from umapkit.neighbors.sparse._columns import Columns

_MOST_NUMBERS = 2**25  # of the axes: 128 MiB, four times over while they are found


def narrow_rows(
    rows: SparseRows, n_axes: int, *, iterations: int, seed: int, n_threads: int
) -> NDArray[np.float32]:
    """Lay sparse rows onto nearly their leading principal axes, without making them dense.

    Parameters
    ----------
    rows : SparseRows, shape (n, d)
        The rows.
    n_axes : int
        How many axes: 16, 32, 48 or 64. Fewer (16 at least) where very many columns are in use.
    iterations : int
        Rounds of the block iteration (``cpp/include/umapkit/sparse_axes.hpp``); more come
        nearer to the principal axes.
    seed : int
        Seed of its start.
    n_threads : int
        Threads; no bit depends on them.

    Returns
    -------
    ndarray of float32, shape (n, n_axes)
        Centred places. Rows with entries in no more columns than axes keep all of those columns.
    """
    columns, numbered = Columns.of(rows)
    u = len(columns.names)
    n_axes = max(16, min(n_axes, _MOST_NUMBERS // max(u, 1) // 16 * 16))
    if u <= n_axes:
        dense = numbered.to_csr().toarray()
        return dense - dense.mean(axis=0, dtype=np.float64).astype(np.float32)
    places = np.repeat(np.arange(u), np.diff(columns.starts))
    means = np.bincount(places, weights=columns.values, minlength=u) / len(rows)
    vertices = columns.names.astype(np.uint64)[None, :]
    bits = draw(key(seed, Stage.PROJECTION, 2, vertices), np.arange(n_axes)[:, None])
    axes = uniform(bits) - np.float32(0.5)
    scores = np.empty((len(rows), n_axes), dtype=np.float32)
    _kernels.sparse_scores(
        numbered.kernel, columns.kernel, means, iterations, axes, scores, n_threads
    )
    return scores
