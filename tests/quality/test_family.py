"""The page of the family: what it quotes is what the script prints; its costs are the papers'."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def family():
    spec = importlib.util.spec_from_file_location("family", ROOT / "examples" / "family.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_quotes_what_the_script_prints(family):
    page = (ROOT / "docs" / "family.md").read_text()
    for line in family.lines():
        assert line in page


def test_input_probabilities_are_those_of_the_equations(family):
    found = family.input_probabilities()
    assert np.exp(np.log(2) * found["UMAP"][1].sum()) == pytest.approx(15, rel=1e-3)  # Eq. 3
    for method, perplexity in (("t-SNE", 30), ("LargeVis", 50)):
        d, p = found[method]
        assert len(d) == 3 * perplexity
        assert p.sum() == pytest.approx(1, rel=1e-6)  # Eq. 18
        assert np.exp(-(p * np.log(p)).sum()) == pytest.approx(perplexity, rel=1e-4)
        slope, height = np.polyfit(d**2, np.log(p), 1)  # -1 / (2 sigma^2)
        assert slope < 0
        np.testing.assert_allclose(np.log(p), slope * d**2 + height, atol=1e-4)


def test_costs_are_those_of_the_equations(family):
    d = np.geomspace(0.05, 20, 40)
    found = family.costs(d)
    q = 1 / (1 + d * d)
    np.testing.assert_allclose(found["LargeVis"][0], -np.log(q), rtol=1e-9)  # Eq. 23
    np.testing.assert_allclose(found["LargeVis"][1], -7 * np.log(1 - q), rtol=1e-9)
    np.testing.assert_allclose(found["t-SNE"][0], -np.log(q), rtol=1e-9)  # Eq. 22
    np.testing.assert_allclose(found["t-SNE"][1], q, rtol=1e-9)
    total = 1e5  # the normaliser grows by 2 q when a pair comes near: both directions
    np.testing.assert_allclose(
        found["t-SNE"][1] * 2 / total, np.log(total + 2 * q) - np.log(total), rtol=1e-4
    )


def test_an_edge_rests_where_its_cost_is_least(family):
    rests = family.rests()
    assert rests["t-SNE"] < 2e-3  # nothing parts a single pair
    assert 0.05 < rests["UMAP"] < rests["LargeVis"]
    w = family.pair_weights()
    # a = b = 1: p s / (1 + s) = 7 push / (1 + s), so d^2 = 7 push / p.
    assert rests["LargeVis"] == pytest.approx(np.sqrt(7 * w["push"] / w["p"]), rel=5e-3)
