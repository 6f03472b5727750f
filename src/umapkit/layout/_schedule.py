"""How many epochs, which edges, and when to look."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


def default_epochs(n: int) -> int:
    """Epochs when none are asked for: 500 up to 10,000 vertices, 200 above (umap-learn's rule)."""
    return 500 if n <= 10_000 else 200


def resolve_epochs(
    n_epochs: int | Sequence[int] | NDArray[np.integer] | None, n: int
) -> tuple[int, list[int]]:
    """Turn ``n_epochs`` into the length of the schedule and the epochs at which to keep the map.

    Parameters
    ----------
    n_epochs : int, sequence of int, or None
        A number; or a list of epochs at which a snapshot is wanted, the largest being the length;
        or ``None`` for the default.
    n : int
        Number of vertices.

    Returns
    -------
    length : int
        Epochs of the schedule.
    snapshots : list of int
        Sorted epochs to keep; empty when a single number was given.

    Raises
    ------
    ValueError
        If a number is negative or not whole, or the list is empty.
    """
    if n_epochs is None:
        return default_epochs(n), []
    values: list[Any] = list(n_epochs) if isinstance(n_epochs, Iterable) else [n_epochs]
    whole = all(isinstance(v, numbers.Integral) and not isinstance(v, bool) for v in values)
    if not values or not whole or min(values) < 0:
        msg = (
            f"n_epochs={n_epochs!r} is not allowed. Give a whole number from 0, a list of such "
            "numbers to keep the map at each of them, or None."
        )
        raise ValueError(msg)
    if not isinstance(n_epochs, Iterable):
        return int(values[0]), []
    return int(max(values)), sorted({int(v) for v in values})


def least_weight(n_epochs: int, n: int) -> float:
    """Return the least share of the largest membership that an edge of n vertices must have.

    An edge below it is visited less than once in a schedule of `n_epochs` (umap-learn drops it;
    so does this, for the same map). Up to 10 epochs the default number is used instead, as
    umap-learn does.
    """
    return float(np.float32(1.0 / (n_epochs if n_epochs > 10 else default_epochs(n))))


def prune(graph: csr_array, n_epochs: int) -> csr_array:
    """Memberships over their maximum, without those that less than one visit would reach.

    An edge below `least_weight` is left out.

    Parameters
    ----------
    graph : csr_array of shape (n, n), float32
        Symmetric memberships.
    n_epochs : int
        Length of the schedule.

    Returns
    -------
    csr_array of shape (n, n), float32
        A new graph with weights in (0, 1].
    """
    weights = graph.data.astype(np.float32)
    top = weights.max(initial=np.float32(0.0))
    if top <= 0:
        return csr_array(graph.shape, dtype=np.float32)
    weights = weights / top
    weights[weights < np.float32(least_weight(n_epochs, len(graph.indptr) - 1))] = 0.0
    pruned = csr_array((weights, graph.indices.copy(), graph.indptr.copy()), shape=graph.shape)
    pruned.eliminate_zeros()
    pruned.sort_indices()
    return pruned
