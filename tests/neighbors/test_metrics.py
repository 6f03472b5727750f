from __future__ import annotations

import itertools

import numpy as np
import pytest

from umapkit.distances import METRICS, resolve_metric
from umapkit.neighbors import (
    NeighborIndex,
    _table,
    build_index,
    estimate_recall,
    find_neighbors,
)

KEYWORDS = {
    "minkowski": {"p": 3},
    "wminkowski": {"w": np.linspace(0, 2, 6), "p": 1.5},
    "dtw": {"shape": (3, 2)},
    "gower": {"categorical": np.arange(6) > 3},
    "kantorovich": {"cost": np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))},
    "sinkhorn": {"cost": 1 - np.eye(6)},
}
OTHERS = [
    name
    for name, card in METRICS.items()
    if card.kernel is None or card.space is not None or card.finish is not None
]
DESCENT = [name for name in OTHERS if METRICS[name].descent]


EVERY = list(METRICS)
EVERY_DESCENT = [name for name in EVERY if METRICS[name].descent]


def rows_for(name, n, seed=0):
    rng = np.random.default_rng(seed)
    if name == "haversine":
        return rng.uniform(-1.5, 1.5, (n, 2)).astype(np.float32)
    if name in ("bit_hamming", "bit_jaccard"):
        return rng.integers(0, 256, (n, 6)).astype(np.float32)
    if METRICS[name].formula.__class__.__name__ == "FromCounts":
        return (rng.random((n, 6)) < 0.5).astype(np.float32)
    if name == "ll_dirichlet":
        return rng.integers(0, 9, (n, 6)).astype(np.float32) + np.eye(6, dtype=np.float32)[0]
    rows = rng.random((n, 6)).astype(np.float32)
    if name == "poincare":
        return rows / 4
    if name == "gower":
        rows[:, 4:] = rng.integers(0, 3, (n, 2))
    if METRICS[name].missing:
        rows[rng.random((n, 6)) < 0.2] = np.nan
        rows[:, 0] = rng.random(n)
    return rows


def built(name, X, **arguments):
    return build_index(X, metric=name, metric_kwds=KEYWORDS.get(name), **arguments)


@pytest.mark.parametrize("name", OTHERS)
def test_exact_search_agrees_with_the_formula(name):
    X, Q = rows_for(name, 90), rows_for(name, 20, seed=1)
    index = built(name, X, n_neighbors=12, method="exact")
    far = index.metric.between(X, X)
    np.fill_diagonal(far, np.inf)
    found = index.neighbors
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(90))
    expected = np.sort(far, axis=1)[:, :11]
    np.testing.assert_allclose(found.distances[:, 1:], expected, rtol=1e-5, atol=1e-6)
    listed = np.take_along_axis(far, found.indices[:, 1:].astype(int), axis=1)
    np.testing.assert_allclose(found.distances[:, 1:], listed, rtol=1e-5, atol=1e-6)
    ahead = found.distances[:, 2:] > found.distances[:, 1:-1]
    tie = found.distances[:, 2:] == found.distances[:, 1:-1]
    assert (ahead | (tie & (found.indices[:, 2:] > found.indices[:, 1:-1]))).all()
    expected = np.sort(index.metric.between(Q, X), axis=1)[:, :9]
    np.testing.assert_allclose(index.query(Q, 9).distances, expected, rtol=1e-5, atol=1e-6)
    assert (index.method, index.recall) == ("exact", 1.0)


@pytest.mark.parametrize(
    ("name", "method"),
    [*itertools.product(EVERY, ["exact"]), *itertools.product(EVERY_DESCENT, ["descent"])],
)
def test_the_same_bits_for_any_number_of_threads_alone_and_after_saving(name, method):
    X, Q = rows_for(name, 300), rows_for(name, 9, seed=1)
    first, *others = (
        built(name, X, n_neighbors=5, method=method, random_state=0, n_jobs=n) for n in (1, 2, 3)
    )
    answer = first.query(Q, 4, n_jobs=1)
    arrays, numbers = first.state_arrays()
    assert all(type(x) in (int, float, str) for x in numbers.values())
    for index in (*others, NeighborIndex.from_state(arrays, numbers)):
        np.testing.assert_array_equal(index.neighbors.indices, first.neighbors.indices)
        np.testing.assert_array_equal(index.neighbors.distances, first.neighbors.distances)
        same, turned = index.query(Q, 4, n_jobs=3), index.query(Q[::-1], 4)
        np.testing.assert_array_equal(same.distances, answer.distances)
        np.testing.assert_array_equal(same.indices, answer.indices)
        np.testing.assert_array_equal(turned.distances[::-1], answer.distances)
        np.testing.assert_array_equal(turned.indices[::-1], answer.indices)
    for row in range(len(Q)):
        alone = first.query(Q[row : row + 1], 4)
        np.testing.assert_array_equal(alone.distances, answer.distances[row : row + 1])
        np.testing.assert_array_equal(alone.indices, answer.indices[row : row + 1])


