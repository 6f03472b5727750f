"""The symmetric edges of a growing table, block by block."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels

_LANES = 16
_NAMES = ("first", "room", "count", "degree", "heads", "out", "in", "weights", "used")
_TYPES: dict[str, Any] = {
    "first": np.int64,
    "room": np.int32,
    "count": np.int32,
    "degree": np.float32,
    "heads": np.int32,
    "out": np.float32,
    "in": np.float32,
    "weights": np.float32,
    "used": np.int64,
}


class Edges:
    """Who pulls whom, and how strongly; a changed list touches its own edges only.

    Parameters
    ----------
    capacity : int
        Slots.
    n_threads : int
        Threads; the result does not depend on them.

    Notes
    -----
    ``cpp/include/umapkit/stream_edges.hpp`` says how the blocks are kept.
    """

    def __init__(self, capacity: int, *, n_threads: int) -> None:
        self.n_threads = n_threads
        self._arrays = _empty(capacity, 64)

    @property
    def pool(self) -> tuple[NDArray[Any], ...]:
        """The arrays as the kernels take them."""
        return tuple(self._arrays[name] for name in _NAMES)

    @property
    def capacity(self) -> int:
        """Slots there is room for."""
        return len(self._arrays["first"])

    @property
    def degree(self) -> NDArray[np.float32]:
        """Sum of the weights of every slot's edges, shape (capacity,)."""
        return self._arrays["degree"]

    def grow(self, capacity: int) -> None:
        """Make room for more slots."""
        for name in ("first", "room", "count", "degree"):
            old = self._arrays[name]
            wider = np.zeros(capacity, dtype=old.dtype)
            wider[: len(old)] = old
            self._arrays[name] = wider

    def relink(
        self,
        slots: NDArray[np.int32],
        targets: NDArray[np.int32],
        values: NDArray[np.float32],
        counts: NDArray[np.int32],
    ) -> None:
        """Take new directed memberships of some slots, and form the edges that they change.

        Parameters
        ----------
        slots : int32 array of shape (m,)
            Distinct slots.
        targets, values : int32 and float32 arrays of shape (m, k)
            Slots listed and memberships p(target | slot), `counts` of them each.
        counts : int32 array of shape (m,)
            -1 takes the slot out of all its edges.
        """
        while True:
            wanted = _kernels.relink_edges(
                self.pool, slots, targets, values, counts, n_threads=self.n_threads
            )
            if wanted == 0:
                return
            self._repack(int(wanted) - int(self._arrays["used"][0]))

    def remove(self, slots: NDArray[np.int32]) -> None:
        """Take slots out of all edges."""
        m = len(slots)
        self.relink(
            slots,
            np.zeros((m, 1), dtype=np.int32),
            np.zeros((m, 1), dtype=np.float32),
            np.full(m, -1, dtype=np.int32),
        )

    def matrix(self) -> csr_array:
        """Return all edges as a matrix of shape (capacity, capacity)."""
        arrays = self._arrays
        counts = arrays["count"]
        row = np.repeat(np.arange(self.capacity), counts)
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = _LANES * arrays["first"][row] + within
        graph = csr_array(
            (arrays["weights"][at], (row, arrays["heads"][at])),
            shape=(self.capacity, self.capacity),
        )
        graph.sort_indices()
        return graph

    def _repack(self, further: int) -> None:
        """Move to a pool with room for twice as many vectors as are needed."""
        needed = _kernels.packed_vectors(self.pool) + further
        packed = _empty(self.capacity, 2 * needed)
        _kernels.repack_edges(self.pool, tuple(packed[name] for name in _NAMES))
        self._arrays = packed

    def state_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays, the pool without its unused end."""
        used = int(self._arrays["used"][0])
        return {
            name: array[: used * _LANES] if name in ("heads", "out", "in", "weights") else array
            for name, array in self._arrays.items()
        }

    @classmethod
    def from_state(cls, arrays: dict[str, NDArray[Any]], *, n_threads: int) -> Self:
        """Take arrays that `state_arrays` gave."""
        made = cls(0, n_threads=n_threads)
        made._arrays = {
            name: np.array(arrays[name], dtype=_TYPES[name], order="C") for name in _NAMES
        }
        return made


def _empty(capacity: int, vectors: int) -> dict[str, NDArray[Any]]:
    sizes: dict[str, int] = dict.fromkeys(("first", "room", "count", "degree"), capacity)
    sizes["used"] = 1
    return {
        name: np.zeros(sizes.get(name, vectors * _LANES), dtype=kind)
        for name, kind in _TYPES.items()
    }
