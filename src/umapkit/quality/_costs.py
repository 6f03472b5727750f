"""UMAP's cost: of one distance, of all pairs of a map, and of given similarities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.quality._check import as_matrix, check_positive
from umapkit.quality._graph import Problem, as_edges, as_problem
from umapkit.quality._pairs import edge_costs, floored, log_weight, push_weight


def similarity(distance: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    """Similarity of two places of the map: q = 1 / (1 + a d^(2b)).

    Parameters
    ----------
    distance : array-like of any shape
        d >= 0.
    a, b : float
        The curve, above 0; larger `b` makes the step sharper.

    Returns
    -------
    ndarray of float64, same shape
        In [0, 1]; 1 at distance 0.
    """
    return np.exp(-attraction_cost(distance, a, b))


def attraction_cost(distance: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    """Cost of holding two neighbours apart: c^a = -ln q = ln(1 + a d^(2b)).

    Parameters
    ----------
    distance : array-like of any shape
        d >= 0.
    a, b : float
        The curve, above 0.

    Returns
    -------
    ndarray of float64, same shape
        Nats; 0 at distance 0; finite for every finite distance.
    """
    return np.logaddexp(0.0, _log_w(distance, a, b))


def repulsion_cost(distance: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    """Cost of holding two others together: c^r = -ln(1 - q) = ln(1 + 1 / (a d^(2b))).

    Parameters
    ----------
    distance : array-like of any shape
        d >= 0.
    a, b : float
        The curve, above 0.

    Returns
    -------
    ndarray of float64, same shape
        Nats; infinite at distance 0.
    """
    return np.logaddexp(0.0, -_log_w(distance, a, b))


def _log_w(distance: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    d = np.asarray(distance, dtype=np.float64)
    if np.isnan(d).any() or np.any(d < 0):
        msg = "distance holds NaN or a negative number. Distances are at least 0."
        raise ValueError(msg)
    # Not of d^2, which overflows for the largest distances.
    return log_weight(d, check_positive(a, "a"), 2.0 * check_positive(b, "b"))


def fuzzy_cross_entropy(
    graph: Any, embedding: ArrayLike, a: float, b: float, *, n_jobs: int | None = None
) -> float:
    r"""Fuzzy cross-entropy of graph and map, over all ordered pairs.

    .. math:: c_1 = \sum_{i \ne j} p \ln\frac{p}{q} + (1-p) \ln\frac{1-p}{1-q}

    with 0 ln 0 = 0. This is UMAP's cost as the papers state it, though not what its optimiser
    lowers (see :func:`effective_loss`).

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    a, b : float
        The curve of q, above 0.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        Nats, at least 0; infinite where two points with p < 1 coincide. O(n^2) time, O(n)
        memory.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.

    References
    ----------
    McInnes, Healy and Melville: UMAP, 2018; T-E6 of the tutorial by Ghojogh et al., 2021.
    """
    problem = as_problem(graph, embedding, a, b)
    p = problem.edges.weights
    rest = 1.0 - p
    entropy = p * np.log(p) + rest * np.log(np.where(rest > 0, rest, 1.0))
    return nominal_cost(problem, log_floor=0.0, n_jobs=n_jobs) + math.fsum(entropy)


def fuzzy_cross_entropy_without_constants(
    graph: Any,
    embedding: ArrayLike,
    a: float,
    b: float,
    *,
    log_floor: float = 0.0,
    n_jobs: int | None = None,
) -> float:
    r"""Fuzzy cross-entropy without the terms that the map cannot change.

    .. math:: c_2 = -\sum_{i \ne j} p \ln q + (1-p) \ln(1-q)

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    a, b : float
        The curve of q, above 0.
    log_floor : float
        Every logarithm is ln(min(x + log_floor, 1)); 0 for the exact cost. 1e-4 is what
        Damrich and Hamprecht used; it caps the cost of coincident points.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    float
        Nats. O(n^2) time, O(n) memory.

    Raises
    ------
    ValueError
        As :func:`fuzzy_cross_entropy`.
    """
    problem = as_problem(graph, embedding, a, b)
    floor = check_positive(log_floor, "log_floor", zero=True)
    return nominal_cost(problem, log_floor=floor, n_jobs=n_jobs)


def ordered_pair_sum(
    graph: Any, embedding: ArrayLike, a: float, b: float, *, n_jobs: int | None = None
) -> float:
    """c_2 as the sum over ordered pairs of p c^a + (1 - p) c^r (T-E10).

    Parameters and errors as :func:`fuzzy_cross_entropy`. Nats.
    """
    return nominal_cost(as_problem(graph, embedding, a, b), log_floor=0.0, n_jobs=n_jobs)


def unordered_pair_sum(
    graph: Any, embedding: ArrayLike, a: float, b: float, *, n_jobs: int | None = None
) -> float:
    """c_2 as twice the sum over pairs i < j of p c^a + (1 - p) c^r (T-E11): half the work.

    Parameters and errors as :func:`fuzzy_cross_entropy`. Nats.
    """
    problem = as_problem(graph, embedding, a, b)
    return 2.0 * nominal_cost(problem, log_floor=0.0, after=True, n_jobs=n_jobs)


def nominal_cost(
    problem: Problem, *, log_floor: float, after: bool = False, n_jobs: int | None = None
) -> float:
    """c_2 of a checked problem, over ordered pairs or, with `after`, over i < j."""
    sums, coincident = row_repulsion(problem, log_floor=log_floor, after=after, n_jobs=n_jobs)
    edges = problem.edges
    kept = edges.tails > edges.heads if after else slice(None)
    p = edges.weights[kept]
    s = problem.edge_squared()[kept]
    attraction, repulsion = edge_costs(s, problem.a, problem.b, log_floor)
    if log_floor == 0.0:
        # Coincident pairs are not in the sums. They cost nothing where p = 1 (0 ln 0 = 0) and
        # infinitely much elsewhere.
        certain = int(np.count_nonzero((s == 0) & (p == 1)))
        if int(coincident.sum()) > certain:
            return math.inf
        repulsion = np.where(s > 0, repulsion, 0.0)
    return math.fsum(sums) + math.fsum(p * (attraction - repulsion))


def row_repulsion(
    problem: Problem, *, log_floor: float, after: bool = False, n_jobs: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum of c^r of each point with all others (those after it), and how many coincide.

    Without a floor, coincident pairs are counted but not summed.
    """
    sums = np.empty(problem.n)
    coincident = np.empty(problem.n, dtype=np.int64)
    _kernels.quality_pair_repulsion(
        problem.points, problem.a, problem.b, log_floor, after, sums, coincident,
        resolve_n_jobs(n_jobs),
    )  # fmt: skip
    return sums, coincident