@pytest.mark.parametrize("name", DESCENT)
def test_descent_finds_the_neighbours_of_the_metric(name):
    X = rows_for(name, 1500)
    index = built(name, X, n_neighbors=10, method="descent", random_state=0)
    recall = estimate_recall(
        X, index.neighbors, metric=name, metric_kwds=KEYWORDS.get(name), sample_size=300
    )
    assert recall > 0.95
    assert index.recall == pytest.approx(recall, abs=0.05)


# The plan of "sinkhorn" spreads: equal rows are apart.
@pytest.mark.parametrize("name", [name for name in OTHERS if name != "sinkhorn"])
def test_equal_rows_are_at_distance_exactly_zero(name):
    X = np.repeat(rows_for(name, 30), 3, axis=0)
    found = built(name, X, n_neighbors=3, method="exact").neighbors
    assert (found.distances == 0).all()


def test_the_order_decides_which_kernel_serves_minkowski():
    X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    for p, name in ((1, "manhattan"), (2, "euclidean"), (np.inf, "chebyshev")):
        expected = find_neighbors(X, n_neighbors=5, metric=name)
        for metric, keywords in (
            ("minkowski", {"p": p}),
            ("wminkowski", {"p": p, "w": np.ones(4)}),
        ):
            found = find_neighbors(X, n_neighbors=5, metric=metric, metric_kwds=keywords)
            np.testing.assert_array_equal(found.indices, expected.indices)
            np.testing.assert_array_equal(found.distances, expected.distances)
    with pytest.raises(ValueError, match="'descent' is not offered for metric='minkowski'"):
        build_index(X, metric="minkowski", metric_kwds={"p": 3}, method="descent")


def test_what_is_not_given_is_learned_from_the_rows():
    X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32) * [1, 5, 0.1]
    found = build_index(X, n_neighbors=4, metric="seuclidean").metric.given["V"]
    np.testing.assert_allclose(found, X.astype(np.float32).var(axis=0, ddof=1), rtol=1e-5)
    found = build_index(X, n_neighbors=4, metric="mahalanobis").metric.given["VI"]
    np.testing.assert_allclose(found, np.linalg.inv(np.cov(X.T)), rtol=1e-4)


def test_a_function_is_measured_pair_by_pair():
    X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    Q = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)

    def far(x, y, *, power=1.0):
        return np.abs(x - y).max() ** power

    index = build_index(X, n_neighbors=5, metric=far, metric_kwds={"power": 1.0})
    expected = build_index(X, n_neighbors=5, metric="chebyshev")
    np.testing.assert_array_equal(index.neighbors.indices, expected.neighbors.indices)
    np.testing.assert_array_equal(index.query(Q, 3).indices, expected.query(Q, 3).indices)
    with_slope = find_neighbors(X, n_neighbors=5, metric=lambda x, y: (far(x, y), x - y))
    np.testing.assert_array_equal(with_slope.indices, expected.neighbors.indices)
    squared = find_neighbors(X, n_neighbors=5, metric=far, metric_kwds={"power": 2})
    np.testing.assert_allclose(squared.distances, expected.neighbors.distances**2, rtol=1e-5)


def test_a_function_compiled_by_numba_is_as_good():
    numba = pytest.importorskip("numba", reason="numba is not installed: pip install numba")

    @numba.njit
    def city(x, y, scale=1.0):
        return scale * np.abs(x - y).sum()

    @numba.njit
    def with_gradient(x, y):
        return np.abs(x - y).sum(), np.sign(x - y)

    X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    expected = find_neighbors(X, n_neighbors=6, metric="manhattan")
    for function, keywords, scale in ((city, {"scale": 2.0}, 2), (with_gradient, None, 1)):
        found = find_neighbors(X, n_neighbors=6, metric=function, metric_kwds=keywords)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_allclose(found.distances, scale * expected.distances, rtol=1e-5)


