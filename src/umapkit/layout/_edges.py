"""The graph in the two forms that the kernels read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._seed import Stage, draw, key
from umapkit.graph import shape_of
from umapkit.layout._schedule import least_weight

LANES = 16


@dataclass(frozen=True)
class PaddedEdges:
    """Rows padded to whole vectors of 16 edges; see ``cpp/include/umapkit/sampled.hpp``.

    Attributes
    ----------
    vertices : int32 array of shape (n,)
        Place i holds vertex ``vertices[i]``.
    places : int32 array of shape (n,)
        The inverse: vertex v is at place ``places[v]``.
    vectors : int64 array of shape (n + 1,)
        Place i owns the vectors ``vectors[i] .. vectors[i + 1]``.
    heads : int32 array of shape (16 * vectors[n],)
        Place of the other end of each edge; padding points at the place itself.
    weights : float32 array of shape (16 * vectors[n],)
        Membership over its maximum; 0 for padding.
    degree : float32 array of shape (n,)
        Sum of the weights of a row.
    """

    vertices: NDArray[np.int32]
    places: NDArray[np.int32]
    vectors: NDArray[np.int64]
    heads: NDArray[np.int32]
    weights: NDArray[np.float32]
    degree: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        graph: csr_array,
        n_epochs: int,
        *,
        vertices: NDArray[np.int32] | None = None,
        n_threads: int = 1,
    ) -> PaddedEdges:
        """Pad the rows of `graph` (n, n), pruned for a schedule of `n_epochs` (see `prune`).

        `vertices` is the order in which they lie in memory; None: their own.
        """
        top = float(graph.data.max(initial=np.float32(0.0)))
        # Where no edge has a weight, none is long enough.
        cut = (top, least_weight(n_epochs, shape_of(graph)[0])) if top > 0 else (1.0, np.inf)
        return cls._padded(graph, cut, vertices, n_threads)

    @classmethod
    def whole(
        cls,
        graph: csr_array,
        *,
        vertices: NDArray[np.int32] | None = None,
        n_threads: int = 1,
    ) -> PaddedEdges:
        """Pad the rows of `graph` (n, n) with all their edges; weights stay as they are."""
        return cls._padded(graph, (1.0, 0.0), vertices, n_threads)

    @classmethod
    def _padded(
        cls,
        graph: csr_array,
        cut: tuple[float, float],
        vertices: NDArray[np.int32] | None,
        n_threads: int,
    ) -> PaddedEdges:
        """Weights over ``cut[0]``, where that is at least ``cut[1]``."""
        graph.check_format(full_check=True)  # a column beyond the last would be read anywhere
        n = shape_of(graph)[0]
        if vertices is None:
            vertices = np.arange(n, dtype=np.int32)
        places = np.empty(n, dtype=np.int32)
        places[vertices] = np.arange(n, dtype=np.int32)
        if not graph.has_sorted_indices:
            graph = graph.sorted_indices()
        indptr = np.ascontiguousarray(graph.indptr, dtype=np.int64)
        data = np.ascontiguousarray(graph.data, dtype=np.float32)
        vectors = np.empty(n + 1, dtype=np.int64)
        degree = np.empty(n, dtype=np.float32)
        _kernels.count_padded(indptr, data, *cut, vertices, vectors, degree, n_threads)
        heads = np.empty(int(vectors[-1]) * LANES, dtype=np.int32)
        weights = np.empty(len(heads), dtype=np.float32)
        indices = np.ascontiguousarray(graph.indices, dtype=np.int32)
        _kernels.fill_padded(
            indptr, indices, data, *cut, vertices, places, vectors, heads, weights, n_threads
        )
        return cls(vertices, places, vectors, heads, weights, degree)


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
