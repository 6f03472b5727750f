from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit import _kernels
from umapkit.distances import METRICS
from umapkit.neighbors import build_index, find_neighbors

# The metrics that kernels compute on the rows themselves; the others: test_metrics.py.
KERNELS = {
    name: card
    for name, card in METRICS.items()
    if card.kernel is not None and card.space is None and card.finish is None
}
DIMENSIONS = [1, 2, 3, 15, 16, 17, 63, 64, 65, 100, 300, 784]


def rows_for(name, n, d, seed=0):
    rng = np.random.default_rng(seed)
    if name == "hamming":
        return rng.integers(0, 3, (n, d)).astype(np.float32)
    return rng.normal(size=(n, d)).astype(np.float32)


def twin(name, Q, X, k, *, training=False):
    """Neighbours by the formula: sorted by (distance, index), self left out."""
    distances = METRICS[name].formula(Q, X)
    if training:
        np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(distances, order, axis=1)


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("name", KERNELS)
def test_every_metric_agrees_with_its_formula(name, d):
    X, Q = rows_for(name, 75, d), rows_for(name, 37, d, seed=1)
    tolerance = {"atol": 1e-5, "rtol": 1e-5}
    index = build_index(X, n_neighbors=75, metric=name, method="exact")
    _, expected = twin(name, X, X, 74, training=True)
    np.testing.assert_allclose(index.neighbors.distances[:, 1:], expected, **tolerance)
    all_distances = METRICS[name].formula(X, X)
    listed = np.take_along_axis(all_distances, index.neighbors.indices[:, 1:].astype(int), axis=1)
    np.testing.assert_allclose(index.neighbors.distances[:, 1:], listed, **tolerance)
    answer = index.query(Q, 9)
    _, expected = twin(name, Q, X, 9)
    np.testing.assert_allclose(answer.distances, expected, **tolerance)


# Every metric by exact search, and by descent where it has one.
OFFERED = [
    (name, method)
    for name, card in KERNELS.items()
    for method in ("exact", "descent")
    if method == "exact" or card.descent
]


@pytest.mark.parametrize("name", ["euclidean", "manhattan", "chebyshev", "hamming"])
def test_ties_go_to_the_lower_index(name):
    X = np.random.default_rng(3).integers(0, 3, (200, 3)).astype(np.float32)
    found = find_neighbors(X, n_neighbors=20, metric=name, method="exact")
    order, distances = twin(name, X, X, 19, training=True)
    np.testing.assert_array_equal(found.indices[:, 1:], order)
    np.testing.assert_allclose(found.distances[:, 1:], distances, rtol=1e-6)


@pytest.mark.parametrize(("name", "method"), [c for c in OFFERED if c[0] != "inner_product"])
def test_equal_rows_are_at_distance_exactly_zero(name, method):
    X = np.repeat(rows_for(name, 60, 130), 3, axis=0) * np.float32(0.1)
    found = find_neighbors(X, n_neighbors=3, metric=name, method=method, random_state=0)
    assert (found.distances == 0).all()
    assert (found.indices // 3 == np.arange(180)[:, None] // 3).all()
    assert (np.sort(found.indices, axis=1) % 3 == [0, 1, 2]).all()


@pytest.mark.parametrize(("name", "method"), OFFERED)
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_all_equal_rows_give_finite_lists(name, method, value):
    X = np.full((700, 5), value, dtype=np.float32)
    found = find_neighbors(X, n_neighbors=10, metric=name, method=method, random_state=0)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(700))
    np.testing.assert_allclose(found.distances, 0, atol=1e-6)
    assert (np.diff(np.sort(found.indices, axis=1), axis=1) > 0).all()


@pytest.mark.parametrize("n", range(1, 21))
@pytest.mark.parametrize("method", ["exact", "descent"])
def test_tiny_tables(n, method):
    X = np.random.default_rng(n).normal(size=(n, 4)).astype(np.float32)
    index = build_index(X, n_neighbors=n, method=method, random_state=0)
    order, distances = twin("euclidean", X, X, n - 1, training=True)
    np.testing.assert_array_equal(index.neighbors.indices[:, 1:], order)
    np.testing.assert_allclose(index.neighbors.distances[:, 1:], distances, rtol=1e-5)
    assert index.query(X, n).indices.shape == (n, n)
    assert index.method == method
    assert index.recall == 1.0


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 60),
    d=st.integers(1, 40),
    levels=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    method=st.sampled_from(["exact", "descent"]),
    name=st.sampled_from(["euclidean", "cosine", "correlation", "manhattan"]),
)
def test_lists_are_sorted_and_begin_with_the_row_itself(n, d, levels, seed, method, name):
    X = np.random.default_rng(seed).integers(0, levels, (n, d)).astype(np.float32)
    k = min(n, 7)
    found = find_neighbors(X, n_neighbors=k, metric=name, method=method, random_state=seed)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(n))
    assert (found.distances[:, 0] == 0).all()
    ahead = found.distances[:, 2:] > found.distances[:, 1:-1]
    tie = found.distances[:, 2:] == found.distances[:, 1:-1]
    assert (ahead | (tie & (found.indices[:, 2:] > found.indices[:, 1:-1]))).all()
    _, expected = twin(name, X, X, k - 1, training=True)
    np.testing.assert_allclose(found.distances[:, 1:], expected, atol=1e-5)


