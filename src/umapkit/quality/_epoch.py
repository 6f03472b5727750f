"""One epoch of Algorithm 1: what it draws, what the drawn pairs cost, which way they pull."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._seed import Stage, below, draw, key, resolve_seed
from umapkit.quality._check import check_count
from umapkit.quality._gradients import attraction_gradient, repulsion_gradient
from umapkit.quality._graph import Edges, as_problem, sums_at
from umapkit.quality._pairs import edge_costs, squared_between


@dataclass(frozen=True)
class _Drawn:
    """Pairs of one epoch: heads[e] and tails[e] attract, heads[e] and others[e, k] repel."""

    heads: NDArray[np.int64]
    tails: NDArray[np.int64]
    others: NDArray[np.int64]


def epoch_cost(
    graph: Any,
    embedding: ArrayLike,
    a: float,
    b: float,
    *,
    epoch: int = 0,
    negative_sample_rate: int = 5,
    log_floor: float = 1e-4,
    random_state: Any = 0,
) -> float:
    r"""Cost of the pairs that one epoch of Algorithm 1 draws (T-E28).

    .. math:: c_2 |_\nu = \sum_{i \ne j} I_{ij} c^a_{ij} + \sum_l I_{ij} I_{ijl} c^r_{il}

    where every ordered pair (i, j) is drawn with probability p_ij, and with it m others l,
    uniformly from all n. Its mean over the epochs is :func:`effective_loss`.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    a, b : float
        The curve of q, above 0.
    epoch : int
        Number of the epoch, which decides the draws together with `random_state`.
    negative_sample_rate : int
        m, 0 or more.
    log_floor : float
        Every logarithm is ln(min(x + log_floor, 1)); 0 for the exact formula. A point that is
        drawn as its own negative costs nothing.
    random_state : int, Generator, RandomState or None
        Seed of the draws.

    Returns
    -------
    float
        Nats. O(sum of p) time.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.

    References
    ----------
    Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021.
    """
    problem = as_problem(graph, embedding, a, b)
    drawn = _draw(problem.edges, epoch, negative_sample_rate, resolve_seed(random_state))
    points = problem.points
    near = squared_between(points, drawn.heads, drawn.tails)
    far = squared_between(points, drawn.heads[:, None], drawn.others)
    pull, _ = edge_costs(near, problem.a, problem.b, log_floor)
    _, push = edge_costs(far.ravel(), problem.a, problem.b, log_floor)
    foreign = (drawn.heads[:, None] != drawn.others).ravel()
    return math.fsum(pull) + math.fsum(push[foreign])


def epoch_gradient(
    graph: Any,
    embedding: ArrayLike,
    a: float,
    b: float,
    *,
    epoch: int = 0,
    negative_sample_rate: int = 5,
    push_tail: bool = False,
    eps: float = 1e-3,
    random_state: Any = 0,
) -> NDArray[np.float64]:
    """Gradient that one epoch of Algorithm 1 applies, all at the same map (T-E24, T-E27).

    Both ends of a drawn edge feel the attraction; the drawn others push its head and, with
    `push_tail` (line 18 of the tutorial's Algorithm 1), are pushed back: then this is the gradient
    of :func:`epoch_cost` of the same epoch and seed. Its mean over the epochs is
    :func:`expected_gradient`.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    a, b : float
        The curve of q, above 0.
    epoch : int
        Number of the epoch, which decides the draws together with `random_state`.
    negative_sample_rate : int
        m, 0 or more.
    push_tail : bool
        Whether the drawn others move as well.
    eps : float
        As :func:`repulsion_gradient`.
    random_state : int, Generator, RandomState or None
        Seed of the draws.

    Returns
    -------
    ndarray of float64, shape (n, c)
        By each point. No clipping.

    Raises
    ------
    ValueError
        As :func:`epoch_cost`.

    References
    ----------
    Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021.
    """
    problem = as_problem(graph, embedding, a, b)
    drawn = _draw(problem.edges, epoch, negative_sample_rate, resolve_seed(random_state))
    points = problem.points
    pull = attraction_gradient(points[drawn.heads] - points[drawn.tails], problem.a, problem.b)
    delta = points[drawn.heads, None] - points[drawn.others]
    push = repulsion_gradient(delta, problem.a, problem.b, eps=eps)
    total = sums_at(drawn.heads, pull, problem.n)
    total -= sums_at(drawn.tails, pull, problem.n)
    total += sums_at(drawn.heads, push.sum(axis=1), problem.n)
    if push_tail:
        total -= sums_at(drawn.others.ravel(), push.reshape(-1, push.shape[-1]), problem.n)
    return total


def _draw(edges: Edges, epoch: int, rate: int, seed: int) -> _Drawn:
    number = check_count(epoch, "epoch", 2**62, "it counts epochs", least=0)
    m = check_count(rate, "negative_sample_rate", 2**20, "it counts points", least=0)
    places = np.arange(len(edges.weights), dtype=np.uint64)
    keys = key(seed, Stage.EDGE, number, places)
    # 53 bits, so that an edge of weight 1 is always drawn and a small one as often as it should.
    coin = (draw(keys, 0) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    chosen = np.flatnonzero(coin < edges.weights)
    negative = key(seed, Stage.NEGATIVE, number, places[chosen])
    others = below(draw(negative[:, None], np.arange(m, dtype=np.uint64)[None, :]), edges.n)
    return _Drawn(edges.heads[chosen], edges.tails[chosen], others)
