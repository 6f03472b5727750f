"""The theory page: what it quotes is what the script prints; forces are slopes of costs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from umapkit.layout import find_ab
from umapkit.quality import attraction_cost, repulsion_cost

ROOT = Path(__file__).parents[2]
D = np.geomspace(0.03, 30, 50)


@pytest.fixture(scope="module")
def theory():
    spec = importlib.util.spec_from_file_location("theory", ROOT / "examples" / "theory.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def slope(cost, d, h=1e-6):
    return (cost(d * (1 + h)) - cost(d * (1 - h))) / (2 * h * d)


def test_the_page_quotes_what_the_script_prints(theory):
    page = (ROOT / "docs" / "theory.md").read_text()
    for line in theory.lines():
        assert line in page


def test_forces_of_umap_are_slopes_of_its_costs(theory):
    a, b = find_ab(min_dist=0.1, spread=1.0)
    pull, push = theory.umap_forces(D, 0.3, 0.02, a, b)
    near = slope(lambda d: 0.3 * attraction_cost(d, a, b), D)
    far = -slope(lambda d: 0.02 * repulsion_cost(d, a, b), D)
    np.testing.assert_allclose(pull, near, rtol=1e-6)
    np.testing.assert_allclose(push, far, rtol=1e-6)


def test_forces_of_largevis_are_slopes_of_its_costs(theory):
    pull, push = theory.largevis_forces(D, 0.3, 7.0)
    near = slope(lambda d: -0.3 * np.log(1 / (1 + d * d)), D)
    far = -slope(lambda d: -7.0 * np.log(d * d / (1 + d * d)), D)
    np.testing.assert_allclose(pull, near, rtol=1e-6)
    np.testing.assert_allclose(push, far, rtol=1e-6)


def test_forces_of_tsne_add_up_to_the_gradient_of_its_divergence(theory):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(12, 2))
    p = rng.uniform(size=(12, 12))
    np.fill_diagonal(p, 0)
    p = (p + p.T) / (p + p.T).sum()

    def divergence(y):
        w = 1 / (1 + ((y[:, None] - y[None]) ** 2).sum(axis=2))
        np.fill_diagonal(w, 0)
        off = ~np.eye(12, dtype=bool)
        return (p[off] * np.log(p[off] / (w / w.sum())[off])).sum()

    total = (1 / (1 + ((points[:, None] - points[None]) ** 2).sum(axis=2))).sum() - 12
    gradient = np.zeros(2)
    for j in range(1, 12):
        delta = points[0] - points[j]
        d = np.linalg.norm(delta)
        pull, push = theory.tsne_forces(np.array([d]), p[0, j], total)
        gradient += (pull - push) * delta / d
    for axis in range(2):
        step = np.zeros((12, 2))
        step[0, axis] = 1e-6
        numeric = (divergence(points + step) - divergence(points - step)) / 2e-6
        assert gradient[axis] == pytest.approx(numeric, rel=1e-5)


def test_sums_of_weights_have_a_closed_form(theory):
    found = theory.weights()
    n = found["n"]
    # Every degree appears n - 1 times from either side.
    degrees = n * (n - 1) - found["nominal sum"]
    assert found["effective sum"] == pytest.approx(5 * degrees * (n - 1) / n, rel=1e-9)
    assert found["nominal sum"] > 20 * found["effective sum"]
    assert (found["target"] >= found["p"] / (found["p"] + found["push"].max())).all()
