"""Exact neighbours: every row looks at every other."""

from __future__ import annotations

import numpy as np

from umapkit.neighbors._neighbors import Neighbors, with_self
from umapkit.neighbors._table import Table, check_finite


def exact_neighbors(table: Table, n_neighbors: int, n_threads: int) -> Neighbors:
    """Find the true neighbours of every row of a table, O(n^2 d).

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
    everyone = np.arange(table.rows.shape[0], dtype=np.int32)
    ids, distances = table.nearest(table.rows, n_neighbors - 1, n_threads, self_rows=everyone)
    check_finite(distances)
    return with_self(ids, distances)
