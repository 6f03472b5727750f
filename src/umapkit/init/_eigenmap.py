"""Laplacian eigenmaps: the smooth coordinates of a graph as a map of their own."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit.data import Rows
from umapkit.graph import csr_parts
from umapkit.init._spectral import Solver, spectral_start, tiny


def eigenmap(
    graph: csr_array,
    *,
    n_components: int = 2,
    seed: int,
    data: Rows | None = None,
    solver: Solver = "filter",
    n_jobs: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Lay a graph out by the smallest nonzero eigenvalues of ``(D - W) f = lambda D f``.

    Of a connected graph, f is D^-1/2 times the vectors of `spectral_start`, so that a vertex lies
    at the weighted mean of its neighbours over 1 - lambda, axis by axis: the rule of Nyström, by
    which new vertices are placed, too. A graph of several components has no such map of the whole;
    there the components lie side by side as in `spectral_start`.

    Parameters
    ----------
    graph : csr_array of float32, shape (n, n)
        Symmetric weights W.
    n_components, seed, data, solver, n_jobs
        As for `spectral_start`.

    Returns
    -------
    places : float32 array of shape (n, n_components)
        Of a connected graph: root mean square 1 on every axis, the entry of largest magnitude
        positive.
    eigenvalues : float64 array of shape (n_components,)
        lambda of every axis, by its Rayleigh quotient; NaN where there are several components, or
        too few vertices for so many axes (fewer than ``max(n_components + 2, 2 * n_components)``),
        which then lie at random.

    Raises
    ------
    ValueError, RuntimeError
        As for `spectral_start`.

    References
    ----------
    Belkin, Niyogi, "Laplacian eigenmaps for dimensionality reduction and data representation",
    Neural Computation 15 (2003); new points: Bengio et al., "Out-of-sample extensions for LLE,
    Isomap, MDS, eigenmaps, and spectral clustering", NIPS 16 (2003).
    """
    places = spectral_start(
        graph, n_components=n_components, seed=seed, data=data, solver=solver, n_jobs=n_jobs
    ).astype(np.float64)
    indptr, indices, _ = csr_parts(graph)
    labels = np.empty(len(places), dtype=np.int32)
    eigenvalues = np.full(n_components, np.nan)
    if _kernels.find_components(indptr, indices, labels) > 1:
        return places.astype(np.float32), eigenvalues
    # Products are summed edge by edge; sums over vertices are rounded once (fsum).
    degree = graph @ np.ones(len(places))
    places /= np.sqrt(np.where(degree > 0, degree, 1.0))[:, None]
    lengths = np.sqrt([math.fsum(axis) / len(places) for axis in (places**2).T])
    places /= np.where(lengths > 0, lengths, 1.0)
    peaks = places[np.abs(places).argmax(axis=0), np.arange(n_components)]
    places *= np.where(peaks < 0, -1.0, 1.0)
    if len(places) <= tiny(n_components):
        return places.astype(np.float32), eigenvalues
    for axis, f in enumerate(places.T):
        smooth = math.fsum(f * (graph @ f))
        whole = math.fsum(degree * f * f)
        if whole > 0:
            eigenvalues[axis] = 1.0 - smooth / whole
    return places.astype(np.float32), eigenvalues
