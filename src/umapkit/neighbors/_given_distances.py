"""Distances that the user brings along (metric="precomputed"), dense or sparse."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.data import row_hashes
from umapkit.neighbors._measured import choose
from umapkit.neighbors._neighbors import Neighbors, with_self


@dataclass(frozen=True, eq=False)
class GivenDistances:
    """Distances of m rows to n training rows.

    Attributes
    ----------
    table : ndarray of float32, or csr_array of float32 with sorted indices, shape (m, n)
        In the sparse one, pairs that are not stored are not neighbours.
    """

    table: NDArray[np.float32] | csr_array

    @property
    def shape(self) -> tuple[int, int]:
        """Rows asked for, and training rows."""
        table: Any = self.table
        return table.shape[0], table.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: NDArray[Any] | slice) -> GivenDistances:
        """Take some of the rows."""
        table: Any = self.table
        return GivenDistances(table[rows])

    def of_columns(self, kept: NDArray[np.int64]) -> GivenDistances:
        """Distances to some of the training rows."""
        if len(kept) == self.shape[1]:
            return self
        if isinstance(self.table, np.ndarray):
            return GivenDistances(np.ascontiguousarray(self.table[:, kept]))
        fewer = csr_array(self.table.tocsc()[:, kept].tocsr())
        fewer.sort_indices()
        return GivenDistances(fewer)

    def hashes(self, *, n_jobs: int | None = None) -> NDArray[np.uint64]:
        """Hash of each row: of the numbers, or of what is stored and not 0."""
        if isinstance(self.table, np.ndarray):
            return row_hashes(self.table, n_jobs=n_jobs)
        out = np.empty(len(self), dtype=np.uint64)
        for row in range(len(self)):
            ids, far = self.stored(row)
            some = far != 0
            parts = ids[some].tobytes() + far[some].tobytes()
            out[row] = int.from_bytes(blake2b(parts, digest_size=8).digest(), "little")
        return out

    def stored(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Training rows whose distance is known, ascending, and the distances."""
        if isinstance(self.table, np.ndarray):
            return np.arange(self.shape[1], dtype=np.int32), self.table[row]
        begin, end = self.table.indptr[row], self.table.indptr[row + 1]
        ids, far = self.table.indices[begin:end], self.table.data[begin:end]
        return ids.astype(np.int32), far.astype(np.float32)

    def zeros(self) -> NDArray[np.int64]:
        """First training row at distance 0 of each row, or -1: rows that are the same."""
        out = np.full(len(self), -1, dtype=np.int64)
        for row in range(len(self)):
            ids, far = self.stored(row)
            same = far == 0
            if same.any():
                out[row] = ids[np.argmax(same)]
        return out

    def nearest(self, k: int, *, training: bool = False) -> Neighbors:
        """Nearest training rows of each row, by (distance, index); missing ones are -1.

        With `training` the rows are the training rows: each is left out of its own list.
        """
        ids = np.full((len(self), k), -1, dtype=np.int32)
        distances = np.full((len(self), k), np.inf, dtype=np.float32)
        for row in range(len(self) if k else 0):
            known, far = self.stored(row)
            if training:
                others = known != row
                known, far = known[others], far[others]
            if len(known) == 0:
                continue
            places, distances[row] = choose(far, k, -1, str)
            ids[row] = np.where(places >= 0, known[np.maximum(places, 0)], -1)
        return Neighbors(ids, distances)

    def training_neighbors(self, n_neighbors: int) -> Neighbors:
        """List the neighbours of the training rows, each row itself first.

        Raises
        ------
        ValueError
            If a row has fewer than ``n_neighbors - 1`` finite distances to others.
        """
        found = self.nearest(n_neighbors - 1, training=True)
        short = (found.indices < 0).sum(axis=1)
        if short.any():
            row = int(np.argmax(short > 0))
            has = n_neighbors - 1 - int(short[row])
            msg = (
                f"metric='precomputed': row {row} has {has} known distances to other rows, "
                f"n_neighbors={n_neighbors} needs {n_neighbors - 1} ({int((short > 0).sum())} rows "
                "have too few). Store more distances, or take a smaller n_neighbors."
            )
            raise ValueError(msg)
        return with_self(found.indices, found.distances)


