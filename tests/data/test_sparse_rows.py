"""Rows that stay sparse: one canonical form, checks, hashes, equal rows."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit.data import (
    RowFinder,
    SparseRows,
    as_rows,
    as_sparse_rows,
    first_of_equals,
    row_hashes,
    stays_sparse,
)


def messy(dtype=np.float64, index=np.int32):
    """Rows (0, 3, 0, 5), (), (7, 0, 0, 2) with unsorted, repeated and zero entries."""
    indptr = np.array([0, 4, 5, 8], dtype=index)
    indices = np.array([3, 1, 0, 1, 2, 3, 0, 0], dtype=index)
    data = np.array([5, 1, 0, 2, 0, 2, 4, 3], dtype=dtype)
    return sp.csr_array((data, indices, indptr), shape=(3, 4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8, np.float16])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_any_matrix_comes_into_one_form_and_stays_as_it_was(dtype, index):
    matrix = messy(dtype, index)
    before = [a.copy() for a in (matrix.data, matrix.indices, matrix.indptr)]
    rows = as_sparse_rows(matrix)
    assert rows.indptr.tolist() == [0, 2, 2, 4]
    assert rows.indices.tolist() == [1, 3, 0, 3]
    assert rows.values.tolist() == [3, 5, 7, 2]
    assert (rows.indptr.dtype, rows.indices.dtype, rows.values.dtype) == (
        np.int64,
        np.int32,
        np.float32,
    )
    for a, b in zip(before, (matrix.data, matrix.indices, matrix.indptr), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


@pytest.mark.parametrize("form", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_every_format_gives_the_same_rows(form, kind):
    dense = np.random.default_rng(0).random((12, 8))
    dense[dense < 0.6] = 0
    rows = as_sparse_rows(getattr(sp, f"{form}_{kind}")(dense))
    np.testing.assert_array_equal(rows.to_csr().toarray(), dense.astype(np.float32))
    again = as_sparse_rows(dense)
    for name in ("indptr", "indices", "values"):
        np.testing.assert_array_equal(getattr(rows, name), getattr(again, name))


def test_entries_given_twice_are_added_alike_in_coo_and_csr():
    rng = np.random.default_rng(1)
    lines, columns = rng.integers(0, 5, 200), rng.integers(0, 6, 200)
    values = rng.normal(size=200)
    coo = sp.coo_array((values, (lines, columns)), shape=(5, 6))
    order = np.argsort(lines, kind="stable")
    indptr = np.searchsorted(lines[order], np.arange(6))
    csr = sp.csr_array((values[order], columns[order], indptr), shape=(5, 6))
    a, b = as_sparse_rows(coo), as_sparse_rows(csr)
    np.testing.assert_array_equal(a.values, b.values)
    np.testing.assert_allclose(a.to_csr().toarray(), coo.toarray(), rtol=1e-6)
    alone = as_sparse_rows(csr[[2]])
    np.testing.assert_array_equal(alone.values, a[np.array([2])].values)


def test_values_that_vanish_as_float32_go():
    rows = as_sparse_rows(sp.csr_array(np.array([[1e-60, 1.0, -0.0]])))
    assert rows.indices.tolist() == [1]


def test_boolean_matrices_count_as_ones():
    assert as_sparse_rows(sp.csr_array(np.eye(3, dtype=bool))).values.tolist() == [1, 1, 1]


def test_bad_values_are_named():
    dense = np.zeros((5, 4))
    dense[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"NaN.*row 3, column 1 \(1 NaN in all\)"):
        as_sparse_rows(sp.coo_array(dense))
    dense[3, 1] = 1e300
    with pytest.raises(ValueError, match=r"1e\+300 in row 3, column 1"):
        as_sparse_rows(sp.csc_array(dense))
    dense[3, 1] = -np.inf
    with pytest.raises(ValueError, match=r"infinity: the first is in row 3, column 1"):
        as_sparse_rows(sp.csr_array(dense))
    with pytest.raises(ValueError, match="Complex data not supported"):
        as_sparse_rows(sp.csr_array(np.array([[1j]])))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        as_sparse_rows(sp.csr_array((0, 3)))
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        as_sparse_rows(sp.csr_array((3, 0)))
    with pytest.raises(ValueError, match="columns; at most"):
        as_sparse_rows(sp.coo_array(([1.0], ([0], [2**40])), shape=(1, 2**41)))


def test_entries_outside_of_the_columns_are_refused():
    matrix = sp.csr_array(np.eye(3))
    for column in (3, -1):
        matrix.indices[1] = column
        with pytest.raises(ValueError, match="outside of its 3 columns"):
            as_sparse_rows(matrix)


def test_which_matrices_stay_sparse():
    assert stays_sparse(sp.csr_array((10_000, 50_000)))
    assert not stays_sparse(sp.csr_array((1000, 50_000)))  # 200 MB
    assert not stays_sparse(np.zeros((3, 3)))
    assert not stays_sparse(sp.csr_array((10_000, 50_000), dtype=complex))
    filled = sp.random_array((8200, 8200), density=0.05, rng=0, format="csr")
    assert not stays_sparse(filled)
    assert stays_sparse(as_sparse_rows(np.eye(2)))


def test_sparse_rows_can_be_made_dense_saved_copied_and_pickled():
    rows = as_sparse_rows(messy())
    row_hashes(rows)  # makes the kernels' view, which is not copied along
    np.testing.assert_array_equal(as_rows(rows), messy().toarray())
    for other in (
        SparseRows.from_arrays(rows.arrays()),
        pickle.loads(pickle.dumps(rows)),
        copy.deepcopy(rows),
    ):
        assert other.shape == (3, 4)
        np.testing.assert_array_equal(row_hashes(other), row_hashes(rows))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("indptr", [0, 2, 1, 4]),
        ("indptr", [1, 2, 2, 4]),
        ("indptr", [0, 2, 2, 5]),
        ("indices", [3, 1, 0, 3]),
        ("indices", [1, 1, 0, 3]),
        ("indices", [1, 3, 0, 4]),
        ("indices", [-1, 3, 0, 3]),
        ("values", [3, 0, 7, 2]),
        ("values", [3, np.nan, 7, 2]),
        ("shape", [4, 4]),
        ("shape", [3, 0]),
    ],
)
def test_damaged_arrays_are_refused(name, value):
    arrays = as_sparse_rows(messy()).arrays()
    key = f"rows.{name}"
    arrays[key] = np.array(value).astype(arrays[key].dtype)
    with pytest.raises(ValueError, match="damaged"):
        SparseRows.from_arrays(arrays)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_equal_rows_are_those_that_are_equal_when_dense(data):
    shape = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 4)))
    cells = data.draw(
        st.lists(
            st.sampled_from([0.0, 0.0, -0.0, 1.0, -1.0]),
            min_size=shape[0] * shape[1],
            max_size=shape[0] * shape[1],
        )
    )
    dense = np.array(cells, dtype=np.float32).reshape(shape)
    rows = as_sparse_rows(dense)
    np.testing.assert_array_equal(first_of_equals(rows), first_of_equals(dense))
    half = (shape[0] + 1) // 2
    np.testing.assert_array_equal(
        RowFinder(rows[:half]).find(rows), RowFinder(dense[:half]).find(dense)
    )


def test_hashes_differ_with_place_value_and_count_and_not_with_threads():
    rows = as_sparse_rows(
        np.vstack([np.eye(30), 2 * np.eye(30), np.ones((1, 30)), np.zeros((1, 30))])
    )
    hashes = row_hashes(rows, n_jobs=1)
    assert len(set(hashes.tolist())) == 62
    np.testing.assert_array_equal(hashes, row_hashes(rows, n_jobs=3))
    # The twin of cpp/include/umapkit/sparse_hash.hpp.
    from umapkit._seed import mix

    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        h = mix(np.uint64(1) + golden)
    bits = np.float32(2).view(np.uint32)
    h = mix(h ^ (np.uint64(4) << np.uint64(32) | np.uint64(bits)))
    assert hashes[34] == h


def test_a_finder_takes_rows_of_its_own_kind_only():
    dense = np.eye(3, dtype=np.float32)
    with pytest.raises(TypeError, match="kind"):
        RowFinder(as_sparse_rows(dense)).find(dense)
    with pytest.raises(TypeError, match="kind"):
        RowFinder(dense).find(as_sparse_rows(dense))
