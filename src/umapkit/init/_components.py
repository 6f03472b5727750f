"""A graph taken apart into its connected components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import csr_parts


@dataclass(frozen=True)
class Components:
    """Connected components, numbered by their lowest vertex.

    Parameters
    ----------
    labels : int32 array of shape (n,)
        Component of every vertex.
    sizes, starts : int array of shape (c,)
        Vertices of a component, and where it begins in `order`.
    order : int array of shape (n,)
        Vertices by component, increasing within each.
    indptr, indices, weights : int64 (n + 1,), int32 (nnz,), float32 (nnz,)
        Rows of the graph in that order; columns are numbered within their component.
    """

    labels: NDArray[np.int32]
    sizes: NDArray[np.intp]
    starts: NDArray[np.intp]
    order: NDArray[np.intp]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float32]

    def members(self, which: int) -> NDArray[np.intp]:
        """Vertices of one component, increasing."""
        return self.order[self.starts[which] : self.starts[which] + self.sizes[which]]

    def graph(self, which: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """Row pointers, columns and weights of one component."""
        begin = self.starts[which]
        indptr = self.indptr[begin : begin + self.sizes[which] + 1]
        edges = slice(indptr[0], indptr[-1])
        return indptr - indptr[0], self.indices[edges], self.weights[edges]


def split(
    parts: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    labels: NDArray[np.int32],
    count: int,
) -> Components:
    """Sort a graph (row pointers, columns, weights) by its components."""
    n = len(labels)
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=count)
    starts = np.cumsum(sizes) - sizes
    local = np.empty(n, dtype=np.int32)
    local[order] = np.arange(n) - starts[labels[order]]
    rows = csr_array((parts[2], parts[1], parts[0]), shape=(n, n))[order]
    indptr, indices, weights = csr_parts(rows)
    return Components(labels, sizes, starts, order, indptr, local[indices], weights)
