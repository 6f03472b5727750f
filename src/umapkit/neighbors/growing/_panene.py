"""PANENE: progressive neighbours by randomised k-d trees (Jo, Seo and Fekete, 2020)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.neighbors.growing._forest import Forest
from umapkit.neighbors.growing._growing import GrowingNeighbors, Rows, Slots
from umapkit.neighbors.growing._measure import Measure

_CHECKS = 32  # rows that a search looks at
_LOSS = 0.25  # of n log2 n: a tree is built anew
_REBUILD = 7 / 3  # steps of building an operation: shares of 0.7 and 0.3
_BLOATED = 4  # nodes a row, from which a tree is built anew, too


class PaneneTable(GrowingNeighbors):
    """Neighbours by four randomised k-d trees and a queue of lists to search again.

    A new row goes into the trees and is searched with 32 checks. A list that a row enters is
    searched again later, the nearest first; where a repeated search changes a list, those whom it
    names are searched again, too. What searches cost beyond log2 n a leaf adds up; beyond
    n log2 n / 4 a new tree is built, 7 steps for 3 operations, and replaces the one most out of
    balance.

    Good for some 50 columns at most: 32 checks see little of a wider space. Beyond what was
    published, a search keeps what the list holds and offers both ends of every pair it looks at;
    equal rows share a leaf; and a list is queued whenever its mark is set (in the published code a
    new row's mark is set without queueing it, so it may never be searched again).

    References
    ----------
    Jaemin Jo, Jinwook Seo, Jean-Daniel Fekete: PANENE: A Progressive Algorithm for Indexing and
    Querying Approximate k-Nearest Neighbors. IEEE TVCG 26 (2), 2020.
    """

    kind = "panene"
    block = 128

    def __init__(
        self, n_features: int, n_neighbors: int, measure: Measure, seed: int, n_threads: int
    ) -> None:
        super().__init__(n_features, n_neighbors, measure, seed, n_threads)
        self._forest = Forest(self._prepared, seed, n_threads)
        self._loss = 0.0
        self._n_linked = 0

    @property
    def n_rebuilt(self) -> int:
        """Trees begun so far, the first four among them."""
        return self._forest.builds

    def _extend(self, capacity: int) -> None:
        super()._extend(capacity)
        self._forest.extend(self._prepared)

    def _search(self, fresh: Slots, dirty: Slots) -> None:
        fresh = np.sort(fresh)
        if len(fresh):
            if self._n_linked == 0 and not self._forest.building:
                self._forest.build_all(fresh)
            else:
                self._forest.insert(fresh)
            self._linked[fresh] = True
            self._n_linked += len(fresh)
        both = np.concatenate([fresh, dirty])
        if self.n_neighbors > 1:
            changed = self._link(both)
            self._mark_neighbours(dirty[changed[len(fresh) :]])
        self._keep_balance(len(both))

    def _link(self, slots: Slots) -> NDArray[np.bool_]:
        """Search the lists of slots; return which of them changed."""
        forest, m = self._forest, self._measure
        before = forest.visits[forest.live].sum(axis=0)
        searched = np.zeros(len(slots), dtype=bool)
        _kernels.link_in_trees(
            m.kernel,
            forest.handle,
            forest.live,
            self.indices,
            self.distances,
            self._changed,
            self._urgency,
            m.root,
            m.scale,
            _CHECKS,
            slots,
            searched,
            self._n_threads,
        )
        visits, depth = forest.visits[forest.live].sum(axis=0) - before
        even = np.log2(max(self._n_linked, 2))
        self._loss = max(0.0, self._loss + len(slots) * (depth / max(visits, 1) - even))
        return searched

    def _mark_neighbours(self, slots: Slots) -> None:
        """Queue the lists of those whom some lists name, the nearest first."""
        ids, far = self.indices[slots, 1:], self.distances[slots, 1:]
        np.minimum.at(self._urgency, ids[ids >= 0], far[ids >= 0])

    def _keep_balance(self, operations: int) -> None:
        forest, n = self._forest, self._n_linked
        if not forest.building:
            bloated = int(forest.sizes[forest.live].max()) > _BLOATED * n + 4096
            if not bloated and self._loss <= _LOSS * n * np.log2(max(n, 2)):
                return
            forest.begin(np.flatnonzero(self._linked).astype(np.int32))
        if forest.go_on(int(np.ceil(_REBUILD * operations)), self._linked):
            forest.put_in_place()
            self._loss = 0.0

    def _unlink(self, slots: Slots) -> None:
        self._forest.remove(slots)
        self._n_linked -= len(slots)

    def _nearest(self, queries: Rows, k: int) -> tuple[Slots, NDArray[np.float32]]:
        if 4 * k > self._n_linked:
            return self._nearest_of_all(queries, k)
        forest, m = self._forest, self._measure
        ids = np.empty((len(queries), k), dtype=np.int32)
        far = np.empty((len(queries), k), dtype=np.float32)
        checks = max(_CHECKS, 4 * k)
        _kernels.search_trees(
            m.kernel,
            forest.handle,
            forest.live,
            m.root,
            m.scale,
            checks,
            queries,
            ids,
            far,
            self._n_threads,
        )
        return ids, far

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that :func:`grow_from` needs, as plain arrays."""
        state = super().state_arrays()
        forest = self._forest.state_arrays(len(state["alive"]))
        state |= {f"forest.{name}": array for name, array in forest.items()}
        state["loss"] = np.array([self._loss], dtype=np.float64)
        return state

    def _restore(self, state: dict[str, NDArray[Any]]) -> None:
        super()._restore(state)
        part = {k.removeprefix("forest."): v for k, v in state.items() if k.startswith("forest.")}
        self._forest.restore(part)
        self._loss = float(state["loss"][0])
        self._n_linked = int(np.count_nonzero(self._linked))