def read_distances(X: Any, *, n_columns: int | None = None, name: str = "X") -> GivenDistances:
    """Check a matrix of distances.

    Parameters
    ----------
    X : array-like or sparse matrix, shape (m, n)
        Distances, 0 or more. Infinite ones, and those that a sparse matrix does not store, mean
        that two rows are no neighbours. Zeros that are stored count as distances.
    n_columns : int, optional
        Number of training rows. None: these are the training rows; the matrix must be square,
        with zeros on its diagonal.
    name : str, default "X"
        What messages call it.

    Returns
    -------
    GivenDistances
        float32; row i holds the distances of row i.

    Raises
    ------
    ValueError
        If the shape is wrong, a distance is NaN or negative, or a row is not at 0 from itself.
    """
    table: Any
    if scipy.sparse.issparse(X):
        table = csr_array(X, dtype=np.float32, copy=True)  # sorted below: the user's stays as it is
        table.sum_duplicates()
        table.sort_indices()
        values = table.data
    else:
        table = np.ascontiguousarray(_as_matrix(X, name))
        values = table
    shape = table.shape
    if n_columns is None and (shape[0] != shape[1] or shape[0] == 0):
        msg = (
            f"metric='precomputed': {name} has shape {shape}. Give the square matrix of the "
            "distances between all rows."
        )
        raise ValueError(msg)
    if n_columns is not None and shape[1] != n_columns:
        msg = (
            f"metric='precomputed': {name} has {shape[1]} columns. Give the distances of each row "
            f"to the {n_columns} rows of fit."
        )
        raise ValueError(msg)
    wrong = ~(values >= 0)
    if wrong.any():
        value = values[wrong][0]
        msg = f"metric='precomputed': {name} holds {value}. Distances must be 0 or more."
        raise ValueError(msg)
    if n_columns is None:
        diagonal = table.diagonal()
        if (diagonal != 0).any():
            row = int(np.argmax(diagonal != 0))
            msg = (
                f"metric='precomputed': row {row} of {name} is at distance {diagonal[row]} from "
                "itself; the diagonal must be 0. (Similarities are no distances.)"
            )
            raise ValueError(msg)
    return GivenDistances(table)


def _as_matrix(X: Any, name: str) -> NDArray[np.float32]:
    try:
        table = np.asarray(X, dtype=np.float32)
    except (TypeError, ValueError) as error:
        msg = f"metric='precomputed': {name} is no matrix of numbers. {error}"
        raise ValueError(msg) from error
    if table.ndim != 2:
        msg = f"metric='precomputed': {name} has shape {table.shape}. Give a matrix of distances."
        raise ValueError(msg)
    return table


class GivenIndex:
    """Training rows that are known by their distances only: what `NeighborIndex` is for rows.

    Attributes
    ----------
    neighbors : Neighbors
        Lists of the training rows, each row itself first.
    kept : ndarray of int64, shape (u,)
        Which columns of the user's matrices they are.
    recall : float
        1: all distances that there are were looked at.
    """

    recall = 1.0

    def __init__(self, neighbors: Neighbors, kept: NDArray[np.int64]) -> None:
        self.neighbors = neighbors
        self.kept = kept

    def query(self, Q: GivenDistances, k: int, *, n_jobs: int | None = None) -> Neighbors:
        """Find the k nearest training rows of rows with given distances; missing ones are -1."""
        del n_jobs  # looking up takes no threads
        return Q.of_columns(self.kept).nearest(k)


class SameRows:
    """Which given rows are the same: those at distance 0. What `RowFinder` is for rows.

    A sparse row that does not store its own zero is known by its other entries, if no other
    training row has the same.

    Attributes
    ----------
    first : ndarray of int64, shape (n,)
        Lowest index of a row at distance 0 from each row, over any number of steps.
    hashes : ndarray of uint64, shape (n,), or (0,) for a dense matrix
        Of the sparse rows.
    """

    def __init__(
        self,
        first: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        slot: NDArray[np.int64] | None = None,
    ) -> None:
        self.first = first
        self.hashes = hashes
        self._slot = np.arange(len(first)) if slot is None else slot
        values, at, counts = np.unique(hashes, return_index=True, return_counts=True)
        values, at = values[counts == 1], at[counts == 1]
        self._known = {int(v): int(i) for v, i in zip(values, at, strict=True)}

    @classmethod
    def of(cls, training: GivenDistances) -> SameRows:
        """Look through the square matrix of the training rows."""
        n = len(training)
        near = training.zeros()
        lower = np.where((near >= 0) & (near < np.arange(n)), near, np.arange(n))
        for row in range(n):  # in order, so that what a row points to is final
            lower[row] = lower[lower[row]]
        sparse = not isinstance(training.table, np.ndarray)
        return cls(lower, training.hashes() if sparse else np.empty(0, dtype=np.uint64))

    def among(self, slot: NDArray[np.int64]) -> SameRows:
        """Return the one that answers with positions among the kept rows."""
        return SameRows(self.first, self.hashes, slot)

    def find(self, Q: GivenDistances, *, n_jobs: int | None = None) -> NDArray[np.int64]:
        """Find the training row that each row is, or -1."""
        del n_jobs
        found = Q.zeros()
        if self._known:
            for row in np.flatnonzero(found < 0):
                found[row] = self._known.get(int(Q[row : row + 1].hashes()[0]), -1)
        return np.where(found >= 0, self._slot[np.maximum(found, 0)], -1)
