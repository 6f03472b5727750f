"""Neighbours of sparse training rows, and of new ones."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._threads import resolve_n_jobs
from umapkit.data import SparseRows, as_sparse_rows
from umapkit.distances import Metric
from umapkit.neighbors._index import NeighborIndex, check_count, read_metric, state_of_lists
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors._table import check_finite
from umapkit.neighbors.sparse._measures import takes_sparse
from umapkit.neighbors.sparse._table import SparseTable


class SparseIndex(NeighborIndex):
    """Sparse rows with their neighbours, ready for new rows. Made by `build_index`.

    Attributes are those of `NeighborIndex`. Queries look at all rows, whatever `method` is: they
    cost the entries of the query's own columns.
    """

    def __init__(
        self,
        table: SparseTable,
        neighbors: Neighbors,
        *,
        method: Literal["exact", "descent"],
        recall: float,
        seed: int,
    ) -> None:
        self._sparse = table
        self.neighbors = neighbors
        self.method: Literal["exact", "descent"] = method
        self.recall = recall
        self.seed = seed

    @property
    def data(self) -> SparseRows:
        """The training rows, shape (n, d)."""
        return self._sparse.X

    @property
    def metric(self) -> Metric:
        """The card of the metric."""
        return self._sparse.metric

    @property
    def width(self) -> int:
        """Columns of the rows."""
        return self.data.n_columns

    def query(self, Q: ArrayLike | SparseRows, k: int, *, n_jobs: int | None = None) -> Neighbors:
        """Find the k nearest training rows of new rows, dense or sparse.

        The answer of a row does not depend on the other rows of `Q`, nor on threads; it is the
        same for a dense row and for the sparse row with the same values.

        Parameters, returns and errors are those of `NeighborIndex.query`.
        """
        n_threads = resolve_n_jobs(n_jobs)
        rows = as_sparse_rows(Q, name="Q", min_rows=0, n_jobs=n_threads)
        n, d = self.data.shape
        if rows.n_columns != d:
            msg = f"Q has {rows.n_columns} columns; the index was built on {d}. Give rows of {d}."
            raise ValueError(msg)
        check_count(k, n)
        ids, distances = self._sparse.nearest(self._sparse.prepare(rows, n_threads), k, n_threads)
        check_finite(distances)
        return Neighbors(ids, distances)

    def state_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return what :meth:`from_state` needs: arrays, and plain numbers and strings."""
        arrays, numbers = state_of_lists(self)
        return {**self.data.arrays(), **arrays}, numbers

    @classmethod
    def from_state(
        cls,
        arrays: dict[str, NDArray[Any]],
        numbers: dict[str, Any],
        *,
        n_jobs: int | None = None,
    ) -> SparseIndex:
        """Rebuild an index without searching; its queries give the same bits.

        Raises
        ------
        ValueError
            If the arrays are damaged, or the metric is none for sparse rows.
        """
        rows = SparseRows.from_arrays(arrays)
        metric = read_metric(arrays, numbers)
        indices = arrays["indices"]
        inside = indices.size == 0 or (indices.min() >= 0 and indices.max() < len(rows))
        if len(indices) != len(rows) or not inside or not takes_sparse(metric):
            msg = (
                "The index is damaged: its neighbours do not fit its sparse rows, or its metric "
                f"{metric.name!r} is none for them. Save the model again."
            )
            raise ValueError(msg)
        return cls(
            SparseTable(rows, metric, resolve_n_jobs(n_jobs)),
            Neighbors(np.ascontiguousarray(indices), arrays["distances"]),
            method=numbers["method"],
            recall=numbers["recall"],
            seed=numbers["seed"],
        )
