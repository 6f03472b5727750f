from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from umapkit import _kernels
from umapkit._seed import Stage, draw, key, uniform
from umapkit.graph import csr_parts
from umapkit.init import make_start, spectral_start
from umapkit.init._exact import dense_vectors
from umapkit.init._filter import filter_vectors
from umapkit.init._operator import Operator


def normalised(graph: csr_array) -> csr_array:
    root = diags_array(1 / np.sqrt(graph.sum(axis=1)))
    return csr_array(root @ graph.astype(np.float64) @ root)


@pytest.fixture(scope="module")
def cloud(graph_of):
    rng = np.random.default_rng(1)
    centres = np.repeat(np.arange(5), 140)[:, None] * np.array([1.5, 0.5, 0.2, 0, 0])
    return graph_of(rng.normal(size=(700, 5)) + centres, 15)


@pytest.fixture(scope="module")
def eigenvalues(cloud):
    """All nontrivial eigenvalues of the normalised adjacency, decreasing."""
    return np.linalg.eigvalsh(normalised(cloud).toarray())[::-1][1:]


def test_operator_agrees_with_scipy(cloud):
    operator = Operator(*csr_parts(cloud), n_threads=2)
    matrix = normalised(cloud)
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 700, 16)).astype(np.float32)
    expected = 0.5 * (matrix @ x.astype(float)) - 2.0 * x + 0.25 * z
    np.testing.assert_allclose(operator.step(x, z, 0.5, -2.0, 0.25), expected, atol=1e-5)
    in_place = z.copy()
    operator.step(x, in_place, 0.5, -2.0, 0.25, out=in_place)
    np.testing.assert_allclose(in_place, expected, atol=1e-5)
    np.testing.assert_allclose(
        operator.inner(x, z), x.astype(float).T @ z.astype(float), rtol=1e-12, atol=1e-10
    )
    operator.deflate(x)
    np.testing.assert_allclose(operator.roots @ x, 0, atol=1e-4)


def test_block_is_the_hash_of_seed_vertex_and_column():
    x = np.empty((50, 8), dtype=np.float32)
    _kernels.fill_uniform(7, 2, x, 2)
    bits = draw(key(7, Stage.START, 2, np.arange(50))[:, None], np.arange(8)[None, :])
    np.testing.assert_array_equal(x, 2 * uniform(bits) - 1)


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_filter_finds_the_leading_eigenvectors(cloud, eigenvalues, count):
    ours = filter_vectors(csr_parts(cloud), count, seed=0, n_threads=2).astype(np.float64)
    matrix = normalised(cloud)
    exact = eigenvalues[:count]
    basis = np.linalg.qr(ours)[0]
    found = np.linalg.eigvalsh(basis.T @ (matrix @ basis))[::-1]
    # The residual is at most a fiftieth of 1 - eigenvalue (kShare), so the eigenvalue's error is
    # at most a fiftieth of it, too, and far less where the next eigenvalue is not near.
    np.testing.assert_array_less(1 - exact - 1e-6, 1 - found)
    np.testing.assert_array_less(1 - found, 1.02 * (1 - exact))


def test_filter_and_dense_solver_span_the_same_plane(cloud):
    operator = Operator(*csr_parts(cloud), n_threads=2)
    a = np.linalg.qr(filter_vectors(csr_parts(cloud), 2, seed=0, n_threads=2).astype(float))[0]
    b = dense_vectors(operator, 2).astype(float)
    # The plane's error is about the root of the relative error of the eigenvalues.
    assert np.linalg.svd(a.T @ b)[1].min() > np.sqrt(1 - 0.02)


def test_exact_solver_agrees_with_the_dense_one(cloud):
    operator = Operator(*csr_parts(cloud), n_threads=2)
    exact = spectral_start(cloud, n_components=3, seed=0, solver="exact").astype(float)
    dense = dense_vectors(operator, 3).astype(float)
    np.testing.assert_allclose(np.abs(np.sum(exact * dense, axis=0)), 1, atol=1e-4)


def test_small_graphs_get_the_eigenvectors_of_the_laplacian(graph_of):
    graph = graph_of(np.random.default_rng(0).normal(size=(120, 3)))
    start = spectral_start(graph, n_components=2, seed=0).astype(float)
    matrix = normalised(graph)
    for column in start.T:
        image = matrix @ column
        value = column @ image / (column @ column)
        np.testing.assert_allclose(image, value * column, atol=1e-6)
        assert column[np.abs(column).argmax()] > 0
    np.testing.assert_allclose(start.T @ np.sqrt(graph.sum(axis=1)), 0, atol=1e-5)


def test_components_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for n, edges in ((1, 0), (40, 25), (500, 300), (500, 2000)):
        i, j = rng.integers(0, n, (2, edges))
        graph = csr_array((np.ones(edges, dtype=np.float32), (i, j)), shape=(n, n))
        graph = csr_array(graph + graph.T)
        labels = np.empty(n, dtype=np.int32)
        indptr, indices, _ = csr_parts(graph)
        count = _kernels.find_components(indptr, indices, labels)
        expected, theirs = connected_components(graph, directed=False)
        assert count == expected
        assert len(set(zip(labels.tolist(), theirs.tolist(), strict=True))) == count
        lowest = [np.flatnonzero(labels == c)[0] for c in range(count)]
        assert lowest == sorted(lowest)


