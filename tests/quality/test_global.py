from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from scipy.stats import spearmanr

from umapkit.quality import centroid_order, distance_correlation, random_triplet_accuracy


def pair(seed, n=60, d=6):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)).astype(np.float32)
    return rows, (rows[:, :2] + 0.5 * rng.normal(size=(n, 2))).astype(np.float32)


def all_triplets(rows, points) -> float:
    a, b = cdist(rows, rows), cdist(points, points)
    agree = total = 0
    for i in range(len(rows)):
        others = [j for j in range(len(rows)) if j != i]
        for j, k in combinations(others, 2):
            agree += (a[i, j] < a[i, k]) == (b[i, j] < b[i, k])
            total += 1
    return agree / total


def test_random_triplets_estimate_the_share_of_all_triplets():
    rows, points = pair(0)
    exact = all_triplets(rows.astype(float), points.astype(float))
    many = random_triplet_accuracy(rows, points, triplets_per_row=3000)
    assert many == pytest.approx(exact, abs=0.01)
    assert many.n_judged == 180_000


def test_intervals_of_triplets_hold_the_share_of_all():
    rows, points = pair(0)
    exact = all_triplets(rows.astype(float), points.astype(float))
    scores = [random_triplet_accuracy(rows, points, random_state=seed) for seed in range(100)]
    assert sum(s.low <= exact <= s.high for s in scores) >= 90
    assert len({float(s) for s in scores}) > 10


def test_triplets_of_three_rows_never_repeat_a_row():
    # With three rows every triplet names all of them; a repeated row would tie.
    rows = np.array([[0.0], [1.0], [3.0]])
    assert random_triplet_accuracy(rows, rows, triplets_per_row=200) == 1.0
    assert random_triplet_accuracy(rows, np.zeros((3, 1)), triplets_per_row=200) == 0.0


@pytest.mark.parametrize("metric", ["cityblock", "chebyshev", "cosine", "correlation", "canberra"])
def test_distances_of_pairs_are_those_of_the_metric(metric):
    rows, points = pair(3)
    found = distance_correlation(rows, points, metric=metric, n_pairs="all")
    ours, theirs = pdist(rows.astype(float), metric), pdist(points.astype(float))
    assert found.pearson == pytest.approx(np.corrcoef(ours, theirs)[0, 1], abs=1e-6)
    assert found.spearman == pytest.approx(spearmanr(ours, theirs).statistic, abs=1e-6)


def test_a_map_without_distances_has_no_correlation():
    rows, _ = pair(4)
    found = distance_correlation(rows, np.zeros((60, 2)))
    assert math.isnan(found.pearson)
    assert found.to_dict()["pearson"] is None


def test_the_order_of_centres_is_that_of_their_distances():
    rows, points = pair(5, n=120)
    y = np.arange(120) % 6
    centres = [np.stack([t[y == c].astype(float).mean(axis=0) for c in range(6)])
               for t in (rows, points)]  # fmt: skip
    found = centroid_order(rows, points, y.astype(str))
    assert found.triplets == pytest.approx(all_triplets(*centres), abs=1e-12)
    expected = spearmanr(pdist(centres[0]), pdist(centres[1])).statistic
    assert found.spearman == pytest.approx(expected, abs=1e-9)
    assert math.isnan(centroid_order(rows, points, y % 2).triplets)
    with pytest.raises(ValueError, match="1 class only"):
        centroid_order(rows, points, np.zeros(120))


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="at least 3"):
        random_triplet_accuracy(np.zeros((2, 2)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="at least 2 rows"):
        distance_correlation(np.zeros((1, 2)), np.zeros((1, 2)))
