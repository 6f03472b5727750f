"""Which rows of several tables are the same thing, and how strongly they should share a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import pairs_of, shape_of


def check_relation(relation: Any, *, number: int, sizes: tuple[int, int]) -> NDArray[np.int64]:
    """Turn a relation between two tables into sorted pairs of rows.

    Parameters
    ----------
    relation : mapping, or array-like of shape (p, 2)
        Row of the earlier table -> row of the later one.
    number : int
        Of the earlier table, for the error.
    sizes : tuple of two int
        Rows of the two tables.

    Returns
    -------
    int64 array of shape (p, 2)
        Without repetitions. A row may be related to several.

    Raises
    ------
    ValueError
        If it is neither, or names a row that does not exist.
    """
    if isinstance(relation, Mapping):
        relation = list(relation.items())
    pairs = np.asarray(relation)
    if pairs.size == 0:
        return np.empty((0, 2), dtype=np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        msg = (
            f"relations[{number}] is not understood. Give a dict from rows of slice {number} to "
            f"rows of slice {number + 1}, or an array of such pairs of whole numbers."
        )
        raise ValueError(msg)
    for side in (0, 1):
        column = pairs[:, side]
        if column.min() < 0 or column.max() >= sizes[side]:
            wrong = column[(column < 0) | (column >= sizes[side])][0]
            msg = (
                f"relations[{number}] names row {wrong} of slice {number + side}, which has rows "
                f"0 to {sizes[side] - 1}."
            )
            raise ValueError(msg)
    return np.unique(pairs.astype(np.int64), axis=0)


def springs(
    graphs: Sequence[csr_array],
    relations: Sequence[csr_array],
    *,
    window: int,
) -> dict[tuple[int, int], csr_array]:
    """Strength with which related points of two slices hold each other.

    Points of slices s < t, at most `window` apart, are related when a chain of relations leads
    from the one to the other. Their strength is ``exp(1 - (t - s))`` times the overlap of their
    neighbourhoods: related neighbours over all neighbours that have a relation (Jaccard's index),
    1 where neither has any.

    Parameters
    ----------
    graphs : sequence of csr_array of shape (n_s, n_s)
        Memberships of each slice; only the pattern is read.
    relations : sequence of csr_array of shape (n_s, n_t), t = s + 1
        Pattern of related points.
    window : int
        Largest t - s.

    Returns
    -------
    dict of (s, t) to csr_array of shape (n_s, n_t)
        Strengths in [0, 1]. For each pair of points the work is that of their neighbourhoods.
    """
    found: dict[tuple[int, int], csr_array] = {}
    patterns = [_pattern(graph) for graph in graphs]
    for s in range(len(graphs) - 1):
        chain = _pattern(relations[s])
        for t in range(s + 1, min(s + window, len(graphs) - 1) + 1):
            if t > s + 1:
                chain = _pattern(csr_array(chain @ _pattern(relations[t - 1])))
            overlap = _overlap(patterns[s], patterns[t], chain)
            overlap.data *= np.exp(1.0 - (t - s))
            found[s, t] = overlap
    return found


def as_matrix(
    pairs: NDArray[np.int64],
    slots: tuple[NDArray[np.int64], NDArray[np.int64]],
    sizes: tuple[int, int],
) -> csr_array:
    """Pattern of related points out of related rows; equal rows of a slice are one point."""
    rows, columns = slots[0][pairs[:, 0]], slots[1][pairs[:, 1]]
    return _pattern(csr_array((np.ones(len(pairs)), (rows, columns)), shape=sizes))


def _pattern(graph: csr_array) -> csr_array:
    """Ones where something is stored."""
    graph = csr_array(graph, dtype=np.float64, copy=True)
    graph.sum_duplicates()
    graph.eliminate_zeros()
    graph.data[:] = 1.0
    return graph


def _overlap(one: csr_array, other: csr_array, chain: csr_array) -> csr_array:
    """Jaccard's index of the neighbourhoods of each related pair."""
    rows, columns = pairs_of(chain)
    moved = _pattern(csr_array(one @ chain))  # neighbours of the one, as points of the other
    image = np.zeros(shape_of(chain)[1])
    image[columns] = 1.0
    listed = csr_array(other.multiply(image[None, :]))
    listed.eliminate_zeros()
    both = np.asarray(moved[rows].multiply(listed[columns]).sum(axis=1)).reshape(-1)
    total = np.diff(moved.indptr)[rows] + np.diff(listed.indptr)[columns] - both
    index = np.divide(both, total, out=np.ones(len(rows)), where=total > 0)
    return csr_array((index, (rows, columns)), shape=chain.shape)
