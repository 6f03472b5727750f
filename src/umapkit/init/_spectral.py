"""Spectral start: the smooth coordinates of the graph, component by component."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.graph import csr_parts
from umapkit.init._centres import arrange
from umapkit.init._draws import Purpose, uniform_box
from umapkit.init._exact import DENSE, arpack_vectors, dense_vectors
from umapkit.init._filter import block_width, filter_vectors
from umapkit.init._operator import Operator

Solver = Literal["filter", "exact"]


def spectral_start(
    graph: csr_array,
    *,
    n_components: int = 2,
    seed: int,
    data: NDArray[np.float32] | None = None,
    solver: Solver = "filter",
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Lay a graph out by the leading eigenvectors of its normalised adjacency.

    They are those of the normalised Laplacian with the smallest nonzero eigenvalues. Components
    of up to 256 vertices are solved by a dense solver, larger ones by `solver`. Each component
    has its own coordinates, scaled to at most half the distance between its centre and the next
    one, but never to less than its share of the volume; vertices without any edge are spread at
    random over all of it.

    Parameters
    ----------
    graph : csr_array of float32, shape (n, n)
        A symmetric fuzzy graph.
    n_components : int, default 2
        Dimensions of the map, 1 or more.
    seed : int
        Seed of every draw.
    data : float32 array of shape (n, d), optional
        Rows of the vertices. Where there are more than ``2 * n_components`` components, their
        centres are arranged by the principal axes of the components' mean rows; without data at
        random.
    solver : {"filter", "exact"}, default "filter"
        "filter" makes 42 to 325 sparse products, enough for a start; "exact" runs ARPACK to
        convergence, which may take long.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, n_components)
        Coordinates, not yet scaled (see `rescale`). Where a component has fewer eigenvectors
        than there are dimensions, it is placed at random.

    Raises
    ------
    ValueError
        If `solver` is unknown, `n_components` below 1, or `data` has another number of rows.
    RuntimeError
        If the exact solver does not converge.
    """
    if solver not in ("filter", "exact"):
        msg = f"solver={solver!r} is not known. Give 'filter' or 'exact'."
        raise ValueError(msg)
    check_n_components(n_components)
    if data is not None and len(data) != graph.shape[0]:
        msg = f"data has {len(data)} rows, the graph {graph.shape[0]}. They must agree."
        raise ValueError(msg)
    n_threads = resolve_n_jobs(n_jobs)
    n = graph.shape[0]
    parts = csr_parts(graph)
    labels = np.empty(n, dtype=np.int32)
    count = _kernels.find_components(parts[0], parts[1], labels)
    order = np.argsort(labels, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(labels, minlength=count)))).astype(int)
    sizes = np.diff(starts)
    out = uniform_box(seed, Purpose.TINY_COMPONENT, np.arange(n), n_components)
    linked = np.flatnonzero(sizes > 1)
    if len(linked) == 0:
        return out.astype(np.float32)
    centres, extents = arrange(
        linked,
        sizes,
        order,
        starts,
        n_components=n_components,
        seed=seed,
        data=data,
        n_threads=n_threads,
    )
    if count == 1:
        return _connected(parts, n_components, seed, solver, n_threads)
    indptr, indices, weights = _by_component(parts, order, labels, starts)
    for which, centre, extent in zip(linked, centres, extents, strict=True):
        begin, end = starts[which], starts[which + 1]
        members = order[begin:end]
        size = end - begin
        if size > max(2 * n_components - 1, n_components + 1):
            edges = slice(indptr[begin], indptr[end])
            own = (indptr[begin : end + 1] - indptr[begin], indices[edges], weights[edges])
            place = _connected(own, n_components, seed, solver, n_threads).astype(np.float64)
            place /= max(float(np.abs(place).max()), np.finfo(np.float32).tiny)
        else:
            place = out[members]
        out[members] = centre + extent * place
    return out.astype(np.float32)


def check_n_components(n_components: int) -> None:
    """Raise unless the number of dimensions is an integer of at least 1."""
    if isinstance(n_components, bool) or not hasattr(n_components, "__index__"):
        msg = f"n_components={n_components!r} is not an integer."
        raise TypeError(msg)
    if n_components < 1:
        msg = f"n_components={n_components} is not allowed. Give 1 or more dimensions."
        raise ValueError(msg)


def _by_component(
    parts: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    order: NDArray[np.intp],
    labels: NDArray[np.int32],
    starts: NDArray[np.int_],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    # Rows in the order of components, columns numbered within their component.
    n = len(order)
    rows = csr_array((parts[2], parts[1], parts[0]), shape=(n, n))[order]
    local = np.empty(n, dtype=np.int32)
    local[order] = np.arange(n) - starts[labels[order]]
    indptr, indices, weights = csr_parts(rows)
    return indptr, local[indices], weights


def _connected(
    parts: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    n_components: int,
    seed: int,
    solver: Solver,
    n_threads: int,
) -> NDArray[np.float32]:
    size = len(parts[0]) - 1
    if size <= n_components + 1:
        box = uniform_box(seed, Purpose.TINY_COMPONENT, np.arange(size), n_components)
        return box.astype(np.float32)
    operator = Operator(*parts, n_threads=n_threads)
    if size <= max(DENSE, 4 * block_width(n_components)):
        vectors = dense_vectors(operator, n_components)
    elif solver == "filter":
        vectors = filter_vectors(operator, n_components, seed)
    else:
        vectors = arpack_vectors(operator, n_components, seed)
    return with_fixed_signs(vectors)


def with_fixed_signs(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn every column so that its entry of largest magnitude (the first such) is positive."""
    peaks = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(peaks < 0, np.float32(-1), np.float32(1))
