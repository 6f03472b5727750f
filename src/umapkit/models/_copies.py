"""Equal rows: one point of the layout, one place on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.neighbors import Neighbors


@dataclass(frozen=True)
class Copies:
    """Which rows stand for which.

    Attributes
    ----------
    kept : int64 array of shape (u,)
        Rows that have no earlier equal: the different rows, in order.
    slot : int64 array of shape (n,)
        For every row, the position in `kept` of the row it equals.
    keeps_all : bool
        Whether the layout moves all n rows (a given graph speaks about all of them) and copies
        only take their place afterwards.
    """

    kept: NDArray[np.int64]
    slot: NDArray[np.int64]
    keeps_all: bool

    @classmethod
    def of(cls, first: NDArray[np.int64], *, keep_all: bool) -> Copies:
        """Build from the lowest index of a row equal to each row."""
        kept = np.flatnonzero(first == np.arange(len(first)))
        slot = np.searchsorted(kept, first)
        return cls(kept, slot, keep_all or len(kept) == len(first))

    @property
    def none(self) -> bool:
        """Whether all rows differ."""
        return len(self.kept) == len(self.slot)

    def count_copies(self, neighbors: Neighbors, *, query: bool = False) -> Neighbors:
        """Give every copy of a row a slot in the lists, as if all n rows had been searched.

        Without copies the lists are returned as they are. A row with as many copies as there are
        slots keeps the nearest other row in the last one, so that it is not cut off.

        Parameters
        ----------
        neighbors : Neighbors
            Lists of (or, with `query`, into) the kept rows, k columns.
        query : bool, default False
            Whether they are lists of new rows, which have no copies of their own.

        Returns
        -------
        Neighbors
            k columns; a row that has copies stands there several times.
        """
        if self.none:
            return neighbors
        copies = np.bincount(self.slot, minlength=len(self.kept))
        filled = np.cumsum(copies[neighbors.indices], axis=1)
        columns = np.empty(neighbors.indices.shape, dtype=np.intp)
        for slot in range(neighbors.k):
            columns[:, slot] = (filled <= slot).sum(axis=1)
        if not query and neighbors.k > 1:
            columns[:, -1] = np.maximum(columns[:, -1], 1)
        return Neighbors(
            np.take_along_axis(neighbors.indices, columns, axis=1),
            np.take_along_axis(neighbors.distances, columns, axis=1),
        )

    def list_all(self, neighbors: Neighbors, n_neighbors: int) -> Neighbors:
        """List the neighbours of all n rows, copies one by one.

        Parameters
        ----------
        neighbors : Neighbors
            Lists of the kept rows, among each other.
        n_neighbors : int
            Columns, the row itself included.

        Returns
        -------
        Neighbors
            What a search among all n rows finds: sorted by (distance, index), each row itself
            first; -1 where the lists of the kept rows say no more.
        """
        if self.none:
            return neighbors
        k, u = n_neighbors, len(self.kept)
        members = np.argsort(self.slot, kind="stable")
        counts = np.bincount(self.slot, minlength=u)
        begins = np.cumsum(counts) - counts
        listed = neighbors.indices.ravel()
        often = np.where(listed >= 0, np.minimum(counts[listed], k), 0)
        which = np.arange(often.sum()) - np.repeat(np.cumsum(often) - often, often)
        found = members[np.repeat(begins[listed], often) + which]
        far = np.repeat(neighbors.distances.ravel(), often)
        owner = np.repeat(np.repeat(np.arange(u), neighbors.k), often)
        order = np.lexsort((found, far, owner))
        found, far = found[order], far[order]
        lengths = np.bincount(owner, minlength=u)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        inside = place < k
        indices = np.full((u, k), -1, dtype=np.int32)
        distances = np.full((u, k), np.inf, dtype=np.float32)
        indices[owner[inside], place[inside]] = found[inside]
        distances[owner[inside], place[inside]] = far[inside]
        # Every row of a slot has the slot's list, itself taken out of it, or else the last.
        own = np.arange(len(self.slot), dtype=np.int32)
        indices, distances = indices[self.slot], distances[self.slot]
        itself = indices == own[:, None]
        itself[~itself.any(axis=1), -1] = True
        n = len(own)
        return Neighbors(
            np.column_stack([own, indices[~itself].reshape(n, k - 1)]),
            np.column_stack([np.zeros(n, np.float32), distances[~itself].reshape(n, k - 1)]),
        )

    def expand(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Places of all n rows from those of the layout's points."""
        if self.none:
            return places.copy()
        return places[self.kept][self.slot] if self.keeps_all else places[self.slot]

    def expand_graph(self, graph: csr_array) -> csr_array:
        """Graph of all n rows: a copy is tied to the row it equals, with membership 1."""
        if self.keeps_all:
            return graph
        n = len(self.slot)
        copies = np.flatnonzero(self.kept[self.slot] != np.arange(n))
        originals = self.kept[self.slot[copies]]
        pairs = graph.tocoo()
        rows = np.concatenate([self.kept[pairs.row], copies, originals])
        columns = np.concatenate([self.kept[pairs.col], originals, copies])
        ones = np.ones(2 * len(copies), dtype=np.float32)
        data = np.concatenate([pairs.data, ones]).astype(np.float32)
        whole = csr_array((data, (rows, columns)), shape=(n, n))
        whole.sort_indices()
        return whole
