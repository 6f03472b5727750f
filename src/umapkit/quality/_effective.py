"""The loss that the sampled optimiser really lowers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from umapkit._seed import Stage, below, draw, key, resolve_seed
from umapkit.quality._check import check_count, check_positive
from umapkit.quality._costs import row_repulsion
from umapkit.quality._graph import Problem, as_problem
from umapkit.quality._pairs import edge_costs, squared_between

# Up to here all pairs are evaluated unless told otherwise (about a second on two cores).
EXACT_LIMIT = 20_000
# Beyond it, so many pairs are drawn unless told otherwise.
DEFAULT_PAIRS = 2_000_000


@dataclass(frozen=True)
class EffectiveLoss:
    """Effective loss of a map.

    Attributes
    ----------
    value : float
        Attraction + repulsion, in nats.
    standard_error : float
        Of the value; 0 where all pairs were evaluated.
    attraction : float
        Sum over the edges of p c^a; always exact.
    repulsion : float
        Sum over all pairs of m (d_i + d_j) / 2n times c^r.
    n_pairs : int
        Pairs at which the repulsion was evaluated.
    exact : bool
        Whether these are all ordered pairs.
    """

    value: float
    standard_error: float
    attraction: float
    repulsion: float
    n_pairs: int
    exact: bool


def effective_loss(
    graph: Any,
    embedding: ArrayLike,
    a: float,
    b: float,
    *,
    negative_sample_rate: float = 5,
    n_pairs: int | Literal["all"] | None = None,
    log_floor: float = 1e-4,
    random_state: Any = 0,
    n_jobs: int | None = None,
) -> EffectiveLoss:
    r"""Loss whose gradient UMAP's sampled optimiser follows on average.

    .. math:: 2 \sum_{i<j} p_{ij} c^a_{ij} + \frac{m (d_i + d_j)}{2n} c^r_{ij}

    with d_i the sum of i's membership strengths: negative sampling weighs the repulsion of a
    pair by m (d_i + d_j) / 2n, far below the 1 - p of the fuzzy cross-entropy.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths p without diagonal, pruned as for the optimiser.
    embedding : array-like of shape (n, c)
        The map, read as float64.
    a, b : float
        The curve q = 1 / (1 + a d^(2b)), above 0.
    negative_sample_rate : float
        m; larger values weigh repulsion more.
    n_pairs : int, "all" or None
        How many pairs of the repulsive sum to draw (with replacement, by a hash, i in
        proportion to d_i and j uniformly; unbiased; at least 2), or all of them. None: all up
        to 20,000 points, 2,000,000 pairs beyond. "all" takes O(n^2) time and O(n) memory.
    log_floor : float
        Every logarithm is ln(min(x + log_floor, 1)), which keeps coincident points finite. The
        default is that of the source; 0 for the exact formula.
    random_state : int, Generator, RandomState or None
        Seed of the pairs; not read where all are evaluated.
    n_jobs : int or None
        Threads; the result does not depend on it.

    Returns
    -------
    EffectiveLoss
        Value, its standard error, and the two parts, in nats.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.

    References
    ----------
    Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021 (T-E29).
    """
    problem = as_problem(graph, embedding, a, b)
    rate = check_positive(negative_sample_rate, "negative_sample_rate", zero=True)
    floor = check_positive(log_floor, "log_floor", zero=True)
    near, _ = edge_costs(problem.edge_squared(), problem.a, problem.b, floor)
    attraction = math.fsum(problem.edges.weights * near)
    if n_pairs is None and problem.n > EXACT_LIMIT:
        n_pairs = DEFAULT_PAIRS
    total = problem.edges.degrees.sum()
    if n_pairs is None or n_pairs == "all":
        repulsion, error = _exact(problem, rate, floor, n_jobs), 0.0
        count, exact = problem.n * (problem.n - 1), True
    else:
        count, exact = check_count(n_pairs, "n_pairs", 2**40, "it counts pairs"), False
        if count < 2:
            msg = "n_pairs=1 gives no standard error. Draw at least 2 pairs."
            raise ValueError(msg)
        repulsion, error = 0.0, 0.0
        if problem.n > 1 and total > 0:
            repulsion, error = _sampled(problem, rate, floor, count, resolve_seed(random_state))
    return EffectiveLoss(attraction + repulsion, error, attraction, repulsion, count, exact)


def _exact(problem: Problem, rate: float, floor: float, n_jobs: int | None) -> float:
    sums, coincident = row_repulsion(problem, log_floor=floor, n_jobs=n_jobs)
    weights = rate * problem.edges.degrees / problem.n
    if floor == 0.0 and np.any((coincident > 0) & (weights > 0)):
        return math.inf
    return math.fsum(weights * sums)


def _sampled(
    problem: Problem, rate: float, floor: float, count: int, seed: int
) -> tuple[float, float]:
    """Mean of c^r over drawn pairs, times the weight of all of them; and its standard error."""
    ends = np.cumsum(problem.edges.degrees)
    moments = []
    for begin in range(0, count, 1 << 18):
        numbers = np.arange(begin, min(count, begin + (1 << 18)), dtype=np.uint64)
        keys = key(seed, Stage.SAMPLE, 0, numbers)
        position = (draw(keys, 0) >> np.uint64(11)).astype(np.float64) * 2.0**-53 * ends[-1]
        i = np.minimum(np.searchsorted(ends, position, side="right"), problem.n - 1)
        j = below(draw(keys, 1), problem.n - 1)
        j += j >= i
        squared = squared_between(problem.points, i, j)
        _, far = edge_costs(squared, problem.a, problem.b, floor)
        moments.append((math.fsum(far), math.fsum(far * far)))
    mean = math.fsum(m[0] for m in moments) / count
    square = math.fsum(m[1] for m in moments) / count
    weight = rate * float(ends[-1]) * (problem.n - 1) / problem.n
    if not math.isfinite(mean):
        return math.inf, math.inf
    spread = max(0.0, square - mean * mean) * count / (count - 1)
    return weight * mean, weight * math.sqrt(spread / count)
