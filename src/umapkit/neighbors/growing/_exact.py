"""The plain engine: every search looks at all rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit.neighbors.growing._growing import GrowingNeighbors, Rows, Slots, named
from umapkit.neighbors.growing._lists import merge_lists


class ExactTable(GrowingNeighbors):
    """True neighbours, O(n d) an operation: good up to some 10,000 rows, and the others' measure.

    A block of new rows is compared with all linked rows, and the other way round. Once nothing is
    pending every list holds the true neighbours.
    """

    kind = "exact"

    def _search(self, fresh: Slots, dirty: Slots) -> None:
        self._linked[fresh] = True
        linked = np.flatnonzero(self._linked).astype(np.int32)
        both = np.sort(np.concatenate([fresh, dirty]))
        k = self.n_neighbors - 1
        if k == 0:
            return
        table = self._prepared[linked]
        places, far = self._measure.nearest(
            self._prepared[both],
            table,
            k,
            self._n_threads,
            self_rows=np.searchsorted(linked, both).astype(np.int32),
        )
        merge_lists(self._lists, both, named(linked, places), far)
        if len(fresh) == 0:
            return
        new = np.sort(fresh)
        old = linked[~np.isin(linked, new)]
        places, far = self._measure.nearest(
            self._prepared[old], self._prepared[new], k, self._n_threads
        )
        last = self.distances[old, -1]
        gains = far[:, 0] <= last
        merge_lists(self._lists, old[gains], named(new, places[gains]), far[gains])

    def _look(self, operations: int) -> bool:
        """Do nothing: the lists are exact."""
        return False

    @property
    def recall(self) -> float:
        """Share of the true neighbours that lists hold once nothing is pending: 1."""
        return 1.0

    def _unlink(self, slots: Slots) -> None:
        """Do nothing: searches look at `_linked` alone."""

    def _nearest(self, queries: Rows, k: int) -> tuple[Slots, NDArray[np.float32]]:
        return self._nearest_of_all(queries, k)
