"""A5 and A6: gradients against finite differences, expectations against sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse

from umapkit.quality import (
    attraction_cost,
    attraction_gradient,
    effective_loss,
    expected_gradient,
    fuzzy_cross_entropy,
    nominal_gradient,
    repulsion_cost,
    repulsion_gradient,
)

CURVES = [(1.0, 1.0), (1.577, 0.895), (1.9328, 0.7905), (0.3, 1.6)]


def problem(seed, n=30, d=2, degree=6):
    rng = np.random.default_rng(seed)
    half = np.triu(rng.uniform(0.05, 1, size=(n, n)) * (rng.random((n, n)) < degree / n), 1)
    return scipy.sparse.csr_array(half + half.T), 2 * rng.normal(size=(n, d))


def slope(f, x, h=1e-4):
    """Central difference of fourth order."""
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


def gradient_of(cost, points):
    out = np.empty_like(points)
    for i, f in np.ndindex(points.shape):

        def at(x, i=i, f=f):
            moved = points.copy()
            moved[i, f] = x
            return cost(moved)

        out[i, f] = slope(at, points[i, f])
    return out


@pytest.mark.parametrize(("a", "b"), CURVES)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_gradients_are_the_slopes_of_the_costs(a, b, d):
    rng = np.random.default_rng(d)
    for delta in rng.normal(size=(20, d)) * np.geomspace(0.1, 10, 20)[:, None]:
        norm = float(np.linalg.norm(delta))
        for gradient, cost in (
            (attraction_gradient(delta, a, b), attraction_cost),
            (repulsion_gradient(delta, a, b, eps=0), repulsion_cost),
        ):
            # c depends on |delta| only: its slope along delta is the gradient's length.
            along = slope(lambda r, c=cost: float(c(r, a, b)), norm, h=1e-4 * norm)
            np.testing.assert_allclose(gradient, along * delta / norm, rtol=1e-6)


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_printed_formulas_hold_with_epsilon(a, b):
    delta = np.random.default_rng(0).normal(size=(50, 2))
    s = (delta**2).sum(axis=1, keepdims=True)
    pull = 2 * a * b * s ** (b - 1) / (1 + a * s**b) * delta
    push = -2 * b / ((0.001 + s) * (1 + a * s**b)) * delta
    np.testing.assert_allclose(attraction_gradient(delta, a, b), pull, rtol=1e-12)
    np.testing.assert_allclose(repulsion_gradient(delta, a, b), push, rtol=1e-12)
    np.testing.assert_array_equal(
        repulsion_gradient(-delta, a, b), -repulsion_gradient(delta, a, b)
    )


def test_coincident_points_do_not_pull_or_push():
    for gradient in (
        attraction_gradient(np.zeros((3, 2)), 1.6, 0.9),
        repulsion_gradient(np.zeros((3, 2)), 1.6, 0.9),
        repulsion_gradient(np.zeros((3, 2)), 1.6, 0.9, eps=0),
    ):
        np.testing.assert_array_equal(gradient, np.zeros((3, 2)))


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_nominal_gradient_is_the_slope_of_the_cross_entropy(a, b):
    graph, points = problem(1, n=12, degree=4)
    numeric = gradient_of(lambda y: fuzzy_cross_entropy(graph, y, a, b), points)
    ours = nominal_gradient(graph, points, a, b, eps=0)
    np.testing.assert_allclose(ours, numeric, rtol=1e-6, atol=1e-6 * np.abs(ours).max())


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_expected_gradient_with_push_tail_is_the_slope_of_the_effective_loss(a, b):
    graph, points = problem(2, n=12, degree=4)

    def loss(y):
        return effective_loss(graph, y, a, b, log_floor=0).value

    numeric = gradient_of(loss, points)
    ours = expected_gradient(graph, points, a, b, push_tail=True, eps=0)
    np.testing.assert_allclose(ours, numeric, rtol=1e-6, atol=1e-6 * np.abs(ours).max())


def test_without_push_tail_equal_degrees_give_half_of_the_push():
    n = 20
    ring = scipy.sparse.csr_array(np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1))
    points = np.random.default_rng(3).normal(size=(n, 2))
    options = {"a": 1.6, "b": 0.9}
    half = expected_gradient(ring, points, negative_sample_rate=10, **options)
    full = expected_gradient(ring, points, negative_sample_rate=5, push_tail=True, **options)
    np.testing.assert_allclose(half, full, rtol=1e-10, atol=1e-12)


def sampled_epochs(graph, points, a, b, *, m, push_tail, epochs, seed):
    """Gradient that each epoch of Algorithm 1 applies, all at the same map: (epochs, n, d).

    Every ordered pair is drawn with probability p_ij; both ends feel the attraction; then m
    others, uniformly from all n, push the first end, and are pushed back with `push_tail`.
    """
    rng = np.random.default_rng(seed)
    edges = scipy.sparse.coo_array(graph)
    n, d = points.shape
    out = np.zeros((epochs, n, d))
    drawn = rng.random((epochs, edges.nnz)) <= edges.data
    epoch, edge = np.nonzero(drawn)
    i, j = edges.row[edge], edges.col[edge]
    s = ((points[i] - points[j]) ** 2).sum(axis=1, keepdims=True)
    pull = 2 * a * b * s ** (b - 1) / (1 + a * s**b) * (points[i] - points[j])
    np.add.at(out, (epoch, i), pull)
    np.add.at(out, (epoch, j), -pull)
    for _ in range(m):
        others = rng.integers(0, n, size=len(i))
        t = points[i] - points[others]
        s = (t**2).sum(axis=1, keepdims=True)
        push = -2 * b / ((0.001 + s) * (1 + a * s**b)) * t
        np.add.at(out, (epoch, i), push)
        if push_tail:
            np.add.at(out, (epoch, others), -push)
    return out


@pytest.mark.parametrize("push_tail", [False, True])
def test_sampling_follows_the_expected_gradient(push_tail):
    graph, points = problem(4)
    a, b, m = 1.577, 0.895, 5
    epochs = sampled_epochs(graph, points, a, b, m=m, push_tail=push_tail, epochs=6000, seed=5)
    mean = epochs.mean(axis=0)
    error = epochs.std(axis=0, ddof=1) / math.sqrt(len(epochs))
    options = {"negative_sample_rate": m}
    right = expected_gradient(graph, points, a, b, push_tail=push_tail, **options)
    wrong = expected_gradient(graph, points, a, b, push_tail=not push_tail, **options)
    z = (mean - right) / error
    assert np.mean(np.abs(z) < 3) > 0.98
    assert np.mean(z**2) == pytest.approx(1, abs=0.5)
    assert np.mean(((mean - wrong) / error) ** 2) > 3
    # The same along fixed directions of the whole map, within three standard errors.
    for direction in np.random.default_rng(6).normal(size=(5, *points.shape)):
        along = (epochs * direction).sum(axis=(1, 2))
        gap = along.mean() - (right * direction).sum()
        assert abs(gap) < 3 * along.std(ddof=1) / math.sqrt(len(along))


def test_bad_arguments_are_refused_with_words():
    graph, points = problem(0)
    with pytest.raises(ValueError, match="finite differences"):
        attraction_gradient([np.nan, 0.0], 1, 1)
    with pytest.raises(ValueError, match="finite differences"):
        repulsion_gradient(1.0, 1, 1)
    with pytest.raises(ValueError, match="eps"):
        repulsion_gradient([1.0, 0.0], 1, 1, eps=-1)
    with pytest.raises(ValueError, match="rows"):
        expected_gradient(graph, points[:5], 1, 1)
    with pytest.raises(ValueError, match="b=0"):
        nominal_gradient(graph, points, 1, 0)
