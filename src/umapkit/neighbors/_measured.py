"""Exact neighbours under a metric that no kernel computes: every pair by its formula.

A query's distances are measured for itself alone, past parts of the table whose size depends on the
table only. So its bits depend neither on the other queries nor on the number of threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import one_blas_thread
from umapkit.distances import (
    SINKHORN_ROUNDS,
    SINKHORN_TOLERANCE,
    FromCounts,
    FromFunction,
    dtw,
    entropic_kernel,
    kantorovich,
    sinkhorn,
    time_first,
)
from umapkit.neighbors._table import Rows, Table, warn_if_slow

_PART = 1 << 17  # numbers of the table at a time: 1 MiB in float64
_BY_SCIPY = ("braycurtis", "canberra")
_COUNTED = 64  # queries at a time for truth values
_FEW = 1 << 24  # distances in a block of queries, so that Ctrl-C is heard between blocks

Far = NDArray[np.float64]


class MeasuredTable(Table):
    """The training rows under a metric that is measured by its formula.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, d) or, for truth values, (n, columns)
        What is compared.
    """

    def prepare(self, X: Rows, n_threads: int) -> Rows:
        """Turn rows into 0 and 1, or into series step by step; else leave them."""
        del n_threads
        formula = self.metric.formula
        if formula is dtw:
            return time_first(X, self.metric.given["shape"], self.metric.given["axis"])
        return formula.truths(X) if isinstance(formula, FromCounts) else X

    def nearest(
        self,
        queries: Rows,
        k: int,
        n_threads: int,
        *,
        self_rows: NDArray[np.int32] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find the k nearest rows of each prepared query by looking at all.

        Warns when that will take more than a minute.
        """
        m, n = len(queries), len(self.rows)
        ids = np.empty((m, k), dtype=np.int32)
        distances = np.empty((m, k), dtype=np.float32)
        if m == 0 or k == 0:
            return ids, distances
        measure = _measure_of(self)
        serial = isinstance(self.metric.formula, FromFunction)  # it may not expect threads

        def search(block: slice) -> None:
            rows = range(*block.indices(m))
            with np.errstate(all="ignore"):
                for row, far in zip(rows, measure(queries[block]), strict=True):
                    itself = -1 if self_rows is None else int(self_rows[row])
                    ids[row], distances[row] = choose(far, k, itself, self._say(row, itself))

        step = max(1, min(_COUNTED, _FEW // n))
        blocks = [slice(begin, min(begin + step, m)) for begin in range(0, m, step)]
        with one_blas_thread():
            begun = time.perf_counter()
            search(blocks[0])
            took = (time.perf_counter() - begun) * (len(blocks) - 1)
            workers = 1 if serial else n_threads
            warn_if_slow(
                self, took / workers, m, "calls of your function" if serial else "its formula"
            )
            if workers == 1:
                for block in blocks[1:]:
                    search(block)
            else:
                pool = ThreadPoolExecutor(workers)
                try:
                    for done in [pool.submit(search, block) for block in blocks[1:]]:
                        done.result()
                finally:
                    pool.shutdown(cancel_futures=True)
        return ids, distances

    def check_found(self, distances: NDArray[np.float32]) -> None:
        """Refuse lists that are not full; a function of the user is told what to return.

        Raises
        ------
        ValueError
            If a distance is infinite.
        """
        if not isinstance(self.metric.formula, FromFunction):
            super().check_found(distances)
            return
        short = ~np.isfinite(distances).all(axis=1)
        if short.any():
            row = int(np.argmax(short))
            has, needed = int(np.isfinite(distances[row]).sum()), distances.shape[1]
            msg = (
                f"metric={self.metric.name!r}: row {row} has {has} finite distances to others (up "
                f"to 3.4e38), and {needed} are needed. Return finite numbers, or ask for fewer "
                "neighbours."
            )
            raise ValueError(msg)

    def _say(self, row: int, itself: int) -> Callable[[int], str]:
        which = f"row {itself}" if itself >= 0 else f"row {row} of the new rows"
        return lambda other: f"metric={self.metric.name!r}: the distance of {which} to row {other}"


def choose(
    far: NDArray[np.floating], k: int, itself: int, say: Callable[[int], str]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Choose the k nearest by (distance, index), without the row itself; infinite ones are none.

    Raises
    ------
    ValueError
        If a distance is NaN or negative; ``say(j)`` begins the message.
    """
    with np.errstate(over="ignore"):
        rounded = far.astype(np.float32)  # a copy, whatever it was
    wrong = ~(rounded >= 0)
    if itself >= 0:
        wrong[itself] = False
        rounded[itself] = np.inf
    if wrong.any():
        other = int(np.argmax(wrong))
        msg = f"{say(other)} is {far[other]!s}. Distances must be numbers, 0 or more."
        raise ValueError(msg)
    ids = np.full(k, -1, dtype=np.int32)
    distances = np.full(k, np.inf, dtype=np.float32)
    some = min(k, len(rounded))
    limit = np.partition(rounded, some - 1)[some - 1]
    within = np.flatnonzero(rounded <= limit)
    within = within[np.argsort(rounded[within], kind="stable")[:some]]
    distances[:some] = rounded[within]
    ids[:some] = np.where(np.isfinite(distances[:some]), within, -1)
    return ids, distances


def _measure_of(table: MeasuredTable) -> Callable[[Rows], Iterator[Far]]:
    """Return what yields the distances of each of some queries to the whole table."""
    formula = table.metric.formula
    if isinstance(formula, FromCounts):
        return _by_counts(table.rows, formula)
    keywords = dict(table.metric.shown)
    if formula is dtw:
        return _by_warping(table.rows, **keywords)
    if table.metric.name in _BY_SCIPY and not isinstance(formula, FromFunction):
        return _by_scipy(table.rows, table.metric.name)
    if formula is kantorovich or formula is sinkhorn:
        return _by_transport(table.rows, table.metric.given)
    part = max(1, _PART // table.rows.shape[1])

    def measure(queries: Rows) -> Iterator[Far]:
        for i in range(len(queries)):
            parts = [
                formula(queries[i : i + 1], table.rows[begin : begin + part], **keywords)[0]
                for begin in range(0, len(table.rows), part)
            ]
            yield np.concatenate(parts)

    return measure


def _by_counts(rows: Rows, formula: FromCounts) -> Callable[[Rows], Iterator[Far]]:
    """Products of rows of 0 and 1 are whole numbers: exact, however BLAS sums them."""
    counted = rows.sum(axis=1, dtype=np.float64)
    columns = rows.shape[1]

    def measure(queries: Rows) -> Iterator[Far]:
        both = (queries @ rows.T).astype(np.float64)
        own = queries.sum(axis=1, dtype=np.float64)[:, None]
        yield from formula.counts(both, own, counted[None, :], columns)

    return measure


def _by_scipy(rows: Rows, name: Any) -> Callable[[Rows], Iterator[Far]]:
    """SciPy's loops in C measure the same, several times faster than NumPy's temporary arrays."""
    from scipy.spatial.distance import cdist

    wide = rows.astype(np.float64)
    distances: Callable[..., Any] = cdist  # its types know no names of metrics

    def measure(queries: Rows) -> Iterator[Far]:
        for i in range(len(queries)):
            far = distances(queries[i : i + 1].astype(np.float64), wide, name)[0]
            yield np.where(np.isfinite(far), far, 0.0)  # over 0: zero rows, or opposite ones

    return measure


def _by_warping(
    rows: Rows, *, shape: NDArray[np.int64], axis: int, cost: str
) -> Callable[[Rows], Iterator[Far]]:
    """Series have a kernel of their own: ``cpp/include/umapkit/warp.hpp``."""

    def measure(queries: Rows) -> Iterator[Far]:
        costs = np.empty((len(queries), len(rows)))
        queries = np.ascontiguousarray(queries)
        _kernels.warp_rows(queries, rows, int(shape[axis]), cost == "path_mse", costs)
        yield from costs

    return measure


def _by_transport(rows: Rows, given: Mapping[str, Any]) -> Callable[[Rows], Iterator[Far]]:
    """Histograms have kernels of their own: ``cpp/include/umapkit/transport.hpp``."""
    cost = given["cost"]
    kernel = entropic_kernel(given) if "regularization" in given else None

    def measure(queries: Rows) -> Iterator[Far]:
        for i in range(len(queries)):
            costs = np.empty((1, len(rows)))
            query = np.ascontiguousarray(queries[i : i + 1])
            if kernel is None:
                _kernels.transport_rows(query, rows, cost, costs)
            else:
                _kernels.sinkhorn_rows(
                    query, rows, kernel, cost, SINKHORN_ROUNDS, SINKHORN_TOLERANCE, costs
                )
            yield costs[0]

    return measure
