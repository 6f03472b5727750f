"""Rows as the kernels see them under a metric."""

from __future__ import annotations

import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit.data import SparseRows, as_rows
from umapkit.distances import MISSING, Metric
from umapkit.neighbors._neighbors import Neighbors

Rows = NDArray[np.float32]

_BLOCK_WORK = 1e10  # numbers compared in one call of the exact kernel, half a second or so
_LEAST_BLOCK = 512  # rows a thread, so that it may take large tiles
_LAID = 1024  # rows laid out at a time
_SLOW = 60.0  # seconds, from which the user is told beforehand
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

    @property
    def compresses(self) -> bool:
        """Whether rows can be searched in a narrow space of principal axes."""
        return self.metric.compresses

    def prepare(self, X: Rows, n_threads: int) -> Rows:
        """Turn rows of the user into rows for the kernels; each row on its own."""
        if self.metric.space is not None:
            X = lay_out_rows(self.metric, X, n_threads)
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

    def read(self, Q: ArrayLike | SparseRows, n_threads: int) -> Rows:
        """Check new rows of the user.

        Raises
        ------
        ValueError
            If they have other columns, hold NaN, or the metric is not defined for them.
        """
        missing = MISSING if self.metric.missing else None
        rows = as_rows(Q, name="Q", min_rows=0, missing=missing, n_jobs=n_threads)
        d = self.X.shape[1]
        if rows.shape[1] != d:
            msg = f"Q has {rows.shape[1]} columns; the index was built on {d}. Give rows of {d}."
            raise ValueError(msg)
        self.metric.check_rows(rows, "Q")
        return rows

    def check_found(self, distances: NDArray[np.float32]) -> None:
        """Refuse distances that are not finite, unless rows may have nothing in common.

        Raises
        ------
        ValueError
            If a distance is infinite or NaN.
        """
        if not self.metric.missing:
            check_finite(distances)

    def finished(
        self, ids: NDArray[np.int32], distances: NDArray[np.float32], *, first: int = 0
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Turn distances in the kernels' space into those of the metric, from column `first` on.

        Different distances may become equal by rounding, so lists are sorted again.
        """
        if self.metric.finish is None:
            return ids, distances
        far = self.metric.finish(distances.astype(np.float64), self.metric.given)
        far = np.where(ids >= 0, far, np.inf).astype(np.float32)
        order = np.lexsort((ids[:, first:], far[:, first:]), axis=1) + first
        ids, far = ids.copy(), far
        ids[:, first:] = np.take_along_axis(ids, order, axis=1)
        far[:, first:] = np.take_along_axis(far, order, axis=1)
        return ids, far

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
        kernel = kernel_of(self.metric)
        m = queries.shape[0]
        ids = np.empty((m, k), dtype=np.int32)
        distances = np.empty((m, k), dtype=np.float32)
        offsets = self.offsets(queries, n_threads)
        # In blocks of about a second, so that Ctrl-C is heard between them.
        step = max(_LEAST_BLOCK * n_threads, int(_BLOCK_WORK / (self.rows.size + 1)))
        begun = time.perf_counter()
        for begin in range(0, m, step):
            if begin == step:
                rest = (time.perf_counter() - begun) * (m - step) / step
                warn_if_slow(self, rest, m, "looking at all")
            block = slice(begin, begin + step)
            _kernels.nearest(
                kernel,
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


def prepared_rows(X: Rows, metric: Metric, *, n_threads: int) -> Rows:
    """Lay checked rows out as the metric's kernel compares them.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d), C-contiguous
        Rows.
    metric : Metric
        How far, fitted to the training rows.
    n_threads : int
        Threads; the result does not depend on them.

    Returns
    -------
    ndarray of float32, shape (n, d) or (n, d + 1)
        `X` itself where nothing has to be laid out anew.
    """
    return X if metric.kernel is None else Table(X, metric, n_threads).rows


def warn_if_slow(table: Table, seconds: float, m: int, how: str) -> None:
    """Tell the user beforehand where m rows will take more than a minute."""
    if seconds <= _SLOW:
        return
    n, d = table.X.shape
    time_left = f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
    msg = (
        f"metric={table.metric.name!r} is searched exactly, by {how}: for {m} rows among {n} of "
        f"{d} columns that takes about {time_left}. Faster: method='descent' where the metric "
        "has it (docs/metrics.md), fewer rows, or neighbours from another library as "
        "precomputed_knn."
    )
    warnings.warn(msg, UserWarning, stacklevel=2)


def kernel_of(metric: Metric) -> int:
    """Return the number of the metric's key; raise where it has none."""
    if metric.kernel is None:
        msg = f"metric={metric.name!r} has no kernel."
        raise ValueError(msg)
    return metric.kernel


def lay_out_rows(metric: Metric, X: Rows, n_threads: int) -> Rows:
    """Rows in the space of the metric's kernel, in blocks: their float64 copies are large."""
    space = metric.space
    if space is None:
        return X
    blocks = [X[begin : begin + _LAID] for begin in range(0, max(len(X), 1), _LAID)]
    with ThreadPoolExecutor(n_threads) as pool:
        laid = list(pool.map(lambda rows: space(rows, **metric.given), blocks))
    return np.ascontiguousarray(laid[0] if len(laid) == 1 else np.concatenate(laid))


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
    if table.metric.kernel is None or table.metric.rows != "as given" or neighbors.k < 2:
        return
    if float(neighbors.distances.max()) >= _CLOSEST:
        return
    differs = (table.rows[neighbors.indices[:, -1]] != table.rows).any(axis=1)
    if differs.any():
        row = int(np.argmax(differs))
        msg = (
            f"The distances of row {row} and all others are too small for float32: values of the "
            "data lie too close together (within about 1e-18). Scale the columns, for instance by "
            "their standard deviation."
        )
        raise ValueError(msg)
