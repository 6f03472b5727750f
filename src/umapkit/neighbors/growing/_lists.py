"""Changing neighbour lists in place: entries that go, entries that are offered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels

Slots = NDArray[np.int32]
Distances = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of a growing table and what is noted of them, all by slot.

    Attributes
    ----------
    indices, distances : ndarray, shape (capacity, k)
        Column 0 is the slot itself.
    urgency : ndarray of float32, shape (capacity,)
        Smallest distance at which a list lost a neighbour; infinite where it lost none.
    changed : ndarray of bool, shape (capacity,)
        Lists that changed.
    """

    indices: Slots
    distances: Distances
    urgency: Distances
    changed: NDArray[np.bool_]


def drop_entries(lists: Lists, slots: Slots, n_threads: int) -> None:
    """Take slots out of every list; lists that held one close ranks and become urgent. O(n k)."""
    if lists.indices.shape[1] == 1:
        return
    gone = np.zeros(len(lists.indices), dtype=bool)
    gone[slots] = True
    _kernels.drop_entries(
        lists.indices, lists.distances, lists.changed, lists.urgency, gone, n_threads
    )


def clear_lists(lists: Lists, slots: Slots) -> None:
    """Empty the lists of some slots; they are urgent no more."""
    lists.indices[slots, 1:] = -1
    lists.distances[slots, 1:] = np.inf
    lists.urgency[slots] = np.inf
    lists.changed[slots] = False


def merge_lists(lists: Lists, who: Slots, ids: Slots, distances: Distances) -> None:
    """Offer candidates (m, c) to the lists of m distinct slots.

    A list ends as the nearest of what it held and what it is offered, by (distance, slot), each
    slot once. Slots whose lists differ afterwards are marked as changed.
    """
    k = lists.indices.shape[1] - 1
    old = lists.indices[who, 1:]
    every = np.concatenate([old, ids], axis=1)
    far = np.concatenate([lists.distances[who, 1:], distances], axis=1)
    order = np.lexsort((every, far), axis=1)
    every = np.take_along_axis(every, order, axis=1)
    far = np.take_along_axis(far, order, axis=1)
    # A slot offered again is at the same distance, so the two stand side by side.
    again = np.zeros(every.shape, dtype=bool)
    again[:, 1:] = (every[:, 1:] == every[:, :-1]) & (every[:, 1:] >= 0)
    every[again], far[again] = -1, np.inf
    order = np.argsort(again, axis=1, kind="stable")[:, :k]
    every = np.take_along_axis(every, order, axis=1)
    far = np.take_along_axis(far, order, axis=1)
    lists.changed[who] |= (every != old).any(axis=1)
    lists.indices[who, 1:], lists.distances[who, 1:] = every, far
