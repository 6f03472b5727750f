"""Intersect a graph with targets of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from umapkit.graph._csr import csr_parts, shape_of
from umapkit.graph._intersect import UNKNOWN_FACTOR, farness, meet, restored, united_edges
from umapkit.graph._labels import label_factors
from umapkit.graph._target_distance import count_distances, ordinal_distances, string_distances
from umapkit.graph._target_graph import target_graph
from umapkit.graph._targets import DISCRETE, TargetMetric, Targets, read_targets

_DISTANCES = {
    "ordinal": ordinal_distances,
    "count": count_distances,
    "string": string_distances,
}


def intersect_targets(
    graph: csr_array,
    y: ArrayLike | Targets,
    *,
    metric: TargetMetric = "categorical",
    target_weight: float = 0.5,
    n_neighbors: int = 15,
    unknown: Any = -1,
    n_jobs: int | None = None,
) -> csr_array:
    """Intersect the graph of the rows with what their targets say about them.

    With w the weight and s = 2.5 / (1 - w) (1e12 at w = 1), an edge between two targets at
    distance d is multiplied by exp(-s d) for "ordinal", "count" and "string", by exp(-s) where
    classes differ for "categorical", and by exp(-1) where one of the two is unknown; with several
    columns, by the factors of all of them. For distances of numbers and for functions the targets
    get a directed graph of their own, of `n_neighbors` neighbours, and the two are intersected
    (`intersect_graphs`). Last the local connectivity is restored.

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        A fuzzy graph.
    y : array-like of shape (n,) or (n, t), or Targets
        The targets; see `read_targets`. Without a known one (two for distances and functions)
        the graph comes back unchanged.
    metric : str, Metric or callable, default "categorical"
        How they are compared; see `read_targets`. Not read where `y` is `Targets`.
    target_weight : float in [0, 1], default 0.5
        Larger values give the targets more to say. 0 ignores them: the graph comes back unchanged.
    n_neighbors : int, default 15
        For distances of numbers and functions. Larger values ask less of targets to be near.
    unknown : default -1
        The value that marks a missing class, text or count.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Symmetric, sorted indices, values in (0, 1], no explicit zeros.

    Raises
    ------
    ValueError
        If `y` has another length than the graph, holds what cannot be compared, or a parameter is
        out of range.

    Examples
    --------
    >>> import numpy as np
    >>> graph = csr_array(np.ones((3, 3), dtype=np.float32) - np.eye(3, dtype=np.float32))
    >>> intersect_targets(graph, [1.0, 2.0, 9.0], metric="ordinal").toarray().round(2)
    array([[0.  , 1.  , 0.29],
           [1.  , 0.  , 1.  ],
           [0.29, 1.  , 0.  ]], dtype=float32)
    """
    far = farness(target_weight)
    targets = y if isinstance(y, Targets) else read_targets(y, metric=metric, unknown=unknown)
    n = shape_of(graph)[0]
    if len(targets) != n:
        msg = f"y has {len(targets)} labels, the graph {n} rows. Give one a row, or NaN."
        raise ValueError(msg)
    numeric = targets.metric not in DISCRETE
    least = 2 if numeric else 1
    if target_weight == 0 or int(targets.known.any(axis=1).sum()) < least:
        return graph
    if numeric:
        return _by_graph(graph, targets, target_weight, n_neighbors, n_jobs)
    parts = csr_parts(graph)
    indptr, indices, data = parts
    factors = np.ones(len(indices))
    head = np.repeat(np.arange(n, dtype=np.int64), np.diff(indptr))
    for column in range(targets.values.shape[1]):
        values, known = targets.values[:, column], targets.known[:, column]
        if targets.metric == "categorical":
            factors *= label_factors(parts, values, far)
            continue
        told = known[head] & known[indices]
        pairs = (head[told], indices[told].astype(np.int64))
        apart = _DISTANCES[str(targets.metric)](values, pairs, known)
        factors[told] *= np.exp(-far * apart)
        factors[~told] *= UNKNOWN_FACTOR
    return restored(parts, data * factors, n_jobs=n_jobs)


def _by_graph(
    graph: csr_array, targets: Targets, weight: float, n_neighbors: int, n_jobs: int | None
) -> csr_array:
    right = target_graph(targets, graph, n_neighbors=n_neighbors, n_jobs=n_jobs)
    parts, of_rows, of_targets = united_edges(graph, right)
    values = meet(of_rows, of_targets, weight)
    known = targets.known[:, 0]
    untold = ~(np.repeat(known, np.diff(parts[0])) & known[parts[1]])
    values[untold] = of_rows[untold] * UNKNOWN_FACTOR
    return restored(parts, values, n_jobs=n_jobs)
