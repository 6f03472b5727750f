"""Densities: local radii of data and maps, how well they agree, and the slopes of that."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit._threads import resolve_n_jobs
from umapkit.graph import fuzzy_graph, input_radii
from umapkit.neighbors import Neighbors, find_neighbors
from umapkit.quality._check import as_matrix, check_count, check_positive
from umapkit.quality._graph import Problem, as_problem, sums_at, sums_by
from umapkit.quality._near import TREE_DIMENSIONS, nearest

_FLOOR = 1e-8


def local_radii(
    rows: Any,
    *,
    n_neighbors: int = 30,
    metric: str = "euclidean",
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Log of the mean squared distance of every row to its neighbours, of data or of a map.

    ``r_i = ln(1e-8 + sum_j p_ij d_ij^2 / sum_j p_ij)`` over the fuzzy graph of the nearest
    neighbours of these rows (T-E30). Larger means a sparser neighbourhood. Data and map measured
    alike can be compared; distances are squared in both.

    Parameters
    ----------
    rows : table of shape (n, d)
        Data or map.
    n_neighbors : int, default 30
        Neighbours of a row, the row itself included; at least 2. Larger values smooth.
    metric : str, default "euclidean"
        A name out of ``umapkit.distances.METRICS``.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float64 array of shape (n,)
        Log radii. Neighbours are exact on maps (up to 6 columns, Euclidean) and up to 4,096 rows,
        else nearly all of them are found (`umapkit.find_neighbors`).

    Raises
    ------
    ValueError
        If the table holds NaN or infinity, or `n_neighbors` is out of range.

    References
    ----------
    Narayan, Berger, Cho: Assessing single-cell transcriptomic variability through
    density-preserving data visualization, Nature Biotechnology 39, 2021.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(200, 3))
    >>> rows[:100] *= 10
    >>> radii = local_radii(rows, n_neighbors=15)
    >>> bool(radii[:100].mean() > radii[100:].mean() + 2)
    True
    """
    n_threads = resolve_n_jobs(n_jobs)
    shape = np.shape(rows)
    if metric == "euclidean" and len(shape) == 2 and 0 < shape[1] <= TREE_DIMENSIONS:
        table = as_matrix(rows, "rows")
        k = _neighbor_count(n_neighbors, len(table))
        everyone = np.arange(len(table), dtype=np.int64)
        indices, squares = nearest(table, table, everyone, k - 1, n_threads)
        lists = np.empty((len(table), k), dtype=np.int32)
        lists[:, 0], lists[:, 1:] = everyone, indices
        distances = np.zeros((len(table), k), dtype=np.float32)
        distances[:, 1:] = np.sqrt(squares)
        neighbors = Neighbors(lists, distances)
    else:
        n = shape[0] if shape else 0
        neighbors = find_neighbors(
            rows,
            n_neighbors=_neighbor_count(n_neighbors, n),
            metric=metric,
            random_state=0,
            n_jobs=n_threads,
        )
    graph = fuzzy_graph(neighbors, n_jobs=n_threads)
    return input_radii(graph, neighbors, n_jobs=n_threads)


def _neighbor_count(n_neighbors: int, n: int) -> int:
    if check_count(n_neighbors, "n_neighbors", max(n, 1), f"there are {n} rows") < 2:
        msg = f"n_neighbors={n_neighbors} counts the row itself; radii need 2 or more."
        raise ValueError(msg)
    return int(n_neighbors)


def density_correlation(
    X: Any,
    embedding: Any,
    *,
    n_neighbors: int = 30,
    metric: str = "euclidean",
    n_jobs: int | None = None,
) -> float:
    """Measure how well a map, of whatever method, keeps densities: Pearson of log radii (T-E33).

    Parameters
    ----------
    X : table of shape (n, d), or float array of shape (n,)
        The data, or their log radii (`local_radii`, or a model's ``rad_orig_``).
    embedding : array of shape (n, c), or float array of shape (n,)
        The map, whose radii are measured on a graph of its own; or its log radii.
    n_neighbors, metric, n_jobs
        As for `local_radii`; the metric is that of `X`.

    Returns
    -------
    float
        From -1 to 1; NaN where all radii of one side are equal. Rows whose radius is NaN (those
        without neighbours) do not count.

    Raises
    ------
    ValueError
        If sizes differ or fewer than two rows have radii.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(300, 2))
    >>> round(density_correlation(rows, 5 * rows + 1), 6)
    1.0
    """
    data, found = _two_radii(X, embedding, n_neighbors, metric, n_jobs)
    return _pearson(data, found)[0]


