from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits

from umapkit.graph import joint_affinities
from umapkit.layout import Callback, LayoutInterrupted
from umapkit.layout.tsne import FrozenField, TsneLayout, TsneOptions, settle_tsne
from umapkit.neighbors import find_neighbors

from .tsne_twins import descend, divergence, gradient, repulsion, settle

DIMENSIONS = (1, 2, 3)


@pytest.fixture(scope="module")
def rows():
    return load_digits().data.astype(np.float32)[:600]


@pytest.fixture(scope="module")
def joint(rows):
    return joint_affinities(find_neighbors(rows, n_neighbors=31), perplexity=10)


def places(n, d, scale, seed=0):
    return (np.random.default_rng(seed).normal(size=(n, d)) * scale).astype(np.float32)


def apart(mine, theirs):
    return np.linalg.norm(mine - theirs) / np.linalg.norm(theirs)


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("scale", [1e-4, 1.0, 20.0])
def test_exact_gradient_and_divergence_equal_numpys(joint, d, scale):
    y = places(600, d, scale)
    dense = joint.toarray().astype(np.float64)
    layout = TsneLayout(joint, y, TsneOptions(repulsion="exact"), n_jobs=2)
    assert apart(layout.gradient("exact"), gradient(dense, y)) < 1e-5
    assert abs(layout.divergence("exact") - divergence(dense, y)) < 1e-5
    assert layout.loss() == layout.divergence("exact")


@pytest.mark.parametrize(
    ("freedom", "method"),
    [(0.01, "exact"), *((f, m) for f in (0.5, 3.0) for m in ("exact", "tree", "grid"))],
)
def test_other_tails_have_their_own_gradient(joint, freedom, method):
    y = places(600, 2, 3.0)
    dense = joint.toarray().astype(np.float64)
    layout = TsneLayout(joint, y, TsneOptions(degrees_of_freedom=freedom))
    near = 1e-5 if method == "exact" else 1e-2
    assert apart(layout.gradient(method), gradient(dense, y, freedom)) < near
    assert abs(layout.divergence(method) - divergence(dense, y, freedom)) < near


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("scale", [1e-4, 0.1, 1.0, 5.0])
@pytest.mark.parametrize("method", ["tree", "grid"])
def test_tree_and_grid_repel_within_a_hundredth_of_all_pairs(joint, d, scale, method):
    y = places(600, d, scale)
    layout = TsneLayout(joint, y, TsneOptions())
    exact = gradient(joint.toarray().astype(np.float64), y)
    assert apart(layout.gradient(method), exact) < 1e-2


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("theta", [0.2, 0.5, 0.8])
def test_the_tree_errs_by_the_cube_of_theta(joint, d, theta):
    y = places(600, d, 3.0)
    exact = gradient(joint.toarray().astype(np.float64), y)
    found = TsneLayout(joint, y, TsneOptions(theta=theta)).gradient("tree")
    assert apart(found, exact) < 0.04 * theta**3 + 1e-5


@pytest.mark.parametrize("theta", [0.9, 1.2, 2.0])
def test_large_cells_still_repel(joint, theta):
    """Beyond what a series of two terms can tell, masses alone count."""
    y = places(600, 3, 3.0)
    exact = gradient(joint.toarray().astype(np.float64), y)
    found = TsneLayout(joint, y, TsneOptions(theta=theta)).gradient("tree")
    assert apart(found, exact) < 0.1 * theta


def test_the_gradient_is_that_of_the_divergence(joint):
    y = places(600, 2, 2.0)
    layout = TsneLayout(joint, y, TsneOptions())
    slope = layout.gradient("exact")
    for i in (0, 17):
        cost = []
        for step in (-0.05, 0.05):
            moved = y.copy()
            moved[i, 1] += np.float32(step)
            cost.append(divergence(joint.toarray().astype(np.float64), moved))
        np.testing.assert_allclose((cost[1] - cost[0]) / 0.1, slope[i, 1], rtol=0.02, atol=1e-6)


def test_a_tree_with_theta_0_is_exact(joint):
    y = places(600, 2, 5.0)
    layout = TsneLayout(joint, y, TsneOptions(theta=0.0))
    assert apart(layout.gradient("tree"), gradient(joint.toarray().astype(np.float64), y)) < 1e-5


@pytest.mark.parametrize("method", ["exact", "tree", "grid"])
def test_points_at_one_place_do_not_push_each_other(method):
    pair = csr_array(np.array([[0, 0.5], [0.5, 0]], dtype=np.float32))
    layout = TsneLayout(pair, np.zeros((2, 2)), TsneOptions(repulsion=method, n_epochs=5))
    np.testing.assert_allclose(layout.gradient(method), 0.0, atol=1e-6)
    assert abs(layout.loss()) < 1e-5
    assert np.isfinite(layout.run()).all()


