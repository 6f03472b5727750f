"""Cells of near rows: the arrays of ``cpp/include/umapkit/cells.hpp``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, sample_without_replacement
from umapkit.distances import resolve_metric
from umapkit.neighbors._descent import choose_plan, spaces_for, true_sample
from umapkit.neighbors._space import Space
from umapkit.neighbors._table import Table
from umapkit.neighbors.growing._growing import extended
from umapkit.neighbors.growing._measure import Measure

Rows = NDArray[np.float32]
Slots = NDArray[np.int32]

CELL = 256  # kCell of cpp/tables/growing.hpp
_PANEL = 32
_FIRST_CELLS = 16
_LOOKED_AT = 2048  # rows on which a space is chosen
_SAMPLE = 256  # of which these ask for their neighbours
_KEPT = 0.97  # share of true neighbours whose narrow keys stay below slack times their own
_FINER = 1.5  # fine rows are so many times as wide as narrow ones, at least, and whole ones as fine
_WHOLE_SLACK = 1.0001  # two ways of adding up differ by rounding


@dataclass(frozen=True, eq=False)
class Sight:
    """The rows in which cells are searched.

    Attributes
    ----------
    space : Space or None
        Axes of a narrow space; None where rows are searched as they are.
    width : int
        Numbers of a searched row.
    slack : float
        How much larger than a true key the narrow key of a neighbour may well be.
    fine_width : int
        Numbers of a fine row, which is asked before a true distance is; 0: there are none.
    fine_slack : float
        How much larger than a true key a fine one may well be.
    """

    space: Space | None
    width: int
    slack: float
    fine_width: int = 0
    fine_slack: float = 1.0

    @classmethod
    def whole(cls, measure: Measure) -> Sight:
        """Rows as they are."""
        return cls(None, measure.width, _WHOLE_SLACK)

    @classmethod
    def choose(
        cls, rows: Rows, measure: Measure, k: int, listed: int, *, seed: int, n_threads: int
    ) -> Sight:
        """Find the narrowest space whose lists of `listed` keep nearly all k true neighbours.

        Parameters
        ----------
        rows : ndarray of float32, shape (n, d)
            Rows of the user; a hashed sample of 2,048 of them is looked at.
        measure : Measure
            How far.
        k, listed : int
            Neighbours wanted, and the length of the lists that are ranked again.
        seed : int
            Chooses the sample.
        n_threads : int
            Threads; results do not depend on them.
        """
        some = rows[sample_without_replacement(seed, Stage.SAMPLE, len(rows), _LOOKED_AT)]
        table = Table(some, resolve_metric(measure.name), n_threads)
        k = min(k, len(some) - 1)
        spaces = spaces_for(table, k, seed, n_threads)
        first = next(spaces, None)
        if first is None:
            return cls.whole(measure)
        truth = true_sample(
            table, k, size=_SAMPLE, seed=seed, n_threads=n_threads, projected=first[2]
        )
        plan = choose_plan(table, chain([first], spaces), truth, listed, n_threads)
        if plan.space is None or plan.projected is None:
            return cls.whole(measure)
        far = truth.distances.astype(np.float64)
        true = far**2 if measure.root else far / measure.scale

        def slack(width: int) -> float:
            narrow, heights = projected.narrow(width, n_threads, products=False)
            apart = narrow[truth.sample][:, None] - narrow[truth.ids]
            seen = (apart**2).sum(axis=2) + heights[truth.sample][:, None] + heights[truth.ids]
            ratio = seen[true > 0] / true[true > 0]
            least = max(1.0, float(np.quantile(ratio, _KEPT))) if ratio.size else 1.0
            return least * _WHOLE_SLACK

        projected, width, fine = plan.projected, plan.width, plan.space.axes.shape[1]
        if _FINER * width <= fine <= table.rows.shape[1] / _FINER:
            return cls(plan.space.first(fine - 1), width, slack(width), fine, slack(fine))
        return cls(plan.space.first(width - 1), width, slack(width))

    def lay(self, rows: Rows, n_threads: int) -> Laid:
        """Turn prepared rows into searched ones; each row on its own."""
        if self.space is None:
            return Laid(rows, None, None, None)
        projected = self.space.project(rows, n_threads)
        narrow = projected.narrow(self.width, n_threads, products=False)
        if self.fine_width == 0:
            return Laid(*narrow, None, None)
        return Laid(*narrow, *projected.narrow(self.fine_width, n_threads, products=False))


class Laid(NamedTuple):
    """Rows as cells see them, with their heights; None where there are none."""

    narrow: Rows
    heights: NDArray[np.float32] | None
    fine: Rows | None
    fine_heights: NDArray[np.float32] | None


class CellBook:
    """Cells over the slots of a table, in one sight.

    Parameters
    ----------
    sight : Sight
        The rows in which they are searched.
    measure : Measure
        How far.
    prepared : ndarray of float32, shape (capacity, width)
        The table's rows as the kernels see them.
    n_threads : int
        Threads; results do not depend on them.
    """

    def __init__(self, sight: Sight, measure: Measure, prepared: Rows, n_threads: int) -> None:
        self.sight = sight
        self._measure = measure
        self._n_threads = n_threads
        p = sight.width
        self._narrow = prepared if sight.space is None else np.empty((0, p), dtype=np.float32)
        self._heights = None if sight.space is None else np.empty(0, dtype=np.float32)
        q = sight.fine_width
        self._fine = np.empty((0, q), dtype=np.float32) if q else None
        self._fine_heights = np.empty(0, dtype=np.float32) if q else None
        self.where = np.empty(0, dtype=np.int32)
        self._panels = np.empty((0, CELL // _PANEL, p, _PANEL), dtype=np.float32)
        self._tall = np.empty((0, CELL), dtype=np.float32)
        self._limits = np.empty((0, CELL), dtype=np.float32)
        self._members = np.empty((0, CELL), dtype=np.int32)
        self._counts = np.empty(0, dtype=np.int32)
        self._hubs = np.empty((0, p), dtype=np.float32)
        self._n_cells = np.zeros(1, dtype=np.int64)
        self.n_members = 0
        self._make_room(_FIRST_CELLS)
        self.extend(prepared)

    @property
    def n_cells(self) -> int:
        """Cells in use, empty ones too."""
        return int(self._n_cells[0])

    def extend(self, prepared: Rows) -> None:
        """Follow the table, which has more slots now."""
        capacity = len(prepared)
        self.where = extended(self.where, capacity, -1)
        if self._heights is None:
            self._narrow = prepared
        else:
            self._narrow = extended(self._narrow, capacity, reserve=True)
            self._heights = extended(self._heights, capacity)
        if self._fine is not None and self._fine_heights is not None:
            self._fine = extended(self._fine, capacity, reserve=True)
            self._fine_heights = extended(self._fine_heights, capacity)
        self._hold()

    def add(self, slots: Slots, prepared: Rows) -> None:
        """Add slots, in order; until `close` their lists are open to nobody."""
        if len(slots) == 0:
            return
        self._lay(slots, prepared)
        self._make_room(
            self.n_cells + 1 + len(slots) // (CELL // 4) + min(len(slots), self.n_cells)
        )
        _kernels.add_to_cells(self._measure.kernel, self.handle, slots, self._n_threads)
        self.n_members += len(slots)

    def _lay(self, slots: Slots, prepared: Rows) -> None:
        if self._heights is None:
            return
        run = slots[-1] - slots[0] + 1 == len(slots)  # most come so, and need no copy
        rows = prepared[slots[0] : slots[-1] + 1] if run else prepared[slots]
        laid = self.sight.lay(rows, self._n_threads)
        self._narrow[slots], self._heights[slots] = laid.narrow, laid.heights
        if self._fine is not None and self._fine_heights is not None:
            self._fine[slots], self._fine_heights[slots] = laid.fine, laid.fine_heights

    def take(self, slots: Slots) -> None:
        """Take slots out; those that are in no cell are passed over."""
        self.n_members -= int(np.count_nonzero(self.where[slots] >= 0))
        _kernels.take_from_cells(self.handle, slots)

    def close(self, slots: Slots, indices: Slots, distances: Rows) -> None:
        """Open the lists of slots to what is nearer than their last neighbours."""
        m = self._measure
        _kernels.close_lists(
            self.handle,
            indices,
            distances,
            m.root,
            m.scale,
            self.sight.slack,
            slots,
            self._n_threads,
        )

    def state_arrays(self, top: int) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restored` needs."""
        n = self.n_cells
        inside = np.arange(CELL) < self._counts[:n, None]
        arrays = {
            "numbers": np.array(
                [
                    self.sight.width,
                    self.sight.slack,
                    self.sight.fine_width,
                    self.sight.fine_slack,
                ],
                dtype=np.float64,
            ),
            "where": self.where[:top].copy(),
            "counts": self._counts[:n].copy(),
            "hubs": self._hubs[:n].copy(),
            "limits": np.where(inside, self._limits[:n], np.float32(0.0)),
        }
        if self.sight.space is not None:
            arrays |= {"mean": self.sight.space.mean, "axes": self.sight.space.axes}
        return arrays

    @classmethod
    def restored(
        cls, state: dict[str, NDArray[Any]], measure: Measure, prepared: Rows, n_threads: int
    ) -> CellBook:
        """Rebuild cells; `state` is checked here as far as the kernels rely on it.

        Raises
        ------
        ValueError
            If the arrays do not agree.
        """
        width, slack, fine, fine_slack = state["numbers"].tolist()
        width, fine = int(width), int(fine)
        space = Space(state["mean"], state["axes"]) if "axes" in state else None
        book = cls(Sight(space, width, slack, fine, fine_slack), measure, prepared, n_threads)
        where, counts = state["where"], state["counts"]
        n, top = len(counts), len(where)
        slots = np.flatnonzero(where >= 0).astype(np.int32)
        at = where[slots]
        places = np.arange(CELL) < counts[:, None]
        if (
            state["hubs"].shape != (n, width)
            or top > len(prepared)
            or state["limits"].shape != (n, CELL)
            or not np.array_equal(np.sort(at), np.flatnonzero(places))
        ):
            msg = "The state of the table is damaged: its cells do not agree with its rows."
            raise ValueError(msg)
        book._make_room(n)
        book.where[:top] = where
        book._counts[:n], book._hubs[:n], book._limits[:n] = counts, state["hubs"], state["limits"]
        book._n_cells[0], book.n_members = n, len(slots)
        book._members.reshape(-1)[at] = slots
        if book._heights is not None and len(slots):
            book._lay(slots, prepared)
            book._tall.reshape(-1)[at] = book._heights[slots]
        book._panels[at // CELL, at % CELL // _PANEL, :, at % _PANEL] = book._narrow[slots]
        return book

    def _make_room(self, cells: int) -> None:
        most = len(self._counts)
        if cells <= most:
            return
        most = max(cells, 2 * most)
        self._panels = extended(self._panels, most, reserve=True)
        self._tall = extended(self._tall, most)
        self._limits = extended(self._limits, most)
        self._members = extended(self._members, most)
        self._counts = extended(self._counts, most)
        self._hubs = extended(self._hubs, most)
        self._hold()

    def _hold(self) -> None:
        if len(self.where) != len(self._narrow):
            return  # not complete yet
        self.handle = _kernels.Cells(
            self._narrow,
            self._heights,
            self.where,
            self._panels,
            self._tall,
            self._limits,
            self._members,
            self._counts,
            self._hubs,
            self._n_cells,
            self._fine,
            self._fine_heights,
            self.sight.fine_slack,
        )
