"""The normalised adjacency of a graph, as the exact solvers use it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels


class Operator:
    """``S = D^-1/2 W D^-1/2`` with products whose bits do not depend on threads.

    Parameters
    ----------
    indptr, indices, weights : int64 (n + 1,), int32 (nnz,), float32 (nnz,)
        The symmetric graph W by rows.
    n_threads : int
        Threads of the products.
    """

    def __init__(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        weights: NDArray[np.float32],
        *,
        n_threads: int,
    ) -> None:
        self.n = len(indptr) - 1
        self.n_threads = n_threads
        self.indptr = indptr
        self.indices = indices
        self.roots = np.empty(self.n, dtype=np.float64)
        self.values = np.empty(len(indices), dtype=np.float32)
        _kernels.normalise(indptr, indices, weights, self.roots, self.values, n_threads)

    def step(
        self,
        x: NDArray[np.float32],
        z: NDArray[np.float32],
        alpha: float,
        beta: float,
        gamma: float,
        *,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """``alpha S x + beta x + gamma z`` for (n, m) blocks; `out` may be `z`, never `x`."""
        if out is None or out is x:
            out = np.empty_like(x)
        _kernels.filter_step(
            self.indptr, self.indices, self.values, x, z, out, alpha, beta, gamma, self.n_threads
        )
        return out

    def deflate(self, x: NDArray[np.float32]) -> None:
        """Take the trivial eigenvector, the roots of the degrees, out of every column."""
        _kernels.project_out(x, self.roots, self.n_threads)

    def inner(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float64]:
        """``x.T @ y``, summed in a fixed order in double precision."""
        out = np.empty((x.shape[1], y.shape[1]), dtype=np.float64)
        _kernels.inner_products(x, y, out, self.n_threads)
        return out
