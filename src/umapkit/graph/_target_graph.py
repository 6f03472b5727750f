"""A fuzzy graph of targets that are numbers, or are compared by a function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.data import first_of_equals
from umapkit.distances import Metric, resolve_metric
from umapkit.graph._bandwidth import bandwidths
from umapkit.graph._csr import csr_parts, shape_of
from umapkit.graph._fuzzy import memberships
from umapkit.graph._targets import Targets
from umapkit.neighbors import Neighbors, find_neighbors

_MOST_CALLS = 4096  # different targets that a Python function may compare, each with each
_SHIFTS = ("euclidean", "manhattan", "chebyshev")  # distances that a common shift does not change


def target_graph(
    targets: Targets, edges: csr_array, *, n_neighbors: int, n_jobs: int | None = None
) -> csr_array:
    """Directed memberships of targets that are near each other.

    Equal targets are one point, counted as often as it occurs, as equal rows are: its
    neighbourhood reaches at least to the nearest other target. With targets that all differ this
    is the directed graph of their neighbours. Among equal targets it would name a few rows only,
    by their order, and deny the others; so an edge of `edges` that joins two targets of the same
    list gets their membership, too.

    Parameters
    ----------
    targets : Targets
        Compared by a distance of numbers or by a function; at least two rows known.
    edges : csr_array of shape (n, n)
        Further pairs of rows that may get a membership.
    n_neighbors : int
        Neighbours of a target, itself included.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Not symmetric; rows of unknown targets are empty.

    Raises
    ------
    ValueError
        If a function compares more than 4,096 different targets, or returns what is no distance.
    """
    n = len(targets)
    rows = np.flatnonzero(targets.known[:, 0])
    k = min(n_neighbors, len(rows))
    first, slot, near = _different(targets, rows, k, n_jobs)
    sizes = np.bincount(slot, minlength=len(first))
    listed, distances = _rows_of(near, slot, sizes, k)
    table = Neighbors(listed, distances)
    directed = memberships(table, bandwidths(table, n_jobs=n_jobs), n_jobs=n_jobs)

    u = len(first)
    indptr, columns, data = csr_parts(directed)
    heads = np.repeat(np.arange(len(rows)), np.diff(indptr))
    # What one row of a target says of another target, all its rows say.
    of_first = first[slot[heads]] == heads
    own = np.arange(u)
    keys = [own * (u + 1), slot[heads[of_first]] * u + slot[columns[of_first]]]
    values = [np.ones(u, dtype=np.float32), data[of_first]]
    # Other targets as far as the last of a list have the same right to be in it.
    last = near.distances == distances[first][:, -1:]
    with_last = slot[listed[first, -1]]
    known, at_first = np.unique(np.concatenate(keys), return_index=True)
    strength = np.concatenate(values)[at_first][np.searchsorted(known, own * u + with_last)]
    keys.append((own[:, None] * u + near.indices)[last])
    values.append(np.repeat(strength[:, None], near.k, axis=1)[last])
    keys, where = np.unique(np.concatenate(keys), return_index=True)
    values = np.concatenate(values)[where]

    place = np.full(n, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    indptr, columns_x, _ = csr_parts(edges)
    one = place[np.repeat(np.arange(n), np.diff(indptr))]
    other = place[columns_x]
    both = (one >= 0) & (other >= 0)
    one, other = one[both], other[both]
    asked = slot[one] * u + slot[other]
    at = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    hit = keys[at] == asked
    pairs = (np.concatenate([heads, one[hit]]), np.concatenate([columns, other[hit]]))
    weights = np.concatenate([data, values[at[hit]]])
    unique, where = np.unique(rows[pairs[0]] * n + rows[pairs[1]], return_index=True)
    graph = csr_array((weights[where], (unique // n, unique % n)), shape=shape_of(edges))
    graph.sort_indices()
    return graph


def _different(
    targets: Targets, rows: NDArray[np.int64], k: int, n_jobs: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Neighbors]:
    """First row of each different target, the target of each row, neighbours of the targets."""
    values = targets.values[rows]
    if callable(targets.metric) and not isinstance(targets.metric, Metric):
        first, slot = _equal_objects(values)
        return first, slot, _called(targets.metric, values[first], min(k, len(first)))
    card = resolve_metric(targets.metric)  # pyright: ignore[reportArgumentType] # no function
    if card.name in _SHIFTS:  # float32 keeps more digits of what lies around 0
        values = values - (values.min(axis=0) + values.max(axis=0)) / 2
    with np.errstate(over="ignore"):
        narrow = np.ascontiguousarray(values, dtype=np.float32)
    firsts = first_of_equals(narrow, n_jobs=n_jobs)
    first = np.flatnonzero(firsts == np.arange(len(firsts)))
    slot = np.searchsorted(first, firsts)
    near = find_neighbors(
        narrow[first],
        n_neighbors=min(k, len(first)),
        metric=card,
        random_state=0,
        n_jobs=n_jobs,
    )
    return first, slot, near


def _rows_of(
    near: Neighbors, slot: NDArray[np.int64], sizes: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Make lists of k rows out of lists of targets; a target stands for all its rows.

    Of the rows of a target, a list takes those that follow its own row's place among its equals,
    around the end, so that no row is everybody's neighbour.
    """
    counts = sizes[near.indices]
    ends = np.cumsum(counts, axis=1)
    column = np.stack([(ends <= place).sum(axis=1) for place in range(k)], axis=1)
    if k > 1 and near.k > 1:
        column[:, -1] = np.maximum(column[:, -1], 1)
    targets = np.take_along_axis(near.indices, column, axis=1)
    begins = np.take_along_axis(ends - counts, column, axis=1)
    turn = np.maximum(np.arange(k) - begins, 0)
    order = np.argsort(slot, kind="stable")  # rows of target 0, of target 1, ...
    starts = np.cumsum(sizes) - sizes
    rank = np.empty(len(slot), dtype=np.int64)
    rank[order] = np.arange(len(slot)) - np.repeat(starts, sizes)
    chosen = targets[slot]
    within = (rank[:, None] + turn[slot]) % sizes[chosen]
    listed = order[starts[chosen] + within].astype(np.int32)
    distances = np.take_along_axis(near.distances, column, axis=1)[slot]
    return listed, np.ascontiguousarray(distances)


