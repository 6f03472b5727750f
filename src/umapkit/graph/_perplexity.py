"""Affinities of t-SNE: Gaussian widths by perplexity, conditional and joint probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit.neighbors import Neighbors

TOLERANCE = 1e-6  # of the entropy, in nats
ROUNDS = 100
BLOCK = 2**22  # entries of a block of rows: 32 MiB a temporary


def perplexity_graph(neighbors: Neighbors, *, perplexity: float = 30.0) -> csr_array:
    """Build the joint probabilities of t-SNE on nearest neighbours.

    ``P = (C + C^T) / (2 n)`` with the conditional probabilities C of `conditional_affinities`.

    Parameters
    ----------
    neighbors : Neighbors
        Indices and distances, both (n, k); column 0 is the row itself. t-SNE takes
        3 * perplexity + 1 columns; fewer make far neighbours count for nothing.
    perplexity : float, default 30
        Effective number of neighbours of a row, 1 to k - 1. Larger values show coarser structure.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Exactly symmetric, sorted indices, no diagonal; sums to 1.

    Raises
    ------
    ValueError
        If the perplexity is out of its range, or a row has no neighbour.

    See Also
    --------
    exact_affinities : over all pairs, as a dense matrix.

    References
    ----------
    van der Maaten, Hinton, "Visualizing data using t-SNE", JMLR 9 (2008), Eq. 1 and section 3.1;
    van der Maaten, "Accelerating t-SNE using tree-based algorithms", JMLR 15 (2014), Eq. 7.

    Examples
    --------
    >>> from umapkit.neighbors import find_neighbors
    >>> rows = np.random.default_rng(0).normal(size=(50, 3))
    >>> joint = perplexity_graph(find_neighbors(rows, n_neighbors=16), perplexity=5)
    >>> round(float(joint.sum()), 6)
    1.0
    """
    directed = conditional_affinities(neighbors, perplexity=perplexity)
    n = neighbors.n
    joint = csr_array(directed + directed.T)
    joint.data /= 2 * n
    joint.sort_indices()
    return joint


def conditional_affinities(neighbors: Neighbors, *, perplexity: float = 30.0) -> csr_array:
    """Probability of every listed neighbour under the Gaussian of its row.

    ``p_{j|i} = exp(-beta_i d_ij^2) / sum_l exp(-beta_i d_il^2)``, ``beta_i = 1 / (2 sigma_i^2)``
    such that the row's entropy is ``log(perplexity)``; see `precisions`.

    Parameters
    ----------
    neighbors : Neighbors
        Indices and distances, both (n, k); column 0 is the row itself. Missing neighbours
        (infinite distances) have probability 0.
    perplexity : float, default 30
        Effective number of neighbours, 1 to k - 1.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Rows sum to 1; not symmetric, no diagonal, no explicit zeros.

    Raises
    ------
    ValueError
        If the perplexity is out of its range, or a row has no neighbour.
    """
    n = neighbors.n
    squared = neighbors.distances[:, 1:].astype(np.float64) ** 2
    lonely = ~np.isfinite(squared).any(axis=1)
    if lonely.any():
        msg = (
            f"Row {int(np.argmax(lonely))} has no neighbour at a finite distance, so nothing can "
            "be near it. Drop such rows, or raise the disconnection distance."
        )
        raise ValueError(msg)
    beta = precisions(squared, perplexity=perplexity)
    values = _normal(squared, beta)[0].ravel()
    indices = neighbors.indices[:, 1:].ravel()
    indptr = np.arange(n + 1, dtype=np.int64) * squared.shape[1]
    indices = np.where(values > 0, indices, 0)  # a missing neighbour has index -1
    graph = csr_array((values, indices, indptr), shape=(n, n))
    graph.eliminate_zeros()
    graph.sort_indices()
    return graph


def exact_affinities(
    squared_distances: ArrayLike, *, perplexity: float = 30.0, joint: bool = True
) -> NDArray[np.float64]:
    """Affinities of t-SNE over all pairs.

    Parameters
    ----------
    squared_distances : array of shape (n, n)
        Squared distances between all rows; the diagonal is not read.
    perplexity : float, default 30
        Effective number of neighbours, 1 to n - 1.
    joint : bool, default True
        ``(C + C^T) / (2 n)``, which is symmetric and sums to 1; otherwise C, whose rows do.

    Returns
    -------
    float64 array of shape (n, n)
        The affinities; 0 on the diagonal. Memory: three such matrices.

    Raises
    ------
    ValueError
        If the matrix is not square, a distance is negative or not finite, or the perplexity is
        out of its range.
    """
    squared = np.array(squared_distances, dtype=np.float64)
    if squared.ndim != 2 or squared.shape[0] != squared.shape[1]:
        msg = f"squared_distances has shape {squared.shape}. It must be square, rows by rows."
        raise ValueError(msg)
    np.fill_diagonal(squared, 0.0)
    if not (np.isfinite(squared).all() and (squared >= 0).all()):
        msg = "squared_distances has entries that are negative, NaN or infinite. Give finite ones."
        raise ValueError(msg)
    np.fill_diagonal(squared, np.inf)
    beta = precisions(squared, perplexity=perplexity)
    n = len(squared)
    step = max(1, BLOCK // max(1, n))
    for begin in range(0, n, step):
        part = slice(begin, begin + step)
        squared[part] = _normal(squared[part], beta[part])[0]
    return (squared + squared.T) / (2 * n) if joint else squared


def precisions(squared_distances: ArrayLike, *, perplexity: float = 30.0) -> NDArray[np.float64]:
    """Find the precision ``beta = 1 / (2 sigma^2)`` of every row's Gaussian.

    Solves ``H(beta) = log(perplexity)`` to 1e-6 by Newton steps in log(beta) that fall back to
    bisection. Where more than `perplexity` neighbours share the smallest distance, no width
    reaches the entropy, which then is that of those neighbours alone; where fewer neighbours than
    `perplexity` are finite, or all are equally far, all of them count the same.

    Parameters
    ----------
    squared_distances : array of shape (n, k)
        Squared distances to the neighbours, self excluded; infinite where there is none.
    perplexity : float, default 30
        Effective number of neighbours, 1 to k.

    Returns
    -------
    float64 array of shape (n,)
        Precisions, in units of 1 / squared distance; 0 where all neighbours count the same.

    Raises
    ------
    ValueError
        If the perplexity is out of its range.
    """
    squared = np.asarray(squared_distances, dtype=np.float64)
    n, k = squared.shape
    if not 1 <= perplexity <= k:
        msg = (
            f"perplexity={perplexity!r} is not allowed with {k} neighbours (the row itself not "
            f"counted). Give a number from 1 to {k}; t-SNE takes a third of the neighbours."
        )
        raise ValueError(msg)
    beta = np.empty(n)
    step = max(1, BLOCK // max(1, k))
    for begin in range(0, n, step):
        part = slice(begin, begin + step)
        beta[part] = _search(squared[part], float(np.log(perplexity)))
    return beta


def _search(squared: NDArray[np.float64], target: float) -> NDArray[np.float64]:
    nearest = squared.min(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        gaps = squared - nearest  # inf - inf where nothing is near: NaN, and never used
    finite = np.isfinite(gaps)
    counts = finite.sum(axis=1)
    total = np.where(finite, gaps, 0.0).sum(axis=1)
    ties = (gaps == 0).sum(axis=1)
    flat = (np.log(np.maximum(counts, 1)) <= target) | (total == 0)
    # Between the widths that tell nothing apart and those that see the nearest only.
    log_beta = np.zeros(len(squared))
    some = total > 0
    log_beta[some] = np.log(counts[some] / total[some])
    low, high = log_beta - 80.0, log_beta + 80.0
    sharp = ~flat & (np.log(np.maximum(ties, 1)) >= target)
    log_beta[sharp] = high[sharp]
    todo = np.flatnonzero(~flat & ~sharp)
    for _ in range(ROUNDS):
        if not len(todo):
            break
        at = log_beta[todo]
        _, entropy, slope = _normal(gaps[todo], np.exp(at))
        wrong = entropy - target
        # The entropy falls as beta grows.
        low[todo] = np.where(wrong > 0, at, low[todo])
        high[todo] = np.where(wrong > 0, high[todo], at)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = at - wrong / slope
        inside = (newton > low[todo]) & (newton < high[todo])
        log_beta[todo] = np.where(
            np.abs(wrong) <= TOLERANCE,
            at,
            np.where(inside, newton, (low[todo] + high[todo]) / 2),
        )
        todo = todo[np.abs(wrong) > TOLERANCE]
    return np.where(flat, 0.0, np.exp(log_beta))


def _normal(
    squared: NDArray[np.float64], beta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return probabilities, their entropy, and its derivative by log(beta)."""
    gaps = squared - squared.min(axis=1, keepdims=True)
    finite = np.isfinite(gaps)
    gaps = np.where(finite, gaps, 0.0)
    p = np.where(finite, np.exp(-beta[:, None] * gaps), 0.0)
    z = p.sum(axis=1, keepdims=True)
    p /= z
    mean = (p * gaps).sum(axis=1)
    entropy = np.log(z[:, 0]) + beta * mean
    variance = np.maximum((p * gaps * gaps).sum(axis=1) - mean * mean, 0.0)
    return p, entropy, -beta * beta * variance
