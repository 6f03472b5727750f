"""Smooth coordinates of a connected graph by filters, on several scales where one is not enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.init._draws import Purpose

Parts = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


def filter_vectors(parts: Parts, count: int, *, seed: int, n_threads: int) -> NDArray[np.float32]:
    """Approximate the `count` leading nontrivial eigenvectors of the normalised adjacency.

    Up to 32 vertices (or twice the block): all eigenvectors by Jacobi's rotations. Up to 256: a
    Chebyshev filter on a block of vectors, in double precision, to convergence. Beyond: the graph
    is coarsened until few vertices are left, solved there, and the vectors are brought back level
    by level, each time smoothed by rounds of the filter with a Rayleigh-Ritz step, until the
    residual of every wanted vector is at most a fiftieth of 1 - eigenvalue (the eigenvalue's own
    error is of the order of the square) or the level's products are spent.
    It is a start for a layout, not an eigensolver: close eigenvalues may stay mixed.

    Parameters
    ----------
    parts : int64 (n + 1,), int32 (nnz,), float32 (nnz,)
        Row pointers, columns and weights of a connected graph of n vertices.
    count : int
        Vectors wanted, fewer than n.
    seed : int
        Seed of the random block.
    n_threads : int
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, count)
        Orthonormal up to rounding, eigenvalues decreasing; the entry of largest magnitude is
        positive.
    """
    out = np.empty((len(parts[0]) - 1, count), dtype=np.float32)
    _kernels.smooth_graph(*parts, seed % 2**64, int(Purpose.BLOCK), out, n_threads)
    return out


def filter_islands(
    parts: Parts,
    labels: NDArray[np.int32],
    *,
    islands: int,
    tiny: int,
    count: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.float32]:
    """`filter_vectors` of every connected component that has more than `tiny` vertices.

    Parameters
    ----------
    parts : int64 (n + 1,), int32 (nnz,), float32 (nnz,)
        Row pointers, columns and weights of a graph.
    labels : int32 array of shape (n,)
        Component of every vertex, below `islands`.
    islands, tiny, count : int
        Number of components, size up to which one is left alone (at least `count`), vectors wanted.
    seed : int
        Seed of the random blocks.
    n_threads : int
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, count)
        Each component's vectors, divided by their largest magnitude; 0 in those left alone.
    """
    out = np.zeros((len(labels), count), dtype=np.float32)
    _kernels.smooth_islands(
        *parts, labels, islands, tiny, seed % 2**64, int(Purpose.BLOCK), out, n_threads
    )
    return out
