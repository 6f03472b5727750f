"""umap-learn's spectral layouts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from umapkit._seed import resolve_seed
from umapkit.compat.umap_learn._graph import as_csr
from umapkit.compat.umap_learn._islands import centres_of, gaps_between
from umapkit.init import random_start, spectral_start


def component_layout(
    data: Any,
    n_components: int,
    component_labels: NDArray[Any],
    dim: int,
    random_state: Any,
    metric: Any = "euclidean",
    metric_kwds: dict[str, Any] | None = None,
) -> NDArray[np.float64]:
    """Place the components of a graph by how far apart their rows are.

    The components are the vertices of a graph with weights exp(-d²), d being the distance of their
    mean rows, which is laid out by its smooth coordinates. Where so little weight is left that the
    graph would fall apart (umap-learn's does), all distances are first scaled down by one factor.

    Parameters
    ----------
    data : table of shape (n, d), distances of shape (n, n), or None
        The rows; with ``metric="precomputed"`` their distances; None: places at random.
    n_components : int
        How many components there are.
    component_labels : int array of shape (n,)
        Component of every row, below `n_components`.
    dim : int
        Dimensions. Up to ``2 * dim`` components lie on the unit axes: so few vertices have no
        coordinates of that number to choose from.
    random_state : int, RandomState, Generator, numpy.random or None
        Seed.
    metric, metric_kwds
        Distance of the mean rows, by name or as a function, and its keywords. With "precomputed"
        the keyword "linkage" takes the "average" (default), "complete" or "single" distance of
        the rows of two components.

    Returns
    -------
    float64 array of shape (n_components, dim)
        Largest coordinate 1 (without data: uniform in [0, 10]).

    Raises
    ------
    ValueError
        If the linkage is not known, distances are negative or NaN, or a component has no row.
    NotImplementedError
        For a sparse matrix of distances, which lacks those between components.

    Notes
    -----
    Time and memory grow with the square of `n_components`.
    """
    seed = _seed(random_state)
    if data is None:
        places = random_start(n_components, n_components=dim, seed=seed)
        return 5.0 + places.astype(np.float64) / 2.0
    gaps = gaps_between(data, n_components, np.asarray(component_labels), metric, metric_kwds or {})
    return centres_of(gaps, dim, seed)


def multi_component_layout(
    data: Any,
    graph: Any,
    n_components: int,
    component_labels: NDArray[Any],
    dim: int,
    random_state: Any,
    metric: Any = "euclidean",
    metric_kwds: dict[str, Any] | None = None,
    init: str = "random",
    tol: float = 0.0,
    maxiter: int = 0,
) -> NDArray[np.float32]:
    """Lay every component out by its smooth coordinates around its place.

    Up to ``2 * dim`` components lie on the unit axes, more as `component_layout` says; none is
    wider than half the way to the next one.

    Parameters
    ----------
    data : table of shape (n, d), distances of shape (n, n), or None
        See `component_layout`.
    graph : sparse matrix of shape (n, n)
        Symmetric weights; those between components do not count.
    n_components, component_labels, dim, random_state, metric, metric_kwds
        See `component_layout`.
    init, tol, maxiter
        Without effect: the start makes a bounded number of sparse products.

    Returns
    -------
    float32 array of shape (n, dim)
        A component of no more than ``dim + 1`` (or fewer than ``2 * dim``) vertices lies at random.
    """
    labels = np.asarray(component_labels)
    seed = _seed(random_state)
    if n_components > 2 * dim:
        centres = component_layout(data, n_components, labels, dim, seed, metric, metric_kwds)
    else:
        centres = centres_of(np.zeros((n_components, n_components)), dim, seed)
    apart = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=2))
    weights = as_csr(graph)
    out = np.empty((len(labels), dim), dtype=np.float32)
    for label in range(n_components):
        members = np.flatnonzero(labels == label)
        inside = csr_array(weights[members][:, members], dtype=np.float32)
        inside.sort_indices()
        places = spectral_start(inside, n_components=dim, seed=(seed + label) % 2**64)
        widest = max(float(np.abs(places).max()), np.finfo(np.float32).tiny)
        others = apart[label][apart[label] > 0]
        room = others.min() / 2.0 if len(others) else 1.0
        out[members] = centres[label] + places * (room / widest)
    return out


def spectral_layout(
    data: Any,
    graph: Any,
    dim: int,
    random_state: Any,
    metric: Any = "euclidean",
    metric_kwds: dict[str, Any] | None = None,
    tol: float = 0.0,
    maxiter: int = 0,
) -> NDArray[np.float32]:
    """Lay a graph out by its smooth coordinates; see `umapkit.spectral_start`.

    It cannot fail, so umap-learn's warning "Spectral initialisation failed!" and its random start
    in that case do not exist. Many components are arranged by the principal axes of their mean
    rows, at a cost that grows with their number; `multi_component_layout` does it by a metric.

    Parameters
    ----------
    data : table of shape (n, d) or None
        Rows, to arrange many components.
    graph : sparse matrix of shape (n, n)
        Symmetric memberships.
    dim : int
        Dimensions.
    random_state : int, RandomState, Generator, numpy.random or None
        Seed.
    metric, metric_kwds, tol, maxiter
        Without effect: the start makes a bounded number of sparse products.

    Returns
    -------
    float32 array of shape (n, dim)
    """
    rows = None if data is None or issparse(data) else np.asarray(data, dtype=np.float32)
    weights = csr_array(as_csr(graph), dtype=np.float32)
    weights.sort_indices()
    return spectral_start(weights, n_components=dim, seed=_seed(random_state), data=rows)


def tswspectral_layout(
    data: Any,
    graph: Any,
    dim: int,
    random_state: Any,
    metric: Any = "euclidean",
    metric_kwds: dict[str, Any] | None = None,
    method: Any = None,
    tol: float = 0.0,
    maxiter: int = 0,
) -> NDArray[np.float32]:
    """Do what `spectral_layout` does, whose coordinates it approximates in umap-learn."""
    return spectral_layout(data, graph, dim, random_state, metric, metric_kwds, tol, maxiter)


def _seed(random_state: Any) -> int:
    # scikit-learn takes the module for its global generator, and so does umap-learn.
    if random_state is np.random:
        random_state = np.random.mtrand._rand
    return resolve_seed(random_state)
