"""Neighbours of sparse rows: every metric against NumPy, exact and approximate search, queries."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.spatial.distance import cdist

from umapkit import _kernels
from umapkit.data import SparseRows, as_sparse_rows
from umapkit.distances import METRICS, resolve_metric
from umapkit.neighbors import Neighbors, build_index, estimate_recall, find_neighbors
from umapkit.neighbors.sparse import SparseIndex, SparseTable, narrow_rows, takes_sparse
from umapkit.neighbors.sparse._measures import MEASURES

NAMES = sorted(MEASURES)
ROOMY = 1e-5


# umap-learn's list for sparse rows.
THEIRS = [
    "euclidean",
    "manhattan",
    "l1",
    "taxicab",
    "chebyshev",
    "linf",
    "linfty",
    "minkowski",
    "canberra",
    "ll_dirichlet",
    "braycurtis",
    "hamming",
    "jaccard",
    "dice",
    "matching",
    "kulsinski",
    "rogerstanimoto",
    "russellrao",
    "sokalmichener",
    "sokalsneath",
    "cosine",
    "correlation",
    "hellinger",
]


def some_rows(n=90, d=40, seed=0, share=0.15, *, name=""):
    """Sparse rows with counts, fractions, an empty row, a full constant row, and copies."""
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((n, d)) < share, rng.integers(1, 6, (n, d)) / 2.0, 0.0)
    if name != "ll_dirichlet":  # it refuses rows of zeros
        dense[3] = 0
    dense[~dense.any(axis=1), 0] = name == "ll_dirichlet"
    dense[4] = 2.5
    dense[7] = dense[20] = dense[8]
    dense[9] = 2 * dense[10]
    return dense.astype(np.float32)


def counts_of(a, b):
    a, b = (a != 0).astype(float), (b != 0).astype(float)
    both = a @ b.T
    left, right = a.sum(1)[:, None] - both, b.sum(1)[None] - both
    return both, left, right


def ratio(above, below):
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)


def by_counts(formula):
    def distance(a, b):
        both, left, right = counts_of(a, b)
        return formula(both, left, right, left + right, float(a.shape[1]))

    return distance


def hellinger(a, b):
    sums_a, sums_b = a.sum(1), b.sum(1)
    p = np.sqrt(a / np.where(sums_a > 0, sums_a, 1)[:, None])
    q = np.sqrt(b / np.where(sums_b > 0, sums_b, 1)[:, None])
    out = np.sqrt(np.maximum(1 - p @ q.T, 0))
    out[(sums_a == 0)[:, None] & (sums_b == 0)] = 0
    return out


def canberra(a, b):
    a, b = a[:, None], b[None]
    return ratio(np.abs(a - b), np.abs(a) + np.abs(b)).sum(2)


def braycurtis(a, b):
    a, b = a[:, None], b[None]
    return ratio(np.abs(a - b).sum(2), np.abs(a + b).sum(2))


TWINS = {
    **{
        name: METRICS[name].formula
        for name in ("euclidean", "cosine", "correlation", "manhattan", "chebyshev", "hamming")
    },
    "sqeuclidean": lambda a, b: ((a[:, None] - b[None]) ** 2).sum(2),
    "minkowski": METRICS["euclidean"].formula,  # of order 2, which is the default
    "ll_dirichlet": METRICS["ll_dirichlet"].formula,
    "hellinger": hellinger,
    "canberra": canberra,
    "braycurtis": braycurtis,
    "jaccard": by_counts(lambda t, _l, _r, e, _d: ratio(e, t + e)),
    "dice": by_counts(lambda t, _l, _r, e, _d: ratio(e, 2 * t + e)),
    "matching": by_counts(lambda _t, _l, _r, e, d: e / d),
    "kulsinski": by_counts(lambda t, _l, _r, e, d: np.where(e == 0, 0, (e - t + d) / (e + d))),
    "rogerstanimoto": by_counts(lambda _t, _l, _r, e, d: 2 * e / (d + e)),
    "sokalmichener": by_counts(lambda _t, _l, _r, e, d: 2 * e / (d + e)),
    "russellrao": by_counts(lambda t, _l, _r, e, d: np.where(e == 0, 0, (d - t) / d)),
    "sokalsneath": by_counts(lambda t, _l, _r, e, _d: ratio(e, 0.5 * t + e)),
    "yule": by_counts(
        lambda t, u, v, e, d: ratio(2 * u * v, t * (d - t - e) + u * v) * (u * v > 0)
    ),
}


def searched(rows, name, k, n_threads=1, queries=None, keywords=None):
    table = SparseTable(as_sparse_rows(rows), resolve_metric(name, keywords), n_threads)
    if queries is None:
        me = np.arange(len(rows), dtype=np.int32)
        return table.nearest(table.rows, k, n_threads, self_rows=me)
    return table.nearest(table.prepare(as_sparse_rows(queries), n_threads), k, n_threads)


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


def topics(n, d, entries, seed=0, groups=20):
    """Texts: every group prefers some words, words are used by a power law."""
    rng = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, d + 1)
    lines, columns = [], []
    orders = [rng.permutation(d) for _ in range(groups)]
    cumulated = np.cumsum(weights / weights.sum())
    for i in range(n):
        words = np.searchsorted(cumulated, rng.random(entries)).clip(0, d - 1)
        own = rng.random(entries) < 0.6
        words[own] = orders[i % groups][words[own]]
        lines.append(np.full(entries, i))
        columns.append(words)
    values = np.ones(n * entries)
    return sp.coo_array((values, (np.concatenate(lines), np.concatenate(columns))), shape=(n, d))


@pytest.mark.parametrize(
    "name",
    ["cosine", "euclidean", "manhattan", "jaccard", "correlation", "minkowski3", "ll_dirichlet"],
)
def test_descent_finds_nearly_all_neighbours(name):
    from umapkit.neighbors.sparse import build_sparse_index

    rows = as_sparse_rows(topics(3000, 5000, 40))
    metric = resolve_metric("minkowski", {"p": 3}) if name == "minkowski3" else METRICS[name]
    index = build_sparse_index(
        rows, 15, metric=metric, method="descent", target=0.95, seed=0, n_threads=2
    )
    truth = build_sparse_index(
        rows, 15, metric=metric, method="exact", target=0.95, seed=0, n_threads=2
    )
    assert (index.method, truth.method, truth.recall) == ("descent", "exact", 1.0)
    true_recall = np.mean(index.neighbors.distances[:, 1:] <= truth.neighbors.distances[:, -1:])
    assert true_recall > 0.9
    assert abs(index.recall - true_recall) < 0.05
    near = index.neighbors
    assert (near.indices[:, 0] == np.arange(3000)).all()
    assert (np.diff(near.distances[:, 1:], axis=1) >= 0).all()
    assert all(len(set(row)) == 15 for row in near.indices.tolist())


_PROGRAM = """
import hashlib, sys
import numpy as np, scipy.sparse as sp
from umapkit.data import as_sparse_rows, row_hashes
from umapkit.init import pca_start
from umapkit.neighbors import build_index
rows = as_sparse_rows(sp.random_array((600, 500), density=0.03, rng=0, format="csr"))
parts = [row_hashes(rows), pca_start(rows, seed=0)]
for metric in ("cosine", "euclidean", "correlation", "manhattan", "hamming", "chebyshev",
               "minkowski", "ll_dirichlet"):
    keywords = {"p": 1.7} if metric == "minkowski" else None
    for method in ("exact", "descent")[: 1 if metric == "chebyshev" else 2]:
        how = {"metric_kwds": keywords, "method": method, "target_recall": 1.0}
        index = build_index(rows, metric=metric, random_state=0, **how)
        near = index.query(rows[np.arange(50)], 4)
        parts += [index.neighbors.indices, index.neighbors.distances, near.distances]
