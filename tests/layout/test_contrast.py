from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit.layout import _near, settle
from umapkit.layout._edges import shuffled
from umapkit.layout._layout import NEGATIVE_RUNS
from umapkit.layout.contrast import (
    MEAN_DEGREE,
    ContrastLayout,
    ContrastOptions,
    FrozenContrast,
    settle_contrast,
)
from umapkit.layout.contrast._layout import make_alias

from . import contrast_twins as twins
from .conftest import symmetric_graph


def options(cost, n_epochs=200, **more):
    return ContrastOptions(**{"cost": cost, "n_epochs": n_epochs, "seed": 3, **more})  # pyright: ignore[reportArgumentType]


def largevis(n_epochs=200, **more):
    return options("largevis", n_epochs, repulsion_strength=7.0, **more)


def scaled(graph):
    dense = graph.toarray().astype(np.float64)
    return dense * MEAN_DEGREE * len(dense) / dense.sum()


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("cost", ["largevis", "neg_tsne"])
def test_one_epoch_agrees_with_numpy(dim, cost):
    graph = symmetric_graph(40, 0.3, dim)
    y = np.random.default_rng(dim).uniform(0, 5, (40, dim)).astype(np.float32)
    asked = largevis() if cost == "largevis" else options(cost, exaggeration=0.3)
    layout = ContrastLayout(graph, y, asked, n_jobs=1)
    expected, velocity = y.astype(np.float64), np.zeros_like(y, dtype=np.float64)
    for epoch in range(3):
        expected, velocity = twins.weighted_epoch(
            scaled(graph), expected, velocity, shuffled(40, 3), epoch=epoch, n_epochs=200,
            curve=asked.curve, rate=1.0, m=5.0, cap=NEGATIVE_RUNS,
            power=0.75 if cost == "largevis" else 0.0, seed=3,
        )  # fmt: skip
        layout.run(epoch + 1)
        np.testing.assert_allclose(layout.embedding, expected, rtol=5e-4, atol=5e-4)


@pytest.mark.parametrize("dim", [1, 2, 3, 6])
def test_one_epoch_of_infonc_agrees_with_numpy(dim):
    graph = symmetric_graph(40, 0.6, dim)  # rows of more than one vector
    y = np.random.default_rng(dim).uniform(0, 3, (40, dim)).astype(np.float32)
    layout = ContrastLayout(graph, y, options("infonc_tsne", exaggeration=2.0), n_jobs=1)
    expected, velocity = y.astype(np.float64), np.zeros_like(y, dtype=np.float64)
    for epoch in range(2):
        expected, velocity = twins.infonc_epoch(
            expected, velocity, shuffled(40, 3), layout._padded, epoch=epoch, n_epochs=200,
            rho=2.0, rate=1.0, m=5, seed=3,
        )  # fmt: skip
        layout.run(epoch + 1)
        np.testing.assert_allclose(layout.embedding, expected, rtol=5e-4, atol=5e-4)


def test_the_mean_step_follows_the_gradient_of_largevis_loss():
    n = 60
    graph = symmetric_graph(n, 0.2, 5)
    y = np.random.default_rng(2).normal(0, 2, (n, 2)).astype(np.float32)
    asked = largevis()
    expected = twins.expected_push(
        scaled(graph), y.astype(np.float64), curve=asked.curve, m=5.0, power=0.75
    )
    first = 2e-4 / (0.5 * 200)  # the first step of the schedule
    draws = []
    for seed in range(600):
        layout = ContrastLayout(graph, y, largevis(seed=seed, learning_rate=1e-4), n_jobs=1)
        layout.run(1)
        draws.append(layout.state()["velocity"] / first)
    draws = np.array(draws, dtype=np.float64)
    error = np.abs(draws.mean(0) - expected)
    standard = draws.std(0, ddof=1) / np.sqrt(len(draws))
    assert np.mean((error / (standard + 2e-3)) ** 2) < 1.5
    assert np.max(error / (standard + 2e-3)) < 5


def test_that_gradient_is_the_slope_of_the_loss():
    graph = scaled(symmetric_graph(12, 0.5, 1))
    y = np.random.default_rng(0).normal(0, 3, (12, 2))
    for asked, power in ((largevis(), 0.75), (options("neg_tsne", exaggeration=0.4), 0.0)):
        terms = {"curve": asked.curve, "m": 5.0, "power": power}
        assert not np.any(np.abs(twins.expected_push(graph, y, **terms)) > 1e6)
        found = twins.expected_push(graph, y, **{**terms, "curve": asked.curve._replace(clip=1e9)})
        for i, k in ((0, 0), (5, 1), (11, 0)):
            up, down = y.copy(), y.copy()
            up[i, k] += 1e-5
            down[i, k] -= 1e-5
            slope = (twins.loss(graph, up, **terms) - twins.loss(graph, down, **terms)) / 2e-5
            np.testing.assert_allclose(found[i, k], -slope * graph.sum(), rtol=1e-5)


