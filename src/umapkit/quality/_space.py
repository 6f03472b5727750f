"""The data's side of a score: who is near, and who has which rank, under any metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit._threads import one_blas_thread
from umapkit.distances import FromFunction, Metric, resolve_metric
from umapkit.neighbors import prepared_rows
from umapkit.quality._check import as_matrix
from umapkit.quality._near import blocks, nearest

Rows = NDArray[np.float32]
Keys = NDArray[np.float64]
MetricLike = str | Metric | Callable[..., Any]

# Squared, Manhattan, Chebyshev, Hamming have the same numbers in distances/_card.py and in
# cpp/include/umapkit/distance_rows.hpp.
_SQUARE, _LAST_COLUMNWISE = 0, 3
# Distances held at a time: 32 MiB.
_TABLE = 1 << 22
_PART = 1 << 17  # numbers of the table at a time, for formulas


@dataclass(frozen=True)
class Space:
    """Rows under a metric, compared by keys: numbers that ascend with the distance.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, columns)
        What is compared: the rows, or rows laid out anew.
    metric : Metric or None
        How far; None for Euclidean rows as they are (a map).
    """

    rows: Rows
    metric: Metric | None

    @property
    def kernel(self) -> int | None:
        """Number of the kernel's key; None where the formula measures."""
        if self.metric is None:
            return _SQUARE
        kernel = self.metric.kernel
        return kernel if kernel is not None and kernel <= _LAST_COLUMNWISE else None

    def prepare(self, Q: ArrayLike, name: str, n_threads: int) -> Rows:
        """Lay out other rows as these are; each on its own."""
        rows = as_matrix(Q, name)
        if self.metric is not None:
            return prepared_rows(rows, self.metric, n_threads=n_threads)
        return rows

    def nearest(
        self, queries: Rows, own: NDArray[np.int64], k: int, n_threads: int
    ) -> tuple[NDArray[np.int32], Keys]:
        """Return indices and keys, (m, k), of the k nearest rows by (key, index).

        `own` names the row that each query is, which is left out; -1 where it is none.
        """
        if self.kernel == _SQUARE:
            return nearest(self.rows, queries, own, k, n_threads)
        indices = np.empty((len(queries), k), dtype=np.int32)
        keys = np.empty((len(queries), k))
        for first, far in self._tables(queries, own, n_threads):
            for i, row in enumerate(far, start=first):
                limit = np.partition(row, k - 1)[k - 1]
                within = np.flatnonzero(row <= limit)
                indices[i] = within[np.argsort(row[within], kind="stable")[:k]]
                keys[i] = row[indices[i]]
        return indices, keys

    def ranks(
        self, queries: Rows, own: NDArray[np.int64], listed: NDArray[np.int32], n_threads: int
    ) -> NDArray[np.int32]:
        """Rank of listed rows (m, k) among all rows by (key, index); the nearest has rank 1."""
        ranks = np.empty_like(listed)
        if self.kernel == _SQUARE:
            for block in blocks(self.rows, len(queries)):
                _kernels.quality_rank_rows(
                    self.rows, queries[block], own[block], listed[block], ranks[block], n_threads
                )
            return ranks
        everyone = np.arange(len(self.rows))
        for first, far in self._tables(queries, own, n_threads):
            some = listed[first : first + len(far)]
            for j, column in enumerate(some.T):
                reached = np.take_along_axis(far, column[:, None].astype(np.int64), axis=1)
                before = (far < reached).sum(axis=1)
                before += ((far == reached) & (everyone < column[:, None])).sum(axis=1)
                ranks[first : first + len(far), j] = before + 1
        return ranks

    def listed(self, queries: Rows, listed: NDArray[np.int32], n_threads: int) -> Keys:
        """Return keys (m, k) of the listed rows."""
        keys = np.empty(listed.shape)
        if self.kernel == _SQUARE:
            _kernels.quality_listed_distances(
                self.rows, queries, np.ascontiguousarray(listed), keys, n_threads
            )
            return keys
        if self.kernel is None and not self._by_parts:
            # These keys count from the longest row of the table, so they need all of it.
            for first, far in self._tables(queries, np.full(len(queries), -1), n_threads):
                some = listed[first : first + len(far)].astype(np.int64)
                keys[first : first + len(far)] = np.take_along_axis(far, some, axis=1)
            return keys

        def measure(i: int) -> None:
            rows = np.ascontiguousarray(self.rows[listed[i]])
            if self.kernel is not None:
                _kernels.quality_distance_rows(
                    self.kernel, rows, queries[i : i + 1], keys[i : i + 1], 1
                )
            else:
                keys[i] = self._between(queries[i : i + 1], rows)[0]

        self._each(measure, len(queries), n_threads)
        return keys

    def tables(
        self, queries: Rows, own: NDArray[np.int64], n_threads: int
    ) -> Iterator[tuple[int, Keys]]:
        """Yield (first query, keys of some queries to all rows); a query's own key is infinite."""
        return self._tables(queries, own, n_threads)

    def distances(self, keys: Keys) -> Keys:
        """Turn keys into distances of the metric."""
        if self.metric is None:
            return np.sqrt(keys)
        if self.kernel is None:
            return keys
        width = self.rows.shape[1]
        found = np.sqrt(keys) if self.metric.root else keys * self.metric.scale_for(width)
        finish = self.metric.finish
        return found if finish is None else finish(found, self.metric.given)

    @property
    def _by_parts(self) -> bool:
        return self.metric is None or self.metric.name != "inner_product"

    def _tables(
        self, queries: Rows, own: NDArray[np.int64], n_threads: int
    ) -> Iterator[tuple[int, Keys]]:
        n = len(self.rows)
        step = max(1, min(256, _TABLE // n))
        for first in range(0, len(queries), step):
            some = queries[first : first + step]
            far = np.empty((len(some), n))
            if self.kernel is not None:
                _kernels.quality_distance_rows(self.kernel, self.rows, some, far, n_threads)
            else:
                self._by_formula(some, far, n_threads)
            mine = own[first : first + step]
            there = np.flatnonzero(mine >= 0)
            far[there, mine[there]] = np.inf
            yield first, far

    def _by_formula(self, queries: Rows, far: Keys, n_threads: int) -> None:
        n, width = self.rows.shape
        part = max(1, _PART // width) if self._by_parts else n

        def measure(i: int) -> None:
            for begin in range(0, n, part):
                rows = self.rows[begin : begin + part]
                far[i, begin : begin + part] = self._between(queries[i : i + 1], rows)[0]

        with one_blas_thread():
            self._each(measure, len(queries), n_threads)
        if np.isnan(far).any():
            name = "" if self.metric is None else self.metric.name
            msg = f"metric={name!r} gives NaN for some rows, which have no rank."
            raise ValueError(msg)

    def _between(self, queries: Rows, rows: Rows) -> Keys:
        assert self.metric is not None
        with np.errstate(all="ignore"):
            return np.asarray(self.metric.between(queries, rows), dtype=np.float64)

    def _each(self, measure: Callable[[int], None], m: int, n_threads: int) -> None:
        serial = self.metric is not None and isinstance(self.metric.formula, FromFunction)
        if n_threads == 1 or serial:  # the user's function may not expect threads
            for i in range(m):
                measure(i)
            return
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(measure, range(m)))


def space_of(
    X: ArrayLike,
    metric: MetricLike = "euclidean",
    metric_kwds: Mapping[str, Any] | None = None,
    *,
    name: str = "X",
    n_threads: int = 1,
) -> Space:
    """Rows of the user under a metric of the registry, or a function of theirs."""
    card = resolve_metric(metric, metric_kwds)
    rows = as_matrix(X, name)
    card = card.fitted(rows, name)
    return Space(prepared_rows(rows, card, n_threads=n_threads), card)


def map_space(embedding: ArrayLike, name: str = "embedding") -> Space:
    """Points of a map, by Euclidean distance."""
    return Space(as_matrix(embedding, name), None)
