"""Where the points are: positions, speeds, ages, homes, and the order of the negatives."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, draw, key
from umapkit.streaming._edges import Edges

_LANES = 16
# Runs of 16 negatives that a point draws in an epoch, at most.
NEGATIVE_RUNS = 256
_KEPT = ("state", "where", "order", "homes", "ages")


class Places:
    """The points of a map that come and go.

    Parameters
    ----------
    capacity : int
        Slots.
    dim : int
        Dimensions of the map.
    seed : int
        Seed of all draws.

    Attributes
    ----------
    n : int
        Points on the map.
    where : int32 array of shape (capacity,)
        Place of every slot in the order of the negatives; -1: not on the map.
    ages : int32 array of shape (capacity,)
        Moves that a point has made since it came or was changed.
    """

    def __init__(self, capacity: int, *, dim: int, seed: int) -> None:
        self.dim, self.seed, self.n = dim, seed, 0
        self._width = 8 if dim == 3 else 2 * dim
        self._velocity = 4 if dim == 3 else dim
        self.state = np.zeros((capacity, self._width), dtype=np.float32)
        self.homes = np.zeros((capacity, dim), dtype=np.float32)
        self.ages = np.zeros(capacity, dtype=np.int32)
        self.where = np.full(capacity, -1, dtype=np.int32)
        self.order = np.zeros(capacity, dtype=np.int32)
        self._copy = np.zeros((dim, capacity + _LANES), dtype=np.float32)
        self._on_map: NDArray[np.int32] | None = None

    @property
    def on_map(self) -> NDArray[np.int32]:
        """Slots on the map, ascending."""
        if self._on_map is None:
            self._on_map = np.flatnonzero(self.where >= 0).astype(np.int32)
        return self._on_map

    @property
    def capacity(self) -> int:
        """Slots there is room for."""
        return len(self.where)

    @property
    def positions(self) -> NDArray[np.float32]:
        """Coordinates of every slot, a view of shape (capacity, dim)."""
        return self.state[:, : self.dim]

    @property
    def velocities(self) -> NDArray[np.float32]:
        """Last move of every slot, a view of shape (capacity, dim)."""
        return self.state[:, self._velocity : self._velocity + self.dim]

    def grow(self, capacity: int) -> None:
        """Make room for more slots."""
        for name in _KEPT:
            old = getattr(self, name)
            wider = np.zeros((capacity, *old.shape[1:]), dtype=old.dtype)
            wider[: len(old)] = old
            if name == "where":
                wider[len(old) :] = -1
            setattr(self, name, wider)
        self._copy_all()

    def add(self, slots: NDArray[np.int32], positions: NDArray[Any]) -> None:
        """Put points on the map, at rest."""
        self.state[slots] = 0.0
        self.positions[slots] = positions
        self.homes[slots] = positions
        self.ages[slots] = 0
        # Fisher and Yates, inside out: the order is a random one after every addition.
        numbers = np.arange(self.n + 1, self.n + 1 + len(slots), dtype=np.uint64)
        bits = draw(key(self.seed, Stage.STREAM_ORDER, numbers, slots), 0)
        spots = ((bits >> np.uint64(32)) * numbers) >> np.uint64(32)
        order, where, begin = self.order.data, self.where.data, self.n
        for slot, spot in zip(slots.tolist(), spots.tolist(), strict=True):
            other = order[spot]
            if spot < self.n:
                order[self.n] = other
                where[other] = self.n
            order[spot] = slot
            where[slot] = spot
            self.n += 1
        self._copy_some(np.concatenate([spots.astype(np.int64), np.arange(begin, self.n)]))

    def remove(self, slots: NDArray[np.int32]) -> None:
        """Take points off the map; the last of the order fill the gaps."""
        order, where, gaps = self.order.data, self.where.data, self.where[slots]
        for slot in slots.tolist():
            spot = where[slot]
            self.n -= 1
            last = order[self.n]
            order[spot] = last
            where[last] = spot
            where[slot] = -1
        self._copy_some(gaps[gaps < self.n])

    def _copy_all(self) -> None:
        if self._copy.shape[1] != self.capacity + _LANES:
            self._copy = np.zeros((self.dim, self.capacity + _LANES), dtype=np.float32)
        self._copy[:, : self.n] = self.positions[self.order[: self.n]].T

    def _copy_some(self, spots: NDArray[Any]) -> None:
        """Copy the positions of those whose places in the order changed."""
        self._on_map = None
        self._copy[:, spots] = self.positions[self.order[spots]].T

    def move(
        self,
        edges: Edges,
        slots: NDArray[np.int32],
        steps: NDArray[np.float32],
        *,
        a: float,
        b: float,
        repulsion_strength: float,
        negative_sample_rate: float,
        drawn: float,
        memory: float,
        anchor: float,
        stamp: int,
        n_threads: int,
        ends: NDArray[np.int64] | None = None,
        settling: NDArray[np.bool_] | None = None,
    ) -> None:
        """Move some points; ``cpp/include/umapkit/stream_move.hpp`` has the step.

        Parameters
        ----------
        edges : Edges
            Their springs.
        slots : int32 array of shape (m,)
            Slots on the map, those of a part distinct.
        steps : float32 array of shape (m,)
            Step size of each move.
        a, b, repulsion_strength, negative_sample_rate
            As in a layout.
        drawn : float
            How many negatives are drawn for each one that counts; more have less noise.
        memory : float
            Most of step times stiffness: how long motion lasts.
        anchor : float
            Strength of the spring to its home, in units of a point's own edges.
        stamp : int
            Number of the first part: draws are hashed from it.
        n_threads : int
            Threads; the result does not depend on them.
        ends : int64 array of shape (parts,), optional
            Where each part ends; its slots move at once. By default there is one.
        settling : bool array of shape (m,), optional
            Moves that take the point's home along; by default none.
        """
        _kernels.move_slots(
            edges.pool,
            self.state,
            self._copy,
            self.where,
            self.homes,
            self.ages,
            np.array([len(slots)]) if ends is None else ends,
            slots,
            steps,
            settling,
            n=self.n,
            a=a,
            b=b,
            gamma=repulsion_strength,
            negative_rate=negative_sample_rate,
            drawn=drawn,
            negative_runs=NEGATIVE_RUNS,
            memory=memory,
            anchor=anchor,
            seed=self.seed,
            stamp=stamp,
            n_threads=n_threads,
        )

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that decides what the points do next."""
        return {name: getattr(self, name) for name in _KEPT}

    @classmethod
    def from_state(cls, arrays: dict[str, NDArray[Any]], *, dim: int, seed: int) -> Self:
        """Take arrays that `state_arrays` gave."""
        made = cls(len(arrays["where"]), dim=dim, seed=seed)
        for name in _KEPT:
            setattr(made, name, np.array(arrays[name], dtype=getattr(made, name).dtype, order="C"))
        made.n = int((made.where >= 0).sum())
        made._copy_all()
        return made