@pytest.mark.parametrize("cost", ["largevis", "neg_tsne"])
def test_the_loss_estimates_that_of_all_pairs(cost):
    graph = symmetric_graph(300, 0.05, 4)
    y = np.random.default_rng(4).normal(0, 4, (300, 2)).astype(np.float32)
    asked = largevis() if cost == "largevis" else options(cost, exaggeration=0.5)
    found = ContrastLayout(graph, y, asked).loss()
    exact = twins.loss(
        graph.toarray().astype(np.float64), y.astype(np.float64), curve=asked.curve, m=5.0,
        power=0.75 if cost == "largevis" else 0.0,
    )  # fmt: skip
    if cost == "neg_tsne":
        exact += np.log1p(0.5)
    np.testing.assert_allclose(found, exact, rtol=0.02)


def test_the_loss_of_negative_sampling_is_that_of_its_source():
    """-ln e of edges and -ln(1 - e) of negatives, e = 1 / (1 + c (1 + d^2))."""
    c, s = 0.37, np.linspace(0.0, 30.0, 50)
    curve = options("neg_tsne", exaggeration=c).curve
    estimate = 1 / (1 + c * (1 + s))
    np.testing.assert_allclose(np.log1p(c) + np.log1p(curve.a * s), -np.log(estimate))
    found = twins.repulsion_cost(s, curve.a, curve.gamma, curve.shift)
    np.testing.assert_allclose(found, -np.log1p(-estimate))


def test_the_loss_of_infonc_agrees_with_numpy_in_the_mean():
    graph = symmetric_graph(200, 0.2, 4)
    y = np.random.default_rng(4).normal(0, 2, (200, 2)).astype(np.float32)
    found = ContrastLayout(graph, y, options("infonc_tsne", exaggeration=3.0)).loss()
    q = 1 / (1 + ((y[:, None].astype(np.float64) - y[None]) ** 2).sum(2))
    rng = np.random.default_rng(0)
    w = graph.toarray().astype(np.float64)
    rows, columns = np.nonzero(w)
    totals = []
    for _ in range(40):
        far = q[rows[:, None], rng.integers(0, 200, (len(rows), 5))].sum(1)
        near = q[rows, columns]
        totals.append((w[rows, columns] * (np.log(near + far) - 3 * np.log(near))).sum() / w.sum())
    np.testing.assert_allclose(found, np.mean(totals), rtol=0.01)


def test_an_alias_table_draws_in_proportion_to_the_weights():
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 1000):
        weights = rng.exponential(size=size).astype(np.float32)
        if size > 2:
            weights[::3] = 0
        accept, other = make_alias(weights)
        implied = accept.astype(np.float64)
        implied += np.bincount(other, weights=1 - accept.astype(np.float64), minlength=size)
        expected = weights.astype(np.float64) * size / weights.sum(dtype=np.float64)
        np.testing.assert_allclose(implied, expected, atol=1e-5)
        assert np.all(implied[weights == 0] == 0)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_literal_optimiser_agrees_with_numpy_move_by_move(dim):
    graph = symmetric_graph(15, 0.4, 1)
    y = np.random.default_rng(0).uniform(-1, 1, (15, dim)).astype(np.float32)
    # Small steps: large ones double a rounding error every few moves.
    asked = largevis(3, optimizer="literal", learning_rate=0.05)
    layout = ContrastLayout(graph, y, asked)
    edges, vertices = layout._tables[:2], layout._tables[2:]
    expected = twins.largevis(
        layout._edges.heads, layout._edges.tails, edges, vertices, y, samples=10 * 15,
        n_epochs=3, curve=asked.curve, rate=0.05, m=5, seed=3,
    )  # fmt: skip
    np.testing.assert_allclose(layout.run(), expected, rtol=1e-4, atol=1e-4)
    assert np.abs(expected - y).max() > 0.5


def test_the_literal_optimiser_draws_negatives_by_their_degrees():
    graph = symmetric_graph(50, 0.2, 3)
    layout = ContrastLayout(graph, np.zeros((50, 2)), largevis(optimizer="literal"))
    accept, other = layout._tables[2:]
    implied = accept + np.bincount(other, weights=1 - accept, minlength=50)
    degrees = np.asarray(graph.sum(axis=1)).ravel() ** 0.75
    np.testing.assert_allclose(implied, degrees / degrees.mean(), rtol=1e-4)


