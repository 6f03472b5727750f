from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.manifold
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from umapkit import _kernels
from umapkit.quality import continuity, knn_accuracy, silhouette, trustworthiness


def pair(seed, n=300, d=10, noise=1.0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)).astype(np.float32)
    points = (rows[:, :2] + noise * rng.normal(size=(n, 2))).astype(np.float32)
    return rows, points


def order_twin(rows: np.ndarray) -> np.ndarray:
    """Row i: all other rows by (distance, index), in double."""
    wide = rows.astype(np.float64)
    distances = np.stack([((wide - x) ** 2).sum(axis=1) for x in wide])
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :-1]


def trustworthiness_twin(rows, points, k):
    n = len(rows)
    data, near = order_twin(rows), order_twin(points)[:, :k]
    ranks = np.zeros((n, n), dtype=int)
    ranks[np.arange(n)[:, None], data] = np.arange(1, n)
    penalty = np.maximum(np.take_along_axis(ranks, near, axis=1) - k, 0).sum()
    return 1 - 2 * penalty / (n * k * (2 * n - 3 * k - 1))


@pytest.mark.parametrize("k", [1, 5, 30])
@pytest.mark.parametrize("width", [1, 2, 3, 7, 40, 600])
def test_equals_scikit_learn_on_random_rows(width, k):
    rows, points = pair(width, d=max(width, 2))
    rows = np.ascontiguousarray(rows[:, :width])
    theirs = sklearn.manifold.trustworthiness(
        rows.astype(np.float64), points.astype(np.float64), n_neighbors=k
    )
    assert trustworthiness(rows, points, n_neighbors=k) == pytest.approx(theirs, abs=1e-6)
    back = sklearn.manifold.trustworthiness(
        points.astype(np.float64), rows.astype(np.float64), n_neighbors=k
    )
    assert continuity(rows, points, n_neighbors=k) == pytest.approx(back, abs=1e-6)


def test_equals_scikit_learn_in_cosine():
    rows, points = pair(3, d=20)
    theirs = sklearn.manifold.trustworthiness(
        rows.astype(np.float64), points.astype(np.float64), metric="cosine"
    )
    assert trustworthiness(rows, points, metric="cosine") == pytest.approx(theirs, abs=1e-6)
    assert abs(trustworthiness(rows, points) - theirs) > 1e-4


@pytest.mark.parametrize("width", [2, 9, 300])
def test_ties_go_to_the_lower_index(width):
    rng = np.random.default_rng(width)
    rows = rng.integers(0, 2, size=(200, width)).astype(np.float32)
    rows[100:] = rows[:100]
    points = rng.integers(0, 6, size=(200, 2)).astype(np.float32)
    for k in (1, 4, 20):
        twin = trustworthiness_twin(rows, points, k)
        assert trustworthiness(rows, points, n_neighbors=k) == pytest.approx(twin, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1.0, 1e12, 1e30])
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_scale_and_offset_do_not_blur_ranks(scale, offset):
    rows, points = pair(8, n=150, d=12)
    moved = ((rows + np.float32(offset)) * np.float32(scale)).astype(np.float32)
    twin = trustworthiness_twin((moved.astype(np.float64) / scale), points, 5)
    assert trustworthiness(moved, points) == pytest.approx(twin, abs=1e-12)


def test_far_groups_keep_exact_ranks_inside():
    rows, points = pair(9, n=240, d=12)
    rows[::2] += np.float32(3e4)
    twin = trustworthiness_twin(rows, points, 7)
    assert trustworthiness(rows, points, n_neighbors=7) == pytest.approx(twin, abs=1e-12)


def test_wide_maps_are_searched_exactly():
    rows, _ = pair(4, d=30)
    points = np.ascontiguousarray(rows[:, :16])
    theirs = sklearn.manifold.trustworthiness(rows.astype(np.float64), points.astype(np.float64))
    assert trustworthiness(rows, points) == pytest.approx(theirs, abs=1e-6)


def test_sample_is_an_unbiased_part_of_the_whole():
    rows, points = pair(5, n=400)
    whole = trustworthiness(rows, points)
    parts = [trustworthiness(rows, points, sample_size=100, random_state=s) for s in range(40)]
    error = np.std(parts, ddof=1) / math.sqrt(len(parts))
    assert 0 < error < 0.01
    assert abs(np.mean(parts) - whole) < 4 * error
    assert trustworthiness(rows, points, sample_size=400) == whole
    assert trustworthiness(rows, points, sample_size=5000) == whole