def test_a_function_that_is_not_symmetric_is_asked_from_each_row():
    X = np.arange(6, dtype=np.float32)[:, None]
    found = find_neighbors(X, n_neighbors=2, metric=lambda x, y: float((y - x)[0] % 6))
    assert found.indices[:, 1].tolist() == [1, 2, 3, 4, 5, 0]


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda x, y: x - y, TypeError, "returned a ndarray where a distance"),
        (lambda x, y: None, TypeError, "returned a NoneType"),
        (lambda x, y: "far", TypeError, "returned a str"),
        (lambda x, y: float("nan"), ValueError, "of row 0 to row 1 is nan"),
        (lambda x, y: -1.0, ValueError, "of row 0 to row 1 is -1.0"),
    ],
)
def test_what_is_no_distance_is_refused(function, error, message):
    with pytest.raises(error, match=message):
        find_neighbors(np.eye(5), n_neighbors=3, metric=function)


@pytest.mark.parametrize(
    ("metric", "keywords", "X", "message"),
    [
        ("euclidean", {"p": 3}, np.eye(4), "has no keyword 'p'. It takes: none"),
        ("minkowski", {"q": 3}, np.eye(4), "has no keyword 'q'. It takes: 'p'"),
        ("minkowski", {"p": 0}, np.eye(4), "p=0 is not allowed"),
        ("minkowski", {"p": "three"}, np.eye(4), "p='three' is not allowed"),
        ("wminkowski", None, np.eye(4), "needs the keyword 'w'"),
        ("wminkowski", {"w": [1, 1, 1]}, np.eye(4), "w has shape .3,.; rows of 4 columns"),
        ("wminkowski", {"w": [-1, 1, 1, 1]}, np.eye(4), "0 or more"),
        ("seuclidean", {"V": [0, 1, 1, 1]}, np.eye(4), "positive number a column"),
        ("seuclidean", {"V": [1], "sigma": [1]}, np.eye(4), "given twice"),
        ("mahalanobis", {"VI": np.eye(3)}, np.eye(4), "VI has shape .3, 3."),
        ("mahalanobis", {"VI": -np.eye(4)}, np.eye(4), "without negative eigenvalues"),
        ("mahalanobis", {"factor": np.eye(4)}, np.eye(4), "has no keyword 'factor'"),
        ("gower", {"categorical": [1, 0, 0, 0]}, np.eye(4), "one truth value a column"),
        ("hellinger", None, -np.eye(4), "row 0 of X holds a negative value"),
        ("wasserstein_1d", None, np.diag([1, 1, 0, 1]), "row 2 of X holds zeros only"),
        ("tsss", None, np.diag([1, 1, 1, 0]), "row 3 of X holds zeros only"),
        ("tsss", None, np.eye(4) - 0.1, "row 0 of X holds a negative value. It compares angles"),
        ("haversine", None, np.eye(4), "two columns, latitude and longitude"),
        ("haversine", None, [[0, 0], [48.1, 11.6]], "row 1 .* beyond a quarter turn"),
        ("poincare", None, np.eye(4), "length 1 or more"),
        ("bit_jaccard", None, np.eye(4) / 2, "no byte"),
        ("euclidean", None, [[0.0, np.nan], [1.0, 2.0]], "contains NaN"),
        ("nan_euclidean", None, [[0.0, 1.0], [np.nan, np.nan]], "row 1 of X holds NaN only"),
        ("nan_euclidean", None, [[0.0, 1.0], [np.inf, np.nan]], "infinity"),
    ],
)
def test_bad_keywords_and_rows_are_refused(metric, keywords, X, message):
    with pytest.raises(ValueError, match=message):
        find_neighbors(X, n_neighbors=2, metric=metric, metric_kwds=keywords)


def test_a_function_that_leaves_rows_alone_is_told_what_to_return():
    def related(x, y):
        return 0.5 if x[0] == y[0] else np.inf

    X = np.array([[0.0, 1], [0, 2], [0, 3], [1, 1], [1, 2], [1, 3], [1, 4]])
    message = "metric='related': row 0 has 2 finite distances .* 3 are needed. Return finite"
    with pytest.raises(ValueError, match=message):
        find_neighbors(X, n_neighbors=4, metric=related)
    index = build_index(X, n_neighbors=3, metric=related)
    with pytest.raises(ValueError, match="row 1 has 3 finite distances"):
        index.query([[1.0, 0], [0, 0]], 4)
    with pytest.raises(ValueError, match="too large for float32"):
        find_neighbors(X * 1e37, n_neighbors=7, metric="minkowski", metric_kwds={"p": 0.1})


def test_given_distances_are_sent_to_where_they_are_read():
    given = np.ones((5, 5)) - np.eye(5)
    lists = find_neighbors(np.eye(5), n_neighbors=3)
    with pytest.raises(ValueError, match=r"Give the matrix to UMAP\(metric='precomputed'\)"):
        find_neighbors(given, n_neighbors=3, metric="precomputed")
    with pytest.raises(ValueError, match=r"Give the matrix to UMAP\(metric='precomputed'\)"):
        estimate_recall(given, lists, metric="precomputed")


