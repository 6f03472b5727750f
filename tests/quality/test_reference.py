"""Scores against zadu's, on a map whose figures zadu wrote down."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from umapkit.quality import (
    continuity,
    coranking,
    distance_correlation,
    neighborhood_preservation,
    silhouette,
    trustworthiness,
)

FILE = Path(__file__).parents[1] / "reference" / "zadu_scores.json"


@pytest.fixture(scope="module")
def theirs() -> dict[str, float]:
    return json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def example():
    """The rows of make_zadu_scores.py."""
    rng = np.random.default_rng(7)
    labels = np.arange(240) % 4
    rows = rng.normal(size=(240, 9)) + 2 * rng.normal(size=(4, 9))[labels]
    embedding = rows[:, :2] + 0.3 * rng.normal(size=(240, 2)) + np.sin(rows[:, 2:4])
    return rows.astype(np.float32), embedding.astype(np.float32), labels


@pytest.mark.parametrize("k", [5, 20, 60])
def test_neighbour_scores_are_those_of_zadu(theirs, example, k):
    rows, embedding, _ = example
    of = {"n_neighbors": k}
    assert trustworthiness(rows, embedding, **of) == pytest.approx(
        theirs[f"trustworthiness {k}"], abs=1e-6
    )
    assert continuity(rows, embedding, **of) == pytest.approx(theirs[f"continuity {k}"], abs=1e-6)
    curve = coranking(rows, embedding, sample_size=None)
    assert curve.lcmc[k - 1] == pytest.approx(theirs[f"lcmc {k}"], abs=1e-6)
    # Without ties, the share kept is the same thing before chance is taken off.
    kept = neighborhood_preservation(rows, embedding, **of)
    assert kept - k / 239 == pytest.approx(theirs[f"lcmc {k}"], abs=1e-6)


def test_distances_of_all_pairs_correlate_as_zadu_says(theirs, example):
    rows, embedding, _ = example
    found = distance_correlation(rows, embedding, n_pairs="all")
    assert found.n_pairs == 240 * 239 // 2
    assert found.pearson == pytest.approx(theirs["pearson"], abs=1e-6)
    assert found.spearman == pytest.approx(theirs["spearman"], abs=1e-6)
    drawn = distance_correlation(rows, embedding, n_pairs=20_000)
    assert drawn.pearson == pytest.approx(theirs["pearson"], abs=0.02)
    assert drawn.spearman == pytest.approx(theirs["spearman"], abs=0.02)


def test_silhouette_is_that_of_zadu(theirs, example):
    _, embedding, labels = example
    assert silhouette(embedding, labels) == pytest.approx(theirs["silhouette"], abs=1e-6)
