"""Sparse rows: every metric against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.spatial.distance import cdist

from umapkit.data import SparseRows, as_sparse_rows
from umapkit.distances import METRICS, resolve_metric
from umapkit.neighbors import build_index, find_neighbors
from umapkit.neighbors.sparse import SparseIndex, takes_sparse
from umapkit.neighbors.sparse._measures import MEASURES

from .sparse_twins import NAMES, ROOMY, THEIRS, TWINS, searched, some_rows
from .test_metrics import KEYWORDS, rows_for


def test_every_measure_has_a_twin():
    assert sorted(TWINS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_all_distances_agree_with_numpy(name):
    rows = some_rows(name=name)
    ids, distances = searched(rows[:60], name, 60, queries=rows)
    truth = TWINS[name](rows.astype(float), rows[:60].astype(float))
    np.testing.assert_array_equal(np.sort(ids, axis=1), np.tile(np.arange(60), (90, 1)))
    # A distance of a root is known to the root of the rounding where rows are nearly parallel.
    np.testing.assert_allclose(
        distances, np.take_along_axis(truth, ids.astype(int), axis=1), atol=ROOMY, rtol=1e-5
    )


@pytest.mark.parametrize("name", [*THEIRS, "yule", "sqeuclidean"])
def test_every_metric_of_umap_learn_means_the_same_for_sparse_and_dense_rows(name):
    assert takes_sparse(resolve_metric(name))
    rows = some_rows(n=70, name=name)
    dense = find_neighbors(rows, n_neighbors=20, metric=name)
    index = build_index(as_sparse_rows(rows), n_neighbors=20, metric=name)
    assert isinstance(index, SparseIndex)
    assert isinstance(index.data, SparseRows)
    sparse = index.neighbors
    np.testing.assert_allclose(sparse.distances, dense.distances, atol=ROOMY, rtol=1e-5)


@pytest.mark.parametrize("name", METRICS)
def test_sparse_rows_are_measured_by_every_metric_of_the_registry(name):
    """By kernels of their own, or made dense where there are none."""
    rows, new = (some_zeros(name, n, seed) for n, seed in ((70, 0), (9, 1)))
    card = resolve_metric(name, KEYWORDS.get(name)).fitted(rows)
    given = as_sparse_rows(rows) if takes_sparse(card) else sp.csr_array(rows)
    index = build_index(given, n_neighbors=70, metric=name, metric_kwds=KEYWORDS.get(name))
    assert isinstance(index, SparseIndex) == takes_sparse(card)
    far = card.between(rows, rows)
    near = index.neighbors
    at = np.take_along_axis(far, near.indices.astype(int), axis=1)[:, 1:]
    np.testing.assert_allclose(near.distances[:, 1:], at, rtol=1e-5, atol=1e-5)
    answer = index.query(sp.csr_array(new), 5)
    expected = np.sort(card.between(new, rows), axis=1)[:, :5]
    np.testing.assert_allclose(answer.distances, expected, rtol=1e-5, atol=1e-5)


def some_zeros(name, n, seed):
    rows = rows_for(name, n, seed)
    if name == "haversine":
        return rows
    rows[np.random.default_rng(seed + 9).random(rows.shape) < 0.4] = 0
    rows[:, 0] = 1 if METRICS[name].formula.__class__.__name__ == "FromCounts" else 0.25
    return rows


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 8, np.inf])
@pytest.mark.parametrize("method", ["exact", "descent"])
def test_minkowski_distances_agree_with_scipy_for_any_order(p, method):
    if method == "descent" and np.isinf(p):
        pytest.skip("no descent for maxima")
    rows = some_rows(n=120)
    index = build_index(
        as_sparse_rows(rows),
        n_neighbors=30,
        metric="minkowski",
        metric_kwds={"p": p},
        method=method,
        random_state=0,
    )
    truth = cdist(rows.astype(float), rows.astype(float), "minkowski", p=p)
    near = index.neighbors
    at = np.take_along_axis(truth, near.indices.astype(int), axis=1)
    np.testing.assert_allclose(near.distances, at, rtol=1e-6, atol=1e-6)
    if method == "exact":
        np.testing.assert_allclose(near.distances, np.sort(truth, axis=1)[:, :30], rtol=1e-6)
    # The order is saved with the index.
    again = SparseIndex.from_state(*index.state_arrays())
    new = some_rows(n=30, seed=7)
    np.testing.assert_array_equal(again.query(new, 4).distances, index.query(new, 4).distances)
    assert again.metric.given == {"p": p}


def test_high_orders_find_near_rows_beside_large_values():
    rng = np.random.default_rng(0)
    rows = np.zeros((60, 30), dtype=np.float32)
    rows[:, :3] = 1e4  # to the eighth power 1e32, in which the rest would drown
    rows[:, 3:] = rng.random((60, 27))
    _, distances = searched(rows, "minkowski", 5, keywords={"p": 8})
    truth = np.sort(cdist(rows.astype(float), rows.astype(float), "minkowski", p=8), axis=1)
    np.testing.assert_allclose(distances, truth[:, 1:6], rtol=1e-6)


def test_likelihoods_of_counts_hold_for_large_and_small_counts():
    rng = np.random.default_rng(0)
    rows = np.where(rng.random((50, 30)) < 0.4, rng.integers(1, 2000, (50, 30)), 0.0)
    rows[:10] = np.where(rows[:10] > 0, rng.random((10, 30)) * 1.5, 0.0)  # about the 0.9
    rows[:, 0] = 1e6
    rows = rows.astype(np.float32)
    ids, distances = searched(rows, "ll_dirichlet", 49)
    truth = METRICS["ll_dirichlet"].formula(rows, rows)
    at = np.take_along_axis(truth, ids.astype(int), axis=1)
    np.testing.assert_allclose(distances, at, atol=ROOMY, rtol=1e-5)
    with pytest.raises(ValueError, match="Row 3 holds zeros only"):
        searched(some_rows(), "ll_dirichlet", 3)
    with pytest.raises(ValueError, match="row 0, column 0 holds -1e\\+06"):
        searched(-rows, "ll_dirichlet", 3)


def test_functions_and_metrics_without_a_kernel_make_large_rows_dense_and_say_so():
    from umapkit.neighbors.sparse import keeps_sparse

    large = sp.csr_array((70_000, 1000))

    def euclidean(x, y):
        return float(abs(x - y).sum())

    assert keeps_sparse(large, METRICS["euclidean"])
    for metric in (resolve_metric(euclidean), METRICS["symmetric_kl"]):
        assert not takes_sparse(metric)
        with pytest.warns(UserWarning, match=r"made dense, which takes 267.0 MiB.*canberra"):
            assert not keeps_sparse(large, metric)
        assert not keeps_sparse(large[:100], metric)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("manhattan", "cityblock"),
        *[
            (n, n)
            for n in (
                "euclidean",
                "chebyshev",
                "cosine",
                "correlation",
                "canberra",
                "braycurtis",
                "hamming",
            )
        ],
    ],
)
def test_distances_agree_with_scipy(name, theirs):
    rows = some_rows(n=40)[10:]
    rows[:, 0] = 1  # SciPy gives NaN for empty rows
    ids, distances = searched(rows, name, 29)
    truth = cdist(rows.astype(float), rows.astype(float), theirs)
    np.testing.assert_allclose(
        distances, np.take_along_axis(truth, ids.astype(int), axis=1), atol=ROOMY
    )


@pytest.mark.parametrize(
    "name", ["jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule"]
)
def test_distances_of_sets_agree_with_scipy(name):
    rows = some_rows(n=40)[10:]
    rows[:, 0] = 1
    rows = rows[np.unique(rows != 0, axis=0, return_index=True)[1]]
    ids, distances = searched(rows, name, len(rows) - 1)
    truth = cdist(rows != 0, rows != 0, name)
    np.testing.assert_allclose(
        distances, np.take_along_axis(truth, ids.astype(int), axis=1), atol=ROOMY
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_nearest_are_found_and_sorted(name):
    rows = some_rows(n=200, d=60, seed=1, name=name)
    ids, distances = searched(rows, name, 10)
    truth = TWINS[name](rows.astype(float), rows.astype(float))
    np.fill_diagonal(truth, np.inf)
    np.testing.assert_allclose(distances, np.sort(truth, axis=1)[:, :10], atol=ROOMY, rtol=1e-5)
    pairs = np.stack([distances, ids.astype(np.float32)], axis=2)
    for row in pairs:
        assert [tuple(p) for p in row] == sorted(tuple(p) for p in row)
    assert (ids != np.arange(200)[:, None]).all()


@pytest.mark.parametrize("name", NAMES)
def test_equal_rows_are_at_exactly_zero(name):
    rows = some_rows(name=name)
    _, distances = searched(rows, name, 2)
    assert (distances[[7, 8, 20]] == 0).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["exact", "descent"])
def test_same_bits_for_any_number_of_threads(name, method):
    if method == "descent" and not MEASURES[name].descent:
        pytest.skip("no descent for maxima")
    rows = as_sparse_rows(some_rows(n=400, d=80, seed=2, name=name))
    from umapkit.neighbors.sparse import build_sparse_index

    one, *others = [
        build_sparse_index(
            rows, 8, metric=METRICS[name], method=method, target=1.0, seed=3, n_threads=threads
        ).neighbors
        for threads in (1, 2, 3)
    ]
    for other in others:
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_array_equal(one.distances.view(int), other.distances.view(int))
