from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from umapkit.layout._edges import LANES, PaddedEdges
from umapkit.layout._schedule import least_weight, prune


def graph_of(n, density, seed=0):
    half = sp.random_array((n, n), density=density, rng=np.random.default_rng(seed))
    graph = sp.csr_array(half.maximum(half.T), dtype=np.float32)
    graph.sort_indices()
    return graph


def twin(graph):
    """Rows of an already pruned graph, padded one by one."""
    n = graph.shape[0]
    vectors, heads, weights = [0], [], []
    for i in range(n):
        row = slice(graph.indptr[i], graph.indptr[i + 1])
        rest = -(row.stop - row.start) % LANES
        heads += [*graph.indices[row], *[i] * rest]
        weights += [*graph.data[row], *[0.0] * rest]
        vectors.append(len(heads) // LANES)
    return np.array(vectors), np.array(heads, dtype=np.int32), np.array(weights, dtype=np.float32)


@pytest.mark.parametrize(("n", "density"), [(1, 0.0), (40, 0.0), (40, 0.5), (300, 0.1)])
@pytest.mark.parametrize("n_epochs", [3, 12, 500])
def test_padding_agrees_with_its_numpy_twin(n, density, n_epochs):
    graph = graph_of(n, density)
    pruned = prune(graph, n_epochs)
    vectors, heads, weights = twin(pruned)
    for n_threads in (1, 2, 3):
        found = PaddedEdges.of(graph, n_epochs, n_threads=n_threads)
        np.testing.assert_array_equal(found.vectors, vectors)
        np.testing.assert_array_equal(found.heads, heads)
        np.testing.assert_array_equal(found.weights, weights)
        np.testing.assert_allclose(found.degree, pruned.sum(axis=1), rtol=1e-6)


def test_a_column_beyond_the_last_is_refused():
    parts = np.ones(2, np.float32), np.array([50_000_000, 0]), np.array([0, 1, 2])
    graph = sp.csr_array(parts, shape=(2, 2))
    with pytest.raises(ValueError, match="indices"):
        PaddedEdges.whole(graph)


def test_the_edge_at_the_limit_stays_and_the_order_of_columns_does_not_matter():
    least = np.float32(least_weight(100, 4))
    values = np.array([1.0, least, np.nextafter(least, np.float32(0)), 0.0], dtype=np.float32)
    graph = sp.csr_array((values, [3, 1, 0, 2], [0, 4, 4, 4, 4]), shape=(4, 4))
    found = PaddedEdges.of(graph, 100)
    assert found.heads[:3].tolist() == [1, 3, 0]
    assert found.weights[:3].tolist() == [least, 1.0, 0.0]
    assert graph.indices.tolist() == [3, 1, 0, 2]