def test_new_rows_are_checked_as_the_training_rows():
    index = build_index(np.eye(4), n_neighbors=2, metric="hellinger")
    with pytest.raises(ValueError, match="row 1 of Q holds a negative value"):
        index.query([[1, 0, 0, 0], [0, -1, 0, 0]], 1)
    with pytest.raises(ValueError, match="Q has 3 columns"):
        index.query([[1, 0, 0]], 1)
    with pytest.raises(TypeError, match="metric_kwds is a list"):
        find_neighbors(np.eye(4), n_neighbors=2, metric="minkowski", metric_kwds=[3])


def test_rows_without_a_common_column_are_no_neighbours():
    nan = np.nan
    X = np.array([[0, nan], [1, nan], [nan, 5], [3, 7]])
    found = find_neighbors(X, n_neighbors=4, metric="nan_euclidean")
    assert found.indices[0].tolist() == [0, 1, 3, -1]
    np.testing.assert_allclose(found.distances[0], [0, 2**0.5, 18**0.5, np.inf])


def test_a_slow_search_says_how_long_it_takes(monkeypatch):
    X = np.random.default_rng(0).normal(size=(300, 4))
    monkeypatch.setattr(_table, "_SLOW", 0.0)
    monkeypatch.setattr(_table, "_BLOCK_WORK", 1.0)
    monkeypatch.setattr(_table, "_LEAST_BLOCK", 50)
    with pytest.warns(
        UserWarning, match="'canberra' is searched exactly, by its formula: for 300 row"
    ):
        found = find_neighbors(X, n_neighbors=5, metric="canberra")
    with pytest.warns(UserWarning, match="'chebyshev' is searched .* takes about 0 minutes"):
        find_neighbors(X, n_neighbors=5, metric="chebyshev", n_jobs=2)
    monkeypatch.undo()
    np.testing.assert_array_equal(
        found.indices, find_neighbors(X, n_neighbors=5, metric="canberra").indices
    )


def test_a_function_cannot_become_arrays():
    index = build_index(np.eye(4), n_neighbors=2, metric=lambda x, y: 1.0)
    with pytest.raises(ValueError, match="cannot be saved as arrays"):
        index.state_arrays()


def test_a_card_keeps_its_keywords():
    card = resolve_metric("minkowski", {"p": 1})
    X = np.random.default_rng(0).normal(size=(30, 4))
    found = find_neighbors(X, n_neighbors=4, metric=card)
    expected = find_neighbors(X, n_neighbors=4, metric="manhattan")
    np.testing.assert_array_equal(found.distances, expected.distances)


@pytest.mark.parametrize(
    ("name", "first", "others"),
    [
        ("minkowski", {"p": 2}, [{"p": 3}, {"p": 1}, {"p": np.inf}]),
        ("wminkowski", {"p": 2, "w": [1, 2, 3]}, [{"p": 4}, {"w": [3, 1, 1]}]),
        ("wasserstein_1d", {"p": 1}, [{"p": 2}, {"p": 3}]),
        ("mahalanobis", {}, [{"VI": np.diag([1.0, 4.0, 9.0])}]),
        ("seuclidean", {}, [{"V": [1.0, 2.0, 3.0]}]),
    ],
)
def test_a_card_that_was_used_measures_by_the_keywords_it_is_given_next(name, first, others):
    X = np.random.default_rng(0).random((60, 3)).astype(np.float32)
    card = build_index(X, n_neighbors=5, metric=name, metric_kwds=first).metric
    for keywords in others:
        expected = find_neighbors(X, n_neighbors=5, metric=name, metric_kwds={**first, **keywords})
        found = build_index(X, n_neighbors=5, metric=card, metric_kwds=keywords)
        np.testing.assert_array_equal(found.neighbors.indices, expected.indices)
        np.testing.assert_array_equal(found.neighbors.distances, expected.distances)
        assert found.metric.shown.keys() == card.shown.keys()


@pytest.mark.parametrize("name", ["braycurtis", "canberra"])
def test_zero_rows_and_opposite_rows_are_measured_as_by_the_formula(name):
    X = np.array([[0, 0], [1, -2], [-1, 2], [0, 0], [3, 0]], dtype=np.float32)
    index = build_index(X, n_neighbors=5, metric=name)
    far = index.metric.between(X, X)
    listed = np.take_along_axis(far, index.neighbors.indices.astype(int), axis=1)
    np.testing.assert_allclose(index.neighbors.distances, listed, rtol=1e-6)