@pytest.mark.parametrize("cost", ["umap", "largevis", "neg_tsne", "infonc_tsne"])
def test_same_seed_same_map_for_any_thread_count_and_stop(cost):
    graph = symmetric_graph(600, 0.03, 0)
    y = np.random.default_rng(0).uniform(0, 10, (600, 2)).astype(np.float32)
    whole = ContrastLayout(graph, y, options(cost, 30), n_jobs=1)
    whole.run()
    for jobs in (2, 3):
        parts = ContrastLayout(graph, y, options(cost, 30), n_jobs=jobs)
        parts.run(11)
        parts.run(12)
        np.testing.assert_array_equal(parts.run(), whole.embedding)
        assert parts.loss() == whole.loss()
    other = ContrastLayout(graph, y, options(cost, 30, seed=4)).run()
    assert not np.array_equal(other, whole.embedding)


def test_the_literal_optimiser_stops_and_goes_on(tmp_path):
    graph = symmetric_graph(100, 0.1, 0)
    y = np.random.default_rng(0).uniform(0, 1, (100, 2)).astype(np.float32)
    whole = ContrastLayout(graph, y, largevis(10, optimizer="literal")).run()
    parts = ContrastLayout(graph, y, largevis(10, optimizer="literal"))
    parts.run(4)
    other = ContrastLayout(graph, y, largevis(10, optimizer="literal"))
    other.restore(parts.state())
    np.testing.assert_array_equal(other.run(), whole)


@pytest.mark.parametrize("cost", ["largevis", "neg_tsne", "infonc_tsne"])
def test_the_order_in_memory_changes_no_bit(cost, monkeypatch):
    graph = symmetric_graph(300, 0.1, 2)
    y = np.random.default_rng(1).uniform(0, 5, (300, 2)).astype(np.float32)
    plain = ContrastLayout(graph, y, options(cost, 20))
    monkeypatch.setattr(_near, "_ORDER_FROM", 1)
    ordered = ContrastLayout(graph, y, options(cost, 20))
    assert not np.array_equal(ordered._padded.vertices, np.arange(300))
    np.testing.assert_array_equal(plain.degrees, ordered.degrees)
    np.testing.assert_array_equal(plain.run(), ordered.run())
    np.testing.assert_allclose(plain.loss(), ordered.loss(), rtol=1e-12)
    serial = [ContrastLayout(graph, y, largevis(5, optimizer="literal")).run() for _ in range(2)]
    np.testing.assert_array_equal(serial[0], serial[1])


def new_points(cost, **more):
    rng = np.random.default_rng(5)
    y = rng.uniform(0, 4, (30, 2)).astype(np.float32)
    neighbors = rng.integers(0, 30, (9, 20)).astype(np.int32)
    weights = rng.uniform(0.1, 1, (9, 20)).astype(np.float32)
    weights /= weights.sum(1, keepdims=True) / np.float32(MEAN_DEGREE)
    start = rng.uniform(0, 4, (9, 2)).astype(np.float32)
    keys = rng.integers(0, 2**63, 9).astype(np.uint64)
    asked = options(cost, 4, **more)
    degrees = rng.uniform(2, 14, 30).astype(np.float32)
    frozen = FrozenContrast.of(y, degrees, asked)
    return y, neighbors, weights, start, keys, asked, frozen, degrees


