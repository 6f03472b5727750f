from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from umapkit.graph import (
    Bandwidths,
    bandwidths,
    cut,
    disconnected,
    fuzzy_graph,
    fuzzy_union,
    memberships,
)
from umapkit.neighbors import Neighbors


def directed_twin(neighbors, scales):
    """Memberships as a dense matrix, by the definition."""
    n = neighbors.n
    out = np.zeros((n, n))
    for i in range(n):
        for j, d in zip(neighbors.indices[i], neighbors.distances[i].astype(float), strict=True):
            if j < 0 or j == i or not np.isfinite(d):
                continue
            gap = d - float(scales.rhos[i])
            p = 1.0 if gap <= 0 else np.exp(-gap / float(scales.sigmas[i]))
            out[i, j] = max(out[i, j], p)
    return out


def union_twin(directed, ratio):
    both = directed * directed.T
    return ratio * (directed + directed.T - both) + (1 - ratio) * both


def check_invariants(graph):
    assert isinstance(graph, csr_array)
    assert graph.dtype == np.float32
    assert graph.indices.dtype == graph.indptr.dtype == np.int32
    dense = graph.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    assert (np.diag(dense) == 0).all()
    assert (graph.data > 0).all()
    assert (graph.data <= 1).all()
    for begin, end in zip(graph.indptr[:-1], graph.indptr[1:], strict=True):
        assert (np.diff(graph.indices[begin:end]) > 0).all()
    return dense


@st.composite
def tables(draw):
    n = draw(st.integers(1, 12))
    k = draw(st.integers(1, n))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    indices = np.empty((n, k), dtype=np.int32)
    for i in range(n):
        others = rng.permutation(np.delete(np.arange(n), i))[: k - 1]
        indices[i] = np.concatenate(([i], others))
    distances = np.sort(rng.choice([0.0, 0.5, 1.0, 2.5, np.inf], (n, k)), axis=1)
    if draw(st.booleans()):
        distances = np.sort(rng.exponential(1, (n, k)), axis=1)
    distances[:, 0] = 0
    indices[np.isinf(distances)] = -1
    return Neighbors(indices, distances.astype(np.float32))


@given(tables(), st.sampled_from([0.0, 0.3, 1.0]))
def test_graph_agrees_with_its_numpy_twin(neighbors, ratio):
    graph = fuzzy_graph(neighbors, set_op_mix_ratio=ratio)
    dense = check_invariants(graph)
    directed = directed_twin(neighbors, bandwidths(neighbors))
    np.testing.assert_allclose(dense, union_twin(directed, ratio), atol=3e-7)
    if ratio == 1:
        assert (dense >= directed - 1e-7).all()
        assert (dense >= directed.T - 1e-7).all()


@given(tables())
def test_memberships_are_the_directed_twin(neighbors):
    scales = bandwidths(neighbors)
    directed = memberships(neighbors, scales)
    np.testing.assert_allclose(
        directed.toarray(), directed_twin(neighbors, scales), rtol=2e-7, atol=1e-37
    )


def test_mix_ratio_0_is_the_product(digits):
    directed = memberships(digits, bandwidths(digits)).toarray().astype(float)
    product = fuzzy_graph(digits, set_op_mix_ratio=0.0).toarray()
    np.testing.assert_allclose(product, directed * directed.T, atol=1e-7)


def test_union_of_local_fuzzy_sets_is_the_graph(find):
    # Corollary 1 of the tutorial: each row's extended pseudo-metric d_i (Eq. 16: infinite for
    # pairs without i) has the fuzzy 1-skeleton exp(-d_i); their union over all i is p_ij.
    rng = np.random.default_rng(3)
    neighbors = find(rng.normal(size=(25, 3)), 6)
    scales = bandwidths(neighbors)
    n = neighbors.n
    missing = np.ones((n, n))  # the product over i of 1 - membership in local set i
    for i in range(n):
        metric = np.full((n, n), np.inf)
        for j, d in zip(neighbors.indices[i], neighbors.distances[i].astype(float), strict=True):
            if j != i:
                gap = max(0.0, d - float(scales.rhos[i])) / float(scales.sigmas[i])
                metric[i, j] = metric[j, i] = gap
        missing *= 1 - np.exp(-metric)
    np.testing.assert_allclose(fuzzy_graph(neighbors).toarray(), 1 - missing, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("default", {}),
        ("connectivity_1_75", {"local_connectivity": 1.75}),
        ("mix_half", {"set_op_mix_ratio": 0.5}),
    ],
)
def test_graph_of_digits_is_umap_learns_within_1e_5(reference, digits, name, options):
    graph = fuzzy_graph(digits, **options)
    theirs = csr_array(
        (
            reference[f"{name}_data"],
            reference[f"{name}_indices"].astype(np.int32),
            reference[f"{name}_indptr"],
        ),
        shape=graph.shape,
    )
    assert abs(graph - theirs).max() <= 1e-5
    check_invariants(graph)


