"""Scores that read labels: k-nearest-neighbour accuracy and silhouette."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from umapkit.quality import knn_accuracy, silhouette


def labelled(seed, n=300, d=2, classes=4):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    y[:classes] = np.arange(classes)
    points = rng.normal(size=(n, d)) + 1.5 * rng.normal(size=(classes, d))[y]
    return points.astype(np.float32), y


def leave_one_out_twin(points, y, k):
    wide = points.astype(np.float64)
    right = 0
    for i, place in enumerate(wide):
        distance = ((wide - place) ** 2).sum(axis=1)
        distance[i] = np.inf
        votes = np.bincount(y[np.argsort(distance, kind="stable")[:k]])
        right += votes.argmax() == y[i]
    return right / len(points)


@pytest.mark.parametrize("d", [1, 2, 3, 6, 7, 20])
@pytest.mark.parametrize("k", [1, 2, 5, 12])
def test_leave_one_out_is_the_vote_of_the_others(d, k):
    points, y = labelled(d, d=d)
    assert knn_accuracy(points, y, n_neighbors=k) == leave_one_out_twin(points, y, k)


def test_equal_places_vote_by_index():
    points, y = labelled(1)
    points = np.round(points)
    for k in (1, 3, 8):
        assert knn_accuracy(points, y, n_neighbors=k) == leave_one_out_twin(points, y, k)
    assert knn_accuracy(np.zeros_like(points), y) == leave_one_out_twin(0 * points, y, 5)


@pytest.mark.parametrize("d", [2, 3, 20])
@pytest.mark.parametrize("k", [1, 4, 5, 300])
def test_test_points_are_judged_as_scikit_learn_does(d, k):
    points, y = labelled(d, d=d)
    others, truth = labelled(d + 100, d=d)
    theirs = KNeighborsClassifier(k).fit(points.astype(np.float64), y)
    expected = theirs.score(others.astype(np.float64), truth)
    ours = knn_accuracy(points, y, n_neighbors=k, test_embedding=others, test_y=truth)
    assert ours == pytest.approx(expected, abs=1e-12)


def test_labels_may_be_strings_and_unknown_ones_are_errors():
    points, y = labelled(2)
    names = np.array(["d", "c", "b", "a"])[y]
    assert knn_accuracy(points, names, n_neighbors=1) == knn_accuracy(points, y, n_neighbors=1)
    unseen = np.full(10, "z")
    assert knn_accuracy(points, names, test_embedding=points[:10], test_y=unseen) == 0.0
    assert knn_accuracy(points, names.astype(object)) == knn_accuracy(points, names)


@pytest.mark.parametrize("d", [1, 2, 3, 5, 40])
def test_silhouette_equals_scikit_learn(d):
    for seed in range(3):
        points, y = labelled(seed, d=d, classes=2 + 3 * seed)
        theirs = silhouette_score(points.astype(np.float64), y)
        assert silhouette(points, y) == pytest.approx(theirs, abs=1e-6)


def test_silhouette_of_singletons_duplicates_and_far_offsets():
    points, y = labelled(5, classes=6)
    y[y == 5] = 4
    y[0] = 5
    points[50:100] = points[:50]
    for moved in (points, points + np.float32(1e3), points * np.float32(1e25)):
        theirs = silhouette_score(moved.astype(np.float64), y)
        assert silhouette(moved, y) == pytest.approx(theirs, abs=1e-6)
    assert silhouette(np.zeros((10, 2)), [0] * 5 + [1] * 5) == 0.0
    assert silhouette(points * np.float32(1e-30), y) == pytest.approx(
        silhouette(points, y), abs=1e-5
    )
    assert silhouette([[0.0], [1.0], [5.0]], [0, 0, 1]) == pytest.approx(
        silhouette_score([[0.0], [1.0], [5.0]], [0, 0, 1]), abs=1e-6
    )


def test_silhouette_of_a_sample_is_near_the_whole():
    points, y = labelled(6, n=1000)
    whole = silhouette(points, y)
    part = silhouette(points, y, sample_size=500, random_state=3)
    assert part != whole
    assert part == pytest.approx(whole, abs=0.05)
    assert silhouette(points, y, sample_size=1000) == whole


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(5, 80))
def test_range_permutation_and_rigid_motion(seed, n):
    points, y = labelled(seed, n=n, classes=3)
    order = np.random.default_rng(seed).permutation(n)
    moved = points[order][:, ::-1] * np.float32(-2)
    value = silhouette(points, y)
    assert -1.0 <= value <= 1.0
    assert silhouette(moved, y[order]) == pytest.approx(value, abs=1e-7)
    assert silhouette(points, 7 - y) == pytest.approx(value, abs=1e-12)
    accuracy = knn_accuracy(points, y, n_neighbors=3)
    assert 0.0 <= accuracy <= 1.0
    assert knn_accuracy(moved, y[order], n_neighbors=3) == accuracy


@pytest.mark.parametrize("score", [knn_accuracy, silhouette])
@pytest.mark.parametrize(
    ("y", "error", "words"),
    [
        (np.zeros(9), ValueError, r"shape \(9,\)"),
        (np.zeros((10, 1)), ValueError, "one label for each"),
        (np.full(10, np.nan), ValueError, "NaN in row 0"),
        (np.array([1, "a"] * 5, dtype=object), TypeError, "mixes types"),
    ],
)
def test_bad_labels_are_refused_with_words(score, y, error, words):
    with pytest.raises(error, match=words):
        score(np.arange(20.0).reshape(10, 2), y)


@pytest.mark.parametrize("y", [np.zeros(10), np.arange(10)])
def test_silhouette_needs_two_classes_and_not_one_for_each_point(y):
    with pytest.raises(ValueError, match="at least 2 classes"):
        silhouette(np.arange(20.0).reshape(10, 2), y)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_neighbors": 10}, "from 1 to 9"),
        ({"test_embedding": np.zeros((2, 2))}, "both or none"),
        ({"test_y": np.zeros(2)}, "both or none"),
        ({"test_embedding": np.zeros((2, 3)), "test_y": [0, 1]}, "3 columns"),
        ({"test_embedding": np.zeros((2, 2)), "test_y": [0]}, "test_y has shape"),
        (
            {"test_embedding": np.zeros((2, 2)), "test_y": [0, 1], "n_neighbors": 11},
            "from 1 to 10",
        ),
    ],
)
def test_bad_arguments_of_the_vote_are_refused_with_words(change, words):
    with pytest.raises(ValueError, match=words):
        knn_accuracy(np.arange(20.0).reshape(10, 2), np.arange(10) % 2, **change)
    with pytest.raises(ValueError, match="no neighbours"):
        knn_accuracy([[0.0, 0.0]], [1], n_neighbors=1)


def test_test_points_beyond_the_products_of_float32_still_find_all_neighbours():
    rng = np.random.default_rng(0)
    points = (1e-3 * rng.normal(size=(40, 10))).astype(np.float32)
    y = np.arange(40) % 3
    far = np.where(rng.random((5, 10)) < 0.5, 3e38, -3e38).astype(np.float32)
    distance = ((far[:, None].astype(np.float64) - points) ** 2).sum(axis=2)
    near = np.argsort(distance, axis=1, kind="stable")[:, :5]
    truth = np.array([np.bincount(y[row]).argmax() for row in near])
    assert knn_accuracy(points, y, test_embedding=far, test_y=truth) == 1.0
