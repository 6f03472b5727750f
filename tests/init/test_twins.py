"""The kernels of the start beside plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh

from umapkit import _kernels
from umapkit._seed import Stage, key, normal
from umapkit.init._centres import _root
from umapkit.init._draws import Purpose, normal_noise


def solved(x: np.ndarray, laplacian: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    m = x.shape[1]
    image = laplacian @ x
    sums = np.stack((x.T @ x, x.T @ image, image.T @ image))
    turn, theta, residuals = np.empty((m, m)), np.empty(m), np.empty(m)
    rank = _kernels.solve_ritz(sums, turn, theta, residuals)
    return rank, turn, theta[:rank], residuals[:rank]


def problem(m: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(m)
    half = rng.normal(size=(60, 60))
    return rng.normal(size=(60, m)) * np.geomspace(1, 1e4, m), half @ half.T / 60


@pytest.mark.parametrize("m", [8, 16, 40])
def test_ritz_vectors_are_those_of_the_generalised_problem(m):
    x, laplacian = problem(m)
    rank, turn, theta, residuals = solved(x, laplacian)
    expected = eigh(x.T @ laplacian @ x, x.T @ x, eigvals_only=True)
    assert rank == m
    np.testing.assert_allclose(theta, expected, rtol=1e-8)
    vectors = x @ turn
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(m), atol=1e-9)
    lengths = np.linalg.norm(laplacian @ vectors - theta * vectors, axis=0)
    np.testing.assert_allclose(residuals, lengths, atol=1e-6)


def test_dependent_columns_give_fewer_vectors_and_zeros():
    x, laplacian = problem(8)
    x[:, 5] = x[:, 0] - x[:, 2] * 1e-3
    x[:, 6] = 0
    rank, turn, theta, _ = solved(x, laplacian)
    assert rank == 6
    assert (turn[:, 6:] == 0).all()
    basis = np.linalg.qr(x[:, [0, 1, 2, 3, 4, 7]])[0]
    np.testing.assert_allclose(theta, np.linalg.eigvalsh(basis.T @ laplacian @ basis), rtol=1e-7)


def test_small_values_keep_their_digits():
    # Near 1 the eigenvalues of S differ in their eighth digit; theta must not.
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    values = np.concatenate((np.arange(1, 9) * 1e-8, rng.uniform(0.5, 1.5, 52)))
    mixed = q[:, :8] @ rng.normal(size=(8, 8))
    theta = solved(mixed, (q * values) @ q.T)[2]
    np.testing.assert_allclose(theta, values[:8], rtol=1e-5)


def test_normals_are_those_of_the_formula():
    vertices = np.concatenate((np.arange(5000), [2**31, 2**40]))
    ours = normal_noise(7, Purpose.NOISE, vertices, 3)
    keys = key(7, Stage.START, int(Purpose.NOISE), vertices)
    np.testing.assert_allclose(ours, normal(keys[:, None], np.arange(3)[None, :]), atol=2e-14)


def test_sums_of_labelled_rows():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3000, 7)).astype(np.float32)
    labels = rng.integers(0, 11, 3000).astype(np.int32)
    out = np.empty((11, 7))
    _kernels.label_sums(rows, labels, out)
    for label in range(11):
        np.testing.assert_allclose(out[label], rows[labels == label].sum(axis=0, dtype=float))
    total = np.empty(7)
    _kernels.column_sums(rows, total, 2)
    np.testing.assert_allclose(total, rows.sum(axis=0, dtype=float), atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 3), (5000, 17), (300, 64)])
def test_axes_are_those_of_the_covariance(shape):
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=shape) * np.geomspace(3, 0.3, shape[1])).astype(np.float32)
    mean = rows.mean(axis=0)
    centred = rows.astype(float) - mean
    axes, variances = np.empty((shape[1],) * 2), np.empty(shape[1])
    _kernels.whole_axes(rows, mean, axes, variances, 2)
    expected = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    np.testing.assert_allclose(variances, expected, atol=2e-6 * max(expected[0], 1e-9))
    np.testing.assert_allclose(axes @ axes.T, np.eye(shape[1]), atol=1e-9)


@pytest.mark.parametrize("degree", [1, 2, 3, 10, 64])
def test_roots_are_roots(degree):
    x = np.geomspace(1e-8, 1, 50)
    np.testing.assert_allclose(_root(x, degree), x ** (1 / degree), rtol=1e-12)
