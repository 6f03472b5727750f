"""Radii and correlations; A5: their gradients against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from umapkit import find_neighbors, fuzzy_graph
from umapkit.graph import input_radii
from umapkit.quality import (
    correlation_gradient,
    density_correlation,
    density_regression,
    local_radii,
    map_radii,
    radius_slopes,
)

from .test_gradients import CURVES, gradient_of, problem


def connected(seed, n=30, d=2):
    """A graph in which every point has an edge."""
    graph, points = problem(seed, n, d)
    ring = scipy.sparse.csr_array(
        (np.full(n, 0.5), (np.arange(n), (np.arange(n) + 1) % n)), shape=(n, n)
    )
    whole = scipy.sparse.csr_array((graph + ring + ring.T).minimum(1.0))
    return whole, points


def correlation(graph, points, radii, a, b, shift=0.0):
    found = map_radii(graph, points, a, b)
    covariance = np.cov(found, radii)
    return covariance[0, 1] / np.sqrt((covariance[0, 0] + shift) * covariance[1, 1])


@pytest.mark.parametrize(("a", "b"), CURVES)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_gradient_of_the_correlation_is_its_slope(a, b, d):
    graph, points = connected(d, d=d)
    radii = np.random.default_rng(0).normal(2, 3, len(points))
    for shift in (0.0, 0.1):
        found = correlation_gradient(graph, points, radii, a, b, var_shift=shift)
        slope = gradient_of(
            lambda y, shift=shift: correlation(graph, y, radii, a, b, shift), points
        )
        assert np.abs(found - slope).max() <= 1e-6 * np.abs(slope).max()


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_the_slopes_of_radii_are_theirs_by_every_squared_distance(a, b):
    """On a chain of three points on a line, each squared distance moves alone."""
    graph = scipy.sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=float))

    def radii(s):
        x = np.array([[-np.sqrt(s[0])], [0.0], [np.sqrt(s[1])]])
        return map_radii(graph, x, a, b)

    at = np.array([0.7, 2.3])
    x = np.array([[-np.sqrt(at[0])], [0.0], [np.sqrt(at[1])]])
    found = radius_slopes(graph, x, a, b).toarray()
    h = 1e-6
    for edge, j in ((0, 0), (1, 2)):
        step = h * np.eye(2)[edge]
        slope = (radii(at + step) - radii(at - step)) / (2 * h)
        np.testing.assert_allclose(found[1, j], slope[1], rtol=1e-6)
        np.testing.assert_allclose(found[j, 1], slope[j], rtol=1e-6)


def test_radii_of_a_map_as_the_formula_says():
    graph, points = connected(3)
    found = map_radii(graph, points, 1.577, 0.895)
    delta = points[:, None] - points[None]
    s = (delta**2).sum(2)
    q = np.where(graph.toarray() > 0, 1 / (1 + 1.577 * s**0.895), 0)
    np.testing.assert_allclose(found, np.log(1e-8 + (q * s).sum(1) / q.sum(1)), rtol=1e-12)


def test_points_without_edges_have_no_radius_and_no_force():
    graph, points = connected(1)
    wide = scipy.sparse.block_diag([graph, scipy.sparse.csr_array((2, 2))])
    more = np.concatenate([points, points[:2]])
    radii = np.random.default_rng(0).normal(size=len(points))
    found = map_radii(wide, more, 1.5, 0.9)
    assert np.isnan(found[-2:]).all()
    assert np.isfinite(found[:-2]).all()
    gradient = correlation_gradient(wide, more, np.append(radii, [5.0, np.nan]), 1.5, 0.9)
    assert (gradient[-2:] == 0).all()
    np.testing.assert_allclose(gradient[:-2], correlation_gradient(graph, points, radii, 1.5, 0.9))


def test_coincident_points_have_finite_slopes():
    graph, points = connected(2)
    points[5] = points[6]
    for b in (0.8, 1.0, 1.4):
        assert np.isfinite(radius_slopes(graph, points, 1.5, b).data).all()
        radii = np.arange(30.0)
        assert np.isfinite(correlation_gradient(graph, points, radii, 1.5, b)).all()


def reference_radii(rows, k):
    """T-E30 in plain NumPy, from the graph of umapkit and distances of its own."""
    table = find_neighbors(rows, n_neighbors=k)
    graph = fuzzy_graph(table).toarray().astype(np.float64)
    rows = rows.astype(np.float64)
    squares = ((rows[:, None] - rows[None]) ** 2).sum(2)
    return np.log(1e-8 + (graph * squares).sum(1) / graph.sum(1))


@pytest.mark.parametrize("d", [2, 9])
def test_local_radii_agree_with_numpy_for_any_thread_count(d):
    rows = np.random.default_rng(d).normal(size=(150, d)).astype(np.float32)
    found = local_radii(rows, n_neighbors=10)
    np.testing.assert_allclose(found, reference_radii(rows, 10), rtol=1e-5, atol=1e-5)
    for jobs in (1, 2, 3):
        assert np.array_equal(local_radii(rows, n_neighbors=10, n_jobs=jobs), found)


def test_radii_are_squared_distances():
    rows = np.random.default_rng(0).normal(size=(100, 3))
    gap = local_radii(10 * rows, n_neighbors=10) - local_radii(rows, n_neighbors=10)
    np.testing.assert_allclose(gap, 2 * np.log(10), atol=1e-4)


def test_an_enlarged_copy_correlates_fully_and_noise_does_not():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 2)) * rng.uniform(0.2, 2, (400, 1))
    assert density_correlation(rows, 3 * rows) > 1 - 1e-6
    assert abs(density_correlation(rows, rng.uniform(size=(400, 2)))) < 0.3
    beta, gamma = density_regression(rows, 3 * rows)
    np.testing.assert_allclose([beta, gamma], [1, 2 * np.log(3)], atol=1e-3)


def test_radii_may_be_given_in_place_of_tables():
    rows = np.random.default_rng(0).normal(size=(200, 3))
    radii, other = local_radii(rows), local_radii(rows[:, :2])
    expected = np.corrcoef(radii, other)[0, 1]
    for data, found in ((rows, rows[:, :2]), (radii, rows[:, :2]), (radii, other)):
        np.testing.assert_allclose(density_correlation(data, found), expected)
    radii[:3] = np.nan
    left = density_correlation(radii, other)
    np.testing.assert_allclose(left, np.corrcoef(radii[3:], other[3:])[0, 1])
    slope, height = np.polyfit(radii[3:], other[3:], 1)
    np.testing.assert_allclose(density_regression(radii, other), [slope, height])


def test_equal_radii_have_no_correlation():
    assert np.isnan(density_correlation(np.ones(5), np.arange(5.0)))
    assert np.isnan(density_correlation(np.arange(5.0), np.ones(5)))
    assert density_regression(np.arange(5.0), np.ones(5)) == (0.0, 1.0)


def test_what_cannot_be_measured_is_refused():
    rows = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises(ValueError, match="same rows"):
        density_correlation(rows, rows[:39, :2])
    with pytest.raises(ValueError, match="2 or more"):
        density_correlation(np.full(5, np.nan), np.arange(5.0))
    with pytest.raises(ValueError, match="there are 40 rows"):
        local_radii(rows, n_neighbors=41)
    with pytest.raises(ValueError, match="counts the row itself"):
        local_radii(rows, n_neighbors=1)
    rows[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"NaN|nan"):
        local_radii(rows)
    graph, points = connected(0)
    with pytest.raises(ValueError, match="all equal"):
        correlation_gradient(graph, points, np.ones(30), 1.5, 0.9)
    with pytest.raises(ValueError, match="30 points"):
        correlation_gradient(graph, points, np.ones(29), 1.5, 0.9)


def test_the_longer_of_two_distances_counts_and_unlisted_edges_do_not():
    from umapkit import Neighbors

    table = Neighbors(
        np.array([[0, 1], [1, 0], [2, 0]], dtype=np.int32),
        np.array([[0, 1], [0, 3], [0, 2]], dtype=np.float32),
    )
    graph = scipy.sparse.csr_array(np.array([[0, 1, 0.5], [1, 0, 1], [0.5, 1, 0]], dtype="f4"))
    expected = [(9 + 0.5 * 4) / 1.5, 9, 4]  # 1 and 2 do not list each other
    np.testing.assert_allclose(np.exp(input_radii(graph, table)), expected, rtol=1e-6)
    alone = input_radii(graph, table, bipartite=True)
    np.testing.assert_allclose(np.exp(alone), [1, 9, 4], rtol=1e-6)
    with pytest.raises(ValueError, match="belong together"):
        input_radii(graph[:2], table)
    empty = scipy.sparse.csr_array((3, 3), dtype=np.float32)
    assert np.isnan(input_radii(empty, table)).all()
