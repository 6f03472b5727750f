"""Which rows are equal, and which training row a new row is.

A row is hashed (``cpp/include/umapkit/hash.hpp``, ``sparse_hash.hpp``), and every hit is then
compared value by value, so the answers are exact: a collision of hashes costs time only. -0.0
equals 0.0. A row that holds a NaN equals no row. No result depends on the number of threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.data._sparse_rows import Rows, SparseRows


def _checked(X: Rows, name: str) -> Rows:
    """Refuse what the kernels cannot read; rows of any other kind go through `as_rows` first."""
    if isinstance(X, SparseRows) or (
        isinstance(X, np.ndarray)
        and X.dtype == np.float32
        and X.ndim == 2
        and X.flags.c_contiguous
        and X.flags.aligned
    ):
        return X
    given = (
        f"{X.dtype} of shape {X.shape}" if isinstance(X, np.ndarray) else f"a {type(X).__name__}"
    )
    msg = (
        f"{name} must be a C-contiguous float32 array of shape (rows, columns), got {given}. "
        "Call umapkit.data.as_rows on it first."
    )
    raise ValueError(msg)


def row_hashes(X: Rows, *, n_jobs: int | None = None) -> NDArray[np.uint64]:
    """Hash every row to 64 bits; equal rows have equal hashes.

    Parameters
    ----------
    X : ndarray of shape (n, d), float32, C-contiguous, or SparseRows
        The rows.
    n_jobs : int or None, default=None
        Threads; ``None`` takes all cores. The result does not depend on it.

    Returns
    -------
    ndarray of shape (n,), uint64
        The hashes: the same on every machine with the same byte order.

    Raises
    ------
    ValueError
        If `X` is neither a C-contiguous float32 matrix nor `SparseRows`.

    Examples
    --------
    >>> import numpy as np
    >>> h = row_hashes(np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]], dtype=np.float32))
    >>> bool(h[0] == h[1]), bool(h[0] == h[2])
    (True, False)
    """
    X = _checked(X, "X")
    hashes = np.empty(X.shape[0], dtype=np.uint64)
    if isinstance(X, SparseRows):
        _kernels.sparse_hash_rows(X.kernel, hashes, resolve_n_jobs(n_jobs))
    else:
        _kernels.hash_rows(X, hashes, resolve_n_jobs(n_jobs))
    return hashes


def first_of_equals(X: Rows, *, n_jobs: int | None = None) -> NDArray[np.int64]:
    """Find for every row the lowest index of a row equal to it.

    Parameters
    ----------
    X : ndarray of shape (n, d), float32, C-contiguous, or SparseRows
        The rows.
    n_jobs : int or None, default=None
        Threads; ``None`` takes all cores. The result does not depend on it.

    Returns
    -------
    ndarray of shape (n,), int64
        ``first[i] <= i``; ``first[i] == i`` exactly where no earlier row is equal.

    Raises
    ------
    ValueError
        If `X` is neither a C-contiguous float32 matrix nor `SparseRows`.

    Examples
    --------
    >>> import numpy as np
    >>> first_of_equals(np.array([[1.0], [2.0], [1.0], [2.0]], dtype=np.float32))
    array([0, 1, 0, 1])
    """
    return RowFinder(X, n_jobs=n_jobs).first


class RowFinder:
    """Finds rows of a frozen table by value.

    Parameters
    ----------
    X : ndarray of shape (n, d), float32, C-contiguous, or SparseRows
        The table. It is kept, not copied, and must not change afterwards.
    n_jobs : int or None, default=None
        Threads for the hashing; ``None`` takes all cores.

    Attributes
    ----------
    first : ndarray of shape (n,), int64
        Lowest index of a row equal to each row of the table, as `first_of_equals`.

    Raises
    ------
    ValueError
        If `X` is neither a C-contiguous float32 matrix nor `SparseRows`.

    Notes
    -----
    Memory beside `X`: 16 bytes a row, and a hash table of 16 to 32 bytes a row.

    Examples
    --------
    >>> import numpy as np
    >>> table = np.array([[0.0, 1.0], [2.0, 3.0], [2.0, 3.0]], dtype=np.float32)
    >>> finder = RowFinder(table)
    >>> finder.find(np.array([[2.0, 3.0], [9.0, 9.0]], dtype=np.float32))
    array([ 1, -1])
    """

    def __init__(self, X: Rows, *, n_jobs: int | None = None) -> None:
        self.rows = _checked(X, "X")
        n = self.rows.shape[0]
        self.hashes = row_hashes(self.rows, n_jobs=n_jobs)
        # At most half of the slots are taken, so a search ends after a few of them.
        self.table = np.full(1 << max(1, (2 * n - 1).bit_length() if n else 1), -1, dtype=np.int64)
        self.first = np.empty(n, dtype=np.int64)
        if isinstance(self.rows, SparseRows):
            _kernels.sparse_fill_table(self.rows.kernel, self.hashes, self.table, self.first)
        else:
            _kernels.fill_table(self.rows, self.hashes, self.table, self.first)

    def find(self, Q: Rows, *, n_jobs: int | None = None) -> NDArray[np.int64]:
        """Find each query row in the table.

        Parameters
        ----------
        Q : ndarray of shape (m, d), float32, C-contiguous, or SparseRows
            The rows to find, dense or sparse as the table is. The answer for a row does not depend
            on the other rows.
        n_jobs : int or None, default=None
            Threads; ``None`` takes all cores. The result does not depend on it.

        Returns
        -------
        ndarray of shape (m,), int64
            The lowest index of an equal row of the table, or -1.

        Raises
        ------
        ValueError
            If `Q` is not a C-contiguous float32 matrix with as many columns as the table.
        """
        Q = _checked(Q, "Q")
        if Q.shape[1] != self.rows.shape[1]:
            msg = (
                f"Q has {Q.shape[1]} columns, but the table has {self.rows.shape[1]}. "
                "Give rows with the same columns as the table."
            )
            raise ValueError(msg)
        found = np.empty(Q.shape[0], dtype=np.int64)
        n_threads = resolve_n_jobs(n_jobs)
        if isinstance(self.rows, SparseRows) and isinstance(Q, SparseRows):
            _kernels.sparse_find_rows(
                Q.kernel, self.rows.kernel, self.hashes, self.table, found, n_threads
            )
        elif isinstance(self.rows, SparseRows) or isinstance(Q, SparseRows):
            kinds = [type(rows).__name__ for rows in (Q, self.rows)]
            msg = f"Q is a {kinds[0]}, the table a {kinds[1]}. Give rows of the table's kind."
            raise TypeError(msg)
        else:
            _kernels.find_rows(Q, self.rows, self.hashes, self.table, found, n_threads)
        return found