def test_two_islands_stay_apart(find):
    rng = np.random.default_rng(0)
    rows = np.concatenate((rng.normal(size=(20, 2)), 100 + rng.normal(size=(20, 2))))
    graph = fuzzy_graph(find(rows, 5)).toarray()
    assert (graph[:20, 20:] == 0).all()


def test_duplicates_are_joined_with_membership_1(find):
    rows = np.repeat(np.random.default_rng(0).normal(size=(10, 3)), 2, axis=0)
    graph = fuzzy_graph(find(rows, 4)).toarray()
    assert (graph[np.arange(0, 20, 2), np.arange(1, 20, 2)] == 1).all()


def test_all_equal_rows_give_a_finite_graph(find):
    graph = fuzzy_graph(find(np.ones((12, 3)), 5))
    check_invariants(graph)
    assert (graph.data == 1).all()


def test_a_neighbour_listed_twice_counts_once():
    neighbors = Neighbors(
        np.array([[0, 1, 1], [1, 0, 0]], dtype=np.int32),
        np.array([[0, 1, 2], [0, 1, 2]], dtype=np.float32),
    )
    np.testing.assert_array_equal(fuzzy_graph(neighbors).toarray(), [[0, 1], [1, 0]])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_tables(n):
    indices = np.tile(np.arange(n, dtype=np.int32)[:, None], (1, 1))
    graph = fuzzy_graph(Neighbors(indices, np.zeros((n, 1), dtype=np.float32)))
    assert graph.shape == (n, n)
    assert graph.nnz == 0
    assert disconnected(graph).all()


