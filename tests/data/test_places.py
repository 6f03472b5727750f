from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit import _kernels
from umapkit._seed import mix
from umapkit.data import RowFinder, first_of_equals, row_hashes


def _hash_twin(X: np.ndarray) -> np.ndarray:
    """`hash.hpp` in plain NumPy."""
    n, d = X.shape
    multiplier = np.uint32(0x9E3779B1)
    padded = np.zeros((n, -(-d // 16) * 16), dtype=np.float32)
    padded[:, :d] = X
    padded += np.float32(0)
    bits = padded.view(np.uint32)
    with np.errstate(over="ignore"):
        h = np.tile(np.arange(1, 17, dtype=np.uint32) * multiplier, (n, 1))
        for start in range(0, bits.shape[1], 16):
            h = (h ^ bits[:, start : start + 16]) * multiplier
            h ^= h >> np.uint32(15)
        folded = np.tile(mix(np.uint64(d) + np.uint64(0x9E3779B97F4A7C15)), n)
        for lane in range(0, 16, 2):
            pair = h[:, lane].astype(np.uint64) << np.uint64(32) | h[:, lane + 1]
            folded = mix(folded ^ pair)
    return folded


def _first_twin(X: np.ndarray) -> np.ndarray:
    """`first_of_equals` by comparing all pairs."""
    return np.array([int(np.flatnonzero((row == X).all(axis=1))[0]) for row in X], dtype=np.int64)


# Few values, both zeros among them, so that equal rows are common.
VALUES = np.array([0.0, -0.0, 1.0, -1.0, 1e-45], dtype=np.float32)


@st.composite
def rows(draw):
    n, d, seed = draw(st.integers(1, 60)), draw(st.integers(1, 40)), draw(st.integers(0, 10**6))
    free = draw(st.integers(1, 3))
    rng = np.random.default_rng(seed)
    X = np.zeros((n, d), dtype=np.float32)
    columns = rng.integers(0, d, size=free)
    X[:, columns] = VALUES[rng.integers(0, len(VALUES), size=(n, free))]
    return X


@settings(max_examples=80, deadline=None)
@given(X=rows(), threads=st.sampled_from([1, 2, 3]))
def test_hashes_agree_with_the_numpy_twin(X, threads):
    np.testing.assert_array_equal(row_hashes(X, n_jobs=threads), _hash_twin(X))


@settings(max_examples=80, deadline=None)
@given(X=rows(), threads=st.sampled_from([1, 2, 3]))
def test_first_of_equals_agrees_with_comparing_all_pairs(X, threads):
    first = first_of_equals(X, n_jobs=threads)
    assert first.dtype == np.int64
    np.testing.assert_array_equal(first, _first_twin(X))


@settings(max_examples=60, deadline=None)
@given(X=rows(), Q=rows(), threads=st.sampled_from([1, 2, 3]))
def test_finder_finds_the_lowest_equal_row_or_none(X, Q, threads):
    d = min(X.shape[1], Q.shape[1])
    X, Q = X[:, :d].copy(), Q[:, :d].copy()
    found = RowFinder(X).find(Q, n_jobs=threads)
    for row, place in zip(Q, found, strict=True):
        equal = np.flatnonzero((row == X).all(axis=1))
        assert place == (equal[0] if len(equal) else -1)


def test_every_training_row_finds_its_own_place():
    X = np.random.default_rng(1).normal(size=(3000, 33)).astype(np.float32)
    X[2000:] = X[:1000]
    finder = RowFinder(X)
    np.testing.assert_array_equal(finder.find(X), first_of_equals(X))
    np.testing.assert_array_equal(finder.first[2000:], np.arange(1000))
    one_by_one = np.concatenate([finder.find(X[i : i + 1]) for i in range(0, 3000, 97)])
    np.testing.assert_array_equal(one_by_one, finder.find(X)[::97])


def test_minus_zero_equals_zero():
    X = np.array([[0.0, -0.0], [-0.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    assert row_hashes(X)[0] == row_hashes(X)[1]
    np.testing.assert_array_equal(first_of_equals(X), [0, 0, 2])


def test_rows_that_differ_in_one_bit_are_different():
    X = np.tile(np.linspace(1, 2, 50, dtype=np.float32), (51, 1))
    X[np.arange(1, 51), np.arange(50)] = np.nextafter(X[0], np.float32(9))
    assert len(np.unique(row_hashes(X))) == 51
    np.testing.assert_array_equal(first_of_equals(X), np.arange(51))


def test_colliding_hashes_do_not_make_rows_equal():
    X = np.array([[1.0], [2.0], [1.0], [3.0], [2.0]], dtype=np.float32)
    hashes = np.full(5, 42, dtype=np.uint64)
    table = np.full(16, -1, dtype=np.int64)
    first = np.empty(5, dtype=np.int64)
    _kernels.fill_table(X, hashes, table, first)
    np.testing.assert_array_equal(first, [0, 1, 0, 3, 1])


def test_all_equal_rows_and_half_duplicates():
    np.testing.assert_array_equal(first_of_equals(np.ones((5000, 3), np.float32)), np.zeros(5000))
    X = np.random.default_rng(2).normal(size=(2000, 4)).astype(np.float32)
    doubled = np.repeat(X, 2, axis=0)
    np.testing.assert_array_equal(first_of_equals(doubled), np.repeat(np.arange(0, 4000, 2), 2))


def test_no_rows_and_one_row():
    empty = np.empty((0, 3), np.float32)
    assert first_of_equals(empty).shape == (0,)
    one = np.ones((1, 3), np.float32)
    np.testing.assert_array_equal(RowFinder(empty).find(one), [-1])
    np.testing.assert_array_equal(RowFinder(one).find(one), [0])
    assert RowFinder(one).find(empty).shape == (0,)


def test_a_row_with_nan_equals_no_row_and_many_of_them_end():
    X = np.full((20_000, 2), np.nan, dtype=np.float32)
    np.testing.assert_array_equal(first_of_equals(X), np.arange(20_000))
    assert (RowFinder(X).find(X[:3]) == -1).all()


def test_finder_survives_a_pickle():
    X = np.random.default_rng(3).normal(size=(50, 4)).astype(np.float32)
    again = pickle.loads(pickle.dumps(RowFinder(X)))
    np.testing.assert_array_equal(again.find(X), np.arange(50))


@pytest.mark.parametrize(
    "given",
    [
        np.zeros((3, 2)),
        np.zeros((4, 4), np.float32)[:, ::2],
        np.zeros(3, np.float32),
        [[1.0, 2.0]],
    ],
)
def test_only_checked_rows_are_taken(given):
    with pytest.raises(ValueError, match=r"Call umapkit\.data\.as_rows on it first"):
        row_hashes(given)
    with pytest.raises(ValueError, match=r"Call umapkit\.data\.as_rows on it first"):
        RowFinder(given)


def test_queries_need_the_columns_of_the_table():
    finder = RowFinder(np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="Q has 3 columns, but the table has 2"):
        finder.find(np.zeros((3, 3), np.float32))


def test_kernels_refuse_outputs_of_a_wrong_size():
    X = np.zeros((3, 2), np.float32)
    with pytest.raises(ValueError, match="one hash a row"):
        _kernels.hash_rows(X, np.empty(2, np.uint64), 1)
    with pytest.raises(ValueError, match="power of two"):
        _kernels.fill_table(X, np.empty(3, np.uint64), np.full(6, -1), np.empty(3, np.int64))


def test_every_instruction_set_gives_the_same_hashes_and_places():
    program = (
        "import numpy as np, zlib\n"
        "from umapkit.data import row_hashes, first_of_equals\n"
        "X = np.random.default_rng(0).integers(-9, 9, size=(999, 3)).astype(np.float32)\n"
        "W = np.random.default_rng(0).normal(size=(99, 37)).astype(np.float32)\n"
        "parts = row_hashes(X), row_hashes(W), first_of_equals(X)\n"
        "print(zlib.crc32(b''.join(p.tobytes() for p in parts)))\n"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "UMAPKIT_ISA": isa},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for isa in _kernels.isas_available()
    }
    assert len(answers) == 1
