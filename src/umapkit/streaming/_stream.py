"""The work of a stream: link, refresh, place, move, in pieces that a budget can stop between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, key, normal
from umapkit.graph import UNKNOWN_FACTOR, farness
from umapkit.init import make_start
from umapkit.layout import Layout, LayoutOptions, default_epochs
from umapkit.neighbors.growing import grow_from
from umapkit.streaming import _rules as rule
from umapkit.streaming._edges import Edges
from umapkit.streaming._lists import read_lists, sum_lists
from umapkit.streaming._places import Places
from umapkit.streaming._rules import Rules


def _always() -> bool:
    return True


class Stream:
    """Everything that changes while rows come and go, by slots.

    Parameters
    ----------
    rules : Rules
        Parameters.
    table : GrowingNeighbors
        The neighbours.
    n_threads : int
        Threads; no result depends on them.

    Attributes
    ----------
    done : int
        Operations done since the stream began.
    owed : int
        Moves of the whole map that rows have brought and that are still to be made.
    """

    def __init__(self, rules: Rules, table: Any, *, n_threads: int) -> None:
        self.rules, self.table, self.n_threads = rules, table, n_threads
        self.edges = Edges(table.capacity, n_threads=n_threads)
        self.places = Places(table.capacity, dim=rules.n_components, seed=rules.seed)
        self.linked = np.zeros(table.capacity, dtype=bool)
        self.sums = np.zeros(table.capacity)
        self.counts = np.zeros(table.capacity, dtype=np.int64)
        self.done = self.owed = self.stamp = self.cursor = 0
        self.labels = np.full(table.capacity, -1, dtype=np.int32)  # -1: not known
        self.labelled = False
        self.again: set[int] = set()
        self.young: NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self.young_epochs = 0

    def __getstate__(self) -> dict[str, Any]:
        """Take the table apart: what it walks on is compiled."""
        return {**vars(self), "table": self.table.state_arrays()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put the table together again."""
        vars(self).update(state, table=grow_from(state["table"], n_jobs=state["n_threads"]))

    # What the outside does.

    def insert(
        self, rows: NDArray[np.float32], labels: NDArray[np.int32] | None = None
    ) -> NDArray[np.int32]:
        """Take rows, perhaps with numbers of their labels; only stores and queues them."""
        slots = self.table.insert(rows)
        self._fit_capacity()
        self._label(slots, labels)
        return slots

    def _label(self, slots: NDArray[np.int32], labels: NDArray[np.int32] | None) -> None:
        self.labels[slots] = -1 if labels is None else labels
        self.labelled = self.labelled or (labels is not None and bool((labels >= 0).any()))

    def replace(
        self,
        slots: NDArray[np.int32],
        rows: NDArray[np.float32],
        labels: NDArray[np.int32] | None = None,
    ) -> None:
        """Give held rows new values and labels; each stays where it is and is young again."""
        self.table.replace(slots, rows)
        self._label(slots, labels)
        on_map = slots[self.places.where[slots] >= 0]
        self.places.ages[on_map] = 0
        self._owe(rule.MOVES_PER_ROW * len(slots))

    def remove(self, slots: NDArray[np.int32]) -> None:
        """Take rows out of the table, the edges and the map at once."""
        self.table.remove(slots)
        linked = slots[self.linked[slots]]
        self.edges.remove(linked)
        self.places.remove(slots[self.places.where[slots] >= 0])
        self.linked[slots] = False
        self.sums[slots] = 0.0
        self.counts[slots] = 0
        self.again.difference_update(slots.tolist())
        self.young = self.young[~np.isin(self.young, slots)]
        self._owe(rule.MOVES_PER_REMOVAL * len(slots))

    @property
    def pending(self) -> bool:
        """Whether rows still wait, or moves that they brought."""
        return bool(self.table.pending or self.again or len(self.young) or self.owed > 0)

    # Work, piece by piece. What comes next depends on the state alone, so that the same number of
    # operations is the same work, however it is cut into calls.

    def finish(self, rows: int | None = None, *, go_on: Callable[[], bool] = _always) -> None:
        """Link all rows that wait, or so many, and make all the moves that are owed.

        `go_on` is asked before every piece of work; once it says no, it has to say so always.
        """
        left = self.table.pending if rows is None else rows
        while left > 0 and self.table.pending and go_on():
            done = self._link(min(left, rule.BULK_PIECE))
            self.done += done
            left -= done
        if self.again and go_on():
            self.done += self._link(0)
        if not self.places.n and self.linked.any() and go_on():
            self.done += self._begin()
        while (len(self.young) or self.owed > 0) and go_on():
            if len(self.young):
                done = self._move_young(self.young_epochs if self.rules.move == "both" else 1)
            else:
                done = self._sweep(min(self.owed, rule.BULK_MOVES))
            self.done += done
            if done == 0:
                return

    def piece(self) -> int:
        """Do the next piece of work; return its operations, 0 where there is nothing to do."""
        if self.places.n == 0 and (not self.table.pending or self.linked.sum() >= rule.FIRST_ROWS):
            done = self._begin()
        elif self.places.n == 0:
            done = self._link(rule.TABLE_PIECE)
        elif len(self.young):
            done = self._move_young()
        elif self.owed >= rule.MOVE_PIECE or (self.owed > 0 and not self.table.pending):
            done = self._sweep()
        elif self.table.pending or self.again:
            done = self._link(rule.TABLE_PIECE)
        elif self.rules.move == "both":
            done = self._sweep()  # nothing is owed: the map goes on settling
        else:
            done = 0
        self.done += done
        return done

    def _begin(self) -> int:
        """Make the first map."""
        slots = np.flatnonzero(self.linked).astype(np.int32)
        if len(slots) == 0:
            return 0
        graph = self.edges.matrix()[slots][:, slots]
        seed, n = self.rules.seed, len(slots)
        start = make_start(
            graph,
            init="spectral",
            n_components=self.rules.n_components,
            data=np.ascontiguousarray(self.table.rows[slots]),
            seed=seed,
            n_jobs=self.n_threads,
        )
        epochs = default_epochs(n)
        options = LayoutOptions(
            a=self.rules.a,
            b=self.rules.b,
            n_epochs=epochs,
            learning_rate=self.rules.learning_rate,
            negative_sample_rate=self.rules.negative_sample_rate,
            repulsion_strength=self.rules.repulsion_strength,
            seed=seed,
        )
        layout = Layout(graph, start, options, n_jobs=self.n_threads)
        layout.run(epochs)
        self.places.add(slots, layout.embedding)
        self.places.ages[slots] = epochs
        self.owed = 0
        return 1 + n * epochs // rule.MOVES_PER_OPERATION

    def _fit_capacity(self) -> None:
        capacity = self.table.capacity
        if capacity == self.places.capacity:
            return
        self.edges.grow(capacity)
        self.places.grow(capacity)
        for name, fill in (("linked", 0), ("sums", 0), ("counts", 0), ("labels", -1)):
            old = getattr(self, name)
            wider = np.full(capacity, fill, dtype=old.dtype)
            wider[: len(old)] = old
            setattr(self, name, wider)

    def _link(self, operations: int) -> int:
        """Let the table work; refresh memberships of what it touched; place what is new."""
        done = self.table.work(operations) if self.table.pending else 0
        changed = self.table.take_changed()
        if self.again:
            changed = np.union1d(changed, np.fromiter(self.again, np.int32)).astype(np.int32)
            self.again.clear()
        if not self.table.pending:  # a row that found no other has no changed list
            missed = self.table.alive & ~self.linked
            missed[changed] = False
            if missed.any():
                changed = np.union1d(changed, np.flatnonzero(missed)).astype(np.int32)
        changed = changed[self.table.alive[changed]]
        new = changed[self.places.where[changed] < 0]
        self.linked[changed] = True
        sum_lists(self.table, changed, self.sums, self.counts, n_threads=self.n_threads)
        for at in range(0, len(changed), rule.BULK_RELINK):
            self._refresh(changed[at : at + rule.BULK_RELINK])
        if self.places.n:
            if len(new):
                self._place(new)
                self._owe(rule.MOVES_PER_ROW * len(new))
            self._wake(changed)
        return max(done, 1)

    def _owe(self, moves: int) -> None:
        """Note moves that the whole map shall make; as Algorithm 3 has it, it makes none."""
        if self.rules.move == "both":
            self.owed = min(self.owed + moves, rule.SWEEPS_AT_MOST * max(self.places.n, 1))

    def _wake(self, changed: NDArray[np.int32]) -> None:
        """Let points move alone: those with new rows; by Algorithm 3, all whose lists changed."""
        if self.rules.move == "both":
            changed = changed[self.places.ages[changed] < rule.YOUNG_EPOCHS]
        if len(changed):
            self.young = np.union1d(self.young, changed).astype(np.int32)
            both = self.rules.move == "both"
            self.young_epochs = rule.YOUNG_EPOCHS if both else rule.ROUND_EPOCHS

    def mean_distance(self) -> float:
        """Mean of all finite distances of the table."""
        return float(self.sums.sum() / max(int(self.counts.sum()), 1))

    def _refresh(self, slots: NDArray[np.int32]) -> None:
        """Compute memberships of some slots anew, and the edges that they change."""
        lists = read_lists(
            self.table,
            slots,
            self.linked,
            local_connectivity=self.rules.local_connectivity,
            disconnection_distance=self.rules.disconnection_distance,
            mean_distance=self.mean_distance(),
            n_threads=self.n_threads,
        )
        self.again.update(slots[lists.waiting].tolist())
        values = lists.values
        if self.labelled:
            values = self._intersected(slots, lists.targets, values, lists.counts)
        self.edges.relink(slots, lists.targets, values, lists.counts)

    def _intersected(
        self,
        slots: NDArray[np.int32],
        targets: NDArray[np.int32],
        values: NDArray[np.float32],
        counts: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """Weaken memberships between unlike labels; every row keeps one of 1."""
        used = np.arange(targets.shape[1]) < counts[:, None]
        mine = self.labels[slots][:, None]
        theirs = self.labels[np.where(used, targets, slots[:, None])]
        factor = np.where(mine == theirs, 1.0, np.exp(-farness(self.rules.target_weight)))
        factor = np.where((mine < 0) | (theirs < 0), UNKNOWN_FACTOR, factor)
        weak = np.where(used, values * factor, 0.0)
        top = weak.max(axis=1, keepdims=True)
        return (weak / np.where(top > 0, top, 1.0)).astype(np.float32)

    def _place(self, new: NDArray[np.int32]) -> None:
        """Put new points among their neighbours; those whose neighbours are new, too, come after.

        Where a group has no neighbour on the map, its lowest slot goes to the nearest of all
        points there, and the others follow.
        """
        left = new
        while len(left):
            on_map = self.places.where >= 0
            indices = self.table.indices[left]
            ready = (indices >= 0) & on_map[np.maximum(indices, 0)]
            some = ready.any(axis=1)
            if some.any():
                self._put(left[some], indices[some], ready[some])
                left = left[~some]
                continue
            nearest = self._nearest_on_map(left[:1])
            self._put(left[:1], nearest, np.ones_like(nearest, dtype=bool))
            left = left[1:]

    def _put(
        self, slots: NDArray[np.int32], indices: NDArray[np.int32], ready: NDArray[np.bool_]
    ) -> None:
        positions = self.places.positions
        if self.rules.place == "nearest":
            first = np.argmax(ready, axis=1)
            where = positions[np.take_along_axis(indices, first[:, None], axis=1)[:, 0]]
        else:
            distances = np.where(ready, self.table.distances[slots][:, : indices.shape[1]], np.inf)
            gap = distances - distances.min(axis=1, keepdims=True)
            scale = np.where(ready, gap, 0).sum(axis=1) / ready.sum(axis=1)
            weights = np.where(ready, np.exp(-gap / np.maximum(scale, 1e-30)[:, None]), 0.0)
            weights /= weights.sum(axis=1, keepdims=True)
            where = np.einsum("ij,ijk->ik", weights, positions[np.maximum(indices, 0)])
        spread = rule.NOISE * self.sums[slots] / np.maximum(self.counts[slots] - 1, 1)
        keys = key(self.rules.seed, Stage.STREAM_PLACE, self.stamp, slots)
        noise = normal(keys[:, None], np.arange(where.shape[1]))
        self.places.add(slots, where + spread[:, None] * noise)

    def _nearest_on_map(self, slot: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the nearest row on the map of one row, shape (1, 1)."""
        from umapkit.neighbors import build_index

        on_map = self.places.on_map
        index = build_index(
            np.ascontiguousarray(self.table.rows[on_map]),
            n_neighbors=min(2, len(on_map)),
            metric=self.rules.metric,
            method="exact",
            random_state=0,
            n_jobs=self.n_threads,
        )
        found = index.query(np.ascontiguousarray(self.table.rows[slot]), 1, n_jobs=self.n_threads)
        return on_map[found.indices]

    def _move(self, slots: NDArray[np.int32], laps: NDArray[np.int32], part: int) -> int:
        """Make moves, parts of so many at once; laps[i]: how often slots[i] was there before."""
        places, rules = self.places, self.rules
        ages = places.ages[slots] + laps
        ends = np.append(np.arange(part, len(slots), part), len(slots))
        places.move(
            self.edges,
            slots,
            rule.step_sizes(ages, rules.learning_rate),
            a=rules.a,
            b=rules.b,
            repulsion_strength=rules.repulsion_strength,
            negative_sample_rate=rules.negative_sample_rate,
            drawn=rule.drawn(places.n),
            memory=rule.MEMORY,
            anchor=rules.anchor,
            stamp=self.stamp,
            n_threads=self.n_threads,
            ends=ends,
            # The home of a young point is where it is.
            settling=ages + 1 < rule.YOUTH if rules.anchor > 0 else None,
        )
        self.stamp += len(ends)
        return 1 + (len(slots) - 1) // rule.MOVES_PER_OPERATION

    def _move_young(self, epochs: int = 1) -> int:
        """Let points find their places while the others stay."""
        young, places = self.young, self.places
        laps = np.repeat(np.arange(epochs, dtype=np.int32), len(young))
        done = self._move(np.tile(young, epochs), laps, len(young))
        self.young_epochs -= epochs
        at_rest = False
        if self.rules.move == "new":
            farthest = np.sqrt((places.velocities[young] ** 2).sum(axis=1).max())
            on_map = places.positions[places.order[: places.n]]
            at_rest = bool(farthest < rule.STILL * np.linalg.norm(np.ptp(on_map, axis=0)))
        if self.young_epochs <= 0 or at_rest:
            if self.rules.move == "new":
                places.velocities[young] = 0.0
            self.young = np.empty(0, dtype=np.int32)
        return done

    def _sweep(self, moves: int | None = None) -> int:
        """Make the next moves round the map: so many, or a piece."""
        on_map = self.places.on_map
        n = len(on_map)
        if n < 2:
            self.owed = 0
            return 0
        most = min(rule.MOVE_PIECE, n) if moves is None else moves
        turns = np.searchsorted(on_map, self.cursor) + np.arange(most)
        slots = on_map[turns % n]
        self.cursor = int(slots[-1]) + 1
        part = min(max(rule.PART_LEAST, n // rule.SWEEP_PARTS), n)
        done = self._move(slots, (np.arange(most, dtype=np.int32) // np.int32(n)), part)
        self.owed = max(0, self.owed - most)
        return done
