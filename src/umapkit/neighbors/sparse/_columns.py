"""A sparse table by columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.data import SparseRows


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a table that have entries.

    Attributes
    ----------
    names : ndarray of int32, shape (u,)
        Which columns, ascending.
    starts : ndarray of int64, shape (u + 1,)
        Where each begins.
    rows, values : ndarray of int32 and float32, shape (entries,)
        Its entries, rows ascending.
    n_rows : int
        Rows of the table.
    """

    names: NDArray[np.int32]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    values: NDArray[np.float32]
    n_rows: int

    @classmethod
    def of(cls, table: SparseRows) -> tuple[Columns, SparseRows]:
        """Turn a table over; also return it with its columns numbered by their place in `names`."""
        n, d = table.shape
        if d <= 8 * table.n_entries + 2**20:
            used = np.bincount(table.indices, minlength=d) > 0
            names = np.flatnonzero(used).astype(np.int32)
            numbers = (np.cumsum(used) - 1).astype(np.int32)[table.indices]
        else:
            names, inverse = np.unique(table.indices, return_inverse=True)
            numbers = inverse.astype(np.int32)
        numbered = SparseRows(table.indptr, numbers, table.values, max(len(names), 1))
        across = scipy.sparse.csr_array(
            (table.values, numbers, table.indptr), shape=(n, len(names))
        ).tocsc()
        columns = cls(
            names,
            across.indptr.astype(np.int64),
            across.indices.astype(np.int32),
            np.ascontiguousarray(across.data, dtype=np.float32),
            n,
        )
        return columns, numbered

    @cached_property
    def kernel(self) -> _kernels.SparseColumns:
        """What the kernels take."""
        return _kernels.SparseColumns(self.names, self.starts, self.rows, self.values, self.n_rows)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "kernel"}

    @property
    def cost(self) -> float:
        """Pairs of entries that meet when every row of the table looks at all."""
        return float((np.diff(self.starts).astype(np.float64) ** 2).sum())
