"""The graph in the two forms that the kernels read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import Stage, draw, key
from umapkit.graph import shape_of

LANES = 16


@dataclass(frozen=True)
class PaddedEdges:
    """Rows padded to whole vectors of 16 edges; see ``cpp/include/umapkit/sampled.hpp``.

    Attributes
    ----------
    vectors : int64 array of shape (n + 1,)
        Row i owns the vectors ``vectors[i] .. vectors[i + 1]``.
    heads : int32 array of shape (16 * vectors[n],)
        Other end of each edge; padding points at the row itself.
    weights : float32 array of shape (16 * vectors[n],)
        Membership over its maximum; 0 for padding.
    degree : float32 array of shape (n,)
        Sum of the weights of a row.
    """

    vectors: NDArray[np.int64]
    heads: NDArray[np.int32]
    weights: NDArray[np.float32]
    degree: NDArray[np.float32]

    @classmethod
    def of(cls, graph: csr_array) -> PaddedEdges:
        """Pad the rows of `graph` (n, n)."""
        n = shape_of(graph)[0]
        indptr = graph.indptr.astype(np.int64)
        count = np.diff(indptr)
        vectors = np.concatenate([[0], np.cumsum((count + LANES - 1) // LANES)]).astype(np.int64)
        heads = np.repeat(np.arange(n, dtype=np.int32), np.diff(vectors) * LANES)
        weights = np.zeros(len(heads), dtype=np.float32)
        slot = np.arange(indptr[-1]) + np.repeat(vectors[:-1] * LANES - indptr[:-1], count)
        heads[slot] = graph.indices
        weights[slot] = graph.data
        return cls(vectors, heads, weights, row_sums(graph))


@dataclass(frozen=True)
class EdgeList:
    """Directed edges in row order, for the serial optimisers; all arrays of length nnz."""

    heads: NDArray[np.int32]
    tails: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, graph: csr_array) -> EdgeList:
        """List the edges of `graph` (n, n)."""
        rows = np.repeat(np.arange(shape_of(graph)[0], dtype=np.int32), np.diff(graph.indptr))
        return cls(rows, graph.indices.astype(np.int32), graph.data.astype(np.float32))


def shuffled(n: int, seed: int) -> NDArray[np.int32]:
    """Permute n vertices by hashes of the seed: the order in which runs of negatives lie."""
    hashes = draw(key(seed, Stage.SHUFFLE, 0, np.arange(n, dtype=np.uint64)), 0)
    return np.argsort(hashes, kind="stable").astype(np.int32)


def row_sums(graph: csr_array) -> NDArray[np.float32]:
    """Sum of each row, in float64 and in storage order, as float32 (n,)."""
    total = np.concatenate([[0.0], np.cumsum(graph.data, dtype=np.float64)])
    return (total[graph.indptr[1:]] - total[graph.indptr[:-1]]).astype(np.float32)
