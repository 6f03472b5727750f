"""Neighbours of sparse rows: exact and approximate search, queries, state."""

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
from umapkit.neighbors.sparse import SparseIndex, SparseTable, narrow_rows

from .sparse_twins import NAMES, some_rows


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


def test_the_largest_seed_may_descend_again():
    """A second descent takes the next seed: after the last comes 0."""
    rows = sp.random_array((1500, 800), density=0.02, rng=0, format="csr")
    how = {"metric": "manhattan", "method": "descent", "target_recall": 1.0}
    found = build_index(as_sparse_rows(rows), random_state=-1, **how)
    assert found.neighbors.indices.shape == (1500, 15)


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
