"""umap-learn's functions from rows to the fuzzy graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, dok_matrix, issparse

from umapkit.compat.umap_learn._parameters import our_metric, refuse
from umapkit.graph import bandwidths, fuzzy_union
from umapkit.neighbors import Neighbors, build_index

SMOOTH_K_TOLERANCE = 1e-5
MIN_K_DIST_SCALE = 1e-3
# umap-learn's number of bisections, which is the kernel's.
_STEPS = 64


def nearest_neighbors(
    X: Any,
    n_neighbors: int,
    metric: Any,
    metric_kwds: dict[str, Any] | None,
    angular: bool,
    random_state: Any,
    low_memory: bool = True,
    use_pynndescent: bool = True,
    n_jobs: int | None = -1,
    verbose: bool = False,
) -> tuple[NDArray[np.int32], NDArray[np.float32], Any]:
    """Find the neighbours of every row.

    Parameters
    ----------
    X : table or sparse matrix of shape (n, d)
        Rows; with ``metric="precomputed"`` a dense matrix of distances, shape (n, n).
    n_neighbors : int
        k, the row itself included.
    metric : str or callable
        A metric of `umapkit.find_neighbors`, or "precomputed".
    metric_kwds : dict or None
        Keywords of the metric, by name.
    random_state : int, RandomState or None
        Seed of an approximate search.
    n_jobs : int, default -1
        Threads, -1 for all cores.
    angular, low_memory, use_pynndescent, verbose
        Without effect: the search needs no hint and no other library, and prints nothing.

    Returns
    -------
    indices : int32 array of shape (n, k)
    distances : float32 array of shape (n, k)
    index : umapkit.neighbors.NeighborIndex, or None for distances
        Answers ``query(rows, k)``.

    Raises
    ------
    ValueError
        If the metric is not known or the data cannot be used.
    NotImplementedError
        If umap-learn has the metric and umapkit has not.
    """
    if isinstance(metric, str) and metric == "precomputed":
        table = np.asarray(X)
        indices = np.argsort(table, axis=1, kind="stable")[:, :n_neighbors].astype(np.int32)
        distances = np.take_along_axis(table, indices, axis=1).astype(np.float32)
        return np.where(np.isinf(distances), np.int32(-1), indices), distances, None
    if not isinstance(metric, str) and not callable(metric):
        msg = f"metric={metric!r} is neither a name nor a function."
        raise ValueError(msg)
    index = build_index(
        X,
        n_neighbors=int(n_neighbors),
        metric=our_metric(metric),
        metric_kwds=metric_kwds or None,
        random_state=random_state,
        n_jobs=None if n_jobs == -1 else n_jobs,
    )
    return index.neighbors.indices, index.neighbors.distances, index


def smooth_knn_dist(
    distances: NDArray[Any],
    k: float,
    n_iter: int = _STEPS,
    local_connectivity: float = 1.0,
    bandwidth: float = 1.0,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Find sigma and rho of every row; see `umapkit.graph.bandwidths`.

    Unlike in umap-learn, infinite distances enter neither sums nor means.

    Parameters
    ----------
    distances : array of shape (n, columns)
        Sorted, the row itself first.
    k : float
        The memberships of a row sum up to log2(k), times `bandwidth`.
    n_iter : int, default 64
        Bisections; no other number is taken.
    local_connectivity, bandwidth : float, default 1
        As `umapkit.graph.bandwidths`.

    Returns
    -------
    sigmas, rhos : float32 arrays of shape (n,)

    Raises
    ------
    NotImplementedError
        For another `n_iter`.
    """
    if n_iter != _STEPS:
        refuse(f"n_iter={n_iter!r}")
    far = np.ascontiguousarray(distances, dtype=np.float32)
    columns = far.shape[1]
    if columns < 2:  # nothing but the row itself, so nothing to sum
        return np.ones(len(far), dtype=np.float32), np.zeros(len(far), dtype=np.float32)
    table = Neighbors(np.zeros(far.shape, dtype=np.int32), far)
    found = bandwidths(
        table,
        local_connectivity=float(local_connectivity),
        bandwidth=float(bandwidth * np.log2(k) / np.log2(columns)),
    )
    return found.sigmas, found.rhos


