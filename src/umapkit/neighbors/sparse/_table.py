"""The sparse training rows under one metric."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.data import SparseRows
from umapkit.distances import Metric
from umapkit.neighbors.sparse._columns import Columns
from umapkit.neighbors.sparse._measures import measure_of
from umapkit.neighbors.sparse._prepared import Prepared, prepare

_BLOCK_WORK = 1e9  # pairs of entries that meet in one call, a second or so
_LEAST_BLOCK = 64  # rows a thread


class SparseTable:
    """The training rows under one metric; what `neighbors._table.Table` is to dense rows.

    Parameters
    ----------
    X : SparseRows
        Kept, not copied.
    metric : Metric
        One with `takes_sparse`.
    n_threads : int
        Threads of the preparation.
    """

    def __init__(self, X: SparseRows, metric: Metric, n_threads: int) -> None:
        self.X = X
        self.metric = metric.learned(X)
        measure = measure_of(self.metric)
        if measure is None:
            msg = f"metric={metric.name!r} has no kernel for sparse rows."
            raise ValueError(msg)
        self.measure = measure
        self.rows = prepare(X, self.measure, n_threads)

    @cached_property
    def columns(self) -> Columns:
        """The prepared rows by columns."""
        return Columns.of(self.rows.rows)[0]

    @property
    def how(self) -> tuple[int, int, bool, float, float]:
        """Sum, formula, root, scale and order, as the kernels take them."""
        measure = self.measure
        scale = 1.0 / self.X.n_columns if measure.scale is None else measure.scale
        return measure.kernel, measure.formula, measure.root, scale, measure.order

    @property
    def cost(self) -> float:
        """About how many nanoseconds of one core it takes when all rows look at all."""
        n = float(len(self.X))
        if self.measure.pairwise:
            return (20.0 if self.measure.dear else 3.0) * n * self.X.n_entries
        entry, pair = (30.0, 40.0) if self.measure.dear else (1.0, 0.5)
        return entry * self.columns.cost + pair * n * n

    def prepare(self, rows: SparseRows, n_threads: int) -> Prepared:
        """Turn rows of the user into rows for the kernels; each row on its own."""
        return prepare(rows, self.measure, n_threads)

    def nearest(
        self,
        queries: Prepared,
        k: int,
        n_threads: int,
        *,
        self_rows: NDArray[np.int32] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find the k nearest rows of each prepared query by looking at all.

        `self_rows` names the row that each query is, which is then not its own neighbour.
        """
        m = len(queries.rows)
        ids = np.empty((m, k), dtype=np.int32)
        distances = np.empty((m, k), dtype=np.float32)
        # In blocks of about a second, so that Ctrl-C is heard between them.
        share = self.cost / max(len(self.X), 1)
        step = max(_LEAST_BLOCK * n_threads, int(_BLOCK_WORK / (share + 1)))
        for begin in range(0, m, step):
            block = slice(begin, begin + step)
            some = queries if m <= step else queries[np.arange(m)[block]]
            _kernels.sparse_nearest(
                *self.how,
                some.kernel,
                self.rows.kernel,
                self.columns.kernel,
                None if self_rows is None else self_rows[block],
                ids[block],
                distances[block],
                n_threads,
            )
        return ids, distances
