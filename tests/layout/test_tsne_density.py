"""den-SNE: the kernel beside NumPy, and what the layout promises with it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from umapkit.graph import input_radii, joint_affinities
from umapkit.layout import DensityTerm
from umapkit.layout.tsne import TsneLayout, TsneOptions
from umapkit.neighbors import find_neighbors

from .tsne_twins import correlation, correlation_gradient, gradient


@pytest.fixture(scope="module")
def lists():
    return find_neighbors(load_digits().data.astype(np.float32)[:300], n_neighbors=31)


@pytest.fixture(scope="module")
def joint(lists):
    return joint_affinities(lists, perplexity=10)


@pytest.fixture(scope="module")
def radii(joint, lists):
    return input_radii(joint, lists)


def places(d, scale, seed=0):
    return (np.random.default_rng(seed).normal(size=(300, d)) * scale).astype(np.float32)


def wanted(radii):
    return (radii - radii.mean()) / radii.std()


@pytest.mark.parametrize("freedom", [1.0, 0.5, 3.0])
def test_the_twin_is_the_slope_of_the_correlation(joint, radii, freedom):
    dense, y = joint.toarray() > 0, places(2, 2.0).astype(np.float64)
    slope = correlation_gradient(dense, y, wanted(radii), 0.1, freedom)
    for i, axis in ((0, 0), (17, 1), (250, 0)):
        moved = [y.copy(), y.copy()]
        moved[0][i, axis] -= 1e-5
        moved[1][i, axis] += 1e-5
        low, high = (correlation(dense, m, wanted(radii), 0.1, freedom) for m in moved)
        assert (high - low) / 2e-5 == pytest.approx(slope[i, axis], rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("freedom", [1.0, 0.5, 3.0])
@pytest.mark.parametrize("scale", [0.1, 5.0])
def test_one_step_goes_down_the_gradient_of_divergence_and_correlation(
    joint, radii, d, freedom, scale
):
    y = places(d, scale)
    options = TsneOptions(
        n_epochs=1,
        early_epochs=0,
        momentum=0.0,
        learning_rate=1e-3,
        repulsion="exact",
        degrees_of_freedom=freedom,
    )
    term = DensityTerm(radii=radii, weight=30.0, share=1.0)
    layout = TsneLayout(joint, y, options, density=term)
    layout.run()
    # The first gain is 1.2, since nothing has moved yet; a step has a quarter of the gradient.
    dense = joint.toarray().astype(np.float64)
    slope = gradient(dense, y, freedom) - 30.0 * correlation_gradient(
        dense > 0, y.astype(np.float64), wanted(radii), 0.1, freedom
    )
    velocity = layout.state()["velocity"]
    step = -1.2e-3 * slope / 4
    assert np.linalg.norm(velocity - step) < 1e-5 * np.linalg.norm(step)


def test_densities_count_in_the_last_share_of_the_epochs_only(joint, radii):
    options = TsneOptions(n_epochs=50, early_epochs=20)
    term = DensityTerm(radii=radii, weight=0.1, share=0.3)
    plain = TsneLayout(joint, places(2, 1e-4), options)
    dense = TsneLayout(joint, places(2, 1e-4), options, density=term)
    np.testing.assert_array_equal(plain.run(35), dense.run(35))
    assert not np.array_equal(plain.run(36), dense.run(36))
    assert plain.fingerprint != dense.fingerprint
    for nothing in (0.0, 0.1):
        silent = DensityTerm(radii=radii, weight=nothing, share=0.3 if nothing == 0 else 0.0)
        same = TsneLayout(joint, places(2, 1e-4), options, density=silent)
        np.testing.assert_array_equal(same.run(), plain.run())


@pytest.mark.parametrize("method", ["exact", "tree", "grid"])
def test_same_bits_for_any_threads_and_any_halts(joint, radii, method):
    options = TsneOptions(n_epochs=40, early_epochs=10, repulsion=method)
    term = DensityTerm(radii=radii, weight=0.1, share=0.5)

    def made(n_jobs):
        return TsneLayout(joint, places(2, 1e-4), options, density=term, n_jobs=n_jobs)

    whole = made(1).run()
    for n_jobs in (2, 3):
        halting = made(n_jobs)
        for until in (7, 20, 21, 40):
            halting.run(until)
        np.testing.assert_array_equal(halting.embedding, whole)


_PROGRAM = """
import hashlib
import numpy as np
from umapkit.graph import input_radii, joint_affinities
from umapkit.layout import DensityTerm
from umapkit.layout.tsne import TsneLayout, TsneOptions
from umapkit.neighbors import find_neighbors

rows = np.random.default_rng(0).normal(size=(700, 5)).astype(np.float32)
lists = find_neighbors(rows, n_neighbors=31)
joint = joint_affinities(lists, perplexity=10)
for d in (1, 2, 3):
    start = (rows[:, :d] * 1e-4).copy()
    term = DensityTerm(radii=input_radii(joint, lists), weight=0.1, share=0.6)
    for freedom in (1.0, 0.7):
        options = TsneOptions(n_epochs=40, early_epochs=10, degrees_of_freedom=freedom)
        found = TsneLayout(joint, start, options, density=term).run()
        print(hashlib.sha256(found.tobytes()).hexdigest())
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


def test_radii_of_another_graph_are_refused(joint, radii):
    term = DensityTerm(radii=radii[:-1])
    with pytest.raises(ValueError, match="Give one a vertex"):
        TsneLayout(joint, places(2, 1.0), TsneOptions(), density=term)


def test_rows_without_neighbours_and_equal_radii_do_no_harm(joint, radii):
    for some in (np.where(np.arange(300) < 5, np.nan, radii), np.ones(300)):
        term = DensityTerm(radii=some, weight=0.1, share=1.0, var_shift=0.0)
        layout = TsneLayout(joint, places(2, 1e-4), TsneOptions(n_epochs=20), density=term)
        assert np.isfinite(layout.run()).all()
