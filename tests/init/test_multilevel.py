"""Coarser graphs: what they are, and what a start through them gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import eigsh

from umapkit import _kernels
from umapkit.graph import csr_parts
from umapkit.init import make_start, spectral_start
from umapkit.init._filter import filter_vectors
from umapkit.init._operator import Operator


def ring(n: int, reach: int) -> csr_array:
    i = np.arange(n)
    steps = [s for d in range(1, reach + 1) for s in (d, -d)]
    rows = np.tile(i, len(steps))
    columns = np.concatenate([(i + s) % n for s in steps])
    return csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(n, n))


def roundness(start: np.ndarray, angles: np.ndarray) -> float:
    """1 where the points lie at their angles, up to a turn and a reflection."""
    centred = start - (start.max(axis=0) + start.min(axis=0)) / 2
    z = centred[:, 0] + 1j * centred[:, 1]
    z /= np.abs(z)
    return max(abs(np.mean(z * np.exp(sign * 1j * angles))) for sign in (-1, 1))


def coarsened(operator: Operator) -> tuple[np.ndarray, np.ndarray, csr_array]:
    n, edges = operator.n, len(operator.indices)
    home, roots = np.empty(n, np.int32), np.empty(n)
    indptr, indices = np.empty(n + 1, np.int64), np.empty(edges, np.int32)
    values = np.empty(edges, np.float32)
    graph = (operator.indptr, operator.indices, operator.values, operator.roots)
    count = _kernels.coarsen(*graph, home, roots, indptr, indices, values, 2)
    end = indptr[count]
    coarse = csr_array((values[:end], indices[:end], indptr[: count + 1]), shape=(count, count))
    return home, roots[:count], coarse


def aggregates(matrix: np.ndarray) -> np.ndarray:
    """Twin of the kernel: strong neighbours that are free are taken, the rest joins."""
    bare = matrix.copy()
    np.fill_diagonal(bare, 0)
    strong = (matrix > 0) & (matrix >= np.float32(0.25) * bare.max(axis=1)[:, None])
    home = np.full(len(matrix), -1)
    for i in range(len(matrix)):
        taken = np.append(np.flatnonzero(strong[i]), i)
        if (home[taken] < 0).all():
            home[taken] = home.max() + 1
    left = home < 0
    for i in np.flatnonzero(left):
        weights = np.where(left, -1, matrix[i])
        home[i] = home[np.argmax(weights)]
    return home


@pytest.mark.parametrize("n", [40, 900])
def test_the_coarse_graph_is_the_share_of_the_fine_one(graph_of, n):
    graph = graph_of(np.random.default_rng(n).normal(size=(n, 3)))
    operator = Operator(*csr_parts(graph), n_threads=2)
    fine = csr_array((operator.values, operator.indices, operator.indptr), shape=(n, n)).toarray()
    home, roots, coarse = coarsened(operator)
    np.testing.assert_array_equal(home, aggregates(fine))
    assert 2 * len(roots) < n
    assert coarse.has_sorted_indices
    prolongation = np.zeros((n, len(roots)))
    prolongation[np.arange(n), home] = operator.roots / roots[home]
    np.testing.assert_allclose(prolongation.T @ prolongation, np.eye(len(roots)), atol=1e-12)
    np.testing.assert_allclose(
        coarse.toarray(), prolongation.T @ fine @ prolongation, atol=1e-6, rtol=1e-6
    )
    # The trivial vector stays one.
    np.testing.assert_allclose(coarse @ roots, roots, rtol=1e-5)


def test_the_coarse_graph_has_the_same_bits_for_any_threads(graph_of):
    graph = graph_of(np.random.default_rng(0).normal(size=(9000, 3)))
    parts = csr_parts(graph)
    starts = {
        filter_vectors(parts, 2, seed=0, n_threads=threads).tobytes() for threads in (1, 2, 3, 5)
    }
    assert len(starts) == 1


@pytest.mark.parametrize("reach", [1, 2, 7])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_ring_starts_as_a_ring(reach, shuffled):
    n = 20_000
    order = np.random.default_rng(0).permutation(n) if shuffled else np.arange(n)
    graph = csr_array(ring(n, reach)[order][:, order])
    start = make_start(graph, seed=0).astype(float)
    assert roundness(start, 2 * np.pi * order / n) > 0.99


def test_a_long_line_starts_in_its_order(graph_of):
    n = 50_000
    places = np.random.default_rng(0).permutation(n) + np.random.default_rng(1).uniform(
        -0.3, 0.3, n
    )
    graph = graph_of(np.stack((places, 0 * places), axis=1), 15)
    start = spectral_start(graph, n_components=1, seed=0)[:, 0]
    ranks = np.argsort(np.argsort(np.stack((start, places)), axis=1), axis=1)
    assert abs(np.corrcoef(ranks[0], ranks[1])[0, 1]) > 0.99


def test_a_long_roll_has_the_eigenvalues_of_the_exact_solver(graph_of):
    rng = np.random.default_rng(0)
    n = 6000
    turn, height = rng.uniform(1.5 * np.pi, 12.5 * np.pi, n), rng.uniform(0, 3, n)
    graph = graph_of(np.stack((turn * np.cos(turn), height, turn * np.sin(turn)), axis=1), 15)
    root = diags_array(1 / np.sqrt(graph.sum(axis=1).astype(float)))
    matrix = csr_array(root @ graph.astype(float) @ root)
    laplacian = csc_array(eye_array(n) - matrix)
    exact = np.sort(eigsh(laplacian, k=3, sigma=-1e-5, return_eigenvectors=False))[1:]
    basis = np.linalg.qr(spectral_start(graph, seed=0).astype(float))[0]
    found = 1 - np.linalg.eigvalsh(basis.T @ (matrix @ basis))[::-1]
    # Steps of aggregates that the filter left would show here first.
    np.testing.assert_array_less(found, 1.01 * exact)
    np.testing.assert_array_less(0.999 * exact, found)


@pytest.mark.parametrize("size", [6, 20, 40, 200, 300, 9000])
def test_a_component_is_laid_out_as_if_it_were_alone(graph_of, size):
    graph = graph_of(np.random.default_rng(size).normal(size=(size, 3)), min(size, 10))
    parts = csr_parts(graph)
    alone = filter_vectors(parts, 2, seed=3, n_threads=1)
    # Interleaved with another component, and with pairs in between.
    i, j = graph.tocoo().coords
    rows = np.concatenate((4 * i, 4 * i + 2, 4 * np.arange(size) + 1, 4 * np.arange(size) + 3))
    columns = np.concatenate((4 * j, 4 * j + 2, 4 * np.arange(size) + 3, 4 * np.arange(size) + 1))
    weights = np.concatenate((graph.data, graph.data, np.ones(2 * size, dtype=np.float32)))
    labels = np.tile(np.array([0, 1, 2, 1], dtype=np.int32), size)
    labels[1::2] = 3 + np.repeat(np.arange(size), 2)
    labels[2::4] = 1
    whole = csr_array((weights, (rows, columns)), shape=(4 * size, 4 * size))
    out = np.zeros((4 * size, 2), dtype=np.float32)
    _kernels.smooth_islands(*csr_parts(whole), labels, 3 + size, 3, 3, 2, out, 2)
    np.testing.assert_allclose(out[::4], alone / np.abs(alone).max(), rtol=1e-6, atol=1e-30)
    np.testing.assert_array_equal(out[::4], out[2::4])
    assert (out[1::2] == 0).all()  # pairs are too small


def test_thousands_of_components_each_have_their_own_shape(graph_of):
    rng = np.random.default_rng(0)
    patch = graph_of(rng.uniform(size=(60, 2)) * [3, 1]).tocoo()
    copies = 2000
    shift = np.repeat(60 * np.arange(copies), patch.nnz)
    where = tuple(np.tile(c, copies) + shift for c in patch.coords)
    graph = csr_array((np.tile(patch.data, copies), where), shape=(60 * copies,) * 2)
    centres = np.repeat(rng.uniform(-1, 1, (copies, 2)), 60, axis=0)
    start = make_start(graph, data=centres.astype(np.float32), seed=0).astype(float)
    pieces = start.reshape(copies, 60, 2)
    middle = pieces.mean(axis=1)
    # Centres are the data's, up to a rotation; every piece is a picture of the same patch.
    fit = np.linalg.lstsq(np.c_[centres[::60], np.ones(copies)], middle, rcond=None)[1]
    assert fit.sum() < 0.01 * ((middle - middle.mean(axis=0)) ** 2).sum()
    shapes = pieces - pieces[:, :1]
    shapes /= np.abs(shapes).max(axis=(1, 2), keepdims=True)
    assert np.median(np.abs(shapes - np.median(shapes, axis=0))) < 0.02
