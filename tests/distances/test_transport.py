"""Optimal transport: exact, entropic, around a circle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance

from umapkit import UMAP, _kernels
from umapkit.distances import METRICS, resolve_metric
from umapkit.neighbors import find_neighbors

THEIRS = np.load(Path(__file__).parents[1] / "reference" / "pynndescent_metrics.npz")


def histograms(n, d, seed=0, filled=0.6):
    rng = np.random.default_rng(seed)
    rows = rng.random((n, d)) * (rng.random((n, d)) < filled)
    rows[np.arange(n), rng.integers(0, d, n)] += 0.1
    return rows.astype(np.float32)


def random_cost(d, seed=0, metric=True):
    rng = np.random.default_rng(seed)
    if not metric:
        cost = np.triu(rng.random((d, d)), 1)  # no triangle inequality
        return cost + cost.T
    places = rng.normal(size=(d, 2))
    gap = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    return (gap + gap.T) / 2


def exact(a, b, cost):
    """By the kernel."""
    out = np.empty((len(a), len(b)))
    _kernels.transport_rows(a, b, cost, out)
    return out


@pytest.mark.parametrize("metric", [True, False])
@pytest.mark.parametrize("d", [1, 2, 7, 20])
def test_the_kernel_solves_the_linear_program(d, metric):
    a, b = histograms(9, d), histograms(8, d, seed=1)
    cost = random_cost(d, metric=metric)
    expected = resolve_metric("kantorovich", {"cost": cost}).between(a, b)
    np.testing.assert_allclose(exact(a, b, cost), expected, rtol=1e-9, atol=1e-9)


def test_moving_whole_units_is_an_assignment():
    rng = np.random.default_rng(0)
    cost = random_cost(30, metric=False)
    for _ in range(20):
        s, t = (rng.permutation(30)[:9] for _ in range(2))
        a, b = np.zeros((2, 1, 30), np.float32)
        a[0, s] = b[0, t] = 1
        rows, columns = linear_sum_assignment(cost[np.ix_(s, t)])
        expected = cost[np.ix_(s, t)][rows, columns].mean()
        assert exact(a, b, cost)[0, 0] == pytest.approx(expected, rel=1e-12)


def test_bins_in_a_line_need_cumulated_sums_only():
    a, b = histograms(12, 40), histograms(12, 40, seed=1)
    line = np.abs(np.subtract.outer(np.arange(40.0), np.arange(40.0)))
    bins = np.arange(40)
    expected = [[wasserstein_distance(bins, bins, x, y) for y in b] for x in a]
    np.testing.assert_allclose(exact(a, b, line), expected, rtol=1e-10)
    np.testing.assert_allclose(resolve_metric("wasserstein_1d").between(a, b), expected, rtol=1e-10)


def test_bins_in_a_circle_need_a_median_besides():
    a, b = histograms(12, 24), histograms(12, 24, seed=1)
    gap = np.abs(np.subtract.outer(np.arange(24.0), np.arange(24.0)))
    found = METRICS["circular_kantorovich"].between(a, b)
    np.testing.assert_allclose(found, exact(a, b, np.minimum(gap, 24 - gap)), rtol=1e-10)
    np.testing.assert_allclose(found, METRICS["circular_kantorovich"].between(
        np.roll(a, 5, axis=1), np.roll(b, 5, axis=1)), rtol=1e-10)  # fmt: skip


@pytest.mark.parametrize("p", [1.5, 2, 3, np.inf])
def test_the_constant_around_a_circle_is_the_best(p):
    a, b = histograms(6, 9), histograms(6, 9, seed=1)
    found = resolve_metric("circular_kantorovich", {"p": p}).between(a, b)
    gap = np.cumsum(a / a.sum(axis=1, keepdims=True, dtype=float), axis=1)[:, None]
    gap = gap - np.cumsum(b / b.sum(axis=1, keepdims=True, dtype=float), axis=1)[None]
    shifts = np.linspace(-1, 1, 4001)
    off = np.abs(gap[..., None] - shifts)
    tried = off.max(axis=2) if np.isinf(p) else (off**p).sum(axis=2) ** (1 / p)
    assert (found <= tried.min(axis=-1) + 1e-12).all()
    np.testing.assert_allclose(found, tried.min(axis=-1), atol=1e-3)


def test_a_distance_of_histograms_is_a_metric_where_the_cost_is():
    rows, cost = histograms(25, 8), random_cost(8)
    far = exact(rows, rows, cost)
    assert (np.diag(far) == 0).all()
    np.testing.assert_allclose(far, far.T, rtol=1e-12, atol=1e-14)
    assert (far[:, :, None] <= far[:, None, :] + far.T[None] + 1e-12).all()
    np.testing.assert_allclose(exact(4 * rows, rows, cost), far, atol=1e-14)


def test_many_filled_bins_are_no_trouble():
    rows = histograms(3, 200, filled=1.0)
    line = np.abs(np.subtract.outer(np.arange(200.0), np.arange(200.0)))
    np.testing.assert_allclose(
        exact(rows, rows, line), METRICS["wasserstein_1d"].between(rows, rows), atol=1e-10
    )


@pytest.mark.parametrize("regularization", [0.05, 0.5, 5.0])
def test_the_entropic_kernel_agrees_with_the_formula(regularization):
    a, b, cost = histograms(9, 7), histograms(8, 7, seed=1), random_cost(7)
    card = resolve_metric("sinkhorn", {"cost": cost, "regularization": regularization})
    out = np.empty((9, 8))
    _kernels.sinkhorn_rows(a, b, np.exp(-cost / regularization), cost, 1000, 1e-9, out)
    np.testing.assert_allclose(out, card.between(a, b), rtol=1e-9)


def test_little_regularization_is_exact_transport_and_much_is_no_plan():
    a, b, cost = histograms(9, 7), histograms(8, 7, seed=1), random_cost(7)

    def entropic(regularization):
        return resolve_metric("sinkhorn", {"cost": cost, "regularization": regularization}).between(
            a, b
        )

    best = exact(a, b, cost)
    gaps = [np.abs(entropic(r) - best).max() for r in (1.0, 0.3, 0.1, 0.03)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.03
    x, y = (rows / rows.sum(axis=1, keepdims=True) for rows in (a, b))
    np.testing.assert_allclose(entropic(1e4), x @ cost @ y.T, rtol=1e-3)


@pytest.mark.parametrize("name", ["circular_kantorovich", "kantorovich", "sinkhorn"])
def test_values_agree_with_pynndescent(name):
    keywords = {} if name == "circular_kantorovich" else {"cost": THEIRS["cost"]}
    if name == "sinkhorn":
        keywords["regularization"] = 0.5
    rows = THEIRS["rows_sparse_shares" if name == "kantorovich" else "rows_shares"]
    found = resolve_metric(name, keywords).between(rows, rows)
    np.testing.assert_allclose(found, THEIRS[name], atol=1e-6)


def test_a_row_is_away_from_its_copy_by_the_entropy_of_the_plan():
    """The one metric, besides the inner product, whose value for equal rows is not 0."""
    rows = np.repeat(histograms(10, 6), 2, axis=0)
    keywords = {"cost": random_cost(6)}
    found = find_neighbors(rows, n_neighbors=2, metric="sinkhorn", metric_kwds=keywords)
    assert (found.distances[:, 0] == 0).all()
    far = resolve_metric("sinkhorn", keywords).between(rows, rows)
    assert (np.diag(far) > 0).any()
    np.testing.assert_allclose(
        found.distances[:, 1], np.where(np.eye(20), np.inf, far).min(axis=1), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("metric", "keywords", "message"),
    [
        ("kantorovich", None, "needs the keyword 'cost'"),
        ("kantorovich", {"cost": np.zeros((3, 3))}, "cost has shape .3, 3.; rows of 4 columns"),
        ("kantorovich", {"cost": np.ones((4, 4))}, "0 on the diagonal"),
        ("kantorovich", {"cost": np.triu(np.ones((4, 4)), 1)}, "symmetric"),
        ("kantorovich", {"cost": np.eye(4) - 1}, "0 or more"),
        ("kantorovich", {"cost": [1, 2]}, "square"),
        ("sinkhorn", {"cost": 1 - np.eye(4), "regularization": 0}, "positive"),
        ("sinkhorn", {"cost": 1 - np.eye(4), "regularization": 1e-3}, "Give 0.0025 or more"),
        ("circular_kantorovich", {"p": 0.5}, "1 or more"),
    ],
)
def test_bad_keywords_are_refused(metric, keywords, message):
    with pytest.raises(ValueError, match=message):
        find_neighbors(np.eye(4), n_neighbors=2, metric=metric, metric_kwds=keywords)


@pytest.mark.parametrize("metric", ["kantorovich", "sinkhorn", "circular_kantorovich"])
def test_rows_without_shares_are_refused(metric):
    keywords = None if metric == "circular_kantorovich" else {"cost": 1 - np.eye(4)}
    for rows, message in ((np.diag([1, 1, 0, 1]), "row 2 .* zeros only"), (-np.eye(4), "negative")):
        with pytest.raises(ValueError, match=message):
            find_neighbors(rows, n_neighbors=2, metric=metric, metric_kwds=keywords)


def test_a_map_by_the_earth_movers_distance_is_saved_with_its_cost(tmp_path):
    import umapkit

    rows, new = histograms(60, 6), histograms(5, 6, seed=1)
    model = UMAP(
        metric="kantorovich",
        metric_kwds={"cost": random_cost(6)},
        n_neighbors=6,
        n_epochs=10,
        random_state=0,
    ).fit(rows)
    places = model.transform(new)
    model.save(tmp_path)
    np.testing.assert_array_equal(umapkit.load(tmp_path).transform(new), places)


def test_the_kernels_refuse_arrays_that_do_not_fit():
    rows, out, cost = np.ones((3, 4), np.float32), np.empty((3, 3)), 1 - np.eye(4)
    with pytest.raises(ValueError, match="do not fit"):
        _kernels.transport_rows(rows, rows, cost, out[:2].copy())
    with pytest.raises(ValueError, match="every bin"):
        _kernels.transport_rows(rows, rows, np.eye(3), out)
    with pytest.raises(ValueError, match="every bin"):
        _kernels.sinkhorn_rows(rows, rows, np.eye(3), cost, 10, 1e-9, out)