def test_new_points_of_infonc_agree_with_numpy():
    y, neighbors, weights, start, keys, asked, frozen, _ = new_points("infonc_tsne")
    found = settle_contrast(frozen, neighbors, weights, start, keys, asked)
    expected = twins.settle_infonc(
        y, shuffled(30, 3), neighbors, weights, keys, start, n_epochs=4, rho=1.0, rate=1.0, m=5,
        seed=3,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_new_points_of_largevis_agree_with_numpy():
    y, neighbors, weights, start, keys, asked, frozen, degrees = new_points(
        "largevis", repulsion_strength=7.0
    )
    found = settle_contrast(frozen, neighbors, weights, start, keys, asked)
    a, _, gamma, shift, clip = asked.curve
    order = shuffled(30, 3)
    shares = degrees**0.75 / np.mean(degrees**0.75)
    ratio = MEAN_DEGREE**-0.25 / np.mean(degrees**0.75)
    places = start.astype(np.float64)
    for q in range(9):
        runs = twins.runs_of(5 * MEAN_DEGREE, NEGATIVE_RUNS)
        for t in range(4):
            now = 1 - t / 4
            delta = places[q] - y[neighbors[q]]
            c = twins.attraction((delta**2).sum(1), a)
            w = weights[q].astype(np.float64)
            force = -2 * (w[:, None] * np.clip(c[:, None] * delta, -clip, clip)).sum(0)
            stiffness = 2 * (w * c).sum()
            k = twins.key(3, twins.Stage.TRANSFORM, t, keys[q])
            for r in range(runs):
                first = int(twins.below(twins.draw(k, r), 30))
                others = order[(first + np.arange(16)) % 30]
                delta = places[q] - y[others]
                c = twins.repulsion((delta**2).sum(1), a, gamma, shift)
                counts = shares[others] + ratio * degrees[others]
                moves = np.clip(c[:, None] * delta, -clip, clip) * counts[:, None]
                force = force + moves.sum(0) * 5 * MEAN_DEGREE / (runs * 16)
            places[q] += now / (1 + now * stiffness) * force
    np.testing.assert_allclose(found, places, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("cost", ["umap", "largevis", "neg_tsne", "infonc_tsne"])
def test_a_new_point_does_not_depend_on_the_others(cost):
    _, neighbors, weights, start, keys, asked, frozen, _ = new_points(cost)
    found = settle_contrast(frozen, neighbors, weights, start, keys, asked, n_jobs=1)
    for jobs in (2, 3):
        again = settle_contrast(frozen, neighbors, weights, start, keys, asked, n_jobs=jobs)
        np.testing.assert_array_equal(again, found)
    part = slice(4, 6)
    alone = settle_contrast(frozen, neighbors[part], weights[part], start[part], keys[part], asked)
    np.testing.assert_array_equal(alone, found[part])
    still = settle_contrast(frozen, neighbors, 0 * weights, start, keys, asked)
    np.testing.assert_array_equal(still, start)


def test_new_points_of_umap_are_those_of_settle():
    y, neighbors, weights, start, keys, asked, frozen, _ = new_points("umap", a=1.5, b=0.9)
    found = settle_contrast(frozen, neighbors, weights, start, keys, asked)
    expected = settle(y, neighbors, weights, start, keys, a=1.5, b=0.9, n_epochs=4, seed=3)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"cost": "tsne"}, "cost='tsne'"),
        ({"exaggeration": 0}, "exaggeration=0"),
        ({"exaggeration": "2"}, "exaggeration='2'"),
        ({"n_epochs": -1}, "n_epochs=-1"),
        ({"n_epochs": 1.5}, "n_epochs=1.5"),
        ({"a": 1.5}, "a=1.5"),
        ({"cost": "neg_tsne", "repulsion_strength": 2.0}, "repulsion_strength=2.0"),
        ({"optimizer": "fast"}, "optimizer='fast'"),
        ({"cost": "umap", "optimizer": "literal"}, "optimizer='literal'"),
        ({"optimizer": "literal", "negative_sample_rate": 2.5}, "negative_sample_rate=2.5"),
        ({"cost": "infonc_tsne", "negative_sample_rate": 0}, "negative_sample_rate=0"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(wrong, word):
    with pytest.raises((ValueError, TypeError), match=word):
        options(**{"cost": "largevis", **wrong})


@pytest.mark.parametrize("optimizer", ["sampled", "literal"])
@pytest.mark.parametrize("cost", ["largevis", "neg_tsne", "infonc_tsne"])
def test_a_vertex_without_edges_is_drawn_by_no_one_as_a_neighbour(cost, optimizer):
    if (cost, optimizer) == ("infonc_tsne", "literal"):
        pytest.skip("it has no literal optimiser")
    dense = symmetric_graph(50, 0.3, 0).toarray()
    dense[7] = dense[:, 7] = 0
    y = np.random.default_rng(0).uniform(0, 5, (50, 2)).astype(np.float32)
    layout = ContrastLayout(csr_array(dense), y, options(cost, 20, optimizer=optimizer))
    assert np.isfinite(layout.run()).all()
    assert np.isfinite(layout.loss())
    assert layout.degrees[7] == 0
    if cost == "largevis" or optimizer == "sampled":  # its share is 0, or it draws nobody
        np.testing.assert_array_equal(layout.embedding[7], y[7])


def test_graphs_and_starts_that_cannot_be_are_refused():
    graph, y = symmetric_graph(10, 0.5, 0), np.zeros((10, 2))
    asked = options("largevis")
    for wrong, start, word in (
        (csr_array((10, 10), dtype=np.float32), y, "no edges"),
        (csr_array((10, 9), dtype=np.float32), y, "square"),
        (-graph, y, "negative"),
        (graph, y[:9], "needs"),
        (graph, y + np.nan, "NaN"),
    ):
        with pytest.raises(ValueError, match=word):
            ContrastLayout(csr_array(wrong), start, asked)


def test_the_kernels_refuse_arrays_that_do_not_belong_together():
    one, two = np.ones(1, dtype=np.float32), np.zeros(2, dtype=np.int32)
    with pytest.raises(ValueError, match="one length"):
        _kernels.make_alias(one, one.copy(), two)
    layout = ContrastLayout(symmetric_graph(10, 0.5, 0), np.zeros((10, 2)), options("neg_tsne"))
    layout._far = (layout._far[0], *(part[:-1] for part in layout._far[1:]))
    with pytest.raises(ValueError, match="shares"):
        layout.run(1)
