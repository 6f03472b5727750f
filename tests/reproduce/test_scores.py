from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array

from umapkit import quality
from umapkit.reproduce import PAPER, SMALL, Budget
from umapkit.reproduce._few import first_labels, smaller
from umapkit.reproduce._methods import METHODS, Setting
from umapkit.reproduce._scores import edge_loss, score
from umapkit.reproduce._sets import SETS, load_parts, why_missing

DATA = os.environ.get("UMAPKIT_DATA", "")


def test_scores_of_a_fit_are_those_of_the_quality_room(tiny: Budget):
    parts = load_parts("digits", tiny)
    to = Setting(2, 0, tiny, 1, "cpu")
    made = METHODS["pca"].fit(parts, to)
    found = score(parts, made, to)
    points = made.embedding
    assert made.place is not None
    assert made.back is not None
    placed = made.place(parts.new)
    assert parts.labels is not None
    assert found["trustworthiness"] == quality.trustworthiness(parts.rows, points, n_neighbors=5)
    assert found["silhouette"] == quality.silhouette(points, parts.labels)
    for k in (1, 5):
        assert found[f"knn{k}"] == quality.knn_accuracy(
            points, parts.labels, n_neighbors=k, test_embedding=placed, test_y=parts.new_labels
        )
    # In a plane by the paper's k-means, whatever the budget.
    agreed = quality.kmeans_nmi(points, parts.labels, n_seeds=5, n_init=10, sample_size=240)
    assert found["nmi"] == agreed.nmi
    wide = METHODS["pca"].fit(parts, Setting(64, 0, tiny, 1, "cpu"))
    agreed = quality.kmeans_nmi(wide.embedding, parts.labels, n_seeds=1, n_init=1, sample_size=50)
    assert score(parts, wide, Setting(64, 0, tiny, 1, "cpu"))["nmi"] == agreed.nmi
    # Rows and answers in [0, 1], columns by the training rows' range; no answer below 0.
    low, high = parts.rows.min(axis=0), parts.rows.max(axis=0)
    span = np.where(high > low, high - low, 1)
    mean = parts.rows.mean(axis=0, dtype=np.float64)
    axes = np.linalg.svd(parts.rows - mean, full_matrices=False)[2][:2]
    answers = mean + (parts.new - mean) @ axes.T @ axes
    errors = np.maximum((answers - low) / span, 0) - (parts.new - low) / span
    assert found["mse"] == pytest.approx(np.mean(errors**2), rel=1e-4)
    assert 0 < found["embed_ms"] < found["round_trip_ms"]


def test_more_axes_than_columns_are_zeros(tiny: Budget):
    parts = load_parts("moons", tiny)
    made = METHODS["pca"].fit(parts, Setting(5, 0, tiny, 1, "cpu"))
    assert made.embedding.shape == (240, 5)
    assert not made.embedding[:, 2:].any()
    assert made.back is not None
    np.testing.assert_allclose(made.back(made.embedding), parts.scaled(parts.rows), atol=1e-5)


def test_the_loss_of_edges_is_its_expectation():
    generator = np.random.default_rng(0)
    n, a, b = 30, 1.577, 0.895
    weights = np.triu(generator.random((n, n)) * (generator.random((n, n)) < 0.3), 1)
    weights += weights.T
    points = generator.normal(size=(n, 2)).astype(np.float32)
    found = edge_loss(coo_array(weights).tocsr(), a, b, points, seed=0)
    squares = np.square(points[:, None] - points[None]).sum(axis=2).astype(np.float64)
    q = 1 / (1 + a * squares**b)
    share = weights / weights.sum()
    ends = share.sum(axis=1)
    attract = -(share * np.log(np.maximum(q, 1e-4))).sum()
    repel = -(np.outer(ends, ends) * np.log(np.maximum(1 - q, 1e-4))).sum()
    assert found == pytest.approx((attract + 5 * repel) / 6, rel=0.02)


def test_the_first_labels_of_each_class_are_kept():
    labels = np.array([1, 0, 1, 0, 0, 1])
    assert first_labels(labels, "1").tolist() == [1, 0, -1, -1, -1, -1]
    assert first_labels(labels, "2").tolist() == [1, 0, 1, 0, -1, -1]
    assert first_labels(labels, "full").tolist() == labels.tolist()


def test_parts_do_not_overlap_and_a_missing_set_says_what_to_do(tiny: Budget):
    parts = load_parts("digits", tiny)
    assert parts.rows.shape == (240, 64)
    assert parts.new.shape == (50, 64)
    together = np.concatenate([parts.rows, parts.new])
    assert len(np.unique(together, axis=0)) == 290
    assert parts.scaled(parts.rows).min() == 0
    assert parts.scaled(parts.rows).max() == 1
    assert "birdsong stands in" in why_missing("vireo", FileNotFoundError())
    assert "could not be fetched: MNIST" in why_missing("mnist", ConnectionError())
    told = why_missing("mnist", FileNotFoundError("UMAPKIT_DATA=/dta is no folder.\nMore."))
    assert told.endswith("): UMAPKIT_DATA=/dta is no folder.")
    assert "cannot be read: MNIST" in why_missing("mnist", ValueError("another digest"))
    assert all(about.stand_in in {"", *SETS} for about in SETS.values())


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="UMAPKIT_DATA names no folder of data files")
def test_the_papers_sets_have_the_papers_sizes(monkeypatch: pytest.MonkeyPatch):
    for name in ("mnist", "cifar10"):
        if not any(Path(DATA).glob(f"{name}*.npz")):
            pytest.skip(f"UMAPKIT_DATA has no {name}")
    monkeypatch.setenv("UMAPKIT_DATA", DATA)
    parts = load_parts("mnist", PAPER)
    assert parts.rows.shape == (50_000, 784)
    assert parts.new.shape == (10_000, 784)
    assert parts.shape == (1, 28, 28)
    assert parts.whole
    cifar = load_parts("cifar10", PAPER)
    assert cifar.shape == (3, 32, 32)


def test_a_classifier_of_few_labels_says_what_was_smaller():
    assert smaller(40_000, 40_000, PAPER) == ""
    assert smaller(20_000, 40_000, PAPER) == "20,000 of 40,000 rows"
    assert smaller(50_000, 50_000, replace(PAPER, few_steps=10_000)) == "30,000 of 40,000 steps"
    told = smaller(3000, 50_000, SMALL)
    assert told == "width 0.25, 3,000 of 50,000 rows, 300 of 40,000 steps"
