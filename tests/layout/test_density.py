"""The density term of the layout against plain NumPy, and what must not change its bits."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit._seed import Stage, draw, key
from umapkit.layout import (
    DensityTerm,
    Layout,
    LayoutOptions,
    _near,
    find_ab,
    list_radii,
    run_layout,
    settle,
)
from umapkit.layout import _layout as constants
from umapkit.layout._schedule import prune
from umapkit.quality import correlation_gradient, map_radii

from . import twins
from .conftest import symmetric_graph
from .test_sampled import star
from .test_settle import case

A, B = find_ab()
BLOCKS = 2100  # vertices: more than two blocks of the ordered sums


def radii_of(n, seed=0):
    return np.random.default_rng(seed).normal(3.0, 2.0, n)


def density_forces(weights, y, wanted, *, a, b, lam, shift):
    """Forces and springs of density_step.hpp on a dense matrix of weights."""
    edges = weights > 0
    delta = y[:, None] - y[None]
    s = (delta**2).sum(2)
    p = np.maximum(s, 1e-30) ** b
    q = np.where(edges, 1 / (1 + a * p), 0)
    mass = q.sum(1)
    reach = 1e-8 + (q * s).sum(1) / mass
    r = np.log(reach)
    n = len(y)
    data = (wanted - wanted.mean()) / wanted.std()
    variance = r.var() + shift
    slope = (data * r).mean() / variance
    w = data - slope * (r - r.mean())
    by_s = (
        q
        / mass[:, None]
        * ((1 - b * (1 - q)) / reach[:, None] + a * b * p / np.maximum(s, 1e-30) * q)
    )
    both = w[:, None] * by_s
    g = lam * 0.5 * weights.sum() / (n * np.sqrt(variance)) * (both + both.T)
    g = np.where(edges, g, 0)
    bound = 16 * weights[..., None]
    return 2 * np.clip(g[..., None] * delta, -bound, bound).sum(1), 2 * np.abs(g)


def density_epoch(weights, y, v, order, wanted, *, epoch, n_epochs, a, b, seed, lam, shift):
    """One epoch of densMAP, dense from epoch 0 on: sampled.hpp with density_step.hpp."""
    lam = lam * min(1, 2 * (epoch + 1) / n_epochs)
    n, h = len(y), (1 - epoch / n_epochs) * min(1, (epoch + 1) / (0.4 * n_epochs))
    drawn = twins.drawn_share(n, epoch, n_epochs)
    more, springs = density_forces(weights, y, wanted, a=a, b=b, lam=lam, shift=shift)
    velocity = v.copy()
    for i in range(n):
        delta = y[i] - y
        c = twins.attraction((delta**2).sum(1), a, b)
        force = more[i] - 2 * (weights[i][:, None] * np.clip(c[:, None] * delta, -4, 4)).sum(0)
        k = 2 * weights[i] * c + springs[i]
        m = 5 * weights[i].sum()
        runs = twins.runs_of(drawn * m, constants.NEGATIVE_RUNS)
        keys = key(seed, Stage.NEGATIVE, epoch, i)
        for run in range(runs):
            first = int(twins.below(draw(keys, run), n))
            d = y[i] - y[order][(first + np.arange(16)) % n]
            c = twins.repulsion((d**2).sum(1), a, b, 1.0)
            force = force + np.clip(c[:, None] * d, -4, 4).sum(0) * m / (runs * 16)
        pulled = (k[:, None] * v).sum(0) + k.sum() * v[i]
        own = min(h, 6500 / n_epochs / k.sum())
        velocity[i] = own * (force + pulled) / (1 + 2 * own * k.sum())
    return y + velocity, velocity


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_one_density_epoch_agrees_with_numpy(dim):
    graph = symmetric_graph(40, 0.3, dim)
    y = np.random.default_rng(dim).uniform(0, 5, (40, dim)).astype(np.float32)
    term = DensityTerm(radii=radii_of(40), share=1.0)
    layout = Layout(graph, y, LayoutOptions(a=A, b=B, n_epochs=20, seed=3), density=term)
    weights = prune(graph, 20).toarray().astype(np.float64)
    expected, velocity = y.astype(np.float64), np.zeros((40, dim))
    for epoch in range(3):
        expected, velocity = density_epoch(
            weights, expected, velocity, layout._order, radii_of(40), epoch=epoch, n_epochs=20,
            a=A, b=B, seed=3, lam=2.0, shift=0.1,
        )  # fmt: skip
        layout.run(epoch + 1)
        np.testing.assert_allclose(layout.embedding, expected, rtol=5e-4, atol=5e-4)


def test_the_force_is_the_gradient_of_the_correlation():
    """Unclipped: lambda times the sum of memberships, each edge once, times dCorr/dy."""
    n = 50
    graph = symmetric_graph(n, 0.3, 1)
    y = np.random.default_rng(0).normal(0, 3, (n, 2))
    weights = prune(graph, 200).toarray().astype(np.float64)
    wanted = radii_of(n)
    lam = 1e-3  # so small that nothing is clipped
    found, _ = density_forces(weights, y, wanted, a=A, b=B, lam=lam, shift=0.0)
    scaled = csr_array(graph / graph.max())
    slope = correlation_gradient(scaled, y, wanted, A, B)
    np.testing.assert_allclose(found, lam * weights.sum() / 2 * slope, rtol=1e-5, atol=1e-12)


def test_densities_begin_where_umap_learn_begins():
    term = DensityTerm(radii=radii_of(3))
    for n_epochs in (1, 2, 7, 10, 100, 400, 700):
        first = [e for e in range(n_epochs) if (e + 1) / n_epochs > 1.0 - 0.3]
        assert term.first_epoch(n_epochs) == first[0]
    assert DensityTerm(radii=radii_of(3), share=0.0).first_epoch(10) == 10
    assert DensityTerm(radii=radii_of(3), share=1.0).first_epoch(10) == 0
    assert term.first_epoch(0) == 0


def test_before_they_begin_the_map_is_umaps_and_then_it_is_not(small):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=100, seed=1)
    plain = Layout(graph, y, options)
    dense = Layout(graph, y, options, density=DensityTerm(radii=radii_of(40)))
    assert np.array_equal(plain.run(70), dense.run(70))
    assert not np.array_equal(plain.run(71), dense.run(71))


@pytest.mark.parametrize("nothing", [{"weight": 0.0}, {"share": 0.0}])
def test_a_term_of_no_weight_is_plain_umap_to_the_bit(small, nothing):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=50, seed=1)
    dense = Layout(graph, y, options, density=DensityTerm(radii=radii_of(40), **nothing))
    plain = Layout(graph, y, options)
    assert dense.fingerprint == plain.fingerprint
    assert np.array_equal(dense.run(), plain.run())


def test_same_bits_for_any_thread_count():
    graph = symmetric_graph(BLOCKS, 0.005, 0)
    y = np.random.default_rng(0).uniform(0, 10, (BLOCKS, 2)).astype(np.float32)
    term = DensityTerm(radii=radii_of(BLOCKS), share=0.5)
    maps = [
        run_layout(graph, y, a=A, b=B, n_epochs=30, random_state=4, density=term, n_jobs=jobs)
        for jobs in (1, 2, 3)
    ]
    assert np.array_equal(maps[0], maps[1])
    assert np.array_equal(maps[0], maps[2])


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_the_order_in_memory_changes_no_bit(dim, monkeypatch):
    graph = symmetric_graph(BLOCKS, 0.005, 2)
    y = np.random.default_rng(1).uniform(0, 5, (BLOCKS, dim)).astype(np.float32)
    options = LayoutOptions(a=A, b=B, n_epochs=20, seed=2)
    term = DensityTerm(radii=radii_of(BLOCKS))
    plain = Layout(graph, y, options, density=term).run()
    monkeypatch.setattr(_near, "_ORDER_FROM", 1)
    assert np.array_equal(Layout(graph, y, options, density=term).run(), plain)


_PROGRAM = """
import numpy as np
from tests.layout.conftest import symmetric_graph
from umapkit.layout import DensityTerm, run_layout
n = 500
y = np.random.default_rng(0).uniform(0, 10, (n, {dim})).astype(np.float32)
term = DensityTerm(radii=np.random.default_rng(1).normal(size=n))
found = run_layout(
    symmetric_graph(n, .02, 0), y, a=1.5, b=.9, n_epochs=40, random_state=4, density=term)