def test_steps_are_those_of_gradient_descent_with_gains(joint):
    y = places(600, 2, 1e-2)
    options = TsneOptions(
        n_epochs=15, early_epochs=15, early_exaggeration=4.0, early_momentum=0.6, repulsion="exact"
    )
    mine = TsneLayout(joint, y, options).run()
    theirs = descend(
        joint.toarray().astype(np.float64), y, 15, exaggeration=4.0, rate=600 / 4, momentum=0.6
    )
    assert apart(mine, theirs) < 1e-3


@pytest.mark.parametrize("method", ["exact", "tree", "grid"])
@pytest.mark.parametrize("d", DIMENSIONS)
def test_same_bits_for_any_number_of_threads_and_any_stops(joint, method, d):
    if (method, d) == ("grid", 3):
        scale, epochs = 1e-4, 12
    else:
        scale, epochs = 1e-4, 40
    y = places(600, d, scale)
    options = TsneOptions(n_epochs=epochs, early_epochs=20, repulsion=method)
    once = TsneLayout(joint, y, options, n_jobs=1).run()
    for n_jobs in (2, 3):
        layout = TsneLayout(joint, y, options, n_jobs=n_jobs)
        layout.run(7)
        layout.run(23)
        np.testing.assert_array_equal(layout.run(), once)


_PROGRAM = """
import hashlib, numpy as np
from umapkit.graph import joint_affinities
from umapkit.layout.tsne import FrozenField, TsneLayout, TsneOptions, settle_tsne
from umapkit.neighbors import build_index, widen

rng = np.random.default_rng(0)
rows = rng.normal(size=(700, 6)).astype(np.float32)
near = widen(build_index(rows, n_neighbors=16, method="descent", random_state=0), 31)
joint = joint_affinities(near, perplexity=[4, 10])
print(hashlib.sha256(joint.data.tobytes() + joint.indices.tobytes()).hexdigest())
for d in (1, 2, 3):
    start = (rng.normal(size=(700, d)) * 1e-4).astype(np.float32)
    for method in ("exact", "tree", "grid"):
        for freedom in (1.0, 0.7):
            epochs = 40 if d < 3 else 5
            options = TsneOptions(
                n_epochs=epochs, early_epochs=epochs // 2, repulsion=method,
                degrees_of_freedom=freedom,
            )
            layout = TsneLayout(joint, start, options, n_jobs=2)
            found = layout.run()
            print(d, method, freedom, hashlib.sha256(found.tobytes()).hexdigest(), layout.loss())
    field = FrozenField.of(found, degrees_of_freedom=1.0)
    print(hashlib.sha256(settle_tsne(
        field, near.indices[:, :5].copy(), np.full((700, 5), 0.2, np.float32), found + 0.1,
        n_epochs=20, exaggeration=1.5, learning_rate=0.1, momentum=0.8).tobytes()).hexdigest())
"""


def test_same_bits_from_every_instruction_set():
    from umapkit import _kernels

    found = set()
    for isa in _kernels.isas_available():
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", _PROGRAM],
            env={**os.environ, "UMAPKIT_ISA": isa},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.add(done.stdout)
    assert len(found) == 1


def test_the_divergence_falls_and_is_not_exaggerated(joint):
    y = places(600, 2, 1e-4)
    layout = TsneLayout(joint, y, TsneOptions(n_epochs=300, early_epochs=100))
    costs = []
    layout.run(observers=Callback(lambda epoch, _: costs.append(layout.loss()), every=100))
    assert costs[0] > costs[1] > costs[2]
    dense = joint.toarray().astype(np.float64)
    np.testing.assert_allclose(costs[2], divergence(dense, layout.embedding), atol=1e-3)


def test_an_interrupt_leaves_the_last_map(joint):
    def stop(epoch, _):
        raise KeyboardInterrupt

    layout = TsneLayout(joint, places(600, 2, 1e-4), TsneOptions(n_epochs=20))
    with pytest.raises(LayoutInterrupted) as caught:
        layout.run(observers=Callback(stop, every=10))
    assert caught.value.epoch == 10
    whole = TsneLayout(joint, places(600, 2, 1e-4), TsneOptions(n_epochs=20)).run()
    np.testing.assert_array_equal(layout.run(), whole)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that raise signals")
