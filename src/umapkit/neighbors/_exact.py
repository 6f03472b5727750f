"""Exact neighbours: every row looks at every other."""

from __future__ import annotations

import numpy as np

from umapkit.neighbors._bounded import BOUND_WIDTH, Bounds, nearest_of_rows
from umapkit.neighbors._neighbors import Neighbors, with_self
from umapkit.neighbors._space import principal_space
from umapkit.neighbors._table import Table

# From so many rows, and columns, finding axes costs less than the bounds on them save.
_BOUND_FROM = 8192
_WIDE_FROM = 3 * BOUND_WIDTH


def exact_neighbors(table: Table, n_neighbors: int, n_threads: int) -> Neighbors:
    """Find the true neighbours of every row of a table, O(n^2 d).

    Many wide rows under a metric that compresses are compared in a narrow space first, which rules
    most pairs out.

    Parameters
    ----------
    table : Table
        The rows.
    n_neighbors : int
        Length of the lists, the row itself included.
    n_threads : int
        Threads.

    Returns
    -------
    Neighbors
        Sorted by (distance, index) behind the row itself.
    """
    n, d = table.rows.shape
    everyone = np.arange(n, dtype=np.int32)
    k = n_neighbors - 1
    if table.compresses and n >= _BOUND_FROM and d >= _WIDE_FROM and k > 0:
        space = principal_space(table.rows, BOUND_WIDTH, seed=0, n_threads=n_threads)
        bounds = Bounds.of(space.project(table.rows, n_threads), n_threads)
        ids, distances = nearest_of_rows(table, bounds, everyone, k, n_threads)
    else:
        ids, distances = table.nearest(table.rows, k, n_threads, self_rows=everyone)
    table.check_found(distances)
    return with_self(ids, distances)