def test_smallest_tables_work():
    assert trustworthiness([[0.0], [1.0], [3.0]], [[0.0], [1.0], [3.0]], n_neighbors=1) == 1.0
    for n in range(3, 20):
        rows, points = pair(n, n=n, d=3)
        k = (n - 1) // 2
        twin = trustworthiness_twin(rows, points, k)
        assert trustworthiness(rows, points, n_neighbors=k) == pytest.approx(twin, abs=1e-12)


def test_equal_rows_everywhere_give_a_number():
    same = np.ones((30, 4), dtype=np.float32)
    _, points = pair(0, n=30)
    assert trustworthiness(same, points) == pytest.approx(trustworthiness_twin(same, points, 5))
    assert trustworthiness(points, same) == pytest.approx(trustworthiness_twin(points, same, 5))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(8, 60), k=st.integers(1, 3))
def test_range_permutation_and_rigid_motion(seed, n, k):
    rows, points = pair(seed, n=n, d=4)
    value = trustworthiness(rows, points, n_neighbors=k)
    assert 0.0 <= value <= 1.0
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    assert trustworthiness(rows[order], points[order], n_neighbors=k) == pytest.approx(value)
    mirrored = points[:, ::-1] * np.float32(-4)
    assert trustworthiness(rows, mirrored, n_neighbors=k) == value
    assert trustworthiness(rows * np.float32(0.25), points, n_neighbors=k) == value


def test_any_numeric_layout_is_read():
    rows, points = pair(6, n=50)
    value = trustworthiness(rows, points)
    assert trustworthiness(np.asfortranarray(rows.astype(np.float64)), points.tolist()) == value
    frozen = rows.copy()
    frozen.flags.writeable = False
    assert trustworthiness(frozen, points[::-1][::-1]) == value
    assert trustworthiness(rows.astype(object), points) == value


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"X": np.zeros((9, 2))}, ValueError, "9 rows and embedding has 20"),
        ({"X": np.zeros(20)}, ValueError, "shape"),
        ({"X": np.zeros((20, 0))}, ValueError, "shape"),
        ({"X": np.full((20, 2), np.nan)}, ValueError, "row 0, column 0"),
        ({"X": np.full((20, 2), 1e300)}, ValueError, "float32"),
        ({"embedding": np.full((20, 2), np.inf)}, ValueError, "embedding holds inf"),
        ({"X": np.full((20, 2), "a")}, TypeError, "real numbers"),
        ({"X": np.ones((20, 2)) * 1j}, TypeError, "real numbers"),
        ({"n_neighbors": 10}, ValueError, "from 1 to 9"),
        ({"n_neighbors": 0}, ValueError, "from 1 to 9"),
        ({"n_neighbors": 2.5}, TypeError, "not an integer"),
        ({"metric": "nonsense"}, ValueError, "cosine"),
        ({"metric": "tsss"}, ValueError, "zeros only"),
        ({"sample_size": 0}, ValueError, "sample_size"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
    ],
)
def test_bad_input_is_refused_with_words(change, error, words):
    rows = np.arange(40.0).reshape(20, 2) - np.array([0.0, 1.0])
    rows[3] = 0
    given = {"X": rows, "embedding": np.arange(40.0).reshape(20, 2), "n_neighbors": 5} | change
    with pytest.raises(error, match=words):
        trustworthiness(given.pop("X"), given.pop("embedding"), **given)


@pytest.mark.parametrize("n", [1, 2])
def test_two_rows_are_too_few(n):
    with pytest.raises(ValueError, match="too few"):
        trustworthiness(np.zeros((n, 2)), np.zeros((n, 2)), n_neighbors=1)


def test_cdist_agrees_with_the_order_twin():
    rows, _ = pair(1, n=40)
    table = cdist(rows.astype(np.float64), rows.astype(np.float64), "sqeuclidean")
    np.fill_diagonal(table, np.inf)
    assert np.array_equal(np.argsort(table, axis=1)[:, :-1], order_twin(rows))


def test_blocks_of_queries_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    rows, points = rng.normal(size=(120, 9)), rng.normal(size=(120, 2))
    y = np.arange(120) % 3

    def scores():
        return [
            trustworthiness(rows, points),
            continuity(rows, points),
            silhouette(points, y),
            knn_accuracy(rows, y),
        ]

    whole = scores()
    monkeypatch.setattr("umapkit.quality._near._BLOCK_WORK", 1.0)
    monkeypatch.setattr("umapkit.quality._near._LEAST_BLOCK", 50)
    calls = []
    kernel = _kernels.quality_rank_rows

    def count(*given):
        calls.append(len(given[1]))
        return kernel(*given)

    monkeypatch.setattr(_kernels, "quality_rank_rows", count)
    assert scores() == whole
    assert calls == [50, 50, 20] * 2
