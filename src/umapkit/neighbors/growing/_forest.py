"""Randomised k-d trees side by side: the arrays of ``cpp/include/umapkit/kd_forest.hpp``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._seed import Stage, draw, key
from umapkit.neighbors.growing._growing import extended

Rows = NDArray[np.float32]
Slots = NDArray[np.int32]

N_TREES = 4
_FIRST_NODES = 4096
_FIRST_BUILD = 1000  # epochs of the draws, beyond those of other trees
_BY_NODE = ("children", "coordinates", "cuts", "depths")
_BY_SLOT = ("leaves", "same")


class Forest:
    """Four trees that serve, and a fifth that may be under construction.

    Parameters
    ----------
    prepared : ndarray of float32, shape (capacity, d)
        The table's rows as the kernels see them.
    seed : int
        Seed of every draw.
    n_threads : int
        Threads; results do not depend on them.
    """

    def __init__(self, prepared: Rows, seed: int, n_threads: int) -> None:
        trees = N_TREES + 1
        self._seed = seed
        self._n_threads = n_threads
        self.children = np.zeros((trees, _FIRST_NODES, 2), dtype=np.int32)
        self.coordinates = np.zeros((trees, _FIRST_NODES), dtype=np.int32)
        self.cuts = np.zeros((trees, _FIRST_NODES), dtype=np.float32)
        self.depths = np.zeros((trees, _FIRST_NODES), dtype=np.int32)
        self.leaves = np.empty((trees, 0), dtype=np.int32)
        self.same = np.empty((trees, 0), dtype=np.int32)
        self.sizes = np.zeros(trees, dtype=np.int64)
        self.visits = np.zeros((trees, 2), dtype=np.int64)
        self.order = np.arange(trees, dtype=np.int32)  # the last one does not serve
        self.builds = 0
        # Of the tree under construction: its slots, the queue of nodes, and the queue's ends.
        self.ids = np.empty(0, dtype=np.int32)
        self.tasks = np.empty((1, 3), dtype=np.int64)
        self.queue = np.zeros(2, dtype=np.int64)
        self.building = False
        self.extend(prepared)

    @property
    def live(self) -> Slots:
        """Trees that serve."""
        return self.order[:N_TREES]

    @property
    def spare(self) -> int:
        """The tree that does not."""
        return int(self.order[N_TREES])

    def extend(self, prepared: Rows) -> None:
        """Follow the table, which has more slots now."""
        capacity = len(prepared)
        self._rows = prepared
        for name in _BY_SLOT:
            setattr(self, name, _wider(getattr(self, name), capacity, -1))
        self._hold()

    def build_all(self, slots: Slots) -> None:
        """Build all trees that serve, at once."""
        for tree in self.live:
            self._begin(int(tree), slots)
            self._steps(int(tree), 2 * len(slots) + 1)
        self.building = False

    def begin(self, slots: Slots) -> None:
        """Begin to build the tree that does not serve."""
        self._begin(self.spare, slots)
        self.building = True

    def go_on(self, steps: int, linked: NDArray[np.bool_]) -> bool:
        """Make so many nodes, then insert as many slots that came meanwhile; True when done."""
        steps -= self._steps(self.spare, steps)
        if steps <= 0:
            return False
        late = np.flatnonzero(linked & (self.leaves[self.spare] < 0)).astype(np.int32)
        self._insert(self.order[N_TREES:], late[:steps])
        return len(late) <= steps

    def put_in_place(self) -> None:
        """Let the finished tree serve instead of the one most out of balance."""
        mean = self.visits[self.live, 1] / np.maximum(self.visits[self.live, 0], 1)
        worst = int(np.argmax(mean))
        self.order[[worst, N_TREES]] = self.order[[N_TREES, worst]]
        self.visits[:] = 0
        self.building = False

    def insert(self, slots: Slots) -> None:
        """Insert slots, in order, into all trees that serve."""
        self._insert(self.live, slots)

    def remove(self, slots: Slots) -> None:
        """Take slots out of every tree, and of what is to be built."""
        _kernels.remove_from_trees(self.handle, slots)
        if self.building:
            self.ids[np.isin(self.ids, slots)] = -1

    def state_arrays(self, top: int) -> dict[str, NDArray[Any]]:
        """Return what :meth:`restore` needs."""
        used = np.arange(int(self.sizes.max())) < self.sizes[:, None]
        n = used.shape[1]
        state: dict[str, NDArray[Any]] = {}
        for name in _BY_NODE:
            state[name] = getattr(self, name)[:, :n].copy()
            state[name][~used] = 0
        state |= {name: getattr(self, name)[:, :top].copy() for name in _BY_SLOT}
        state |= {
            "sizes": self.sizes.copy(),
            "visits": self.visits.copy(),
            "order": self.order.copy(),
            "numbers": np.array([self.builds, self.building], dtype=np.int64),
        }
        if self.building:
            tasks = self.tasks[: self.queue[1]].copy()
            state |= {"ids": self.ids.copy(), "tasks": tasks, "queue": self.queue.copy()}
        return state

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take a saved state up.

        Raises
        ------
        ValueError
            If a number would lead out of the arrays.
        """
        n, top = state["children"].shape[1], state["leaves"].shape[1]
        limits = {
            "children": (-1, max(n, top)),
            "coordinates": (0, self._rows.shape[1]),
            "leaves": (-1, n),
            "same": (-1, top),
            "sizes": (0, n + 1),
            "order": (0, N_TREES + 1),
            "ids": (-1, top),
            "queue": (0, len(state.get("tasks", ())) + 1),
        }
        for name, (low, high) in limits.items():
            values = state.get(name, np.empty(0))
            if values.size and (values.min() < low or values.max() >= high):
                msg = f"The state of the table is damaged: {name!r} leads out of the trees."
                raise ValueError(msg)
        self._make_room(n)
        for name in _BY_NODE:
            getattr(self, name)[:, :n] = state[name]
        for name in _BY_SLOT:
            getattr(self, name)[:, :top] = state[name]
        self.sizes[:], self.visits[:] = state["sizes"], state["visits"]
        self.order[:] = state["order"]
        self.builds, self.building = int(state["numbers"][0]), bool(state["numbers"][1])
        if self.building:
            self.ids = state["ids"].copy()
            self.tasks = _wider(state["tasks"].T, 2 * len(self.ids) + 1, 0).T.copy()
            self.queue[:] = state["queue"]
        self._hold()

    def _begin(self, tree: int, slots: Slots) -> None:
        n = len(slots)
        order = draw(key(self._seed, Stage.TREE, _FIRST_BUILD + self.builds, slots), 1)
        self.ids = slots[np.argsort(order, kind="stable")]
        self.tasks = np.zeros((2 * n + 1, 3), dtype=np.int64)
        self.tasks[0] = 0, 0, n
        self.queue[:] = 0, 1
        self.sizes[tree] = 0
        self.leaves[tree], self.same[tree] = -1, -1
        self._make_room(2 * n + 1)
        self.builds += 1

    def _steps(self, tree: int, steps: int) -> int:
        number = _FIRST_BUILD + self.builds
        return _kernels.build_kd_tree(
            self.handle, tree, self._seed, number, self.ids, self.tasks, self.queue, steps
        )

    def _insert(self, trees: Slots, slots: Slots) -> None:
        if len(slots):
            self._make_room(int(self.sizes[trees].max()) + 2 * len(slots) + 1)
            _kernels.insert_in_trees(self.handle, trees, slots, self._n_threads)

    def _make_room(self, nodes: int) -> None:
        most = self.children.shape[1]
        if nodes > most:
            for name in _BY_NODE:
                setattr(self, name, _wider(getattr(self, name), max(nodes, 2 * most), 0))
            self._hold()

    def _hold(self) -> None:
        self.handle = _kernels.KdForest(
            self._rows,
            self.children,
            self.coordinates,
            self.cuts,
            self.depths,
            self.leaves,
            self.same,
            self.sizes,
            self.visits,
        )


def _wider(array: NDArray[Any], width: int, fill: int) -> NDArray[Any]:
    """Return a copy with more entries along the second axis."""
    return np.ascontiguousarray(np.swapaxes(extended(np.swapaxes(array, 0, 1), width, fill), 0, 1))
