"""Exact neighbours among rows of truth values: 64 of them to a word."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.distances import METRICS, FromCounts, Metric
from umapkit.neighbors._table import Rows, Table, warn_if_slow

# Formulas of counts: `enum class CountMetric` in cpp/include/umapkit/counts.hpp.
_FORMULAS = {
    "jaccard": 0,
    "bit_jaccard": 0,
    "dice": 1,
    "matching": 2,
    "kulsinski": 3,
    "rogerstanimoto": 4,
    "sokalmichener": 4,
    "russellrao": 5,
    "sokalsneath": 6,
    "yule": 7,
    "bit_hamming": 8,
    "hamming": 9,
}
_BLOCK_WORK = 2e9  # words compared in one call, a second or so
_LEAST_BLOCK = 64  # rows a thread
_PACKED = 1024  # rows packed at a time


def packs(metric: Metric, rows: Rows) -> bool:
    """Whether rows can be searched as bits: truth values, or, for hamming, zeros and ones."""
    known = METRICS.get(metric.name)
    if known is None or known.formula is not metric.formula or metric.name not in _FORMULAS:
        return False
    return metric.name != "hamming" or _zeros_and_ones(rows)


class BitTable(Table):
    """The training rows under a metric that counts, one bit a truth value.

    Under hamming a column takes two bits, one for each of the values 0 and 1: a query that holds
    another value has none of them, and equals no row there.

    Attributes
    ----------
    rows : ndarray of uint64, shape (n, words)
        What is compared.
    columns : int
        Truth values of a row.
    """

    def __init__(self, X: Rows, metric: Metric, n_threads: int) -> None:
        formula = metric.formula
        self.packed = isinstance(formula, FromCounts) and formula.packed
        self.columns = X.shape[1] * (8 if self.packed else 1)
        super().__init__(X, metric, n_threads)

    @property
    def compresses(self) -> bool:
        """Bits have no principal axes."""
        return False

    def prepare(self, X: Rows, n_threads: int) -> Any:
        """Pack rows; each on its own."""
        del n_threads
        sides = 2 if self.metric.name == "hamming" else 1
        size = -(-self.columns // 64) * 8
        out = np.zeros((len(X), sides * size), dtype=np.uint8)
        for begin in range(0, len(X), _PACKED):
            block = slice(begin, begin + _PACKED)
            if self.packed:
                out[block, : self.columns // 8] = X[block].astype(np.uint8)
                continue
            values = (X[block] == 1, X[block] == 0) if sides == 2 else (X[block] != 0,)
            for side, value in enumerate(values):
                bits = np.packbits(value, axis=1)
                out[block, side * size : side * size + bits.shape[1]] = bits
        return out.view(np.uint64)

    def finished(
        self, ids: NDArray[np.int32], distances: NDArray[np.float32], *, first: int = 0
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the lists: their distances are those of the metric."""
        del first
        return ids, distances

    def nearest(
        self,
        queries: Any,
        k: int,
        n_threads: int,
        *,
        self_rows: NDArray[np.int32] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find the k nearest rows of each prepared query by looking at all."""
        m = len(queries)
        words: Any = self.rows
        ids = np.empty((m, k), dtype=np.int32)
        distances = np.empty((m, k), dtype=np.float32)
        if k == 0:
            return ids, distances
        step = max(_LEAST_BLOCK * n_threads, int(_BLOCK_WORK / words.size))
        begun = time.perf_counter()
        for begin in range(0, m, step):
            if begin == step:
                rest = (time.perf_counter() - begun) * (m - step) / step
                warn_if_slow(self, rest, m, "looking at all")
            block = slice(begin, begin + step)
            _kernels.nearest_bits(
                _FORMULAS[self.metric.name],
                queries[block],
                words,
                self.columns,
                None if self_rows is None else self_rows[block],
                ids[block],
                distances[block],
                n_threads,
            )
        return ids, distances


def _zeros_and_ones(rows: Rows) -> bool:
    return all(
        ((rows[begin : begin + _PACKED] == 0) | (rows[begin : begin + _PACKED] == 1)).all()
        for begin in range(0, len(rows), _PACKED)
    )
