from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from umapkit._seed import Stage, draw, key
from umapkit.layout import (
    OUTPUT_METRICS,
    CurvedLayout,
    LayoutOptions,
    find_ab,
    settle_on_surface,
    surface_start,
)
from umapkit.layout import _layout as constants

from . import curved_twins as twins
from .conftest import symmetric_graph

A, B = find_ab()
CURVED = [name for name in OUTPUT_METRICS if name != "euclidean"]


def started(name, n=24, seed=0):
    rng = np.random.default_rng(seed)
    graph = symmetric_graph(n, 0.3, seed)
    start = surface_start(rng.uniform(0, 10, (n, 2)).astype(np.float32), OUTPUT_METRICS[name])
    if name.endswith("energy"):
        start[:, 2:] = rng.uniform(-0.5, 0.5, start[:, 2:].shape)
    return graph, start


def layout(name, graph, start, n_jobs=1, **options):
    chosen = LayoutOptions(**{"a": A, "b": B, "n_epochs": 40, "seed": 3, **options})
    card = OUTPUT_METRICS[name]
    return CurvedLayout(graph, start, chosen, output_metric=card, n_jobs=n_jobs)


@pytest.mark.parametrize("name", CURVED)
def test_epochs_agree_with_numpy(name):
    graph, start = started(name)
    run = layout(name, graph, start)
    run.run(3)
    hashes = draw(key(3, Stage.SHUFFLE, 0, np.arange(len(start), dtype=np.uint64)), 0)
    order = np.argsort(hashes, kind="stable")
    weights = graph.toarray().astype(np.float64) / graph.data.max()
    weights[weights < 1 / 40] = 0
    y = start.copy()
    for number in range(3):
        y = twins.epoch(
            twins.SURFACES[name], weights, y, order, number=number, n_epochs=40, a=A, b=B,
            gamma=1.0, rate=1.0, m=5.0, cap=constants.NEGATIVE_RUNS, seed=3,
        )  # fmt: skip
    moved = np.abs(y - start).max()
    np.testing.assert_allclose(run.state()["places"], y, atol=1e-3 * moved)


@pytest.mark.parametrize("name", CURVED)
def test_places_stay_on_the_surface(name):
    graph, start = started(name, 60)
    run = layout(name, graph, start, learning_rate=5.0)
    run.run()
    places = run.state()["places"]
    assert np.isfinite(places).all()
    if name == "haversine":
        np.testing.assert_allclose((places**2).sum(axis=1), 1.0, atol=1e-12)
    if name == "hyperboloid":
        middle = places.sum(axis=0)
        assert np.abs(middle[:2]).max() < 1e-9 * middle[2]
        square = 1 + (places[:, :2] ** 2).sum(axis=1)
        np.testing.assert_allclose(places[:, 2], np.sqrt(square), rtol=1e-12)
    if name == "torus":
        assert (places >= 0).all()
        assert (places <= 2 * np.pi).all()
    assert run.embedding.shape == (60, OUTPUT_METRICS[name].n_components)


@pytest.mark.parametrize("name", CURVED)
def test_the_loss_falls(name):
    graph, start = started(name, 80)
    run = layout(name, graph, start, n_epochs=200)
    before = run.loss()
    run.run()
    assert run.loss() < before


def test_the_loss_is_the_costs_of_all_pairs():
    graph, start = started("haversine", 20)
    # So many runs that every negative is met: the mean over all of them.
    run = layout("haversine", graph, start)
    weights = graph.toarray().astype(np.float64) / graph.data.max()
    weights[weights < 1 / 40] = 0
    d = np.arccos(np.clip(start @ start.T, -1, 1))
    p = A * np.maximum(d, 1e-15) ** (2 * B)
    attraction = (weights * np.log1p(p)).sum()
    np.fill_diagonal(p, 1.0)
    costs = np.log((1 + p) / p)
    np.fill_diagonal(costs, 0.0)
    repulsion = (5 * weights.sum(axis=1) * costs.sum(axis=1) / 19).sum()
    expected = (attraction + repulsion) * graph.data.max()
    assert run.loss() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("name", CURVED)
def test_parts_of_a_run_and_threads_change_no_bit(name):
    graph, start = started(name, 150)
    whole = layout(name, graph, start).run().copy()
    parts = layout(name, graph, start, n_jobs=3)
    parts.run(7)
    parts.run(23)
    assert np.array_equal(parts.run(), whole)