def compute_membership_strengths(
    knn_indices: NDArray[Any],
    knn_dists: NDArray[Any],
    sigmas: NDArray[Any],
    rhos: NDArray[Any],
    return_dists: bool | None = False,
    bipartite: bool = False,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32] | None]:
    """Memberships of the listed neighbours as triplets, n * k of each.

    Parameters
    ----------
    knn_indices, knn_dists : arrays of shape (n, k)
        Neighbours; -1 where there is none.
    sigmas, rhos : arrays of shape (n,)
        Of `smooth_knn_dist`.
    return_dists : bool, default False
        Whether to return the distances, too.
    bipartite : bool, default False
        The rows are no columns: nothing is the row itself.

    Returns
    -------
    rows, cols : int32 arrays of shape (n * k,)
    vals : float32 array of shape (n * k,)
        0 for missing neighbours and the row itself.
    dists : float32 array of shape (n * k,) or None
    """
    indices = np.asarray(knn_indices)
    far = np.asarray(knn_dists, dtype=np.float32)
    n, k = indices.shape
    sigma, rho = np.asarray(sigmas)[:, None], np.asarray(rhos)[:, None]
    own = np.repeat(np.arange(n, dtype=np.int32), k).reshape(n, k)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = np.exp(-(far - rho) / sigma)
    values = np.where((far - rho <= 0) | (sigma == 0), 1.0, values)
    missing = indices == -1
    values[missing if bipartite else missing | (indices == own)] = 0.0
    heads = np.where(missing, 0, own).astype(np.int32).ravel()
    tails = np.where(missing, 0, indices).astype(np.int32).ravel()
    dists = np.where(missing, np.float32(0), far).ravel() if return_dists else None
    return heads, tails, values.astype(np.float32).ravel(), dists


def fuzzy_simplicial_set(
    X: Any,
    n_neighbors: float,
    random_state: Any,
    metric: Any,
    metric_kwds: dict[str, Any] | None = None,
    knn_indices: NDArray[Any] | None = None,
    knn_dists: NDArray[Any] | None = None,
    angular: bool = False,
    set_op_mix_ratio: float = 1.0,
    local_connectivity: float = 1.0,
    apply_set_operations: bool = True,
    verbose: bool = False,
    return_dists: bool | None = None,
) -> tuple[Any, ...]:
    """Build the fuzzy graph of rows, or of a table of neighbours.

    Parameters
    ----------
    X : table of shape (n, d)
        Rows; only their number counts where neighbours are given.
    n_neighbors : float
        k; the memberships of a row sum up to log2(k).
    random_state, metric, metric_kwds, angular, verbose
        As `nearest_neighbors`.
    knn_indices, knn_dists : arrays of shape (n, k), optional
        Neighbours, each row itself first.
    set_op_mix_ratio : float in [0, 1], default 1
        1: union of both directions; 0: their product.
    local_connectivity : float, default 1
        As `umapkit.fuzzy_graph`.
    apply_set_operations : bool, default True
        Whether to unite the directions at all.
    return_dists : bool, optional
        None: return three values. Else a fourth: the distances of the edges, or None for False.

    Returns
    -------
    graph : csr_matrix of float32, shape (n, n)
    sigmas, rhos : float32 arrays of shape (n,)
    distances : dok_matrix or None
        With `return_dists`: the larger of both directions.
    """
    if knn_indices is None or knn_dists is None:
        knn_indices, knn_dists, _ = nearest_neighbors(
            X, int(n_neighbors), metric, metric_kwds, angular, random_state
        )
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    indices = np.asarray(knn_indices)
    far = np.asarray(knn_dists, dtype=np.float32)
    sigmas, rhos = smooth_knn_dist(far, n_neighbors, local_connectivity=local_connectivity)
    rows, cols, values, dists = compute_membership_strengths(
        indices, far, sigmas, rhos, return_dists
    )
    used = values > 0
    directed = csr_array((values[used], (rows[used], cols[used])), shape=(n, n))
    directed.sum_duplicates()
    graph = directed
    if apply_set_operations:
        graph = fuzzy_union(directed, set_op_mix_ratio=set_op_mix_ratio)
    if return_dists is None:
        return csr_matrix(graph), sigmas, rhos
    if not return_dists or dists is None:
        return csr_matrix(graph), sigmas, rhos, None
    far_of = csr_matrix((dists[used], (rows[used], cols[used])), shape=(n, n))
    return csr_matrix(graph), sigmas, rhos, dok_matrix(far_of.maximum(far_of.T))


def as_csr(graph: Any) -> csr_array:
    """Any sparse or dense matrix as a CSR array of float64, duplicates added up."""
    found = csr_array(graph if issparse(graph) else np.asarray(graph), dtype=np.float64)
    found.sum_duplicates()
    return found
