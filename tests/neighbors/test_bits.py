"""Truth values packed to words: the same lists as by the formulas, to the bit."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from umapkit import _kernels
from umapkit.distances import METRICS
from umapkit.neighbors import NeighborIndex, build_index, estimate_recall
from umapkit.neighbors._bits import _FORMULAS, BitTable, packs
from umapkit.neighbors._index import make_table

NAMES = sorted(_FORMULAS)


def truths(n, d, seed=0, *, name=""):
    """Rows of zeros and ones (bytes, for metrics of packed rows) with copies and empty rows."""
    rng = np.random.default_rng(seed)
    rows = (rng.random((n, d)) < rng.random((n, 1)) * 0.6).astype(np.float32)
    rows[n // 2] = rows[n // 3]
    rows[n // 4] = 0
    rows[n // 5] = 1
    return rows * rng.integers(0, 256, (n, d)).astype(np.float32) if "bit_" in name else rows


def by_formula(name, queries, rows, k, *, own):
    far = METRICS[name].formula(queries, rows).astype(np.float32)
    if own:
        np.fill_diagonal(far, np.inf)
    order = np.argsort(far, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(far, order, axis=1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("d", [1, 7, 63, 64, 65, 200])
def test_lists_are_those_of_the_formula_to_the_bit(name, d):
    rows = truths(150, d, name=name)
    index = build_index(rows, n_neighbors=20, metric=name, method="exact")
    assert isinstance(index._table, BitTable)
    ids, far = by_formula(name, rows, rows, 19, own=True)
    np.testing.assert_array_equal(index.neighbors.indices[:, 1:], ids)
    np.testing.assert_array_equal(index.neighbors.distances[:, 1:], far)
    new = truths(40, d, seed=1, name=name)
    near = index.query(new, 150)
    ids, far = by_formula(name, new, rows, 150, own=False)
    np.testing.assert_array_equal(near.indices, ids)
    np.testing.assert_array_equal(near.distances, far)
    assert estimate_recall(rows, index.neighbors, metric=name, sample_size=150) == 1.0


@pytest.mark.parametrize(
    "name", ["jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule", "hamming"]
)
def test_distances_agree_with_scipy(name):
    rows = np.unique(truths(60, 50), axis=0)
    rows = rows[(rows.any(axis=1)) & ~rows.all(axis=1)]
    index = build_index(rows, n_neighbors=len(rows), metric=name, method="exact")
    truth = cdist(rows != 0, rows != 0, name)
    at = np.take_along_axis(truth, index.neighbors.indices.astype(int), axis=1)
    at[:, 0] = 0  # SciPy says a row is at russellrao distance from itself
    np.testing.assert_allclose(index.neighbors.distances, at, rtol=1e-6)


@pytest.mark.parametrize("name", ["jaccard", "matching", "yule"])
def test_any_number_but_zero_is_true(name):
    rows = truths(80, 30)
    scaled = rows * np.float32(-2.5)
    one, other = (build_index(r, metric=name, method="exact").neighbors for r in (rows, scaled))
    np.testing.assert_array_equal(one.indices, other.indices)
    np.testing.assert_array_equal(one.distances, other.distances)


def test_hamming_packs_zeros_and_ones_only_and_takes_any_query():
    rows = truths(90, 70)
    assert packs(METRICS["hamming"], rows)
    assert not packs(METRICS["hamming"], rows * 2)
    index = build_index(rows, n_neighbors=5, metric="hamming")
    queries = truths(30, 70, seed=3) + np.where(truths(30, 70, seed=4) > 0, 0.5, 0)
    queries = queries.astype(np.float32)
    ids, far = by_formula("hamming", queries, rows, 6, own=False)
    together = index.query(queries, 6)
    np.testing.assert_array_equal(together.indices, ids)
    np.testing.assert_array_equal(together.distances, far)
    np.testing.assert_array_equal(index.query(queries[7:8], 6).distances, together.distances[7:8])


def test_functions_and_cards_of_the_user_go_by_their_formula():
    from dataclasses import replace

    rows = truths(50, 20)
    mine = replace(METRICS["jaccard"], name="mine")
    assert not packs(mine, rows)
    one = build_index(rows, metric=mine).neighbors
    np.testing.assert_array_equal(
        one.distances, build_index(rows, metric="jaccard").neighbors.distances
    )

    def jaccard(x, y):
        return float(abs(x - y).sum())

    assert build_index(rows, metric=jaccard).neighbors.distances.max() > 1


@pytest.mark.parametrize("name", NAMES)
def test_same_bits_for_any_number_of_threads_and_after_saving(name):
    rows = truths(300, 100, name=name)
    new = truths(40, 100, seed=2, name=name)
    answers = []
    for n_jobs in (1, 2, 3):
        index = build_index(rows, metric=name, method="exact", n_jobs=n_jobs)
        again = NeighborIndex.from_state(*index.state_arrays(), n_jobs=n_jobs)
        assert isinstance(again._table, BitTable)
        parts = [index.neighbors, index.query(new, 9, n_jobs=n_jobs), again.query(new, 9)]
        answers.append([a.tobytes() for p in parts for a in (p.indices, p.distances)])
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][2:4] == answers[0][4:]


_PROGRAM = """
import hashlib, numpy as np
from umapkit.neighbors import build_index
rows = (np.random.default_rng(0).random((300, 150)) < 0.3).astype(np.float32)
found = hashlib.sha256()
for name in ("hamming", "jaccard", "kulsinski", "yule", "rogerstanimoto"):
    near = build_index(rows, metric=name, method="exact").neighbors
    found.update(near.indices.tobytes() + near.distances.tobytes())
print(found.hexdigest())
"""


def test_same_bits_for_every_instruction_set():
    answers = set()
    for isa in _kernels.isas_available():
        env = {**os.environ, "UMAPKIT_ISA": isa, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answers.add(done.stdout)
    assert len(answers) == 1
    assert len(answers.pop().strip()) == hashlib.sha256().digest_size * 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 65)])
def test_tiny_tables(name, shape):
    n = shape[0]
    near = build_index(np.ones(shape), n_neighbors=n, metric=name, method="exact").neighbors
    assert (near.distances == 0).all()
    np.testing.assert_array_equal(np.sort(near.indices, axis=1), np.tile(np.arange(n), (n, 1)))
    table = make_table(np.ones(shape, dtype=np.float32), METRICS[name], 1, exact=True)
    ids, far = table.nearest(table.rows, n + 2, 1)
    assert (ids[:, n:] == -1).all()
    assert np.isinf(far[:, n:]).all()