def _equal_objects(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of each different row of objects, and the number of each row's."""
    seen: dict[Any, int] = {}
    first: list[int] = []
    slot = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        mark = tuple(value.tolist())
        try:
            slot[row] = seen.setdefault(mark, len(first))
        except TypeError:  # no hash: taken as different from all others
            slot[row] = len(first)
        if slot[row] == len(first):
            first.append(row)
    return np.array(first, dtype=np.int64), slot


def _called(function: Any, values: NDArray[Any], k: int) -> Neighbors:
    u = len(values)
    if u > _MOST_CALLS:
        msg = (
            f"y has {u} different targets; a function as target_metric compares up to "
            f"{_MOST_CALLS}, each with each. Name a metric, or round the targets."
        )
        raise ValueError(msg)
    # A single column is handed over as its value, several as an array.
    given = values[:, 0] if values.shape[1] == 1 else values
    table = np.zeros((u, u))
    for i in range(u):
        for j in range(i + 1, u):
            table[i, j] = table[j, i] = distance = float(function(given[i], given[j]))
            if not 0 <= distance < np.inf:
                msg = (
                    f"target_metric of {given[i]!r} and {given[j]!r} is {distance}. It must be "
                    "finite and not negative."
                )
                raise ValueError(msg)
    narrow = table.astype(np.float32)
    np.fill_diagonal(narrow, -1.0)  # a target is its own first neighbour
    indices = np.argsort(narrow, axis=1, kind="stable")[:, :k].astype(np.int32)
    distances = np.maximum(np.take_along_axis(narrow, indices, axis=1), 0)
    return Neighbors(indices, distances)
