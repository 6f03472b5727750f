"""Gradients of the costs, and the gradient that the sampled optimiser follows on average."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.quality._check import check_positive
from umapkit.quality._graph import Problem, as_problem, sums_at
from umapkit.quality._pairs import log_weight

# Pairs held at a time by the gradients of a whole map.
_BLOCK = 1 << 20


def attraction_gradient(delta: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    """Gradient of c^a by y_i: 2ab s^(b-1) / (1 + a s^b) (y_i - y_j), s = |y_i - y_j|^2.

    Parameters
    ----------
    delta : array-like of shape (..., c)
        y_i - y_j.
    a, b : float
        The curve, above 0.

    Returns
    -------
    ndarray of float64, same shape
        0 where the points coincide. The gradient by y_j is minus this (T-E12, E14).
    """
    t, s, log_w, b = _parts(delta, a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = 2.0 * b * np.exp(-np.logaddexp(0.0, -log_w)) / s
    return np.where(s > 0, factor, 0.0)[..., None] * t


def repulsion_gradient(
    delta: ArrayLike, a: float, b: float, *, eps: float = 1e-3
) -> NDArray[np.float64]:
    """Gradient of c^r by y_i: -2b / ((eps + s) (1 + a s^b)) (y_i - y_j), s = |y_i - y_j|^2.

    Parameters
    ----------
    delta : array-like of shape (..., c)
        y_i - y_j.
    a, b : float
        The curve, above 0.
    eps : float
        Keeps the force finite for close points; 0 gives the exact gradient, 0.001 is what UMAP
        applies.

    Returns
    -------
    ndarray of float64, same shape
        0 where the points coincide. The gradient by y_j is minus this (T-E13, E15).
    """
    t, s, log_w, b = _parts(delta, a, b)
    floor = check_positive(eps, "eps", zero=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = -2.0 * b * np.exp(-np.logaddexp(0.0, log_w)) / (floor + s)
    return np.where(s > 0, factor, 0.0)[..., None] * t


def _parts(
    delta: ArrayLike, a: float, b: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    t = np.asarray(delta, dtype=np.float64)
    if t.ndim == 0 or not np.isfinite(t).all():
        msg = "delta must hold finite differences y_i - y_j, coordinates on the last axis."
        raise ValueError(msg)
    s = np.einsum("...c,...c->...", t, t)
    exponent = check_positive(b, "b")
    return t, s, log_weight(s, check_positive(a, "a"), exponent), exponent


def nominal_gradient(
    graph: Any, embedding: ArrayLike, a: float, b: float, *, eps: float = 1e-3
) -> NDArray[np.float64]:
    """Gradient of the fuzzy cross-entropy: 2 sum_j [p dc^a + (1 - p) dc^r] (T-E26).

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    embedding : array-like of shape (n, c)
        The map. O(n^2 c) time: for small n.
    a, b : float
        The curve, above 0.
    eps : float
        As :func:`repulsion_gradient`; 0 gives the exact gradient.

    Returns
    -------
    ndarray of float64, shape (n, c)
        By each point.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.
    """
    problem = as_problem(graph, embedding, a, b)
    edges, pushes = _edge_gradients(problem, eps)
    total = _all_pushes(problem, np.ones(problem.n), np.zeros(problem.n), eps)
    along = problem.edges.weights[:, None] * (edges - pushes)
    return 2.0 * (total + sums_at(problem.edges.heads, along, problem.n))


def expected_gradient(
    graph: Any,
    embedding: ArrayLike,
    a: float,
    b: float,
    *,
    negative_sample_rate: float = 5,
    push_tail: bool = False,
    eps: float = 1e-3,
) -> NDArray[np.float64]:
    """Mean of the gradient that one epoch of sampling applies to each point.

    Without push-tail 2 sum_j [p dc^a + m d_i / 2n dc^r] (T-E25), which is the gradient of no
    function unless all degrees are equal; with it 2 sum_j [p dc^a + m (d_i + d_j) / 2n dc^r]
    (T-E27), the gradient of the effective loss.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal; an edge is drawn with probability p in
        each of its two directions, and with it m others, uniformly from all n.
    embedding : array-like of shape (n, c)
        The map. O(n^2 c) time: for small n.
    a, b : float
        The curve, above 0.
    negative_sample_rate : float
        m; larger values push more.
    push_tail : bool
        Whether the drawn other moves as well (line 18 of the tutorial's Algorithm 1).
    eps : float
        As :func:`repulsion_gradient`.

    Returns
    -------
    ndarray of float64, shape (n, c)
        By each point. No clipping.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.

    References
    ----------
    Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021.
    """
    problem = as_problem(graph, embedding, a, b)
    rate = check_positive(negative_sample_rate, "negative_sample_rate", zero=True)
    pull, _ = _edge_gradients(problem, eps)
    own = rate * problem.edges.degrees / (2.0 * problem.n)
    other = own if push_tail else np.zeros(problem.n)
    pushes = _all_pushes(problem, own, other, eps)
    along = problem.edges.weights[:, None] * pull
    return 2.0 * (sums_at(problem.edges.heads, along, problem.n) + pushes)


def _edge_gradients(
    problem: Problem, eps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    delta = problem.points[problem.edges.heads] - problem.points[problem.edges.tails]
    pull = attraction_gradient(delta, problem.a, problem.b)
    return pull, repulsion_gradient(delta, problem.a, problem.b, eps=eps)


def _all_pushes(
    problem: Problem, own: NDArray[np.float64], other: NDArray[np.float64], eps: float
) -> NDArray[np.float64]:
    """Sum over j of (own_i + other_j) times the repulsive gradient of (i, j) by y_i."""
    out = np.empty_like(problem.points)
    step = max(1, _BLOCK // problem.n)
    for begin in range(0, problem.n, step):
        block = slice(begin, min(problem.n, begin + step))
        delta = problem.points[block, None, :] - problem.points[None, :, :]
        push = repulsion_gradient(delta, problem.a, problem.b, eps=eps)
        weight = own[block, None] + other[None, :]
        out[block] = np.einsum("ij,ijc->ic", weight, push)
    return out