def test_auto_takes_exact_for_small_tables_and_metrics_without_descent():
    X = np.random.default_rng(0).normal(size=(4096, 4)).astype(np.float32)
    assert build_index(X, n_neighbors=3).method == "exact"
    wide = np.random.default_rng(0).normal(size=(6000, 200)).astype(np.float32)
    assert build_index(wide, n_neighbors=3, metric="chebyshev").method == "exact"
    assert build_index(wide, n_neighbors=3, target_recall=0).method == "descent"


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32, np.uint8, bool])
def test_any_numeric_dtype_and_layout_gives_the_same_lists(dtype):
    X = np.random.default_rng(0).integers(0, 2, (50, 9)).astype(dtype)
    expected = find_neighbors(X.astype(np.float32), n_neighbors=5)
    for same in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.tolist()):
        found = find_neighbors(same, n_neighbors=5)
        np.testing.assert_array_equal(found.indices, expected.indices)
    X.setflags(write=False)
    np.testing.assert_array_equal(find_neighbors(X, n_neighbors=5).indices, expected.indices)


@pytest.mark.parametrize(
    ("X", "arguments", "message"),
    [
        ([[1.0, np.nan], [0, 1]], {}, "row 0, column 1"),
        ([[1.0, 2.0], [np.inf, 1]], {}, "row 1, column 0"),
        (np.zeros((0, 3)), {}, "0 sample"),
        (np.zeros((3, 0)), {}, "at least one"),
        (np.zeros(3), {}, "Expected 2D array"),
        (np.array([["a", "b"]], dtype=object), {}, "numbers"),
        (np.zeros((5, 2)), {"n_neighbors": 6}, "Give 1 to 5"),
        (np.zeros((5, 2)), {"n_neighbors": 0}, "Give 1 to 5"),
        (np.zeros((5, 2)), {"metric": "nearness"}, "not known"),
        (np.zeros((5, 2)), {"method": "guess"}, "'auto', 'exact' or 'descent'"),
        (np.zeros((5, 2)), {"method": "descent", "metric": "hamming"}, "not offered"),
        (np.zeros((5, 2)), {"target_recall": 2}, "from 0 to 1"),
        ([[3e38, 0], [-3e38, 0]], {"metric": "euclidean"}, "Scale the columns"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(X, arguments, message):
    with pytest.raises(ValueError, match=message):
        find_neighbors(X, **{"n_neighbors": 2, **arguments})


def test_bad_queries_are_refused():
    index = build_index(np.eye(4), n_neighbors=2)
    with pytest.raises(ValueError, match="3 columns"):
        index.query(np.zeros((1, 3)), 1)
    with pytest.raises(ValueError, match="Give 1 to 4"):
        index.query(np.eye(4), 5)
    with pytest.raises(ValueError, match="row 0, column 2"):
        index.query([[0, 0, np.nan, 0]], 1)
    assert index.query(np.zeros((0, 4)), 2).indices.shape == (0, 2)


def test_products_that_overflow_are_refused_and_do_not_pass_for_distance_0():
    # All keys are -infinity: no more than those of the empty columns of a panel, either.
    X = (1e38 * np.random.default_rng(0).uniform(2, 3, size=(20, 3))).astype(np.float32)
    with pytest.raises(ValueError, match="too large for float32"):
        find_neighbors(X, n_neighbors=3, metric="inner_product")


def test_rows_too_close_for_float32_are_refused_unless_they_are_copies():
    X = np.random.default_rng(0).normal(size=(30, 4))
    for metric in ("euclidean", "manhattan"):
        with pytest.raises(ValueError, match="too small for float32"):
            find_neighbors(1e-25 * X, n_neighbors=5, metric=metric)
    assert (find_neighbors(np.ones((30, 4)), n_neighbors=5).distances == 0).all()
    assert find_neighbors(1e-25 * X, n_neighbors=5, metric="cosine").distances.max() > 0


def test_exact_search_is_cut_into_blocks_that_change_nothing(monkeypatch):
    X = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    for metric in ("euclidean", "inner_product"):
        whole = find_neighbors(X, n_neighbors=5, metric=metric, method="exact")
        with monkeypatch.context() as patch:
            patch.setattr("umapkit.neighbors._table._BLOCK_WORK", 1.0)
            patch.setattr("umapkit.neighbors._table._LEAST_BLOCK", 7)
            calls = []
            kernel = _kernels.nearest

            def count(*given, kernel=kernel, calls=calls):
                calls.append(len(given[1]))
                return kernel(*given)

            patch.setattr(_kernels, "nearest", count)
            cut = find_neighbors(X, n_neighbors=5, metric=metric, method="exact", n_jobs=1)
        assert calls == [7] * 28 + [4]
        np.testing.assert_array_equal(cut.indices, whole.indices)
        np.testing.assert_array_equal(cut.distances, whole.distances)
