"""A running estimate of recall, at a few comparisons an operation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, below, draw, key
from umapkit.neighbors.growing._measure import Measure

Rows = NDArray[np.float32]
Slots = NDArray[np.int32]

_ASKED = 32  # rows whose true neighbours are looked for side by side
_SEEN = 3  # rows that each of them looks at, an operation
_MEMORY = 2  # a round counts as much as all before it


class Watch:
    """Looks for the true neighbours of a few hashed rows, some slots further an operation.

    A round ends when all slots were passed; the true neighbours found, those that are still there,
    are then compared with the lists. Rows that came to slots already passed are not seen, so they
    count neither for nor against a list.

    Attributes
    ----------
    rounds : int
        Rounds finished.
    recall : float
        Mean share of the true neighbours that lists hold, recent rounds counting more; NaN before
        the first round ends.
    """

    def __init__(self, measure: Measure, k: int, seed: int, n_threads: int) -> None:
        self._measure = measure
        self._k = k
        self._seed = seed
        self._n_threads = n_threads
        self.rounds = 0
        self.recall = float("nan")
        self._tried = 0  # rounds begun: each draws anew
        self._cursor = 0
        self._asked = np.empty(0, dtype=np.int32)
        self._rows = np.empty((0, measure.width), dtype=np.float32)
        self._ids = np.empty((0, k), dtype=np.int32)
        self._far = np.empty((0, k), dtype=np.float32)

    def look(
        self, operations: int, prepared: Rows, linked: NDArray[np.bool_], lists: Slots, last: Rows
    ) -> bool:
        """Look at some more rows; return whether a round ended.

        Parameters
        ----------
        operations : int
            Operations done since the last call.
        prepared : ndarray of float32, shape (capacity, width)
            The table's rows as the kernels see them.
        linked : ndarray of bool, shape (capacity,)
            Slots that may be found.
        lists : ndarray of int32, shape (capacity, k)
            Neighbours of each slot.
        last : ndarray of float32, shape (capacity,)
            Distance of the last of them.
        """
        if self._k == 0:
            return False
        if len(self._asked) == 0 and not self._begin(prepared, linked):
            return False
        top = len(linked) - int(np.argmax(linked[::-1]))  # the slots beyond are free
        start, stop = self._cursor, max(self._cursor, min(top, self._cursor + _SEEN * operations))
        slots = (np.flatnonzero(linked[start:stop]) + start).astype(np.int32)
        if len(slots):
            whole = len(slots) == stop - start
            table = prepared[start:stop] if whole else prepared[slots]
            places, far = self._nearest(table)
            self._join(np.append(slots, np.int32(-1))[places], far)
        self._cursor = stop
        if stop < top:
            return False
        self._finish(prepared, linked, lists, last)
        self._asked = self._asked[:0]
        return True

    def _begin(self, prepared: Rows, linked: NDArray[np.bool_]) -> bool:
        slots = np.flatnonzero(linked).astype(np.int32)
        if len(slots) < 2:
            return False
        keys = key(self._seed, Stage.RECALL, 1 + self._tried, np.arange(_ASKED, dtype=np.uint64))
        self._asked = slots[np.unique(below(draw(keys, 0), len(slots)))]
        self._rows = prepared[self._asked]
        self._ids = np.full((len(self._asked), self._k), -1, dtype=np.int32)
        self._far = np.full((len(self._asked), self._k), np.inf, dtype=np.float32)
        self._cursor = 0
        self._tried += 1
        return True

    def _nearest(self, table: Rows) -> tuple[Slots, Rows]:
        # One more than wanted: each row meets itself.
        return self._measure.nearest(self._rows, table, self._k + 1, self._n_threads)

    def _join(self, ids: Slots, far: Rows) -> None:
        far[ids == self._asked[:, None]] = np.inf
        every = np.concatenate([self._ids, ids], axis=1)
        far = np.concatenate([self._far, far], axis=1)
        order = np.lexsort((every, far), axis=1)[:, : self._k]
        self._ids = np.take_along_axis(every, order, axis=1)
        self._far = np.take_along_axis(far, order, axis=1)

    def _finish(self, prepared: Rows, linked: NDArray[np.bool_], lists: Slots, last: Rows) -> None:
        shares = []
        for slot, row, ids in zip(self._asked, self._rows, self._ids, strict=True):
            ids = ids[(ids >= 0) & linked[ids]]
            if len(ids) == 0 or not linked[slot] or not np.array_equal(prepared[slot], row):
                continue  # changed or gone meanwhile
            places, far = self._measure.nearest(row[None], prepared[ids], len(ids), 1)
            nearer = far[0] < last[slot]
            shares.append(1.0 - np.mean(nearer & ~np.isin(ids[places[0]], lists[slot])))
        if not shares:
            return
        share = float(np.mean(shares))
        weight = 1.0 / min(self.rounds + 1, _MEMORY)
        self.recall = share if self.rounds == 0 else self.recall + weight * (share - self.recall)
        self.rounds += 1

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore` needs."""
        return {
            "watch.numbers": np.array([self.rounds, self._tried, self._cursor], dtype=np.int64),
            "watch.recall": np.array([self.recall], dtype=np.float64),
            "watch.asked": self._asked.copy(),
            "watch.rows": self._rows.copy(),
            "watch.ids": self._ids.copy(),
            "watch.far": self._far.copy(),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take a saved state up."""
        self.rounds, self._tried, self._cursor = (int(x) for x in state["watch.numbers"])
        self.recall = float(state["watch.recall"][0])
        self._asked, self._rows = state["watch.asked"].copy(), state["watch.rows"].copy()
        self._ids, self._far = state["watch.ids"].copy(), state["watch.far"].copy()
