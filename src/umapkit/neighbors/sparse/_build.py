"""Making an index of sparse rows, by the cheaper way."""

from __future__ import annotations

import numpy as np

from umapkit.data import SparseRows
from umapkit.distances import Metric
from umapkit.neighbors._method import choose_method
from umapkit.neighbors._neighbors import with_self
from umapkit.neighbors._table import check_finite
from umapkit.neighbors.sparse._descent import sparse_descent_neighbors
from umapkit.neighbors.sparse._index import SparseIndex
from umapkit.neighbors.sparse._table import SparseTable

_EXACT_UP_TO = 4096
# Nanoseconds that approximate search takes for an entry of the rows, on one core.
_DESCENT_WORK = 5000.0


def build_sparse_index(
    rows: SparseRows,
    n_neighbors: int,
    *,
    metric: Metric,
    method: str,
    target: float,
    seed: int,
    n_threads: int,
) -> SparseIndex:
    """Find the neighbours of every sparse row; `build_index` has checked the numbers.

    Raises
    ------
    ValueError
        If `method` is not known, or not offered for the metric.
    """
    table = SparseTable(rows, metric, n_threads)
    chosen = choose_method(
        method,
        metric=metric.name,
        descends=table.measure.descent,
        cheap=lambda: len(rows) <= _EXACT_UP_TO or table.cost <= _DESCENT_WORK * rows.n_entries,
    )
    if chosen == "exact":
        everyone = np.arange(len(rows), dtype=np.int32)
        ids, distances = table.nearest(table.rows, n_neighbors - 1, n_threads, self_rows=everyone)
        check_finite(distances)
        neighbors = with_self(ids, distances)
        return SparseIndex(table, neighbors, method="exact", recall=1.0, seed=seed)
    neighbors, recall = sparse_descent_neighbors(
        table, n_neighbors, target=target, seed=seed, n_threads=n_threads
    )
    return SparseIndex(table, neighbors, method="descent", recall=recall, seed=seed)