def test_edges_at_the_disconnection_distance_are_cut():
    neighbors = Neighbors(
        np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0]], dtype=np.int32),
        np.array([[0, 0.5, 2], [0, 0.5, 1.5], [0, 2.0, 2.5]], dtype=np.float32),
    )
    graph = fuzzy_graph(neighbors, disconnection_distance=1.5)
    np.testing.assert_array_equal(graph.toarray(), [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(disconnected(graph), [False, False, True])
    assert cut(neighbors, disconnection_distance=9.0) is neighbors
    assert neighbors.indices[0, 2] == 2  # the given table is not modified


def test_disconnected_does_not_count_explicit_zeros():
    graph = csr_array((np.array([0.0, 1.0]), ([0, 1], [1, 0])), shape=(3, 3))
    np.testing.assert_array_equal(disconnected(graph), [True, False, True])


def test_new_rows_keep_a_column_with_their_own_number():
    neighbors = Neighbors(
        np.array([[1, 0], [4, 1]], dtype=np.int32), np.array([[1, 2], [0, 3]], dtype=np.float32)
    )
    scales = bandwidths(neighbors, bipartite=True, mean_distance=1.0)
    directed = memberships(neighbors, scales, bipartite=True, n_columns=5)
    assert directed.shape == (2, 5)
    np.testing.assert_array_equal(directed.indptr, [0, 2, 4])
    np.testing.assert_array_equal(directed.indices, [0, 1, 1, 4])


def test_fuzzy_union_of_any_directed_graph():
    rng = np.random.default_rng(0)
    dense = np.where(rng.uniform(size=(9, 9)) < 0.4, rng.uniform(size=(9, 9)), 0)
    np.fill_diagonal(dense, 0)
    dense = dense.astype(np.float32)
    for ratio in (0.0, 0.25, 1.0):
        ours = fuzzy_union(csr_array(dense), set_op_mix_ratio=ratio)
        np.testing.assert_allclose(ours.toarray(), union_twin(dense, ratio), atol=1e-7)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_same_graph_for_any_number_of_threads(find, n_jobs):
    rows = np.random.default_rng(0).normal(size=(1500, 4)).round(1)
    neighbors = find(rows, 12)
    one = fuzzy_graph(neighbors, n_jobs=1)
    many = fuzzy_graph(neighbors, n_jobs=n_jobs)
    assert one.indptr.tobytes() == many.indptr.tobytes()
    assert one.indices.tobytes() == many.indices.tobytes()
    assert one.data.tobytes() == many.data.tobytes()


def test_read_only_and_strided_tables_are_taken(digits):
    wide = Neighbors(np.repeat(digits.indices, 2, axis=1), np.repeat(digits.distances, 2, axis=1))
    strided = Neighbors(wide.indices[:, ::2], wide.distances[:, ::2])
    frozen = Neighbors(digits.indices.copy(), digits.distances.copy())
    frozen.indices.flags.writeable = False
    frozen.distances.flags.writeable = False
    expected = fuzzy_graph(digits)
    for table in (strided, frozen):
        assert (fuzzy_graph(table) != expected).nnz == 0


def test_bad_tables_are_named(digits):
    with pytest.raises(ValueError, match="set_op_mix_ratio=2"):
        fuzzy_graph(digits, set_op_mix_ratio=2)
    with pytest.raises(ValueError, match="disconnection_distance=0"):
        fuzzy_graph(digits, disconnection_distance=0)
    with pytest.raises(ValueError, match="lists 400 as a neighbour"):
        fuzzy_graph(Neighbors(digits.indices + 1, digits.distances))
    with pytest.raises(ValueError, match="arrays of one shape"):
        fuzzy_graph(Neighbors(digits.indices[:, :3], digits.distances))
    few = Bandwidths(np.ones(3, dtype=np.float32), np.ones(3, dtype=np.float32), 1.0)
    with pytest.raises(ValueError, match="do not fit 400 rows"):
        memberships(digits, few)
    with pytest.raises(ValueError, match="n_columns"):
        memberships(digits, bandwidths(digits), bipartite=True)
    with pytest.raises(ValueError, match="not square"):
        fuzzy_union(csr_array((2, 3)))
    with pytest.raises(ValueError, match="must lie in"):
        fuzzy_union(csr_array([[0, 2.0], [0, 0]]))


@pytest.mark.parametrize("n", [1, 4096, 4097, 20_000])
def test_the_union_of_many_rows_is_that_of_their_matrices(n):
    """Several buckets of targets, several blocks of sources, hubs and empty rows."""
    rng = np.random.default_rng(n)
    heads = rng.integers(0, n, 6 * n)
    tails = np.where(rng.random(6 * n) < 0.1, rng.integers(0, 1 + n // 100, 6 * n), heads)
    tails = np.where(rng.random(6 * n) < 0.6, rng.integers(0, n, 6 * n), tails)
    first = np.unique(heads * n + tails, return_index=True)[1]
    weights = rng.uniform(0.01, 1, 6 * n).astype(np.float32)
    directed = csr_array((weights[first], (heads[first], tails[first])), shape=(n, n))
    both = directed.astype(np.float64)
    mutual = both.multiply(both.T)
    expected = csr_array(0.7 * (both + both.T - mutual) + 0.3 * mutual)
    expected.setdiag(0)
    expected.eliminate_zeros()
    found = [fuzzy_union(directed, set_op_mix_ratio=0.7, n_jobs=jobs) for jobs in (1, 2, 3)]
    for graph in found:
        graph.check_format(full_check=True)
        assert graph.indptr.tolist() == expected.indptr.tolist()
        assert np.array_equal(graph.indices, csr_array(expected).sorted_indices().indices)
        assert np.array_equal(graph.data, found[0].data)
        assert abs(graph - graph.T).max() == 0
    np.testing.assert_allclose(found[0].data, expected.sorted_indices().data, rtol=1e-6)
