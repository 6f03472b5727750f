from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from umapkit.distances import METRICS, resolve_metric
from umapkit.layout import centre_rows, check_invertible, find_ab, map_weights

A, B = find_ab()


def case(m=6, k=9, n=40, d=5, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(1.0, 1.0, (n, d)).astype(np.float32)
    return rows, rng.integers(0, n, (m, k)).astype(np.int32), rng.uniform(0.1, 1, (m, k))


def test_weights_are_memberships_over_the_largest():
    distances = np.array([[0.0, 0.5, 2.0], [1e3, 1e20, 1e38]])
    counts = np.array([[1.0, 3.0, 1.0], [1.0, 1.0, 2.0]])
    found = map_weights(distances, counts, a=A, b=B)
    with np.errstate(over="ignore"):
        expected = counts / (1 + A * distances ** (2 * B))
    np.testing.assert_allclose(found, expected / expected.max(axis=1, keepdims=True), rtol=1e-9)
    energies = map_weights(np.array([[-3.0, -1.0]]), np.ones((1, 2)), a=A, b=B)
    assert np.array_equal(energies, [[1.0, 1.0]])


def test_the_mean_is_numpys():
    rows, near, w = case()
    found = centre_rows(rows, near, w, metric=METRICS["euclidean"])
    expected = (w[:, :, None] * rows[near]).sum(axis=1) / w.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_the_median_has_half_the_weight_on_either_side():
    rows, near, w = case(k=8)
    found = centre_rows(rows, near, w, metric=METRICS["manhattan"])
    for q in range(len(near)):
        for c in range(rows.shape[1]):
            values = rows[near[q], c]
            half = w[q].sum() / 2
            assert w[q][values < found[q, c]].sum() <= half * (1 + 1e-12)
            assert w[q][values > found[q, c]].sum() <= half * (1 + 1e-12)
    even = centre_rows(
        np.array([[0.0], [1.0], [5.0], [9.0]], dtype=np.float32),
        np.array([[0, 1, 2, 3]], dtype=np.int32),
        np.ones((1, 4)),
        metric=METRICS["manhattan"],
    )
    assert even[0, 0] == 3.0
    between = centre_rows(
        np.array([[0.0], [1.0], [2.0]], dtype=np.float32),
        np.array([[0, 1, 2]], dtype=np.int32),
        np.array([[0.5, 0.0, 0.5]]),
        metric=METRICS["manhattan"],
    )
    assert between[0, 0] == 1.0  # what weighs nothing is no end of the interval


def test_directions_have_a_mean_direction():
    rows, near, w = case()
    found = centre_rows(rows, near, w, metric=METRICS["cosine"]).astype(np.float64)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    direction = (w[:, :, None] * units[near]).sum(axis=1)
    length = (w * np.linalg.norm(rows, axis=1)[near]).sum(axis=1) / w.sum(axis=1)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    np.testing.assert_allclose(found, direction * length[:, None], rtol=1e-5, atol=1e-5)
    level = centre_rows(rows, near, w, metric=METRICS["correlation"]).mean(axis=1)
    expected = (w * rows.mean(axis=1)[near]).sum(axis=1) / w.sum(axis=1)
    np.testing.assert_allclose(level, expected, rtol=1e-5)


@pytest.mark.parametrize("metric", ["cosine", "correlation"])
def test_rows_without_a_direction_do_no_harm(metric):
    rows = np.array([[0, 0, 0], [1, 2, 4], [-1, -2, -4]], dtype=np.float32)
    near = np.array([[0, 0], [1, 2], [0, 1]], dtype=np.int32)
    found = centre_rows(rows, near, np.ones((3, 2)), metric=METRICS[metric])
    assert np.isfinite(found).all()
    assert np.array_equal(found[0], [0, 0, 0])
    np.testing.assert_allclose(found[1], 0, atol=1e-6)
    np.testing.assert_allclose(found[2], rows[1] / 2, atol=1e-5)


def test_steps_by_a_gradient_find_the_mean_of_euclidean_rows():
    """The way for any metric, on one whose answer is known."""
    rows, near, w = case(k=12)

    def gradient(x, y):
        delta = x - y
        d = np.sqrt((delta**2).sum(axis=1))
        return d, delta / np.where(d > 0, d, 1)[:, None]

    card = replace(METRICS["chebyshev"], name="by steps", gradient=gradient)
    found = centre_rows(rows, near, w, metric=card)
    expected = centre_rows(rows, near, w, metric=METRICS["euclidean"])
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "correlation", "manhattan"])
def test_a_row_depends_on_its_own_list(metric):
    rows, near, w = case(m=30)
    together = centre_rows(rows, near, w, metric=METRICS[metric], n_jobs=3)
    order = np.random.default_rng(0).permutation(30)
    shuffled = centre_rows(rows, near[order], w[order], metric=METRICS[metric], n_jobs=1)
    assert np.array_equal(shuffled, together[order])
    alone = centre_rows(rows, near[4:5], w[4:5], metric=METRICS[metric])
    assert np.array_equal(alone[0], together[4])


def test_metrics_without_a_gradient_are_told_from_those_with_one():
    with pytest.raises(ValueError, match=r"metric='hamming' has none.*'cosine'"):
        check_invertible(METRICS["hamming"])
    check_invertible(METRICS["correlation"])


@pytest.mark.parametrize("name", ["euclidean", "cosine", "correlation", "manhattan"])
def test_a_function_is_not_taken_for_the_metric_of_its_name(name):
    def heavy(x, y):
        gap = x.astype(np.float64) - y
        weights = np.array([1.0, 100.0, 1.0])
        return float((weights * gap * gap).sum()), 2 * weights * gap

    rows, near, w = case(d=3, m=2)
    other = centre_rows(rows, near, w, metric=resolve_metric(heavy))
    heavy.__name__ = name
    found = centre_rows(rows, near, w, metric=resolve_metric(heavy))
    np.testing.assert_array_equal(found, other)
