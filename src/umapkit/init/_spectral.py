"""Spectral start: the smooth coordinates of the graph, component by component."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._threads import one_blas_thread, resolve_n_jobs
from umapkit.data import Rows
from umapkit.graph import csr_parts
from umapkit.init._centres import arrange
from umapkit.init._components import split
from umapkit.init._draws import Purpose, uniform_box
from umapkit.init._exact import DENSE, arpack_vectors, dense_vectors
from umapkit.init._filter import Parts, filter_islands, filter_vectors
from umapkit.init._operator import Operator

Solver = Literal["filter", "exact"]


def spectral_start(
    graph: csr_array,
    *,
    n_components: int = 2,
    seed: int,
    data: Rows | None = None,
    solver: Solver = "filter",
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Lay a graph out by the leading eigenvectors of its normalised adjacency.

    They are those of the normalised Laplacian with the smallest nonzero eigenvalues. Each component
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
    data : float32 array or SparseRows of shape (n, d), optional
        Rows of the vertices. Where there are more than ``2 * n_components`` components, their
        centres are arranged by the principal axes of the components' mean rows; without data at
        random.
    solver : {"filter", "exact"}, default "filter"
        "filter" makes a limited number of sparse products, on coarser graphs too where one scale
        is not enough: enough for a start, and the same bits on every machine. "exact" solves up to
        256 vertices by LAPACK and runs ARPACK to convergence beyond, which may take long; its
        bits depend on the processor.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, n_components)
        Coordinates, not yet scaled (see `rescale`). A component that has no more than
        ``n_components + 1`` (or fewer than ``2 * n_components``) vertices is placed at random.

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
    parts = csr_parts(graph)
    n = len(parts[0]) - 1
    if data is not None and len(data) != n:
        msg = f"data has {len(data)} rows, the graph {n}. They must agree."
        raise ValueError(msg)
    n_threads = resolve_n_jobs(n_jobs)
    labels = np.empty(n, dtype=np.int32)
    count = _kernels.find_components(parts[0], parts[1], labels)
    few = tiny(n_components)
    if count == 1 and n > few:
        if solver == "exact":
            with one_blas_thread():
                return _exact(parts, n_components, seed, n_threads)
        return filter_vectors(parts, n_components, seed=seed, n_threads=n_threads)
    out = uniform_box(seed, Purpose.TINY_COMPONENT, np.arange(n), n_components)
    sizes = np.bincount(labels, minlength=count)
    linked = np.flatnonzero(sizes > 1)
    if not len(linked):
        return out.astype(np.float32)
    centres, extents = arrange(
        labels,
        sizes,
        linked,
        n_components=n_components,
        seed=seed,
        data=data,
        n_threads=n_threads,
    )
    if solver == "exact":
        places = _exact_islands(parts, labels, count, n_components, seed, n_threads)
    else:
        places = filter_islands(
            parts,
            labels,
            islands=count,
            tiny=few,
            count=n_components,
            seed=seed,
            n_threads=n_threads,
        )
    large = sizes[labels] > few
    out[large] = places[large]
    # Vertices without edges stay where they are, all over the box.
    centre_of = np.zeros((count, n_components))
    extent_of = np.ones(count)
    centre_of[linked] = centres
    extent_of[linked] = extents
    out *= extent_of[labels][:, None]
    out += centre_of[labels]
    return out.astype(np.float32)


def check_n_components(n_components: int) -> None:
    """Raise unless the number of dimensions is an integer of at least 1."""
    if isinstance(n_components, bool) or not hasattr(n_components, "__index__"):
        msg = f"n_components={n_components!r} is not an integer."
        raise TypeError(msg)
    if n_components < 1:
        msg = f"n_components={n_components} is not allowed. Give 1 or more dimensions."
        raise ValueError(msg)


def with_fixed_signs(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn every column so that its entry of largest magnitude (the first such) is positive."""
    peaks = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(peaks < 0, np.float32(-1), np.float32(1))


def tiny(n_components: int) -> int:
    """Most vertices that are too few for as many eigenvectors, as umap-learn draws the line."""
    return max(2 * n_components - 1, n_components + 1)


def _exact_islands(
    parts: Parts,
    labels: NDArray[np.int32],
    count: int,
    n_components: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.float32]:
    out = np.zeros((len(labels), n_components), dtype=np.float32)
    pieces = split(parts, labels, count)
    with one_blas_thread():
        for which in np.flatnonzero(pieces.sizes > tiny(n_components)).tolist():
            place = _exact(pieces.graph(which), n_components, seed, n_threads)
            widest = max(float(np.abs(place).max()), np.finfo(np.float32).tiny)
            out[pieces.members(which)] = place / widest
    return out


def _exact(parts: Parts, n_components: int, seed: int, n_threads: int) -> NDArray[np.float32]:
    operator = Operator(*parts, n_threads=n_threads)
    if operator.n <= max(DENSE, 4 * n_components):
        return with_fixed_signs(dense_vectors(operator, n_components))
    return with_fixed_signs(arpack_vectors(operator, n_components, seed))
