"""Rows that stay sparse: compressed, canonical, float32."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from umapkit import _kernels

_MOST_COLUMNS = 2**31 - 2  # column numbers are int32, and one is kept free


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A checked table of sparse rows, as the kernels read them.

    In every row columns ascend, no column stands twice, and no value is 0: two rows are equal
    exactly if their columns and values are. Like an array it has a length and a shape, and
    ``rows[index]`` picks rows by numbers, by a mask or by a slice.

    Attributes
    ----------
    indptr : ndarray of int64, shape (n + 1,)
        Where each row begins.
    indices : ndarray of int32, shape (entries,)
        Columns.
    values : ndarray of float32, shape (entries,)
        Finite values.
    n_columns : int
        Number of columns, d.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: NDArray[np.float32]
    n_columns: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, index: Any) -> SparseRows:
        which = np.arange(len(self))[index]
        starts = self.indptr[which]
        lengths = self.indptr[which + 1] - starts
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        entries = np.repeat(starts - indptr[:-1], lengths) + np.arange(indptr[-1])
        return SparseRows(indptr, self.indices[entries], self.values[entries], self.n_columns)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), self.n_columns

    @property
    def n_entries(self) -> int:
        """Values that are not 0."""
        return len(self.values)

    @cached_property
    def kernel(self) -> _kernels.SparseRows:
        """What the kernels take."""
        return _kernels.SparseRows(self.indptr, self.indices, self.values, self.n_columns)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "kernel"}

    def to_csr(self) -> scipy.sparse.csr_array:
        """Give the rows as a SciPy array, which shares their memory."""
        return scipy.sparse.csr_array((self.values, self.indices, self.indptr), shape=self.shape)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays to save; see `from_arrays`."""
        return {
            "rows.indptr": self.indptr,
            "rows.indices": self.indices,
            "rows.values": self.values,
            "rows.shape": np.array(self.shape, dtype=np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> SparseRows:
        """Read what `arrays` gave, which may come from a damaged file.

        Raises
        ------
        ValueError
            If the arrays are no canonical sparse rows.
        """
        indptr, indices, values, shape = (
            arrays[f"rows.{name}"] for name in ("indptr", "indices", "values", "shape")
        )
        kinds = ((indptr, np.int64), (indices, np.int32), (values, np.float32), (shape, np.int64))
        fits = (
            all(array.ndim == 1 and array.dtype == kind for array, kind in kinds)
            and len(shape) == 2
            and len(indptr) == shape[0] + 1
            and len(indices) == len(values) == indptr[-1]
            and indptr[0] == 0
            and bool((np.diff(indptr) >= 0).all())
            and 1 <= shape[1] <= _MOST_COLUMNS
            and bool(np.isfinite(values).all() and values.all())
            and _ascend(indptr, indices, int(shape[1]))
        )
        if not fits:
            msg = "The saved sparse rows are damaged. Save the model again."
            raise ValueError(msg)
        return cls(indptr, indices, values, int(shape[1]))


Rows = NDArray[np.float32] | SparseRows


def canonical(matrix: Any, *, name: str) -> tuple[SparseRows, Any]:
    """Bring a sparse matrix into the one form that its rows can have; the matrix stays as it is.

    Entries of one place are added in float64, in the order in which they stand; zeros go, also
    those that become 0 as float32.

    Parameters
    ----------
    matrix : scipy.sparse array or matrix of shape (n, d), any format and number type
    name : str
        What messages call it.

    Returns
    -------
    rows : SparseRows
        Not yet checked for infinity and NaN.
    before : ndarray of shape (entries,)
        The values before they became float32.

    Raises
    ------
    ValueError
        If there are too many columns, or an entry lies outside of them.
    """
    if matrix.shape[1] > _MOST_COLUMNS:
        msg = (
            f"The sparse {name} has {matrix.shape[1]} columns; at most {_MOST_COLUMNS} are "
            "possible. Leave out columns without entries, or hash them to fewer."
        )
        raise ValueError(msg)
    n = matrix.shape[0]
    if matrix.format == "coo":  # tocsr would add up what stands twice, in an order of its own
        lines, indices, values = matrix.row, matrix.col, matrix.data
        indptr, ascends = np.zeros(n + 1, dtype=np.int64), False
    else:
        csr = matrix.tocsr()
        indptr = np.asarray(csr.indptr, dtype=np.int64)
        # A matrix may hold more than it shows behind its last row.
        indices = np.asarray(csr.indices[: indptr[-1]])
        values = np.asarray(csr.data[: indptr[-1]])
        lines = np.empty(0, dtype=np.intp)
        ascends = _ascend(indptr, indices, matrix.shape[1])
        if not ascends:
            lines = np.repeat(np.arange(n), np.diff(indptr))
    if not ascends:
        order = np.lexsort((indices, lines))  # stable: the order within a place stays
        lines, indices, values = lines[order], indices[order], values[order]
        if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= matrix.shape[1]):
            msg = (
                f"The sparse {name} has entries outside of its {matrix.shape[1]} columns: damaged."
            )
            raise ValueError(msg)
        new = np.ones(len(indices), dtype=bool)
        new[1:] = (lines[1:] != lines[:-1]) | (indices[1:] != indices[:-1])
        firsts = np.flatnonzero(new)
        if len(firsts) < len(indices):
            values = np.add.reduceat(values.astype(np.float64), firsts)
            lines, indices = lines[firsts], indices[firsts]
        indptr = np.searchsorted(lines, np.arange(n + 1)).astype(np.int64)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        narrow = np.ascontiguousarray(values, dtype=np.float32)
    kept = narrow != 0
    if not kept.all():
        before = np.concatenate(([0], np.cumsum(kept)))
        indptr, indices, values, narrow = before[indptr], indices[kept], values[kept], narrow[kept]
    rows = SparseRows(
        np.ascontiguousarray(indptr, dtype=np.int64),
        np.ascontiguousarray(indices, dtype=np.int32),
        narrow,
        int(matrix.shape[1]),
    )
    return rows, values


def of_dense(dense: NDArray[np.float32]) -> SparseRows:
    """Take the values that are not 0 out of checked dense rows."""
    lines, indices = np.nonzero(dense)
    indptr = np.searchsorted(lines, np.arange(len(dense) + 1)).astype(np.int64)
    return SparseRows(indptr, indices.astype(np.int32), dense[lines, indices], int(dense.shape[1]))


def _ascend(indptr: NDArray[np.int64], indices: NDArray[np.int32], n_columns: int) -> bool:
    """Whether columns ascend strictly in every row, from 0 to below `n_columns`."""
    if len(indices) == 0:
        return True
    if int(indices.min()) < 0 or int(indices.max()) >= n_columns:
        return False
    rises = indices[1:] > indices[:-1]
    begins = indptr[1:-1]
    rises[begins[(begins > 0) & (begins < len(indices))] - 1] = True
    return bool(rises.all())
