from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from umapkit.quality import neighborhood_preservation


@dataclass(frozen=True)
class Lists:
    indices: np.ndarray
    distances: np.ndarray


def pair(seed, n=200, d=10):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)).astype(np.float32)
    return rows, (rows[:, :2] + 0.3 * rng.normal(size=(n, 2))).astype(np.float32)


def lists_of(rows, columns):
    wide = rows.astype(np.float64)
    distances, indices = NearestNeighbors(n_neighbors=columns).fit(wide).kneighbors()
    own = np.arange(len(rows))[:, None]
    return Lists(
        np.hstack([own, indices]).astype(np.int32),
        np.hstack([np.zeros((len(rows), 1)), distances]).astype(np.float32),
    )


def twin(rows, points, k):
    first, second = lists_of(rows, k).indices[:, 1:], lists_of(points, k).indices[:, 1:]
    return np.mean([len(set(a) & set(b)) / k for a, b in zip(first, second, strict=True)])


@pytest.mark.parametrize("width", [2, 5, 6, 7, 50])
def test_equals_the_overlap_of_scikit_learns_lists(width):
    rows, points = pair(width, d=width)
    for k in (1, 15, 199):
        ours = neighborhood_preservation(rows, points, n_neighbors=k)
        assert ours == pytest.approx(twin(rows, points, k), abs=1e-12)


def test_given_lists_score_as_the_rows_do():
    rows, points = pair(0)
    lists = lists_of(rows, 20)
    for k in (5, 15, 20):
        from_rows = neighborhood_preservation(rows, points, n_neighbors=k)
        assert neighborhood_preservation(None, points, n_neighbors=k, neighbors=lists) == from_rows


def test_gaps_in_given_lists_are_no_neighbours():
    rows, points = pair(0)
    lists = lists_of(rows, 15)
    indices, distances = lists.indices.copy(), lists.distances.copy()
    indices[:, 8:], distances[:, 8:] = -1, np.inf
    gappy = neighborhood_preservation(None, points, neighbors=Lists(indices, distances))
    assert 0 < gappy < neighborhood_preservation(None, points, neighbors=lists)


def test_equal_rows_that_stay_together_make_no_noise():
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(20, 5)), 30, axis=0).astype(np.float32)
    places = np.repeat(rng.normal(size=(20, 2)), 30, axis=0).astype(np.float32)
    mixed = rng.permutation(len(rows))
    assert neighborhood_preservation(rows[mixed], places[mixed], n_neighbors=15) == 1.0
    nudged = places + 1e-4 * rng.normal(size=places.shape).astype(np.float32)
    assert neighborhood_preservation(rows[mixed], nudged[mixed], n_neighbors=15) == 1.0


def test_a_collapsed_map_scores_no_better_than_guessing():
    rows, points = pair(1, n=300)
    assert neighborhood_preservation(rows, np.zeros_like(points)) < 0.15


def test_sample_counts_rows_against_all():
    rows, points = pair(2, n=500)
    whole = neighborhood_preservation(rows, points)
    part = neighborhood_preservation(rows, points, sample_size=250, random_state=1)
    assert part != whole
    assert part == pytest.approx(whole, abs=0.05)
    lists = lists_of(rows, 15)
    listed = neighborhood_preservation(
        None, points, neighbors=lists, sample_size=250, random_state=1
    )
    assert listed == part


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(2, 50))
def test_range_permutation_and_rigid_motion(seed, n):
    rows, points = pair(seed, n=n, d=3)
    k = max(1, (n - 1) // 2)
    value = neighborhood_preservation(rows, points, n_neighbors=k)
    assert 0.0 <= value <= 1.0
    order = np.random.default_rng(seed).permutation(n)
    moved = points[order][:, ::-1] * np.float32(-2)
    assert neighborhood_preservation(rows[order], moved, n_neighbors=k) == pytest.approx(value)
    assert neighborhood_preservation(rows, points, n_neighbors=n - 1) == 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X": None}, "neither"),
        ({"neighbors": lists_of(pair(0, n=20)[0], 15)}, "both"),
        ({"X": None, "neighbors": lists_of(pair(0, n=20)[0], 14)}, "needs 16"),
        ({"X": None, "neighbors": lists_of(pair(0, n=21)[0], 15)}, "20 rows"),
        (
            {"X": None, "neighbors": lists_of(pair(0, n=20)[0], 15), "metric": "cosine"},
            "no use",
        ),
        ({"n_neighbors": 20}, "from 1 to 19"),
        ({"X": np.zeros((19, 2))}, "19 rows"),
    ],
)
def test_bad_input_is_refused_with_words(change, words):
    rows, points = pair(0, n=20)
    given = {"X": rows, "embedding": points} | change
    with pytest.raises(ValueError, match=words):
        neighborhood_preservation(given.pop("X"), given.pop("embedding"), **given)
    with pytest.raises(ValueError, match="no neighbours"):
        neighborhood_preservation([[1.0]], [[1.0]], n_neighbors=1)
