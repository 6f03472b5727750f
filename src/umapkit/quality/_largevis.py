"""The cost of LargeVis, to set beside UMAP's on the same map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit.quality._check import check_positive
from umapkit.quality._costs import row_repulsion
from umapkit.quality._graph import as_problem
from umapkit.quality._pairs import edge_costs


def largevis_cost(
    graph: Any, embedding: ArrayLike, *, repulsion: float = 7.0, n_jobs: int | None = None
) -> float:
    r"""Cost of LargeVis over all ordered pairs (T-E23).

    .. math:: c_5 = -\sum_{i \ne j} p_{ij} \ln q_{ij} + \lambda \ln(1 - q_{ij}),
        \quad q = \frac{1}{1 + d^2}

    Unlike in UMAP's cost, neighbours repel as all others do: the second term has no 1 - p.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric weights p in [0, 1] without diagonal.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    repulsion : float
        lambda, 0 or more; larger values spread the map out. 7 is LargeVis's own.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        Nats; infinite where two points coincide and `repulsion` is not 0. O(n^2) time, O(n)
        memory.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.

    References
    ----------
    Tang, Liu, Zhang and Mei: Visualizing large-scale and high-dimensional data, WWW 2016.
    """
    problem = as_problem(graph, embedding, 1.0, 1.0)
    weight = check_positive(repulsion, "repulsion", zero=True)
    near, _ = edge_costs(problem.edge_squared(), 1.0, 1.0, 0.0)
    attraction = math.fsum(problem.edges.weights * near)
    if weight == 0:
        return attraction
    sums, coincident = row_repulsion(problem, log_floor=0.0, n_jobs=n_jobs)
    if np.any(coincident > 0):
        return math.inf
    return attraction + weight * math.fsum(sums)