def effective_target(graph: Any, *, negative_sample_rate: float = 5) -> scipy.sparse.csr_array:
    """Similarities that the sampled optimiser would fit: p / (p + m (d_i + d_j) / 2n).

    Nearly 1 on every edge of a usual graph, 0 elsewhere: sampling makes the graph binary.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    negative_sample_rate : float
        m; larger values lower the target.

    Returns
    -------
    csr_array of float64, shape (n, n)
        The target on the graph's edges.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1].

    References
    ----------
    Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021.
    """
    edges = as_edges(graph)
    rate = check_positive(negative_sample_rate, "negative_sample_rate", zero=True)
    degrees = edges.degrees
    push = push_weight(degrees[edges.heads], degrees[edges.tails], rate, edges.n)
    target = edges.weights / (edges.weights + push)
    return scipy.sparse.csr_array((target, (edges.heads, edges.tails)), shape=(edges.n, edges.n))


def nominal_loss_of(graph: Any, similarities: Any, *, log_floor: float = 0.0) -> float:
    """c_2 of given similarities in place of a map's: what an ideal map could reach.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    similarities : ndarray or sparse array of shape (n, n)
        q in [0, 1]; the diagonal is not read. Small n: the table is made dense.
    log_floor : float
        Every logarithm is ln(min(x + log_floor, 1)).

    Returns
    -------
    float
        Nats, over ordered pairs i != j.

    Raises
    ------
    ValueError
        If shapes do not match or q leaves [0, 1].
    """
    p = as_edges(graph).dense()
    return _loss_of(p, 1.0 - p, similarities, log_floor)


def effective_loss_of(
    graph: Any,
    similarities: Any,
    *,
    negative_sample_rate: float = 5,
    log_floor: float = 0.0,
) -> float:
    """Effective loss (T-E29) of given similarities in place of a map's.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    similarities : ndarray or sparse array of shape (n, n)
        q in [0, 1]; the diagonal is not read. Small n: the table is made dense.
    negative_sample_rate : float
        m; larger values weigh repulsion more.
    log_floor : float
        Every logarithm is ln(min(x + log_floor, 1)).

    Returns
    -------
    float
        Nats, over ordered pairs i != j.

    Raises
    ------
    ValueError
        If shapes do not match or q leaves [0, 1].
    """
    p = as_edges(graph).dense()
    rate = check_positive(negative_sample_rate, "negative_sample_rate", zero=True)
    degrees = p.sum(axis=1)
    push = push_weight(degrees[:, None], degrees[None, :], rate, len(p))
    return _loss_of(p, push, similarities, log_floor)


def _loss_of(
    pull: NDArray[np.float64], push: NDArray[np.float64], similarities: Any, log_floor: float
) -> float:
    floor = check_positive(log_floor, "log_floor", zero=True)
    dense = similarities.toarray() if hasattr(similarities, "toarray") else similarities
    q = as_matrix(dense, "similarities", np.float64)
    if q.shape != pull.shape:
        msg = f"similarities has shape {q.shape} and graph {pull.shape}. They must be equal."
        raise ValueError(msg)
    if q.min() < 0 or q.max() > 1:
        msg = "similarities leave [0, 1]."
        raise ValueError(msg)
    near, far = floored(q, floor), floored(1.0 - q, floor)
    cost = np.zeros_like(q)
    for weight, price in ((pull, near), (push, far)):
        cost += np.multiply(weight, price, where=weight > 0, out=np.zeros_like(q))
    np.fill_diagonal(cost, 0.0)
    return math.fsum(cost.ravel())
