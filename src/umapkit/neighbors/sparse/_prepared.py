"""Sparse rows as the kernels see them under a metric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.data import SparseRows
from umapkit.neighbors.sparse._measures import SparseMeasure

# Two entries of a row whose values are all the same: opposite, so that a shift of the other row's
# coordinates cancels, and of length one together.
_HALF = np.float32(np.sqrt(0.5))


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows for the kernels.

    Attributes
    ----------
    rows : SparseRows
        Entries; rows without a direction have one in a column behind the last.
    shifts : ndarray of float64, shape (n,), or None
        What is to be added to every coordinate of a row.
    sums : ndarray of float64, shape (2, n)
        What a row brings to every sum.
    n_columns : int
        Columns of the rows as given.
    """

    rows: SparseRows
    shifts: NDArray[np.float64] | None
    sums: NDArray[np.float64]
    n_columns: int

    @cached_property
    def kernel(self) -> _kernels.SparseRows:
        """What the kernels take."""
        rows = self.rows
        return _kernels.SparseRows(
            rows.indptr, rows.indices, rows.values, self.n_columns, self.shifts, self.sums
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "kernel"}

    def __getitem__(self, index: NDArray[np.integer]) -> Prepared:
        shifts = None if self.shifts is None else self.shifts[index]
        sums = np.ascontiguousarray(self.sums[:, index])
        return Prepared(self.rows[index], shifts, sums, self.n_columns)


def prepare(rows: SparseRows, measure: SparseMeasure, n_threads: int) -> Prepared:
    """Turn rows of the user into rows for the kernels; each row on its own.

    Raises
    ------
    ValueError
        If a value is negative where the metric compares distributions or counts, or a row is empty
        where it compares counts.
    """
    shifts = None
    if measure.rows in ("root", "counts"):
        _check_counts(rows, filled=measure.rows == "counts")
    if measure.rows in ("as given", "counts"):
        ready = rows
    elif measure.rows == "centred direction":
        ready, shifts = _centred(rows)
    else:
        ready = directions(_roots(rows) if measure.rows == "root" else rows)
    sums = np.empty((2, len(rows)))
    bare = _kernels.SparseRows(
        ready.indptr, ready.indices, ready.values, rows.n_columns, shifts, None
    )
    _kernels.sparse_row_sums(measure.kernel, measure.order, bare, sums, n_threads)
    return Prepared(ready, shifts, sums, rows.n_columns)


def _lines(rows: SparseRows) -> NDArray[np.intp]:
    return np.repeat(np.arange(len(rows)), np.diff(rows.indptr))


def _sums(lines: NDArray[np.intp], weights: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    # bincount adds one entry after the other: a row's sum does not depend on the other rows.
    return np.asarray(np.bincount(lines, weights=weights, minlength=n), dtype=np.float64)


def directions(rows: SparseRows) -> SparseRows:
    """Scale rows to length one; an empty row gets a 1 in a column behind the last."""
    lines, values = _lines(rows), rows.values.astype(np.float64)
    lengths = np.sqrt(_sums(lines, values**2, len(rows)))
    scaled = SparseRows(
        rows.indptr, rows.indices, (values / lengths[lines]).astype(np.float32), rows.n_columns
    )
    empty = np.flatnonzero(np.diff(rows.indptr) == 0)
    return _with_entries(scaled, empty, np.ones((len(empty), 1), dtype=np.float32))


def _check_counts(rows: SparseRows, *, filled: bool) -> None:
    if (rows.values < 0).any():
        entry = int(np.argmax(rows.values < 0))
        row = int(np.searchsorted(rows.indptr, entry, side="right")) - 1
        msg = (
            f"This metric compares histograms, whose values are not negative; row {row}, column "
            f"{rows.indices[entry]} holds {rows.values[entry]:g}. Give counts or probabilities, "
            "or take another metric."
        )
        raise ValueError(msg)
    lengths = np.diff(rows.indptr)
    if filled and len(lengths) and lengths.min() == 0:
        msg = (
            f"Row {int(lengths.argmin())} holds zeros only; this metric compares counts. Leave "
            "such rows out."
        )
        raise ValueError(msg)


def _roots(rows: SparseRows) -> SparseRows:
    roots = np.sqrt(rows.values.astype(np.float64))
    # Roots of float32 values lie far inside its range, so none becomes 0 here.
    return SparseRows(rows.indptr, rows.indices, roots.astype(np.float32), rows.n_columns)


def _centred(rows: SparseRows) -> tuple[SparseRows, NDArray[np.float64]]:
    """Rows less their means, of length one: entries, and what is added to every coordinate."""
    n, d = rows.shape
    lines, values = _lines(rows), rows.values.astype(np.float64)
    counts = np.diff(rows.indptr)
    means = _sums(lines, values, n) / d
    squares = _sums(lines, (values - means[lines]) ** 2, n) + (d - counts) * means**2
    flat = counts == 0
    for row in np.flatnonzero(counts == d).tolist():
        mine = rows.values[rows.indptr[row] : rows.indptr[row + 1]]
        flat[row] = bool((mine == mine[0]).all())
    lengths = np.sqrt(np.where(flat, 1.0, squares))
    scaled = SparseRows(
        rows.indptr, rows.indices, (values / lengths[lines]).astype(np.float32), rows.n_columns
    )
    shifts = np.where(flat, 0.0, -means / lengths)
    if flat.any():
        scaled = _without(scaled, flat)
        which = np.flatnonzero(flat)
        pairs = np.tile(np.array([_HALF, -_HALF], dtype=np.float32), (len(which), 1))
        scaled = _with_entries(scaled, which, pairs)
    return scaled, shifts


def _without(rows: SparseRows, which: NDArray[np.bool_]) -> SparseRows:
    """Take all entries out of some rows."""
    counts = np.diff(rows.indptr)
    kept = ~np.repeat(which, counts)
    indptr = np.concatenate(([0], np.cumsum(np.where(which, 0, counts))))
    return SparseRows(indptr, rows.indices[kept], rows.values[kept], rows.n_columns)


def _with_entries(
    rows: SparseRows, which: NDArray[np.intp], values: NDArray[np.float32]
) -> SparseRows:
    """Give empty rows entries in columns behind the last; `values` has one line a row."""
    more = values.shape[1]
    if len(which) == 0:
        return SparseRows(rows.indptr, rows.indices, rows.values, rows.n_columns + more)
    at = np.repeat(rows.indptr[which], more)
    columns = np.tile(np.arange(rows.n_columns, rows.n_columns + more), len(which))
    counts = np.diff(rows.indptr)
    counts[which] = more
    return SparseRows(
        np.concatenate(([0], np.cumsum(counts))),
        np.insert(rows.indices, at, columns.astype(np.int32)),
        np.insert(rows.values, at, values.ravel()),
        rows.n_columns + more,
    )
