"""Memberships of some slots, read out of the table of neighbours."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels


class NewLists(NamedTuple):
    """Directed memberships of some slots.

    Attributes
    ----------
    targets, values : int32 and float32 arrays of shape (m, k)
        Slots listed, ascending, and memberships p(target | slot), `counts` of them each.
    counts : int32 array of shape (m,)
        How many are used.
    waiting : bool array of shape (m,)
        Lists of which a neighbour was left out that is not linked yet.
    """

    targets: NDArray[np.int32]
    values: NDArray[np.float32]
    counts: NDArray[np.int32]
    waiting: NDArray[np.bool_]


def sum_lists(
    table: Any,
    slots: NDArray[np.int32],
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
    *,
    n_threads: int,
) -> None:
    """Write sums and numbers of the finite distances of some slots' lists."""
    _kernels.sum_lists(table.indices, table.distances, slots, sums, counts, n_threads)


def read_lists(
    table: Any,
    slots: NDArray[np.int32],
    linked: NDArray[np.bool_],
    *,
    local_connectivity: float,
    disconnection_distance: float,
    mean_distance: float,
    n_threads: int,
) -> NewLists:
    """Compute memberships; ``cpp/include/umapkit/stream_lists.hpp`` says how.

    Parameters
    ----------
    table : GrowingNeighbors
        The neighbours.
    slots : int32 array of shape (m,)
        Whose lists.
    linked : bool array of shape (capacity,)
        Slots that count as neighbours.
    local_connectivity, disconnection_distance
        As in `umapkit.UMAP`.
    mean_distance : float
        Mean of all finite distances of the table.
    n_threads : int
        Threads; the result does not depend on them.
    """
    m, k = len(slots), table.indices.shape[1]
    lists = NewLists(
        np.zeros((m, k), dtype=np.int32),  # nothing is written beyond the counts
        np.zeros((m, k), dtype=np.float32),
        np.empty(m, dtype=np.int32),
        np.empty(m, dtype=bool),
    )
    _kernels.read_lists(
        table.indices,
        table.distances,
        linked,
        slots,
        cut=disconnection_distance,
        connectivity=local_connectivity,
        target=float(np.log2(k)),
        mean_distance=mean_distance,
        targets=lists.targets,
        values=lists.values,
        counts=lists.counts,
        waiting=lists.waiting,
        n_threads=n_threads,
    )
    return lists
