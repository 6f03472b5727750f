"""umap-learn's operations on fuzzy graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_array, csr_matrix

from umapkit.compat.umap_learn._graph import as_csr
from umapkit.compat.umap_learn._parameters import refuse
from umapkit.graph import fuzzy_union, shape_of

# What a membership counts for that one of two graphs does not have.
_LEAST = 1e-8
_MOST_RIGHT = 1e-4
_TARGET = float(np.log2(15))
_BISECTIONS = 32


def reset_local_connectivity(
    simplicial_set: Any,
    reset_local_metric: bool = False,
) -> csr_matrix:
    """Divide every row by its largest membership and unite with the transpose.

    Parameters
    ----------
    simplicial_set : sparse matrix of shape (n, n)
        Memberships.
    reset_local_metric : bool, default False
        Also raise every row to the power at which it sums up to log2(15).

    Returns
    -------
    csr_matrix of float32, shape (n, n)
    """
    graph = as_csr(simplicial_set)
    graph.eliminate_zeros()
    n = shape_of(graph)[0]
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    largest = np.zeros(n)
    np.maximum.at(largest, rows, graph.data)
    graph.data = graph.data / largest[rows]
    if reset_local_metric:
        graph.data = graph.data ** _powers(graph)[rows]
    return csr_matrix(fuzzy_union(csr_array(graph, dtype=np.float32)))


def discrete_metric_simplicial_set_intersection(
    simplicial_set: Any,
    discrete_space: ArrayLike,
    unknown_dist: float = 1.0,
    far_dist: float = 5.0,
    metric: Any = None,
    metric_kws: dict[str, Any] | None = None,
    metric_scale: float = 1.0,
) -> csr_matrix:
    """Weaken edges between different labels, then reset the local connectivity.

    Parameters
    ----------
    simplicial_set : sparse matrix of shape (n, n)
        Memberships.
    discrete_space : array of shape (n,)
        Numbers as labels; -1 means unknown.
    unknown_dist, far_dist : float
        An edge with an unknown label is multiplied by ``exp(-unknown_dist)``, one between
        different labels by ``exp(-far_dist)``.
    metric, metric_kws, metric_scale
        A metric of labels; none but equality is taken.

    Returns
    -------
    csr_matrix of float32, shape (n, n)

    Raises
    ------
    NotImplementedError
        If a metric is given.
    """
    if metric is not None:
        refuse(f"metric={metric!r} in discrete_metric_simplicial_set_intersection")
    graph = as_csr(simplicial_set)
    labels = np.asarray(discrete_space)
    rows = np.repeat(np.arange(shape_of(graph)[0]), np.diff(graph.indptr))
    head, tail = labels[rows], labels[graph.indices]
    unknown = (head == -1) | (tail == -1)
    factor = np.where(
        unknown, np.exp(-unknown_dist), np.where(head == tail, 1.0, np.exp(-far_dist))
    )
    graph.data = graph.data * factor
    return reset_local_connectivity(graph)


def general_simplicial_set_intersection(
    simplicial_set1: Any,
    simplicial_set2: Any,
    weight: float = 0.5,
    right_complement: bool = False,
) -> coo_matrix:
    """Intersect two graphs as weighted geometric means of their memberships.

    With L and R the two memberships and t the weight: ``L R^(t / (1 - t))`` below t = 1/2, else
    ``L^((1 - t) / t) R``, wherever one of them is more than the least membership of its graph,
    which stands for those that are missing.

    Parameters
    ----------
    simplicial_set1, simplicial_set2 : sparse matrices of shape (n, n)
        Memberships.
    weight : float in [0, 1], default 0.5
        t: larger values listen more to the second.
    right_complement : bool, default False
        Intersect with what the second is not, on the edges of the first.

    Returns
    -------
    coo_matrix of float64, shape (n, n)
    """
    left, right = as_csr(simplicial_set1), as_csr(simplicial_set2)
    rows, columns = (left if right_complement else csr_array(left + right)).tocoo().coords
    if right_complement:
        right.data = 1.0 - right.data
    low_left = max(_smallest(left) / 2, _LEAST)
    low_right = min(max(_smallest(right) / 2, _LEAST), _MOST_RIGHT)
    mine, theirs = _at(left, rows, columns, low_left), _at(right, rows, columns, low_right)
    if weight < 0.5:
        mixed = mine * theirs ** (weight / (1.0 - weight))
    else:
        mixed = theirs * mine ** ((1.0 - weight) / weight)
    plain = _at(left, rows, columns, 0.0)
    if not right_complement:
        plain = plain + _at(right, rows, columns, 0.0)
    either = (mine > low_left) | (theirs > low_right)
    return coo_matrix((np.where(either, mixed, plain), (rows, columns)), left.shape)


def general_simplicial_set_union(simplicial_set1: Any, simplicial_set2: Any) -> coo_matrix:
    """Unite two graphs: ``L + R - L R``, half the least membership standing for missing ones.

    Parameters
    ----------
    simplicial_set1, simplicial_set2 : sparse matrices of shape (n, n)
        Memberships.

    Returns
    -------
    coo_matrix of float64, shape (n, n)
    """
    left, right = as_csr(simplicial_set1), as_csr(simplicial_set2)
    rows, columns = csr_array(left + right).tocoo().coords
    mine = _at(left, rows, columns, max(_smallest(left) / 2, _LEAST))
    theirs = _at(right, rows, columns, max(_smallest(right) / 2, _LEAST))
    return coo_matrix((mine + theirs - mine * theirs, (rows, columns)), left.shape)


def _smallest(graph: csr_array) -> float:
    return float(graph.data.min()) if graph.nnz else 0.0


def _at(
    graph: csr_array, rows: NDArray[Any], columns: NDArray[Any], missing: float
) -> NDArray[np.float64]:
    """Entries of the graph, and `missing` where it stores none."""
    n, width = shape_of(graph)
    stored = np.repeat(np.arange(n), np.diff(graph.indptr)) * width + graph.indices
    order = np.argsort(stored, kind="stable")
    wanted = rows.astype(np.int64) * width + columns
    place = np.searchsorted(stored, wanted, sorter=order)
    place = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(len(wanted), int)
    hit = stored[place] == wanted if len(order) else np.zeros(len(wanted), dtype=bool)
    out = np.full(len(wanted), missing)
    out[hit] = graph.data[place[hit]]
    return out


def _powers(graph: csr_array) -> NDArray[np.float64]:
    """Exponent of every row at which it sums up to log2(15), by bisection."""
    n = shape_of(graph)[0]
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    low, high, middle = np.zeros(n), np.full(n, np.inf), np.ones(n)
    for _ in range(_BISECTIONS):
        total = np.bincount(rows, graph.data ** middle[rows], minlength=n)
        small = total < _TARGET
        high = np.where(small, middle, high)
        low = np.where(small, low, middle)
        middle = np.where(np.isinf(high), 2 * middle, (low + high) / 2)
    return middle