print(hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest())
"""


def test_same_bits_for_every_instruction_set():
    answers = set()
    for isa in _kernels.isas_available():
        env = {**os.environ, "UMAPKIT_ISA": isa, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers.add(done.stdout)
    assert len(answers) == 1


def test_lists_are_full_where_descent_has_too_few_candidates():
    from umapkit.neighbors.sparse import build_sparse_index

    rows = as_sparse_rows(some_rows(n=150))
    index = build_sparse_index(
        rows, 150, metric=METRICS["cosine"], method="descent", target=0.0, seed=0, n_threads=1
    )
    assert (np.sort(index.neighbors.indices, axis=1) == np.arange(150)).all()


def test_large_sparse_rows_are_searched_as_they_are_and_small_ones_dense():
    large = sp.random_array((300, 10**6), density=2e-5, rng=0, format="csr")
    assert isinstance(build_index(large, n_neighbors=5), SparseIndex)
    assert not isinstance(build_index(large[:, :1000], n_neighbors=5), SparseIndex)
    ids = build_index(large, n_neighbors=5, metric="cosine").neighbors.indices
    assert (ids[:, 0] == np.arange(300)).all()


def test_queries_are_row_independent_and_take_dense_rows_too():
    rows = some_rows(n=300, d=50, seed=4)
    index = build_index(as_sparse_rows(rows[:200]), n_neighbors=7, metric="cosine")
    together = index.query(as_sparse_rows(rows[200:]), 6)
    backwards = index.query(as_sparse_rows(rows[:199:-1]), 6, n_jobs=3)
    np.testing.assert_array_equal(together.indices, backwards.indices[::-1])
    np.testing.assert_array_equal(together.distances, backwards.distances[::-1])
    dense = index.query(rows[200:], 6)
    np.testing.assert_array_equal(together.distances, dense.distances)
    alone = index.query(rows[250:251], 6)
    np.testing.assert_array_equal(alone.indices[0], together.indices[50])
    np.testing.assert_array_equal(alone.distances[0], together.distances[50])


def test_queries_with_columns_that_no_training_row_has():
    rows = as_sparse_rows(sp.csr_array(([1.0, 1, 1], ([0, 1, 2], [0, 5, 9])), shape=(3, 20)))
    query = as_sparse_rows(sp.csr_array(([1.0, 2.0, 3.0], ([0, 0, 0], [0, 7, 19])), shape=(1, 20)))
    found = build_index(rows, n_neighbors=2).query(query, 3)
    assert found.indices.tolist() == [[0, 1, 2]]
    np.testing.assert_allclose(found.distances, np.sqrt([[13, 15, 15]]), rtol=1e-6)
    empty = build_index(rows, n_neighbors=2).query(as_sparse_rows(sp.csr_array((2, 20))), 2)
    np.testing.assert_allclose(empty.distances, 1)


def test_saved_indices_give_the_same_answers_and_damaged_ones_are_refused():
    rows = some_rows(n=120)
    index = build_index(as_sparse_rows(rows[:100]), n_neighbors=5, metric="correlation")
    arrays, numbers = index.state_arrays()
    again = SparseIndex.from_state(arrays, numbers)
    pickled = pickle.loads(pickle.dumps(index))
    for other in (again, pickled):
        before, after = index.query(rows[100:], 4), other.query(rows[100:], 4)
        np.testing.assert_array_equal(before.indices, after.indices)
        np.testing.assert_array_equal(before.distances, after.distances)
    for name, value in (("rows.indices", 999), ("rows.indptr", -1), ("indices", 100)):
        broken = dict(arrays)
        broken[name] = arrays[name].copy()
        broken[name].flat[-1] = value
        with pytest.raises(ValueError, match="damaged"):
            SparseIndex.from_state(broken, numbers)


def test_recall_of_given_lists_is_measured():
    rows = some_rows(n=200, d=50, seed=5)
    sparse = as_sparse_rows(rows)
    true = find_neighbors(sparse, n_neighbors=6, metric="cosine")
    assert estimate_recall(sparse, true, metric="cosine", sample_size=200) == 1.0
    shuffled = Neighbors(true.indices[::-1].copy(), true.distances[::-1].copy())
    low = estimate_recall(sparse, shuffled, metric="cosine", sample_size=200)
    # (There a row that is listed as its own neighbour counts, here it does not.)
    dense = estimate_recall(rows, shuffled, metric="cosine", sample_size=200)
    assert low == pytest.approx(dense, abs=0.02)
    assert low < 0.4
    few = Neighbors(np.where(np.arange(6) < 3, true.indices, -1).astype(np.int32), true.distances)
    assert estimate_recall(sparse, few, metric="cosine", sample_size=200) < 0.5


def test_bad_requests_are_refused():
    rows = as_sparse_rows(some_rows())
    with pytest.raises(ValueError, match=r"descent.*chebyshev"):
        build_index(rows, n_neighbors=3, metric="chebyshev", method="descent")
    with pytest.raises(ValueError, match="n_neighbors=91"):
        build_index(rows, n_neighbors=91)
    index = build_index(rows, n_neighbors=3)
    with pytest.raises(ValueError, match="39 columns"):
        index.query(as_sparse_rows(sp.csr_array((1, 39))), 2)
    with pytest.raises(ValueError, match="k=91"):
        index.query(rows, 91)
    negative = as_sparse_rows(sp.csr_array(([-1.0], ([1], [2])), shape=(3, 4)))
    with pytest.raises(ValueError, match="row 1, column 2 holds -1"):
        SparseTable(negative, METRICS["hellinger"], 1)
    huge = as_sparse_rows(sp.csr_array(np.eye(3) * 3e38))
    with pytest.raises(ValueError, match="too large"):
        find_neighbors(huge, n_neighbors=2, metric="manhattan")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (5, 1), (4, 10**6)])
def test_tiny_tables(name, shape):
    dense = sp.random_array(shape, density=min(1.0, 3 / shape[1]), rng=1, format="csr")
    ids, distances = searched_any(dense, name, shape[0] - 1)
    assert np.isfinite(distances).all()
    assert (np.sort(ids, axis=1) >= 0).all()


def searched_any(matrix, name, k):
    rows = as_sparse_rows(matrix)
    table = SparseTable(rows, METRICS[name], 1)
    return table.nearest(table.rows, k, 1, self_rows=np.arange(len(rows), dtype=np.int32))


def test_tables_without_any_entry():
    rows = as_sparse_rows(sp.csr_array((6, 30)))
    for name in sorted({*NAMES} - {"ll_dirichlet"}):
        _, distances = searched_any(sp.csr_array((6, 30)), name, 5)
        assert (distances == 0).all(), name
    index = build_index(rows, n_neighbors=3, method="descent")
    assert (index.neighbors.distances == 0).all()


@pytest.mark.parametrize("n_axes", [16, 32])
def test_narrow_rows_span_the_principal_scores(n_axes):
    matrix = topics(500, 300, 20).tocsr()
    narrow = narrow_rows(as_sparse_rows(matrix), n_axes, iterations=12, seed=0, n_threads=1)
    again = narrow_rows(as_sparse_rows(matrix), n_axes, iterations=12, seed=0, n_threads=3)
    np.testing.assert_array_equal(narrow.view(int), again.view(int))
    dense = matrix.toarray() - matrix.toarray().mean(axis=0)
    values = np.linalg.svd(dense, compute_uv=False)[:n_axes]
    found = np.linalg.svd(narrow.astype(float), compute_uv=False)
    np.testing.assert_allclose(found[:8], values[:8], rtol=2e-3)
    np.testing.assert_allclose(narrow.mean(axis=0), 0, atol=1e-4)


def test_few_columns_are_kept_as_they_are():
    rows = as_sparse_rows(some_rows(n=30, d=10))
    narrow = narrow_rows(rows, 16, iterations=3, seed=0, n_threads=1)
    dense = some_rows(n=30, d=10)
    np.testing.assert_allclose(cdist(narrow, narrow), cdist(dense, dense), atol=1e-4)


def test_rows_can_be_picked():
    rows = as_sparse_rows(some_rows())
    dense = some_rows()
    for index in (np.array([5, 3, 3]), np.arange(90) % 2 == 0, slice(4, 30, 3), slice(0, 0)):
        picked = rows[index]
        assert isinstance(picked, SparseRows)
        np.testing.assert_array_equal(picked.to_csr().toarray(), dense[index])