@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_three_islands_are_apart(islands, n_components):
    rows, graph = islands
    start = make_start(graph, n_components=n_components, data=rows, seed=0).astype(float)
    parts = np.split(start, [300, 360])
    assert np.isfinite(start).all()
    for a in range(3):
        for b in range(a):
            centres = parts[a].mean(axis=0), parts[b].mean(axis=0)
            across = centres[0] - centres[1]
            assert np.linalg.norm(across) > 0.5
            if n_components > 1:  # on a line, the centres are those of the data
                gap = (parts[a] @ across).min() - (parts[b] @ across).max()
                assert gap > -0.15 * (across @ across)
    for part in parts:
        assert np.ptp(part, axis=0).max() > 0.1


def test_many_components_are_arranged_by_their_mean_rows():
    # 12 cliques of 20 on a line in 3 dimensions, far beyond 2 * n_components.
    block = np.ones((20, 20), dtype=np.float32) - np.eye(20, dtype=np.float32)
    graph = csr_array(np.kron(np.eye(12, dtype=np.float32), block))
    line = np.repeat(np.arange(12.0), 20)
    data = (line[:, None] * np.array([3.0, 1.0, 0.0])).astype(np.float32)
    start = spectral_start(graph, n_components=2, seed=0, data=data).astype(float)
    centres = start.reshape(12, 20, 2).mean(axis=1)
    assert abs(np.corrcoef(centres[:, 0], np.arange(12))[0, 1]) > 0.95
    without = spectral_start(graph, n_components=2, seed=0)
    assert np.isfinite(without).all()


def test_a_giant_keeps_its_room_among_thousands_of_small_components(graph_of):
    rng = np.random.default_rng(0)
    giant = graph_of(rng.normal(size=(2000, 3)))
    pairs = 3000
    i = 2000 + 2 * np.arange(pairs)
    isolated = 4000
    n = 2000 + 2 * pairs + isolated
    big = giant.tocoo()
    rows = np.concatenate((big.coords[0], i, i + 1))
    columns = np.concatenate((big.coords[1], i + 1, i))
    weights = np.concatenate((big.data, np.ones(2 * pairs, dtype=np.float32)))
    graph = csr_array((weights, (rows, columns)), shape=(n, n))
    start = make_start(graph, seed=0)
    assert np.isfinite(start).all()
    assert (np.ptp(start[:2000], axis=0) > 1.0).all()
    assert (np.ptp(start[-isolated:], axis=0) > 3.0).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 20])
@pytest.mark.parametrize("n_components", [1, 2, 5, 30])
@pytest.mark.parametrize("edges", ["none", "all", "path"])
def test_any_size_and_any_number_of_dimensions_is_finite(n, n_components, edges):
    dense = np.zeros((n, n), dtype=np.float32)
    if edges == "all":
        dense = np.ones((n, n), dtype=np.float32) - np.eye(n, dtype=np.float32)
    elif edges == "path":
        i = np.arange(n - 1) if n else np.arange(0)
        dense[i, i + 1] = dense[i + 1, i] = 0.5
    start = make_start(csr_array(dense), n_components=n_components, seed=3)
    assert start.shape == (n, n_components)
    assert start.dtype == np.float32
    assert np.isfinite(start).all()
    if n > 3:
        assert len(np.unique(start, axis=0)) == n


def test_64_dimensions(cloud):
    start = make_start(cloud, n_components=64, seed=0)
    assert start.shape == (700, 64)
    assert np.isfinite(start).all()
    np.testing.assert_array_equal(start.min(axis=0), 0)


@pytest.mark.parametrize("kind", ["complete", "star", "bipartite", "cycle"])
@pytest.mark.parametrize("solver", ["filter", "exact"])
def test_graphs_with_equal_eigenvalues_are_finite(kind, solver):
    n = 600
    dense = np.zeros((n, n), dtype=np.float32)
    if kind == "complete":
        dense[:] = 0.5
    elif kind == "star":
        dense[0] = dense[:, 0] = 1
    elif kind == "bipartite":
        dense[: n // 2, n // 2 :] = dense[n // 2 :, : n // 2] = 0.1
    else:
        i = np.arange(n)
        dense[i, (i + 1) % n] = dense[(i + 1) % n, i] = 1
    np.fill_diagonal(dense, 0)
    start = spectral_start(csr_array(dense), seed=0, solver=solver)
    assert np.isfinite(start).all()
    assert (np.ptp(start, axis=0) > 0).all()


def test_weights_far_apart_stay_finite(graph_of):
    graph = graph_of(np.random.default_rng(0).normal(size=(700, 3)))
    tiny = graph.copy()
    tiny.data[:] = np.where(tiny.data < 0.3, np.float32(1e-38), tiny.data)
    assert np.isfinite(make_start(tiny, seed=0)).all()


def test_bad_arguments_are_named(cloud):
    with pytest.raises(ValueError, match="solver='fast'"):
        spectral_start(cloud, seed=0, solver="fast")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="n_components=0"):
        spectral_start(cloud, n_components=0, seed=0)
    with pytest.raises(TypeError, match=r"n_components=2\.5"):
        make_start(cloud, n_components=2.5, seed=0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="data has 3 rows"):
        spectral_start(cloud, seed=0, data=np.zeros((3, 2), dtype=np.float32))


def test_edges_of_weight_0_are_no_edges(graph_of):
    rows = np.random.default_rng(0).normal(size=(60, 3))
    graph = graph_of(rows)
    full = csr_array(graph)
    lonely = full.toarray()
    lonely[5], lonely[:, 5] = 0, 0
    zeros = full.copy()
    zeros.data = lonely[np.repeat(np.arange(60), np.diff(full.indptr)), full.indices]
    assert zeros.nnz > csr_array(lonely).nnz
    start = spectral_start(zeros, seed=0)
    assert np.isfinite(start).all()
    np.testing.assert_array_equal(start, spectral_start(csr_array(lonely), seed=0))
