from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from umapkit.data import as_rows
from umapkit.data._memory import DENSE_LIMIT, available_memory, dense_budget, human_size

FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8, np.bool_])
def test_every_format_and_dtype_becomes_the_same_rows(form, kind, dtype):
    dense = (np.random.default_rng(0).random((12, 8)) < 0.3).astype(dtype)
    rows = as_rows(getattr(sp, f"{form}_{kind}")(dense))
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, dense)


def test_entries_given_twice_are_added():
    X = sp.coo_array(([1.0, 2.0], ([0, 0], [1, 1])), shape=(1, 2))
    np.testing.assert_array_equal(as_rows(X), [[0, 3]])


def test_long_indices_are_read():
    X = sp.csr_array(np.eye(3))
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    np.testing.assert_array_equal(as_rows(X), np.eye(3))


def test_bad_values_are_named():
    dense = np.zeros((5, 4))
    dense[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"NaN.*row 3, column 1"):
        as_rows(sp.coo_array(dense))
    dense[3, 1] = 1e300
    with pytest.raises(ValueError, match=r"1e\+300 in row 3, column 1"):
        as_rows(sp.csc_array(dense))


def test_rows_too_large_when_dense_are_refused_with_sizes_and_advice():
    X = sp.csr_array((10**6, 10**6))
    with pytest.raises(ValueError, match=r"sparse X .*3.6 TiB.*at most .*TruncatedSVD"):
        as_rows(X)
    small = sp.csr_array(np.eye(100))
    with pytest.raises(ValueError, match=r"39.1 KiB .*at most 1000 bytes"):
        as_rows(small, max_dense_bytes=1000)
    assert as_rows(small, max_dense_bytes=40_000).shape == (100, 100)


def test_sparse_vectors_empty_and_complex_ones_are_refused():
    with pytest.raises(ValueError, match="Expected 2D array"):
        as_rows(sp.coo_array(np.ones(3)))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        as_rows(sp.csr_array((0, 3)))
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        as_rows(sp.csr_array((3, 0)))
    with pytest.raises(ValueError, match="Complex data not supported"):
        as_rows(sp.csr_array(np.array([[1j]])))


def test_the_budget_is_never_above_its_limit():
    available = available_memory()
    assert available is None or available > 0
    assert 0 < dense_budget() <= DENSE_LIMIT
    if available is not None:
        assert dense_budget() <= available


def test_sizes_are_written_for_people():
    sizes = [human_size(n) for n in (0, 1023, 2048, 5 * 2**20, 3 * 2**30, 7 * 2**40)]
    assert sizes == ["0 bytes", "1023 bytes", "2.0 KiB", "5.0 MiB", "3.0 GiB", "7.0 TiB"]
