"""Exact neighbours of wide rows, by lower bounds in a narrow space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.neighbors._space import Projected, Rows
from umapkit.neighbors._table import Table

BOUND_WIDTH = 64  # numbers a narrow row; more leave fewer rows to measure, each pair costs more
_BLOCK_WORK = 1e10  # numbers compared in one call, half a second or so
_LEAST_BLOCK = 512  # rows a thread, so that it may take large tiles


@dataclass(frozen=True, eq=False)
class Bounds:
    """What bounds the distances of a table's rows from below: ``cpp/include/umapkit/bounded.hpp``.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, BOUND_WIDTH)
        Narrow rows.
    squares : ndarray of float32, shape (n,)
        Squared distances of the rows from their mean.
    """

    rows: Rows
    squares: NDArray[np.float32]

    @classmethod
    def of(cls, projected: Projected, n_threads: int) -> Bounds:
        """Bound rows that have been laid on at least BOUND_WIDTH - 1 axes."""
        rows, _ = projected.narrow(BOUND_WIDTH, n_threads, products=False)
        return cls(rows, projected.squares)


def nearest_of_rows(
    table: Table, bounds: Bounds, wanted: NDArray[np.int32], k: int, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the k nearest rows of some rows of the table, themselves excluded, exactly.

    Parameters
    ----------
    table : Table
        The rows, under a metric with ``compresses=True``.
    bounds : Bounds
        Of the table's rows.
    wanted : ndarray of int32, shape (m,)
        Numbers of the rows that ask.
    k : int
        How many neighbours.
    n_threads : int
        Threads; results do not depend on them.

    Returns
    -------
    ids : ndarray of int32, shape (m, k)
        Sorted by (distance, index); -1 where there are fewer rows.
    distances : ndarray of float32, shape (m, k)
        True distances.
    """
    m = len(wanted)
    ids = np.empty((m, k), dtype=np.int32)
    distances = np.empty((m, k), dtype=np.float32)
    step = max(_LEAST_BLOCK * n_threads, int(_BLOCK_WORK / (2 * bounds.rows.size + 1)))
    for begin in range(0, m, step):  # in blocks, so that Ctrl-C is heard between them
        block = slice(begin, begin + step)
        rows = wanted[block]
        _kernels.nearest_bounded(
            table.rows[rows],
            bounds.rows[rows],
            bounds.squares[rows],
            table.rows,
            bounds.rows,
            bounds.squares,
            rows,
            root=table.metric.root,
            scale=table.scale,
            ids=ids[block],
            distances=distances[block],
            n_threads=n_threads,
        )
    return ids, distances
