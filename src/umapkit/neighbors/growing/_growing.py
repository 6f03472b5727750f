"""What every growing table is: slots, rows, lists, and queues of work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit._seed import Stage, sample_without_replacement
from umapkit.data import as_rows
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors.growing._lists import Lists, clear_lists, drop_entries
from umapkit.neighbors.growing._measure import Measure
from umapkit.neighbors.growing._watch import Watch

Slots = NDArray[np.int32]
Rows = NDArray[np.float32]

_FIRST_CAPACITY = 1024
_MOST_ROWS = 2**31 - 2**20  # slots are int32
_FARTHEST = np.float32(3.4e38)
# Room for rows that is reserved when they are copied: times what is needed, at most so many bytes.
_RESERVED = 256
_RESERVED_BYTES = 2**29


class GrowingNeighbors(ABC):
    """Neighbour lists of rows that come, change and go. Made by :func:`grow`.

    A row lives in a *slot*, a small number that it keeps until it is removed. `insert`, `replace`
    and `remove` only store and queue; `work` does the searching, a stated number of operations at
    a time. The same calls give the same bits, whatever the number of threads.

    All arrays below are the table's own, valid until the next call; do not write to them.

    Attributes
    ----------
    n_neighbors : int
        Length of a list, the row itself included.
    n_features : int
        Columns of a row.
    metric : str
        Name of the metric.
    seed : int
        Seed of every draw.
    capacity : int
        Slots there are; doubles when they run out. The arrays have so many rows.
    alive : ndarray of bool, shape (capacity,)
        Slots in use.
    rows : ndarray of float32, shape (capacity, n_features)
        The rows held; what slots not in use hold has no meaning.
    indices : ndarray of int32, shape (capacity, n_neighbors)
        Slots of the neighbours, sorted by (distance, slot), behind the slot itself; -1 where
        there is none (yet).
    distances : ndarray of float32, shape (capacity, n_neighbors)
        How far; 0 for the slot itself, infinite where there is no neighbour.
    """

    kind: ClassVar[str]
    block: ClassVar[int] = 1024  # operations searched side by side, against one state

    def __init__(
        self, n_features: int, n_neighbors: int, measure: Measure, seed: int, n_threads: int
    ) -> None:
        self.n_features = n_features
        self.n_neighbors = n_neighbors
        self.metric = measure.name
        self.seed = seed
        self.alive = np.zeros(0, dtype=bool)
        self.rows = np.empty((0, n_features), dtype=np.float32)
        self.indices = np.empty((0, n_neighbors), dtype=np.int32)
        self.distances = np.empty((0, n_neighbors), dtype=np.float32)
        self._measure = measure
        self._n_threads = n_threads
        self._prepared = np.empty((0, measure.width), dtype=np.float32)
        self._linked = np.zeros(0, dtype=bool)  # alive, searched, and found by others
        self._changed = np.zeros(0, dtype=bool)
        # Lists to search again: the distance at which one lost a neighbour; infinite for the rest.
        self._urgency = np.empty(0, dtype=np.float32)
        self._fresh = np.empty(0, dtype=np.int32)  # slots to link, in order of arrival
        self._watch = Watch(measure, n_neighbors - 1, seed, n_threads)

    @property
    def capacity(self) -> int:
        """Slots there are."""
        return len(self.alive)

    @property
    def n_alive(self) -> int:
        """Rows held."""
        return int(np.count_nonzero(self.alive))

    @property
    def pending(self) -> int:
        """Operations queued: rows to link, and lists to search again."""
        return len(self._fresh) + int(np.count_nonzero(np.isfinite(self._urgency)))

    @property
    def recall(self) -> float:
        """Share of the true neighbours that lists hold, a running estimate; NaN before the first.

        Every operation compares 32 hashed rows with 3 others; when these have seen all rows, their
        lists are judged and the next ones are taken. Recent rounds count more.
        """
        return self._watch.recall

    def insert(self, rows: ArrayLike) -> Slots:
        """Store new rows and queue them; O(m n_features).

        Parameters
        ----------
        rows : array-like, shape (m, n_features)
            The rows; none at all is allowed.

        Returns
        -------
        ndarray of int32, shape (m,)
            Their slots: the lowest that are free, in order.

        Raises
        ------
        ValueError
            If a row has other columns, or holds NaN or infinity.
        """
        found = self._read(rows, "rows")
        slots = self._free_slots(len(found))
        _kernels.store_rows(np.ascontiguousarray(found), slots, self.rows, self._n_threads)
        if self._prepared is not self.rows:
            self._prepared[slots] = self._measure.prepare(found, self._n_threads)
        self.alive[slots] = True
        self.indices[slots, 0] = slots
        self.distances[slots, 0] = 0.0
        self._fresh = np.concatenate([self._fresh, slots])
        return slots

    def replace(self, slots: ArrayLike, rows: ArrayLike) -> None:
        """Give held rows new values: they, and those who listed them, are queued.

        Parameters
        ----------
        slots : array-like of int, shape (m,)
            Slots in use, each once.
        rows : array-like, shape (m, n_features)
            Their new values.

        Raises
        ------
        ValueError
            If a slot is not in use or named twice, or the rows do not fit.
        """
        which = self._known(slots)
        found = self._read(rows, "rows")
        if len(found) != len(which):
            msg = f"{len(which)} slots and {len(found)} rows were given. Give one row a slot."
            raise ValueError(msg)
        self._forget(which[self._linked[which]], stay=True)
        self.rows[which] = found
        if self._prepared is not self.rows:
            self._prepared[which] = self._measure.prepare(found, self._n_threads)

    def remove(self, slots: ArrayLike) -> None:
        """Give slots up; at once their rows are in no list. Those who listed them are queued.

        Parameters
        ----------
        slots : array-like of int, shape (m,)
            Slots in use, each once.

        Raises
        ------
        ValueError
            If a slot is not in use or named twice.
        """
        which = self._known(slots)
        self._forget(which[self._linked[which]], stay=False)
        self.alive[which] = False
        self.indices[which, 0] = -1
        self.distances[which, 0] = np.inf
        self._changed[which] = False
        self._fresh = self._fresh[self.alive[self._fresh]]

    def work(self, operations: int) -> int:
        """Do what is queued, at most so many operations.

        One operation links one row, or searches one list again. New rows go first, in order of
        arrival, but a quarter of each block is for lists that lost a neighbour, those with the
        nearest loss first.

        Parameters
        ----------
        operations : int
            At most so many; 0 or more.

        Returns
        -------
        int
            Operations done: fewer only if nothing is left to do.
        """
        if operations < 0:
            msg = f"operations={operations} is negative. Give 0 or more."
            raise ValueError(msg)
        done = 0
        while done < operations:
            fresh, dirty = self._take(min(self.block, operations - done))
            if len(fresh) + len(dirty) == 0:
                break
            self._search(fresh, dirty)
            done += len(fresh) + len(dirty)
            self._look(len(fresh) + len(dirty))
        return done

    def _look(self, operations: int) -> bool:
        """Go on with the running estimate of recall; return whether it moved."""
        return self._watch.look(
            operations,
            self._prepared,
            self._linked,
            self.indices[:, 1:],
            self.distances[:, -1],
        )

    def take_changed(self) -> Slots:
        """Return the slots whose lists changed since the last call, ascending, and forget them.

        A superset of the truly changed: a list may have changed back.
        """
        slots = np.flatnonzero(self._changed & self.alive).astype(np.int32)
        self._changed[:] = False
        return slots

    def query(self, rows: ArrayLike, k: int) -> Neighbors:
        """Find the k nearest linked rows of other rows; a row's answer is its own.

        Parameters
        ----------
        rows : array-like, shape (m, n_features)
            Rows, which need not be held.
        k : int
            How many neighbours, at least 1.

        Returns
        -------
        Neighbors
            Slots, sorted by (distance, slot); -1 at infinite distance where fewer than k rows are
            linked.

        Raises
        ------
        ValueError
            If the rows do not fit, or k is below 1.
        """
        found = self._read(rows, "rows")
        if k < 1:
            msg = f"k={k} neighbours were asked for. Give 1 or more."
            raise ValueError(msg)
        return Neighbors(*self._nearest(self._measure.prepare(found, self._n_threads), k))

    def estimate_recall(self, *, sample: int = 200, seed: int = 0) -> float:
        """Estimate the share of the true neighbours that the lists hold.

        Parameters
        ----------
        sample : int, default 200
            Rows, chosen by hash among the linked ones, whose true neighbours are found by looking
            at all linked rows; O(sample n d).
        seed : int, default 0
            Chooses the sample.

        Returns
        -------
        float
            From 0 to 1; a listed row counts if it is no farther than the true last neighbour. 1
            where there are no neighbours to find.

        Raises
        ------
        ValueError
            If `sample` is below 1.
        """
        if sample < 1:
            msg = f"sample={sample} is no sample. Give 1 or more."
            raise ValueError(msg)
        linked = np.flatnonzero(self._linked).astype(np.int32)
        k = min(self.n_neighbors, len(linked)) - 1
        if k < 1:
            return 1.0
        chosen = sample_without_replacement(seed, Stage.RECALL, len(linked), sample)
        _, far = self._measure.nearest(
            self._prepared[linked[chosen]],
            self._prepared[linked],
            k,
            self._n_threads,
            self_rows=chosen.astype(np.int32),
        )
        return float(np.mean(self.distances[linked[chosen], 1 : k + 1] <= far[:, -1:]))

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that :func:`grow_from` needs, as plain arrays."""
        top = int(np.flatnonzero(self.alive)[-1]) + 1 if self.alive.any() else 0
        rows = np.where(self.alive[:top, None], self.rows[:top], np.float32(0.0))
        return {
            "kind": np.frombuffer(self.kind.encode(), dtype=np.uint8),
            "metric": np.frombuffer(self.metric.encode(), dtype=np.uint8),
            "shape": np.array([self.capacity, self.n_features, self.n_neighbors], dtype=np.int64),
            "seed": np.array([self.seed], dtype=np.uint64),
            "alive": self.alive[:top].copy(),
            "rows": rows,
            "indices": self.indices[:top].copy(),
            "distances": self.distances[:top].copy(),
            "linked": self._linked[:top].copy(),
            "changed": self._changed[:top].copy(),
            "urgency": self._urgency[:top].copy(),
            "fresh": self._fresh.copy(),
            **self._watch.state_arrays(),
        }

    def _restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take the state up; the shapes and numbers are checked by :func:`grow_from`."""
        top = len(state["alive"])
        self._extend(int(state["shape"][0]))
        for name in ("alive", "rows", "indices", "distances"):
            getattr(self, name)[:top] = state[name]
        self._linked[:top] = state["linked"]
        self._changed[:top] = state["changed"]
        self._urgency[:top] = state["urgency"]
        self._fresh = state["fresh"].copy()
        self._watch.restore(state)
        if self._prepared is not self.rows:
            self._prepared[:top] = self._measure.prepare(self.rows[:top], self._n_threads)

    @property
    def _lists(self) -> Lists:
        return Lists(self.indices, self.distances, self._urgency, self._changed)

    def _read(self, rows: ArrayLike, name: str) -> Rows:
        found = as_rows(rows, name=name, min_rows=0, n_jobs=self._n_threads)
        if found.shape[1] != self.n_features:
            msg = (
                f"{name} has {found.shape[1]} columns; the table holds rows of "
                f"{self.n_features}. Give rows of {self.n_features}."
            )
            raise ValueError(msg)
        self.check_range(found, name=name)
        return found

    def check_range(self, rows: Rows, *, name: str = "rows") -> None:
        """Refuse rows whose distances float32 might not hold; `insert` and `replace` ask, too.

        Parameters
        ----------
        rows : float32 array, shape (m, n_features)
            Finite rows.
        name : str, default "rows"
            What to call them.

        Raises
        ------
        ValueError
            If a value is too large.
        """
        most = float(np.sqrt(_FARTHEST / self.n_features) / 2)
        if rows.size and max(float(rows.max()), -float(rows.min())) > most:
            msg = (
                f"{name} holds values too large for distances in float32 (beyond {most:.2g}). "
                "Scale the columns, for instance by their standard deviation."
            )
            raise ValueError(msg)

    def _known(self, slots: ArrayLike) -> Slots:
        """Check slots that shall be in use."""
        found = np.asarray(slots)
        if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
            msg = f"slots must be whole numbers, shape (m,); given: {found.dtype}, {found.shape}."
            raise ValueError(msg)
        found = found.astype(np.int64)  # a huge unsigned number turns negative, and is refused
        inside = (found >= 0) & (found < self.capacity)
        known = inside.copy()
        known[inside] = self.alive[found[inside]]
        if not known.all():
            msg = (
                f"Slot {np.asarray(slots)[int(np.argmin(known))]} is not in use. Give slots that "
                "insert returned and that were not removed since."
            )
            raise ValueError(msg)
        values, counts = np.unique(found, return_counts=True)
        if (counts > 1).any():
            msg = f"Slot {values[int(np.argmax(counts > 1))]} is named twice. Name each slot once."
            raise ValueError(msg)
        return found.astype(np.int32)

    def _free_slots(self, m: int) -> Slots:
        free = np.flatnonzero(~self.alive)
        if len(free) < m:
            least = self.capacity + m - len(free)
            if least > _MOST_ROWS:
                msg = f"{least} slots are too many; a growing table has at most {_MOST_ROWS}."
                raise ValueError(msg)
            capacity = max(self.capacity, _FIRST_CAPACITY)
            while capacity < least:
                capacity *= 2
            self._extend(min(capacity, _MOST_ROWS))
            free = np.flatnonzero(~self.alive)
        return free[:m].astype(np.int32)

    def _extend(self, capacity: int) -> None:
        """Make room for `capacity` slots."""
        same = self._prepared is self.rows or self._measure.rows == "as given"
        self.alive = extended(self.alive, capacity)
        self.rows = extended(self.rows, capacity, reserve=True)
        self.indices = extended(self.indices, capacity, -1)
        self.distances = extended(self.distances, capacity, np.inf)
        self._linked = extended(self._linked, capacity)
        self._changed = extended(self._changed, capacity)
        self._urgency = extended(self._urgency, capacity, np.inf)
        self._prepared = self.rows if same else extended(self._prepared, capacity, reserve=True)

    def _forget(self, slots: Slots, *, stay: bool) -> None:
        """Take linked slots out of all lists; those that stay are to be linked anew."""
        if len(slots) == 0:
            return
        drop_entries(self._lists, slots, self._n_threads)
        clear_lists(self._lists, slots)
        self._linked[slots] = False
        self._unlink(slots)
        if stay:
            self._changed[slots] = True
            self._fresh = np.concatenate([self._fresh, slots])

    def _take(self, most: int) -> tuple[Slots, Slots]:
        """Take the next operations off the queues: slots to link, lists to search again."""
        waiting = np.flatnonzero(np.isfinite(self._urgency)).astype(np.int32)
        n_dirty = min(len(waiting), max(most // 4, most - len(self._fresh)))
        n_fresh = min(len(self._fresh), most - n_dirty)
        fresh, self._fresh = self._fresh[:n_fresh], self._fresh[n_fresh:]
        if 0 < n_dirty < len(waiting):  # ties go to the lower slot
            urgency = self._urgency[waiting]
            last = np.partition(urgency, n_dirty - 1)[n_dirty - 1]
            first, tied = np.flatnonzero(urgency < last), np.flatnonzero(urgency == last)
            waiting = waiting[np.sort(np.append(first, tied[: n_dirty - len(first)]))]
        else:
            waiting = waiting[:n_dirty]
        self._urgency[waiting] = np.inf
        return fresh, waiting

    def _nearest_of_all(self, queries: Rows, k: int) -> tuple[Slots, NDArray[np.float32]]:
        """Find the k nearest linked slots of prepared rows by looking at all."""
        linked = np.flatnonzero(self._linked).astype(np.int32)
        places, far = self._measure.nearest(queries, self._prepared[linked], k, self._n_threads)
        return named(linked, places), far

    @abstractmethod
    def _search(self, fresh: Slots, dirty: Slots) -> None:
        """Link new slots and search the lists of others again, against one state."""

    @abstractmethod
    def _unlink(self, slots: Slots) -> None:
        """Take slots, whose rows are still the old ones, out of what searches walk on."""

    @abstractmethod
    def _nearest(self, queries: Rows, k: int) -> tuple[Slots, NDArray[np.float32]]:
        """Find the k nearest linked slots of prepared rows."""


def named(slots: Slots, places: NDArray[np.int32]) -> Slots:
    """Slots of places in a table; -1 stays."""
    return np.append(slots, np.int32(-1))[places]


def extended(
    array: NDArray[Any], capacity: int, fill: float = 0.0, *, reserve: bool = False
) -> NDArray[Any]:
    """Return an array that begins as this one and is longer; new entries are `fill`.

    It is a copy, but where `reserve` was asked for before and was enough. Zeros cost no memory
    until they are written, so a reserve costs addresses only; it saves most copies of wide rows.
    """
    if reserve:
        reserved = array.base
        if isinstance(reserved, np.ndarray) and len(reserved) >= capacity:
            return reserved[:capacity]
        most = _RESERVED_BYTES // max(1, array.itemsize * int(np.prod(array.shape[1:])))
        room = max(capacity, min(_RESERVED * capacity, most))
    else:
        room = capacity
    out = np.zeros((room, *array.shape[1:]), dtype=array.dtype)[:capacity]
    out[: len(array)] = array
    if fill != 0.0:
        out[len(array) :] = fill
    return out
