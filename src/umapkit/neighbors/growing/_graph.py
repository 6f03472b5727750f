"""The default engine: cells of near rows, and the lists themselves as a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, sample_without_replacement
from umapkit.neighbors.growing._cells import CELL, CellBook, Sight
from umapkit.neighbors.growing._growing import GrowingNeighbors, Rows, Slots
from umapkit.neighbors.growing._measure import Measure

_SCAN = 3072  # members that a row looks at
_HOPS = 8  # rows of its pool whose lists it looks at, too
_CHOOSE_AT = 1024  # linked rows at which a narrow space is looked for
_AGAIN = 16  # and again whenever there are so many times as many
_MOVED = 8  # rows that move to new cells an operation
_TARGET = 0.95  # running recall below which rows look at half as many others more
_MOST_SCAN = 16 * _SCAN
_SPARSE = CELL // 8  # members a cell, on average, below which cells are made anew


class GraphTable(GrowingNeighbors):
    """Neighbours by cells and lists; ``cpp/include/umapkit/cells_search.hpp`` says how.

    An operation compares its row with about 3,072 rows of the nearest cells, in a narrow space
    where rows are wide, and with the neighbours of the nearest 8 found. New rows offer themselves
    to all they meet, so no list waits for a second search but those that lost a neighbour.

    The narrow space is chosen at 1,024 rows and again whenever there are 16 times as many; rows
    then move to new cells, eight an operation, and the old cells serve until all have moved.

    Attributes
    ----------
    compared : int
        Pairs of rows compared so far.
    scan : int
        Rows that a row looks at, at least; grows by half, up to sixteenfold, whenever a round of
        the running estimate of recall ends below 0.95.
    """

    kind = "graph"

    def __init__(
        self, n_features: int, n_neighbors: int, measure: Measure, seed: int, n_threads: int
    ) -> None:
        super().__init__(n_features, n_neighbors, measure, seed, n_threads)
        self.compared = 0
        self.scan = _SCAN
        self._cells = CellBook(Sight.whole(measure), measure, self._prepared, n_threads)
        self._next: CellBook | None = None  # cells to which rows are moving
        self._moved_to = 0  # slots below have moved
        self._choose_at = _CHOOSE_AT

    def _extend(self, capacity: int) -> None:
        super()._extend(capacity)
        self._cells.extend(self._prepared)
        if self._next is not None:
            self._next.extend(self._prepared)

    def _search(self, fresh: Slots, dirty: Slots) -> None:
        fresh = np.sort(fresh)
        self._cells.add(fresh, self._prepared)
        if self._next is not None:
            self._next.add(fresh, self._prepared)
        self._linked[fresh] = True
        if self.n_neighbors > 1:
            m = self._measure
            pool = self._pool(self.n_neighbors - 1)
            self.compared += _kernels.link_slots(
                m.kernel,
                self._cells.handle,
                self.indices,
                self.distances,
                self._changed,
                self._prepared,
                m.root,
                m.scale,
                self._cells.sight.slack,
                self.scan,
                pool,
                _HOPS,
                np.concatenate([fresh, dirty]),
                self._n_threads,
            )
        self._move(len(fresh) + len(dirty))

    def _look(self, operations: int) -> bool:
        ended = super()._look(operations)
        if ended and self._watch.recall < _TARGET:
            self.scan = min(self.scan + self.scan // 2, _MOST_SCAN)
        return ended

    def _pool(self, k: int) -> int:
        """Places of the pool for k neighbours: narrow keys are ranked again."""
        return -(-max(k + k // 2, k + 16) // 16) * 16

    def _move(self, operations: int) -> None:
        """Choose a new space when it is time, and move some rows to its cells."""
        n = self._cells.n_members
        if self._next is None:
            sparse = n < _SPARSE * self._cells.n_cells and self._cells.n_cells > 1
            if n < self._choose_at and not sparse:
                return
            sight = self._cells.sight
            if n >= self._choose_at:
                sight = self._choose_sight()
                self._choose_at = _AGAIN * n
                if sight.space is None and self._cells.sight.space is None:
                    return
            self._next = CellBook(sight, self._measure, self._prepared, self._n_threads)
            self._moved_to = 0
        stop = min(self.capacity, self._moved_to + _MOVED * operations)
        part = slice(self._moved_to, stop)
        waiting = self._linked[part] & (self._next.where[part] < 0)
        self._next.add((np.flatnonzero(waiting) + part.start).astype(np.int32), self._prepared)
        self._moved_to = stop
        if stop == self.capacity:
            self._cells, self._next = self._next, None
            if self.n_neighbors > 1:
                linked = np.flatnonzero(self._linked).astype(np.int32)
                self._cells.close(linked, self.indices, self.distances)

    def _choose_sight(self) -> Sight:
        linked = np.flatnonzero(self._linked)
        some = sample_without_replacement(self.seed, Stage.SAMPLE, len(linked), 2048)
        k = self.n_neighbors - 1
        return Sight.choose(
            self.rows[linked[some]],
            self._measure,
            k,
            self._pool(k),
            seed=self.seed,
            n_threads=self._n_threads,
        )

    def _unlink(self, slots: Slots) -> None:
        self._cells.take(slots)
        if self._next is not None:
            self._next.take(slots)

    def _nearest(self, queries: Rows, k: int) -> tuple[Slots, NDArray[np.float32]]:
        m = self._measure
        n = self._cells.n_members
        if self.n_neighbors == 1 or 4 * k > n:
            return self._nearest_of_all(queries, k)
        ids = np.empty((len(queries), k), dtype=np.int32)
        far = np.empty((len(queries), k), dtype=np.float32)
        laid = self._cells.sight.lay(queries, self._n_threads)
        _kernels.search_cells(
            m.kernel,
            self._cells.handle,
            self.indices,
            self.distances,
            self._prepared,
            m.root,
            m.scale,
            max(self.scan, 4 * k),
            self._pool(k),
            _HOPS,
            queries,
            laid.narrow,
            laid.heights,
            laid.fine,
            laid.fine_heights,
            ids,
            far,
            self._n_threads,
        )
        return ids, far

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that :func:`grow_from` needs, as plain arrays."""
        state = super().state_arrays()
        top = len(state["alive"])
        books = {"cells": self._cells, "next": self._next}
        for name, book in books.items():
            if book is not None:
                state |= {f"{name}.{k}": v for k, v in book.state_arrays(top).items()}
        state["moving"] = np.array(
            [self._moved_to, self._choose_at, self.compared, self.scan], dtype=np.int64
        )
        return state

    def _restore(self, state: dict[str, NDArray[Any]]) -> None:
        super()._restore(state)

        def book(name: str) -> CellBook:
            start = f"{name}."
            part = {k.removeprefix(start): v for k, v in state.items() if k.startswith(start)}
            return CellBook.restored(part, self._measure, self._prepared, self._n_threads)

        self._cells = book("cells")
        self._next = book("next") if "next.where" in state else None
        self._moved_to, self._choose_at, self.compared, self.scan = (
            int(x) for x in state["moving"]
        )
