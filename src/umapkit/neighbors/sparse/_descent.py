"""Approximate neighbours of sparse rows: a narrow space first, then descent with true distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, sample_without_replacement
from umapkit.data import SparseRows
from umapkit.neighbors._descent import Effort, Truth, narrow_lists
from umapkit.neighbors._neighbors import Neighbors, with_self
from umapkit.neighbors._table import check_finite
from umapkit.neighbors.sparse._axes import narrow_rows
from umapkit.neighbors.sparse._prepared import directions
from umapkit.neighbors.sparse._table import SparseTable

_AXES, _ITERATIONS = 64, 3
_NOBODY = 0x7FFFFFFF  # kNobody of cpp/include/umapkit/lists.hpp
_ID_MASK = np.uint32(0x7FFFFFFF)  # the top bit marks what took part in a join
_ROUNDS, _REACH, _ENOUGH = 10, 20, 0.1
_REPEATS = 2  # with more effort, while recall falls short
_SAMPLE = 256  # rows on which recall is measured


def sparse_truth(table: SparseTable, k: int, *, size: int, seed: int, n_threads: int) -> Truth:
    """Find the k true neighbours of a hashed sample of rows."""
    n = len(table.X)
    sample = sample_without_replacement(seed, Stage.RECALL, n, size).astype(np.int32)
    return Truth(sample, *table.nearest(table.rows[sample], k, n_threads, self_rows=sample))


def sparse_descent_neighbors(
    table: SparseTable, n_neighbors: int, *, target: float, seed: int, n_threads: int
) -> tuple[Neighbors, float]:
    """Find the neighbours of every row approximately.

    The rows are laid onto some principal axes, where the search for dense rows gives lists twice as
    long as wanted. Those are ranked by true distances. Where they hold too few of the true
    neighbours of a sample, descent goes on from them on the sparse rows themselves.

    Parameters
    ----------
    table : SparseTable
        The rows, under a measure with ``descent=True``.
    n_neighbors : int
        Length of the lists, the row itself included.
    target : float
        Recall below which the search goes on, and is repeated with more effort, twice at most.
    seed : int
        Seed of every draw.
    n_threads : int
        Threads; results do not depend on them.

    Returns
    -------
    neighbors : Neighbors
        With true distances.
    recall : float
        Estimate on a sample of 256 rows.
    """
    n, k = len(table.X), n_neighbors - 1
    truth = sparse_truth(table, k, size=_SAMPLE, seed=seed, n_threads=n_threads)
    check_finite(truth.distances, truth.sample)
    narrow = narrow_rows(
        _proxy(table), _AXES, iterations=_ITERATIONS, seed=seed, n_threads=n_threads
    )
    effort = Effort(n_trees=12, width=_round_up(2 * k + 16), reach=20, rounds=8, enough=0.25)
    order, found = narrow_lists(narrow, effort, seed, n_threads)
    del narrow
    width, reach = _round_up(k + 2), _REACH
    keys, ids = _rank(table, order, found, width, n_threads)
    del found
    recall = truth.recall(keys[truth.sample, :k])
    for repeat in range(_REPEATS + 1):
        if recall >= target:
            break
        if repeat:
            width, reach = width + 16, reach + reach // 2
            keys, ids = _rank(table, np.arange(n, dtype=np.int32), ids, width, n_threads)
        _descend(table, keys, ids, reach, (seed + repeat) % 2**64, n_threads)
        recall = truth.recall(keys[truth.sample, :k])
    listed, distances = _first(table, keys, ids, k, n_threads)
    check_finite(distances)
    return with_self(listed, distances), recall


def sparse_recall(
    table: SparseTable, neighbors: Neighbors, *, size: int, seed: int, n_threads: int
) -> float:
    """Estimate the share of the true neighbours that lists of all rows hold.

    Distances are measured anew, since the lists may come from elsewhere.
    """
    k = neighbors.k - 1
    if k == 0:
        return 1.0
    truth = sparse_truth(table, k, size=size, seed=seed, n_threads=n_threads)
    listed = np.full((neighbors.n, k), _NOBODY, dtype=np.uint32)
    asked = np.sort(np.where(neighbors.indices < 0, _NOBODY, neighbors.indices)[truth.sample, 1:])
    listed[truth.sample] = asked
    keys, _ = _rank(table, np.arange(neighbors.n, dtype=np.int32), listed, k, n_threads)
    return truth.recall(keys[truth.sample])


def _proxy(table: SparseTable) -> SparseRows:
    """Rows whose straight distances stand for those of the metric in the narrow space."""
    rows = table.rows.rows
    if table.measure.rows == "counts":
        return directions(rows)
    if not table.measure.counts:
        return rows
    counts = np.diff(rows.indptr)
    values = 1.0 / np.sqrt(np.repeat(counts, counts))
    return SparseRows(rows.indptr, rows.indices, values.astype(np.float32), rows.n_columns)


def _rank(
    table: SparseTable,
    order: NDArray[np.int32],
    candidates: NDArray[np.uint32],
    width: int,
    n_threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """List the `width` nearest candidates, by true distances, all of them new."""
    n = len(table.X)
    keys = np.empty((n, width), dtype=np.float32)
    ids = np.empty((n, width), dtype=np.uint32)
    _kernels.sparse_rank(*table.how, table.rows.kernel, order, candidates, keys, ids, n_threads)
    return keys, ids


def _descend(
    table: SparseTable,
    keys: NDArray[np.float32],
    ids: NDArray[np.uint32],
    reach: int,
    seed: int,
    n_threads: int,
) -> None:
    for done in range(_ROUNDS):  # one a call, so that Ctrl-C is heard between them
        reached = _kernels.sparse_descend(
            *table.how,
            table.rows.kernel,
            reach,
            done,
            done + 1,
            int(_ENOUGH * ids.size),
            seed,
            keys,
            ids,
            n_threads,
        )
        if reached == done:
            return


def _first(
    table: SparseTable,
    keys: NDArray[np.float32],
    ids: NDArray[np.uint32],
    k: int,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Take the first k of every list; rows whose lists are not full look at all rows."""
    listed = (ids[:, :k] & _ID_MASK).astype(np.int32)
    distances = np.ascontiguousarray(keys[:, :k])
    short = np.flatnonzero((listed == _NOBODY).any(axis=1)).astype(np.int32)
    if len(short):
        listed[short], distances[short] = table.nearest(
            table.rows[short], k, n_threads, self_rows=short
        )
    return listed, distances


def _round_up(x: int) -> int:
    return -(-x // 16) * 16
