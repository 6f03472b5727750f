"""The loss that a network trained on batches of edges really lowers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit.quality._check import check_count, check_positive
from umapkit.quality._graph import as_problem
from umapkit.quality._pairs import edge_costs, squared_between

# Pairs held at a time.
_BLOCK = 1 << 20


def minibatch_loss(
    graph: Any,
    embedding: ArrayLike,
    a: float,
    b: float,
    *,
    batch_size: int,
    negative_sample_rate: int = 5,
    log_floor: float = 1e-4,
) -> float:
    r"""Mean loss of a batch of edges whose negatives are the batch's own ends, shuffled.

    .. math:: \frac{1}{m+1} \sum_{ij} \frac{p_{ij}}{P} c^a_{ij} + m \left(
        \frac{B-1}{B} \frac{d_i d_j}{P^2} + \frac{p_{ij}}{B P} \right) c^r_{ij}

    with the degrees d, their sum P, and B edges a batch, each drawn in proportion to p. So the
    weight of a repelled pair grows with the product of the degrees; with negatives drawn from all
    points (:func:`effective_loss`) it grows with their sum.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    embedding : array-like of shape (n, c)
        The map, read as float64. O(n^2) time: for small n.
    a, b : float
        The curve of q, above 0.
    batch_size : int
        B, edges in a batch; the ends of one edge meet as a negative once in B.
    negative_sample_rate : int
        m: each edge's head is paired with the tails of m permutations of the batch.
    log_floor : float
        Every logarithm is ln(min(x + log_floor, 1)). Above 0, since a point can meet itself.

    Returns
    -------
    float
        Nats a pair, positive and negative pairs together.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], has no edge, or sizes do not match.

    References
    ----------
    Derived after Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021, appendix A;
    the batches are those of Sainburg, McInnes and Gentner: Parametric UMAP, 2021.
    """
    problem = as_problem(graph, embedding, a, b)
    size = check_count(batch_size, "batch_size", 2**40, "it counts edges")
    m = check_count(negative_sample_rate, "negative_sample_rate", 2**20, "it counts pairs")
    floor = check_positive(log_floor, "log_floor")
    edges, degrees = problem.edges, problem.edges.degrees
    total = float(degrees.sum())
    if total == 0:
        msg = "graph has no edge, so there is no batch. Give a graph with at least one."
        raise ValueError(msg)
    near, far = edge_costs(problem.edge_squared(), problem.a, problem.b, floor)
    share = edges.weights / total
    sums = [math.fsum(share * near), m / size * math.fsum(share * far)]
    everyone = np.arange(problem.n)
    step = max(1, _BLOCK // problem.n)
    for begin in range(0, problem.n, step):
        block = slice(begin, min(problem.n, begin + step))
        squared = squared_between(problem.points, everyone[block, None], everyone[None, :])
        _, push = edge_costs(squared, problem.a, problem.b, floor)
        weight = degrees[block, None] * degrees[None, :] / total**2
        sums.append(m * (size - 1) / size * math.fsum((weight * push).sum(axis=1)))
    return math.fsum(sums) / (m + 1)
