"""Scores of a sample: how often their intervals hold the score of all rows."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.stats import t

from umapkit.quality import (
    Score,
    continuity,
    neighborhood_preservation,
    preservation_curve,
    row_continuity,
    row_preservation,
    row_trustworthiness,
    silhouette,
    trustworthiness,
)


@pytest.fixture(scope="module")
def example():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 2000)
    rows = rng.normal(size=(2000, 6)) + 2 * rng.normal(size=(4, 6))[labels]
    embedding = rows[:, :2] + 0.5 * rng.normal(size=(2000, 2))
    return rows.astype(np.float32), embedding.astype(np.float32), labels


SCORES = {
    "trustworthiness": lambda rows, points, y, **on: trustworthiness(rows, points, **on),
    "continuity": lambda rows, points, y, **on: continuity(rows, points, **on),
    "preservation": lambda rows, points, y, **on: neighborhood_preservation(rows, points, **on),
    "silhouette": lambda rows, points, y, **on: silhouette(points, y, **on),
}


@pytest.mark.parametrize("name", SCORES)
def test_ninety_of_a_hundred_intervals_hold_the_score_of_all_rows(example, name):
    truth = SCORES[name](*example)
    assert truth.exact
    assert truth.low == truth == truth.high
    held = 0
    for seed in range(100):
        score = SCORES[name](*example, sample_size=300, random_state=seed)
        assert not score.exact
        assert score.n_judged == 300
        held += score.low <= truth <= score.high
    assert held >= 90


def test_the_interval_is_students_with_what_the_sample_leaves(example):
    rows, points, _ = example
    on = {"sample_size": 500, "random_state": 3, "confidence": 0.8}
    score = trustworthiness(rows, points, **on)
    parts = row_trustworthiness(rows, points)
    from umapkit._seed import Stage, sample_without_replacement

    drawn = parts[sample_without_replacement(3, Stage.SAMPLE, 2000, 500)]
    reach = t.ppf(0.9, 499) * drawn.std(ddof=1) * np.sqrt((1 - 500 / 2000) / 500)
    assert score == pytest.approx(drawn.mean(), abs=1e-12)
    assert score.low == pytest.approx(drawn.mean() - reach, abs=1e-12)
    assert score.high == pytest.approx(drawn.mean() + reach, abs=1e-12)


def test_a_higher_confidence_and_a_smaller_sample_widen_the_interval(example):
    rows, points, _ = example

    def width(**on):
        score = trustworthiness(rows, points, random_state=1, **on)
        return score.high - score.low

    assert width(sample_size=300, confidence=0.99) > 1.2 * width(sample_size=300)
    assert width(sample_size=150) > 1.2 * width(sample_size=300)


def test_scores_of_rows_have_the_score_of_the_map_as_their_mean(example):
    rows, points, _ = example
    for whole, part in (
        (trustworthiness, row_trustworthiness),
        (continuity, row_continuity),
        (neighborhood_preservation, row_preservation),
    ):
        values = part(rows, points, n_neighbors=7)
        assert values.shape == (2000,)
        assert values.mean() == pytest.approx(whole(rows, points, n_neighbors=7), abs=1e-12)
        assert values.std() > 0


def test_a_curve_holds_what_each_scale_gives(example):
    rows, points, _ = example
    curve = preservation_curve(rows, points, n_neighbors=[3, 40, 10], sample_size=400)
    assert list(curve) == [3, 40, 10]
    for k, score in curve.items():
        alone = neighborhood_preservation(rows, points, n_neighbors=k, sample_size=400)
        assert score == alone
        assert score.low == alone.low


def test_a_score_is_a_float_that_survives_pickling():
    score = Score(0.5, low=0.4, high=0.6, n_judged=7)
    back = pickle.loads(pickle.dumps(score))
    assert back == score
    assert back.to_dict() == score.to_dict()
    assert f"{score:.2f}" == "0.50"
    assert Score(float("nan")).to_dict()["value"] is None


def test_a_sample_of_one_or_of_equals_is_not_called_exact():
    rows = np.arange(400, dtype=np.float32).reshape(200, 2)
    lone = trustworthiness(rows, rows, sample_size=1)
    assert (lone.low, lone.high) == (0.0, 1.0)
    few = trustworthiness(rows, rows, sample_size=50)
    assert few == few.high == 1.0
    assert few.low < 1.0


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 1.5, float("nan"), "high"])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    rows = np.arange(40, dtype=np.float32).reshape(20, 2)
    with pytest.raises((ValueError, TypeError), match="confidence"):
        trustworthiness(rows, rows, confidence=confidence)
    with pytest.raises(ValueError, match="n_neighbors is empty"):
        preservation_curve(rows, rows, n_neighbors=[])
