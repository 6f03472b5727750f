from __future__ import annotations

import numpy as np
import pytest

from umapkit.data import as_rows, column_names

NUMERIC = [
    np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64,
    np.float16, np.float32, np.float64, np.longdouble,
]  # fmt: skip


def _some(n: int = 20, d: int = 5) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("dtype", NUMERIC)
def test_every_numeric_dtype_becomes_float32_rows_with_the_same_values(dtype):
    X = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    rows = as_rows(X)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, [[0, 1, 1], [1, 0, 1]])


def test_float32_c_contiguous_input_is_not_copied():
    X = _some()
    assert as_rows(X) is X
    assert np.shares_memory(as_rows(X[3:9]), X)


def test_input_is_never_written_to():
    X = _some().astype(np.float64)
    before = X.copy()
    as_rows(X)[:] = 7
    np.testing.assert_array_equal(X, before)


def test_any_memory_layout_gives_the_same_rows():
    X = _some(20, 10)
    wanted = X[::2, ::3].copy()
    big_endian = wanted.astype(">f4")
    buffer = np.zeros(wanted.nbytes + 1, dtype=np.uint8)
    unaligned = buffer[1:].view(np.float32).reshape(wanted.shape)
    unaligned[:] = wanted
    for given in (X[::2, ::3], np.asfortranarray(wanted), big_endian, unaligned):
        rows = as_rows(given)
        assert rows.flags.c_contiguous
        assert rows.flags.aligned
        np.testing.assert_array_equal(rows, wanted)
    np.testing.assert_array_equal(as_rows(wanted[::-1, ::-1]), wanted[::-1, ::-1])


def test_read_only_rows_and_memory_maps_are_taken_without_a_copy(tmp_path):
    X = _some()
    X.setflags(write=False)
    assert np.shares_memory(as_rows(X), X)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    rows = as_rows(mapped)
    assert type(rows) is np.ndarray
    assert np.shares_memory(rows, mapped)
    np.testing.assert_array_equal(rows, X)


def test_lists_tuples_and_array_likes_are_read():
    class Like:
        def __array__(self, dtype=None, copy=None):
            return np.ones((2, 3))

    for given in ([[1, 2.5], [3, 4]], ((1, 2.5), (3, 4)), [np.array([1, 2.5]), [3, 4]]):
        np.testing.assert_array_equal(as_rows(given), [[1, 2.5], [3, 4]])
    assert as_rows(Like()).shape == (2, 3)


def test_objects_that_are_numbers_are_converted():
    from decimal import Decimal
    from fractions import Fraction

    X = np.array([[1, 2.5, np.float32(3)], [True, Decimal("4.5"), Fraction(1, 2)]], dtype=object)
    np.testing.assert_array_equal(as_rows(X), [[1, 2.5, 3], [1, 4.5, 0.5]])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (3.0, "Expected 2D array, got scalar array instead"),
        (None, "Expected 2D array, got scalar array instead"),
        ([], "Expected 2D array, got 1D array instead"),
        (np.arange(3.0), "Reshape your data either using"),
        (np.zeros((2, 3, 4)), r"dim 3 .*Reshape your data"),
        ([[1, 2], [3]], "unequal lengths"),
        ("data.csv", r"read_table\(path\)"),
        (np.zeros((0, 3)), r"0 sample\(s\) \(shape=\(0, 3\)\) while a minimum of 1 is required"),
        (np.zeros((3, 0)), r"0 feature\(s\) \(shape=\(3, 0\)\) while a minimum of 1 is required"),
        (np.array([[1j, 2]]), "Complex data not supported"),
        (np.array([[1, 1j]], dtype=object), r"Complex data not supported.*row 0, column 1"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), "dates or durations"),
        (np.zeros((2, 2), dtype=[("a", "f4")]), "structured array"),
        ([["a", 1.0]], r"text: 'a' in row 0, column 0"),
        ([["1", "2"], ["3", "x"]], r"text: 'x' in row 1, column 1"),
        ([["1", "2"]], r"spells a number.*astype\(float\)"),
        (np.array([[1, 2], [3, "4"]], dtype=object), r"text: '4' in row 1, column 1"),
        (np.array([[1, 10**400]], dtype=object), r"too large for dtype\('float32'\).*column 1"),
        (np.array([[1, None]], dtype=object), r"contains NaN.*row 0, column 1"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused_with_advice(given, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        as_rows(given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.array([[1, {"a": 1}]], dtype=object), r"dict in row 0, column 1.*string or a number"),
        ({"a": [1, 2]}, r"pandas.DataFrame\(X\)"),
    ],
)
def test_what_is_no_number_at_all_is_a_type_error(given, words):
    with pytest.raises(TypeError, match=f"(?s){words}"):
        as_rows(given)


def test_masked_values_are_refused_and_a_mask_without_any_is_fine():
    X = np.ma.array(_some(3, 2), mask=np.zeros((3, 2), dtype=bool))
    np.testing.assert_array_equal(as_rows(X), X.data)
    X.mask[1, 0] = True
    with pytest.raises(ValueError, match=r"masked.*NaN.*row 1, column 0 \(1 in all\)"):
        as_rows(X)


def test_fewer_rows_than_needed_are_refused():
    assert as_rows(np.zeros((2, 1)), min_rows=2).shape == (2, 1)
    with pytest.raises(ValueError, match=r"1 sample\(s\).*minimum of 2 is required"):
        as_rows(np.zeros((1, 1)), min_rows=2)


def test_messages_use_the_callers_name():
    with pytest.raises(ValueError, match="Input queries contains NaN"):
        as_rows([[np.nan]], name="queries")


def test_arrays_have_no_column_names():
    assert column_names(_some()) is None
    assert column_names([[1, 2]]) is None
    assert column_names(None) is None
