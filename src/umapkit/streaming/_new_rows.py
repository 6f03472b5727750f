"""Rows placed on a map that stands still for them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from umapkit.data import RowFinder, row_hashes
from umapkit.graph import bandwidths, cut, memberships
from umapkit.init import place
from umapkit.layout import FrozenMap, settle
from umapkit.neighbors import Neighbors
from umapkit.streaming._rules import Rules
from umapkit.streaming._stream import Stream

_EPOCHS = 100


@dataclass(frozen=True, eq=False)
class NewRows:
    """The map as new rows read it, made once until it changes.

    Attributes
    ----------
    table : GrowingNeighbors
        Whom to ask for neighbours; it numbers by slots,
    number : int32 array of shape (capacity,)
        and this says which row of the map a slot is; -1: none.
    finder : RowFinder
        Rows on the map, in order of arrival.
    map : FrozenMap
        Their places.
    mean_distance : float
        Of the table.
    rules : Rules
        Parameters of the stream.
    n_threads : int
        Threads.
    """

    table: Any
    number: NDArray[np.int32]
    finder: RowFinder
    map: FrozenMap
    mean_distance: float
    rules: Rules
    n_threads: int

    @classmethod
    def of(cls, stream: Stream, slots: NDArray[np.int32]) -> Self:
        """Take the map as it is; `slots` are those held, in order of arrival.

        Raises
        ------
        ValueError
            If no row is on the map.
        """
        slots = slots[stream.places.where[slots] >= 0]
        if len(slots) == 0:
            msg = "No row is on the map yet. Call step(), or partial_fit with wait=True."
            raise ValueError(msg)
        number = np.full(stream.table.capacity, -1, dtype=np.int32)
        number[slots] = np.arange(len(slots), dtype=np.int32)
        return cls(
            table=stream.table,
            number=number,
            finder=RowFinder(np.ascontiguousarray(stream.table.rows[slots])),
            map=FrozenMap.of(stream.places.positions[slots], seed=stream.rules.seed),
            mean_distance=stream.mean_distance(),
            rules=stream.rules,
            n_threads=stream.n_threads,
        )

    def place(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the places of rows, shape (m, n_components)."""
        places = np.empty((len(rows), self.map.places.shape[1]), dtype=np.float32)
        found = self.finder.find(rows, n_jobs=self.n_threads)
        known = found >= 0
        places[known] = self.map.places[found[known]]
        if not known.all():
            places[~known] = self._settled(np.ascontiguousarray(rows[~known]))
            lost = int(np.isnan(places[:, 0]).sum())
            if lost:
                msg = (
                    f"{lost} of {len(rows)} rows have no row of the map within the disconnection "
                    f"distance {self.rules.disconnection_distance:g}; their places are NaN. A "
                    "larger disconnection_distance would place them."
                )
                warnings.warn(msg, UserWarning, stacklevel=3)
        return places

    def _settled(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        rules, n_jobs = self.rules, self.n_threads
        k = min(self.table.n_neighbors, len(self.map.places))
        asked = self.table.query(rows, k)
        indices = np.where(asked.indices >= 0, self.number[np.maximum(asked.indices, 0)], -1)
        distances = np.where(indices >= 0, asked.distances, np.float32(np.inf))
        near = cut(
            Neighbors(indices.astype(np.int32), distances),
            disconnection_distance=rules.disconnection_distance,
        )
        scales = bandwidths(
            near,
            local_connectivity=rules.local_connectivity,
            bipartite=True,
            mean_distance=self.mean_distance,
            n_jobs=n_jobs,
        )
        weights = memberships(
            near, scales, bipartite=True, n_columns=len(self.map.places), n_jobs=n_jobs
        )
        start = place(weights, self.map.places, n_jobs=n_jobs)
        counts = np.diff(weights.indptr)
        row = np.repeat(np.arange(len(rows)), counts)
        column = np.arange(weights.nnz) - np.repeat(weights.indptr[:-1], counts)
        lists = np.full((len(rows), k), -1, dtype=np.int32)
        strengths = np.zeros((len(rows), k), dtype=np.float32)
        lists[row, column] = weights.indices
        strengths[row, column] = weights.data
        settled = settle(
            self.map,
            lists,
            strengths,
            start,
            row_hashes(rows, n_jobs=n_jobs),
            a=rules.a,
            b=rules.b,
            n_epochs=_EPOCHS,
            learning_rate=rules.learning_rate,
            negative_sample_rate=rules.negative_sample_rate,
            repulsion_strength=rules.repulsion_strength,
            n_jobs=n_jobs,
        )
        settled[counts == 0] = np.nan
        return settled


class Keeper:
    """Keeps `NewRows` from one `transform` to the next, until the map changes."""

    def __init__(self) -> None:
        self.kept: NewRows | None = None

    def new_rows(self, stream: Stream, slots: NDArray[np.int32]) -> NewRows:
        """Return what was kept, or made now."""
        kept = self.kept
        if kept is None:
            kept = self.kept = NewRows.of(stream, slots)
        return kept

    def __getstate__(self) -> dict[str, None]:
        return {"kept": None}