def test_a_checkpoint_goes_on_with_the_same_bits(tmp_path):
    from umapkit.layout import Checkpoint

    graph, start = started("hyperboloid", 50)
    whole = layout("hyperboloid", graph, start).run()
    first = layout("hyperboloid", graph, start)
    first.run(15)
    keeper = Checkpoint(tmp_path / "half", fingerprint=first.fingerprint)
    keeper.write(first)
    second = layout("hyperboloid", graph, start)
    assert keeper.resume(second)
    assert second.epoch == 15
    assert np.array_equal(second.run(), whole)
    other = layout("haversine", *started("haversine", 50))
    assert other.fingerprint != first.fingerprint


@pytest.mark.parametrize("name", CURVED)
def test_a_hub_does_not_swing(name):
    """A star: all edges lead to one vertex; synchronous steps must not overshoot."""
    n = 300
    rng = np.random.default_rng(0)
    matrix = np.zeros((n, n), dtype=np.float32)
    matrix[0, 1:] = matrix[1:, 0] = 1.0
    start = surface_start(rng.uniform(0, 10, (n, 2)).astype(np.float32), OUTPUT_METRICS[name])
    run = layout(name, csr_array(matrix), start, n_epochs=200)
    run.run(199)
    before = run.embedding[:1].astype(np.float64)
    after = run.run(200)[:1].astype(np.float64)
    card = OUTPUT_METRICS[name]
    assert card.formula(before, after)[0, 0] < card.formula(before, before)[0, 0] + 0.25
    assert run.loss() < 1.1 * layout(name, csr_array(matrix), start).loss()


def test_points_leave_the_start_but_not_each_other():
    """Two cliques on a sphere: far from each other, near among themselves."""
    n = 40
    matrix = np.zeros((n, n), dtype=np.float32)
    matrix[:20, :20] = matrix[20:, 20:] = 1.0
    np.fill_diagonal(matrix, 0)
    rng = np.random.default_rng(0)
    card = OUTPUT_METRICS["haversine"]
    start = surface_start(rng.uniform(0, 10, (n, 2)).astype(np.float32), card)
    run = layout("haversine", csr_array(matrix), start, n_epochs=200)
    d = card.formula(run.run(), run.embedding)
    assert d[:20, 20:].mean() > 2.5 * max(d[:20, :20].mean(), d[20:, 20:].mean())
    assert d[:20, 20:].mean() > 2.0


def settled(name, rows=12, n_jobs=1, chosen=None):
    rng = np.random.default_rng(5)
    start = started(name, 90)[1]
    card = OUTPUT_METRICS[name]
    y = card.to_coordinates(start)
    neighbors = rng.integers(0, 90, (rows, 15)).astype(np.int32)
    weights = rng.uniform(0, 1, (rows, 15)).astype(np.float32)
    neighbors[3], weights[3] = -1, 0
    keys = rng.integers(0, 2**63, rows).astype(np.uint64)
    take = slice(None) if chosen is None else chosen
    options = LayoutOptions(a=A, b=B, n_epochs=30, seed=4)
    found = settle_on_surface(
        y, neighbors[take], weights[take], keys[take], options, output_metric=card, n_jobs=n_jobs
    )
    return found, y, neighbors, weights


@pytest.mark.parametrize("name", CURVED)
def test_a_row_settles_alone(name):
    together = settled(name, n_jobs=2)[0]
    assert np.isnan(together[3]).all()
    assert np.isfinite(np.delete(together, 3, axis=0)).all()
    for q in range(0, 12, 5):
        alone = settled(name, chosen=slice(q, q + 1))[0]
        assert np.array_equal(alone[0], together[q])
    order = np.random.default_rng(0).permutation(12)
    shuffled = settled(name, chosen=order, n_jobs=3)[0]
    assert np.array_equal(shuffled, together[order], equal_nan=True)


def test_a_point_between_two_sides_of_a_seam_settles_at_the_seam():
    options = LayoutOptions(a=A, b=B, n_epochs=0, seed=0)
    for name, sides in (
        ("torus", [[0.1, 3.0], [2 * np.pi - 0.1, 3.0]]),
        ("haversine", [[1.5, np.pi - 0.1], [1.5, -np.pi + 0.1]]),
    ):
        card = OUTPUT_METRICS[name]
        y = np.array(sides, dtype=np.float32)
        found = settle_on_surface(
            y,
            np.array([[0, 1]], dtype=np.int32),
            np.ones((1, 2), dtype=np.float32),
            np.zeros(1, dtype=np.uint64),
            options,
            output_metric=card,
        )
        np.testing.assert_allclose(card.formula(found, y), 0.1, atol=0.01)


def test_serial_optimisers_are_refused():
    graph, start = started("torus")
    with pytest.raises(ValueError, match="give optimizer='sampled'"):
        layout("torus", graph, start, optimizer="schedule")