def test_a_signal_amid_the_steps_leaves_the_map_and_the_number_of_its_epoch(joint):
    options = TsneOptions(n_epochs=100_000, early_epochs=100_000, repulsion="exact")
    layout = TsneLayout(joint, places(600, 2, 1e-4), options)
    kept = signal.signal(signal.SIGALRM, signal.default_int_handler)  # as Ctrl-C
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(LayoutInterrupted) as caught:
            layout.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)
    epoch = caught.value.epoch
    assert epoch == layout.epoch > 0
    again = TsneLayout(joint, places(600, 2, 1e-4), options)
    np.testing.assert_array_equal(again.run(epoch), caught.value.embedding)
    np.testing.assert_array_equal(layout.run(epoch + 5), again.run(epoch + 5))


def test_a_tolerance_stops_a_settled_layout_after_the_exaggeration(joint):
    options = TsneOptions(n_epochs=600, early_epochs=50)
    layout = TsneLayout(joint, places(600, 2, 1e-4), options)
    layout.run(tol=0.05)
    assert 50 < layout.epoch < 600
    np.testing.assert_array_equal(
        layout.embedding, TsneLayout(joint, places(600, 2, 1e-4), options).run(layout.epoch)
    )


def test_a_repulsion_that_is_not_known_is_refused(joint):
    layout = TsneLayout(joint, places(600, 2, 1e-4), TsneOptions())
    for measure in (layout.divergence, layout.gradient):
        with pytest.raises(ValueError, match=r"'auto' is not known here\. Give one of 'exact'"):
            measure("auto")


@pytest.mark.parametrize("d", DIMENSIONS)
def test_new_points_settle_as_in_numpy(joint, d):
    map_ = places(600, d, 5.0)
    rng = np.random.default_rng(1)
    neighbors = rng.integers(0, 600, (20, 5)).astype(np.int32)
    weights = rng.dirichlet(np.ones(5), 20).astype(np.float32)
    # One start lies outside of the map's box.
    start = np.concatenate([places(19, d, 5.0, seed=2), np.full((1, d), 60, np.float32)])
    numbers = {"exaggeration": 1.5, "momentum": 0.8}
    field = FrozenField.of(map_, degrees_of_freedom=1.0)
    mine = settle_tsne(field, neighbors, weights, start, n_epochs=30, learning_rate=0.1, **numbers)
    theirs = settle(map_, neighbors, weights, start, 30, rate=0.1, **numbers)
    np.testing.assert_allclose(mine, theirs, atol=0.02)
    alone = settle_tsne(
        field, neighbors[3:4], weights[3:4], start[3:4], n_epochs=30, learning_rate=0.1, **numbers
    )
    np.testing.assert_array_equal(alone, mine[3:4])


def test_repulsion_of_clustered_points_is_within_a_hundredth(joint):
    rng = np.random.default_rng(3)
    centres = rng.uniform(-60, 60, (30, 2))
    y = (centres[rng.integers(0, 30, 600)] + rng.normal(size=(600, 2))).astype(np.float32)
    layout = TsneLayout(joint, y, TsneOptions())
    _, pushed, _ = layout._measure("grid")
    theirs, _ = repulsion(y)
    assert apart(pushed, theirs) < 1e-2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_epochs": -1}, "whole number"),
        ({"early_exaggeration": float("nan")}, "number from 0"),
        ({"degrees_of_freedom": 0.0}, "number from 0.01"),
        ({"learning_rate": float("inf")}, "number from 0"),
        ({"momentum": 1.0}, "number from 0"),
        ({"repulsion": "fft"}, "not known"),
    ],
)
def test_numbers_out_of_range_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        TsneOptions(**change)


def test_what_is_no_start_or_graph_is_refused(joint):
    options = TsneOptions()
    for start in (np.zeros((5, 2)), np.zeros((600, 4)), np.zeros(600)):
        with pytest.raises(ValueError, match="t-SNE needs"):
            TsneLayout(joint, start, options)
    with pytest.raises(ValueError, match="not finite"):
        TsneLayout(joint, np.full((600, 2), np.nan), options)
    with pytest.raises(ValueError, match="no vertices"):
        TsneLayout(csr_array((0, 0)), np.zeros((0, 2)), options)
    with pytest.raises(ValueError, match="square"):
        TsneLayout(csr_array((3, 4)), np.zeros((3, 2)), options)
    with pytest.raises(ValueError, match="negative or not finite"):
        TsneLayout(csr_array(-np.eye(3)), np.zeros((3, 2)), options)
    with pytest.raises(TypeError, match="Give a number"):
        TsneOptions(theta="x")  # pyright: ignore[reportArgumentType]
