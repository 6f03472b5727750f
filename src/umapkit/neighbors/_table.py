"""Rows as the kernels see them under a metric."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.distances import Metric
from umapkit.neighbors._neighbors import Neighbors

Rows = NDArray[np.float32]

_BLOCK_WORK = 1e10  # numbers compared in one call of the exact kernel, half a second or so
_LEAST_BLOCK = 512  # rows a thread, so that it may take large tiles
_CLOSEST = 2.0**-60  # squares of smaller distances leave the normal range of float32


class Table:
    """The training rows under one metric.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d), C-contiguous
        Checked rows; kept, not copied.
    metric : Metric
        How far.
    n_threads : int
        Threads of the preparation.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, d) or (n, d + 1)
        What the kernels compare: `X` itself, or its directions (d + 1 numbers, the last of which
        is 1 for rows without a direction).
    """

    def __init__(self, X: Rows, metric: Metric, n_threads: int) -> None:
        self.X = X
        self.metric = metric
        self.rows = self.prepare(X, n_threads)
        self.scale = metric.scale_for(X.shape[1])
        self.longest = 0.0
        if metric.name == "inner_product":
            self.longest = float(np.sqrt(_squares(X, n_threads).max(initial=0.0)))

    def prepare(self, X: Rows, n_threads: int) -> Rows:
        """Turn rows of the user into rows for the kernels; each row on its own."""
        if self.metric.rows == "as given":
            return X
        out = np.empty((X.shape[0], X.shape[1] + 1), dtype=np.float32)
        _kernels.direct_rows(X, self.metric.rows == "centred direction", out, n_threads)
        return out

    def offsets(self, rows: Rows, n_threads: int) -> NDArray[np.float32] | None:
        """Return what is added to a query's keys: |q| max|x| for the inner product, else None."""
        if self.metric.name != "inner_product":
            return None
        lengths = np.sqrt(_squares(rows, n_threads))
        return (lengths * np.float32(self.longest)).astype(np.float32)

    def nearest(
        self,
        queries: Rows,
        k: int,
        n_threads: int,
        *,
        self_rows: NDArray[np.int32] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find the k nearest rows of each prepared query by looking at all.

        `self_rows` names the row that each query is, which is then not its own neighbour.
        """
        m = queries.shape[0]
        ids = np.empty((m, k), dtype=np.int32)
        distances = np.empty((m, k), dtype=np.float32)
        offsets = self.offsets(queries, n_threads)
        # In blocks of about a second, so that Ctrl-C is heard between them.
        step = max(_LEAST_BLOCK * n_threads, int(_BLOCK_WORK / (self.rows.size + 1)))
        for begin in range(0, m, step):
            block = slice(begin, begin + step)
            _kernels.nearest(
                self.metric.kernel,
                queries[block],
                self.rows,
                None if self_rows is None else self_rows[block],
                self.metric.root,
                self.scale,
                None if offsets is None else offsets[block],
                None,
                None,
                ids[block],
                distances[block],
                n_threads,
            )
        return ids, distances


def _squares(X: Rows, n_threads: int) -> NDArray[np.float32]:
    out = np.empty(X.shape[0], dtype=np.float32)
    _kernels.row_squares(X, out, n_threads)
    return out


def check_finite(distances: NDArray[np.float32], rows: NDArray[np.int32] | None = None) -> None:
    """Refuse distances that left the range of float32.

    `rows` are the numbers of the rows, where these are not 0, 1, 2 and so on.

    Raises
    ------
    ValueError
        If a distance is infinite or NaN.
    """
    if not np.isfinite(distances).all():
        row = int(np.flatnonzero(~np.isfinite(distances).all(axis=1))[0])
        row = row if rows is None else int(rows[row])
        msg = (
            f"The distances of row {row} are too large for float32: values of the data lie too far "
            "apart (beyond about 1e18). Scale the columns, for instance by their standard "
            "deviation."
        )
        raise ValueError(msg)


def check_apart(table: Table, neighbors: Neighbors) -> None:
    """Refuse rows that differ by so little that their distances vanish in float32.

    Raises
    ------
    ValueError
        If no neighbour is farther than about 1e-18, and yet not all of them are copies.
    """
    if table.metric.rows != "as given" or neighbors.k < 2:
        return
    if float(neighbors.distances.max()) >= _CLOSEST:
        return
    differs = (table.X[neighbors.indices[:, -1]] != table.X).any(axis=1)
    if differs.any():
        row = int(np.argmax(differs))
        msg = (
            f"The distances of row {row} and all others are too small for float32: values of the "
            "data lie too close together (within about 1e-18). Scale the columns, for instance by "
            "their standard deviation."
        )
        raise ValueError(msg)