def density_regression(
    X: Any,
    embedding: Any,
    *,
    n_neighbors: int = 30,
    metric: str = "euclidean",
    n_jobs: int | None = None,
) -> tuple[float, float]:
    """Fit the map's log radii by those of the data: r_q = beta r_p + gamma (T-E32).

    Parameters
    ----------
    X, embedding, n_neighbors, metric, n_jobs
        As for `density_correlation`.

    Returns
    -------
    beta, gamma : float
        Least squares. beta = 1 is a map that magnifies alike everywhere, beta = 0 one that shows
        no densities.

    Raises
    ------
    ValueError
        As for `density_correlation`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(300, 2))
    >>> beta, gamma = density_regression(rows, 5 * rows)
    >>> round(beta, 4), round(gamma / float(np.log(25)), 4)
    (1.0, 1.0)
    """
    data, found = _two_radii(X, embedding, n_neighbors, metric, n_jobs)
    _, beta = _pearson(data, found)
    return beta, float(found.mean() - beta * data.mean())


def _two_radii(
    X: Any, embedding: Any, n_neighbors: int, metric: str, n_jobs: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    options = {"n_neighbors": n_neighbors, "n_jobs": n_jobs}
    first = _as_radii(X)
    if first is None:
        first = local_radii(X, metric=metric, **options)
    second = _as_radii(embedding)
    if second is None:
        second = local_radii(embedding, **options)
    if len(first) != len(second):
        msg = f"X has {len(first)} rows and embedding {len(second)}: they must be the same rows."
        raise ValueError(msg)
    used = np.isfinite(first) & np.isfinite(second)
    if used.sum() < 2:
        msg = f"{used.sum()} rows have a radius on both sides; a correlation needs 2 or more."
        raise ValueError(msg)
    return first[used], second[used]


def _as_radii(values: Any) -> NDArray[np.float64] | None:
    """Return radii that were given instead of a table, or None."""
    if len(np.shape(values)) != 1:
        return None
    return np.asarray(values, dtype=np.float64)


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Correlation, and slope of y on x; NaN where a side is constant."""
    dx, dy = x - x.mean(), y - y.mean()
    xx, yy, xy = float(np.sum(dx * dx)), float(np.sum(dy * dy)), float(np.sum(dx * dy))
    if xx == 0 or yy == 0:
        return float("nan"), 0.0 if xx > 0 else float("nan")
    return float(xy / np.sqrt(xx * yy)), float(xy / xx)


def map_radii(graph: Any, embedding: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    """Log radii of a map over the edges of a graph: what densMAP moves (T-E31).

    ``r_i = ln(1e-8 + sum_j q_ij s_ij / sum_j q_ij)``, s squared distances, q = 1 / (1 + a s^b),
    j over the neighbours of i. (The tutorial prints the sum of the distances as denominator.)

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric membership strengths without diagonal; which edges there are, is all that counts.
    embedding : array-like of shape (n, c)
        The map.
    a, b : float
        The curve, above 0.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for points without edges.

    Raises
    ------
    ValueError
        If the graph is not symmetric with weights in [0, 1], or sizes do not match.
    """
    return _radii(as_problem(graph, embedding, a, b))[0]


def radius_slopes(graph: Any, embedding: ArrayLike, a: float, b: float) -> csr_array:
    """Slope of every log radius of a map by every squared distance: dr_i / ds_ij.

    ``(q / Q_i) [(1 - b (1 - q)) / (1e-8 + M_i) + a b s^(b-1) q M_i / (1e-8 + M_i)]`` with Q_i =
    sum_j q_ij and M_i = sum_j q_ij s_ij / Q_i. (The tutorial misses 1 / Q_i and writes s for s^b.)

    Parameters
    ----------
    graph, embedding, a, b
        As for `map_radii`.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Row i holds the slopes of r_i; not symmetric. An edge of length 0 has the slope without its
        second part, which is infinite where b < 1 and meets a difference of 0.

    Raises
    ------
    ValueError
        As for `map_radii`.
    """
    problem = as_problem(graph, embedding, a, b)
    _, slopes = _radii(problem)
    edges = problem.edges
    return csr_array((slopes, (edges.heads, edges.tails)), shape=(problem.n, problem.n))


def correlation_gradient(
    graph: Any,
    embedding: ArrayLike,
    radii: ArrayLike,
    a: float,
    b: float,
    *,
    var_shift: float = 0.0,
) -> NDArray[np.float64]:
    """Gradient of the correlation of log radii by every point of the map (T-E35, corrected).

    The correlation is ``Cov(r_q, r_p) / sqrt((Var(r_q) + var_shift) Var(r_p))``, all with n - 1;
    r_q is `map_radii`. Its gradient by y_i is ``sum_j 2 (y_i - y_j) (u_i dr_i/ds_ij + u_j
    dr_j/ds_ij)`` with u its slopes by r_q. densMAP's loss falls by lambda times this.

    Parameters
    ----------
    graph, embedding, a, b
        As for `map_radii`.
    radii : array-like of shape (n,)
        r_p, log radii of the data (`umapkit.graph.input_radii`); not constant. Points where r_p or
        r_q is NaN do not count.
    var_shift : float, default 0
        What densMAP adds to the variance of r_q (0.1 there).

    Returns
    -------
    ndarray of float64, shape (n, c)
        The direction in which the correlation rises.

    Raises
    ------
    ValueError
        As for `map_radii`, or if one side's radii are all equal.
    """
    problem = as_problem(graph, embedding, a, b)
    shift = check_positive(var_shift, "var_shift", zero=True)
    wanted = np.asarray(radii, dtype=np.float64)
    if wanted.shape != (problem.n,):
        msg = f"radii has shape {wanted.shape}; the map has {problem.n} points."
        raise ValueError(msg)
    found, slopes = _radii(problem)
    used = np.isfinite(found) & np.isfinite(wanted)
    count = int(used.sum())
    gap = np.where(used, found, 0.0) - found[used].mean() if count else found
    data = np.where(used, wanted - wanted[used].mean(), 0.0) if count else wanted
    gap = np.where(used, gap, 0.0)
    spread = float(np.sum(data * data)) / max(count - 1, 1)
    variance = float(np.sum(gap * gap)) / max(count - 1, 1) + shift
    if count < 2 or spread == 0 or variance == 0:
        msg = "The radii of the data or of the map are all equal: they have no correlation."
        raise ValueError(msg)
    data = data / np.sqrt(spread)
    covariance = float(np.sum(gap * data)) / (count - 1)
    by_radius = (data - covariance * gap / variance) / ((count - 1) * np.sqrt(variance))
    edges = problem.edges
    order = np.lexsort((edges.heads, edges.tails))  # of every edge, where its way back stands
    push = by_radius[edges.heads] * slopes
    both = 2.0 * (push + push[order])
    delta = problem.points[edges.heads] - problem.points[edges.tails]
    return sums_at(edges.heads, both[:, None] * delta, problem.n)


def _radii(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log radii (n,) and their slopes by the squared lengths of the edges (e,)."""
    heads, b = problem.edges.heads, problem.b
    s = problem.edge_squared()
    p = problem.a * s**b
    q = 1.0 / (1.0 + p)
    mass = sums_by(heads, q, problem.n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums_by(heads, q * s, problem.n) / mass
        second = np.where(s > 0, b * p / s * q, 0.0) * mean[heads]
        slopes = (1.0 - b * (1.0 - q) + second) * q / (mass * (_FLOOR + mean))[heads]
        return np.log(_FLOOR + mean), slopes
