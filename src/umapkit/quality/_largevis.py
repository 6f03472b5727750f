"""The cost of LargeVis, to set beside UMAP's on the same map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
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


def sampled_edge_cost(
    graph: Any,
    embedding: ArrayLike,
    *,
    repulsion: float = 7.0,
    negative_sample_rate: float = 5.0,
    power: float = 0.75,
    guard: float = 0.1,
    n_jobs: int | None = None,
) -> float:
    r"""Mean cost of an edge that LargeVis draws, with its negatives: what its optimiser lowers.

    .. math:: \frac{1}{\sum w} \sum_{ij} w_{ij} \Big[ \ln(1 + d_{ij}^2)
        + m \sum_{l \ne i} \frac{d_l^{0.75}}{\sum d^{0.75}} c^r_{il} \Big],
        \quad c^r = \frac{\lambda}{1 - \epsilon} \ln \frac{1 + d^2}{\epsilon + d^2}

    with :math:`d_l` the degree of l. :math:`c^r` is the cost whose slope is LargeVis's repulsion
    with its guard :math:`\epsilon` = 0.1 in the denominator; with a guard of 0 it is
    :math:`-\lambda \ln(1 - q)`.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric weights w in [0, 1] without diagonal, of any sum.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    repulsion : float
        lambda, 0 or more; larger values spread the map out.
    negative_sample_rate : float
        m, 0 or more: negatives of an edge.
    power : float
        Of the degrees to which negatives are proportional; 0: uniform.
    guard : float
        epsilon, from 0 to below 1. With 0 two points in one place cost infinitely much.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        Nats an edge; all pairs are evaluated: O(n^2) time, O(n) memory.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], has no edges, or a number is out of
        its range.

    References
    ----------
    Tang, Liu, Zhang and Mei: Visualizing large-scale and high-dimensional data, WWW 2016.
    """
    problem = as_problem(graph, embedding, 1.0, 1.0)
    weight = check_positive(repulsion, "repulsion", zero=True)
    rate = check_positive(negative_sample_rate, "negative_sample_rate", zero=True)
    exponent = check_positive(power, "power", zero=True)
    shift = check_positive(guard, "guard", zero=True)
    if shift >= 1:
        msg = f"guard={guard!r} is not allowed. Give a number from 0 to below 1."
        raise ValueError(msg)
    total = math.fsum(problem.edges.weights)
    if total == 0:
        msg = "graph has no edges, so there is no edge to draw. Give some weights above 0."
        raise ValueError(msg)
    near, _ = edge_costs(problem.edge_squared(), 1.0, 1.0, 0.0)
    attraction = math.fsum(problem.edges.weights * near) / total
    if weight == 0 or rate == 0:
        return attraction
    degrees = problem.edges.degrees
    shares = np.where(degrees > 0, degrees, 0.0) ** exponent
    sums = np.empty(problem.n)
    _kernels.weighted_repulsion(
        problem.points,
        shares / math.fsum(shares),
        sums,
        a=1.0,
        shift=shift,
        n_threads=resolve_n_jobs(n_jobs),
    )
    drawn = degrees > 0
    mean = math.fsum(degrees[drawn] * sums[drawn]) / total
    return attraction + rate * weight / (1.0 - shift) * mean