print(found.tobytes().hex())
"""


@pytest.mark.parametrize("dim", [2, 5])
def test_every_instruction_set_gives_the_same_bits(dim):
    found = set()
    for isa in _kernels.isas_available():
        env = {**os.environ, "UMAPKIT_ISA": isa}
        program = _PROGRAM.format(dim=dim)
        done = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
        )
        found.add(done.stdout)
    assert len(found) == 1


def test_stopping_and_going_on_equals_running_through(small, tmp_path):
    graph, y = small
    term = DensityTerm(radii=radii_of(40))
    options = LayoutOptions(a=A, b=B, n_epochs=100, seed=1)
    whole = Layout(graph, y, options, density=term).run()
    parts = Layout(graph, y, options, density=term)
    for until in (50, 75, 76, 100):
        parts.run(until)
    assert np.array_equal(parts.embedding, whole)


def test_a_checkpoint_goes_on_with_the_same_bits_and_knows_its_densities(small, tmp_path):
    from umapkit.layout import Callback, Checkpoint

    graph, y = small
    arguments = {"a": A, "b": B, "n_epochs": 100, "random_state": 1}
    term = DensityTerm(radii=radii_of(40))
    whole = run_layout(graph, y, density=term, **arguments)
    path = tmp_path / "layout.safetensors"
    stop = Callback(lambda epoch, _: epoch == 85)
    run_layout(graph, y, density=term, observers=stop, checkpoint=path, **arguments)
    other = DensityTerm(radii=radii_of(40), weight=1.0)
    with pytest.raises(ValueError, match="another fit"):
        run_layout(graph, y, density=other, checkpoint=path, **arguments)
    options = LayoutOptions(a=A, b=B, n_epochs=100, seed=1)
    layout = Layout(graph, y, options, density=term)
    assert Checkpoint(path, fingerprint=layout.fingerprint).resume(layout)
    assert layout.epoch == 85
    assert np.array_equal(
        run_layout(graph, y, density=term, checkpoint=path, **arguments), whole
    )  # fmt: skip


def test_densities_are_followed():
    """A graph of two rings of one shape, the one told to be sparse, the other dense."""
    n = 200
    i = np.arange(n)
    links = [(i, (i + step) % n) for step in (1, 2, 3)]
    half = csr_array((n, n), dtype=np.float32)
    for a, b in links:
        half = half + csr_array((np.ones(n, np.float32), (a, b)), shape=(n, n))
    ring = csr_array(half + half.T)
    from scipy.sparse import block_diag

    graph = csr_array(block_diag([ring, ring]))
    graph.sort_indices()
    wanted = np.repeat([0.0, 4.0], n)
    y = np.random.default_rng(0).uniform(0, 10, (2 * n, 2))
    found = run_layout(
        graph, y, a=A, b=B, n_epochs=300, random_state=0, density=DensityTerm(radii=wanted)
    )
    radii = map_radii(graph, found, A, B)
    assert radii[n:].mean() > radii[:n].mean() + 1
    assert np.corrcoef(radii, wanted)[0, 1] > 0.75


def test_vertices_without_edges_stay_and_do_not_count():
    n = 40
    graph = symmetric_graph(n, 0.3, 0)
    wider = csr_array((n + 3, n + 3), dtype=np.float32).tolil()
    wider[:n, :n] = graph
    wider = csr_array(wider)
    y = np.random.default_rng(0).uniform(0, 10, (n + 3, 2)).astype(np.float32)
    radii = np.append(radii_of(n), [np.nan, np.nan, 1e6])
    options = {"a": A, "b": B, "n_epochs": 50, "random_state": 0, "negative_sample_rate": 0}
    found = run_layout(wider, y, density=DensityTerm(radii=radii), **options)
    alone = run_layout(graph, y[:n], density=DensityTerm(radii=radii[:n]), **options)
    assert np.array_equal(found[n:], y[n:])
    np.testing.assert_array_equal(found[:n], alone)


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_hard_cases_stay_finite(small, shift):
    graph, y = small
    options = {"a": A, "b": B, "n_epochs": 60, "random_state": 0}
    same = np.full_like(y, 3.0)
    for start in (y, same, 1e6 * y):
        for radii in (radii_of(40), np.full(40, 2.0), np.full(40, np.nan)):
            term = DensityTerm(radii=radii, share=1.0, var_shift=shift, weight=50.0)
            assert np.isfinite(run_layout(graph, start, density=term, **options)).all()
    pair = csr_array(np.array([[0, 1], [1, 0]], dtype=np.float32))
    term = DensityTerm(radii=np.array([0.0, 1.0]), share=1.0, var_shift=shift)
    assert np.isfinite(run_layout(pair, y[:2], density=term, **options)).all()
    hub = star(300)
    term = DensityTerm(radii=radii_of(300), share=1.0, var_shift=shift)
    start = np.random.default_rng(0).uniform(0, 10, (300, 2))
    found = run_layout(hub, start, density=term, **options)
    assert np.abs(found).max() < 200


def test_what_cannot_be_is_refused(small):
    graph, y = small
    options = {"a": A, "b": B, "n_epochs": 5}
    with pytest.raises(ValueError, match="39 radii"):
        run_layout(graph, y, density=DensityTerm(radii=radii_of(39)), **options)
    with pytest.raises(ValueError, match="optimizer='sampled'"):
        run_layout(
            graph, y, density=DensityTerm(radii=radii_of(40)), optimizer="schedule", **options
        )
    for wrong, name in (
        ({"weight": -1.0}, "dens_lambda"),
        ({"weight": np.inf}, "dens_lambda"),
        ({"share": 1.5}, "dens_frac"),
        ({"share": np.nan}, "dens_frac"),
        ({"var_shift": -0.1}, "dens_var_shift"),
    ):
        with pytest.raises(ValueError, match=name):
            DensityTerm(radii=radii_of(40), **wrong)
    with pytest.raises(ValueError, match="one number a vertex"):
        DensityTerm(radii=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="one radius a row"):
        settle(*case(), a=A, b=B, n_epochs=1, radii=np.zeros(3))


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_radii_of_lists_agree_with_numpy(dim):
    y, lists, *_ = case(dim, rows=50, k=7)
    points = np.random.default_rng(0).uniform(0, 10, (50, dim)).astype(np.float32)
    lists[3] = -1
    lists[4, 2:] = -1
    found = list_radii(points, y, lists, a=A, b=B, n_jobs=2)
    s = ((points[:, None].astype(np.float64) - y[np.maximum(lists, 0)]) ** 2).sum(2)
    q = np.where(lists >= 0, 1 / (1 + A * s**B), 0)
    with np.errstate(invalid="ignore"):
        expected = np.log(1e-8 + (q * s).sum(1) / q.sum(1))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.isnan(found[3])
    at_home = list_radii(y[:1], y, np.zeros((1, 2), dtype=np.int32), a=A, b=B)
    np.testing.assert_allclose(at_home, np.log(1e-8))


def settled(y, order, neighbors, weights, keys, start, wanted, *, n_epochs, kappa):
    """settle.hpp with density_settle.hpp."""
    places = start.astype(np.float64)
    for i in range(len(places)):
        w, near = weights[i].astype(np.float64), y[neighbors[i]].astype(np.float64)
        m = 5 * w.sum()
        runs = twins.runs_of(m, constants.NEGATIVE_RUNS)
        for t in range(n_epochs):
            rate = 1 - t / n_epochs
            delta = places[i] - near
            s = (delta**2).sum(1)
            c = twins.attraction(s, A, B)
            force = -2 * (w[:, None] * np.clip(c[:, None] * delta, -4, 4)).sum(0)
            stiffness = 2 * (w * c).sum()
            k = key(5, Stage.TRANSFORM, t, keys[i])
            for r in range(runs):
                first = int(twins.below(draw(k, r), len(y)))
                d = places[i] - y[order][(first + np.arange(16)) % len(y)]
                push = twins.repulsion((d**2).sum(1), A, B, 1.0)
                force = force + np.clip(push[:, None] * d, -4, 4).sum(0) * m / (runs * 16)
            q = np.where(w > 0, 1 / (1 + A * s**B), 0)
            reach = 1e-8 + (q * s).sum() / q.sum()
            by_s = q / q.sum() * ((1 - B * (1 - q)) / reach + A * B * s ** (B - 1) * q)
            slope = 2 * (by_s[:, None] * delta).sum(0)
            if not np.isnan(wanted[i]):
                pull = kappa * w.sum() * (wanted[i] - np.log(reach)) * slope
                force = force + np.clip(pull, -4 * w.sum(), 4 * w.sum())
                stiffness += kappa * w.sum() * (slope**2).sum()
            places[i] += rate / (1 + rate * stiffness) * force
    return places


@pytest.mark.parametrize("dim", [1, 2, 9])
def test_settling_towards_radii_agrees_with_numpy(dim):
    y, neighbors, weights, start, keys = case(dim, k=20)
    wanted = np.random.default_rng(1).normal(1.0, 1.0, len(start))
    wanted[2] = np.nan
    order = np.argsort(draw(key(5, Stage.SHUFFLE, 0, np.arange(len(y))), 0), kind="stable")
    found = settle(
        y, neighbors, weights, start, keys, a=A, b=B, n_epochs=10, seed=5, radii=wanted,
        density_weight=1.5,
    )  # fmt: skip
    expected = settled(
        y, order, neighbors, weights, keys, start, wanted, n_epochs=10, kappa=1.5
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=2e-3)
    plain = settle(y, neighbors, weights, start, keys, a=A, b=B, n_epochs=10, seed=5)
    assert np.array_equal(found[2], plain[2])
    assert not np.array_equal(found[1], plain[1])
