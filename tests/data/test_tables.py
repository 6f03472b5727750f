from __future__ import annotations

import numpy as np
import pytest

from umapkit.data import as_rows, column_names

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

MAKERS = {
    "pandas": pandas.DataFrame,
    "polars": lambda columns: polars.DataFrame(columns, strict=False),
    "pyarrow": pyarrow.table,
    "batch": pyarrow.RecordBatch.from_pydict,
}


@pytest.fixture(params=list(MAKERS))
def make(request):
    return MAKERS[request.param]


def test_a_table_of_mixed_numbers_becomes_rows_with_names(make):
    table = make({"a": [1, 2], "b": [0.5, -0.5], "c": [True, False]})
    rows = as_rows(table)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, [[1, 0.5, 1], [2, -0.5, 0]])
    assert column_names(table) == ["a", "b", "c"]


def test_a_table_of_one_dtype_becomes_rows(make):
    values = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    table = make({f"c{i}": values[:, i] for i in range(4)})
    np.testing.assert_array_equal(as_rows(table), values)


def test_missing_values_are_named_by_row_and_column(make):
    table = make({"a": [1.0, 2.0, 3.0], "height": [1.0, 2.0, None]})
    with pytest.raises(ValueError, match=r"NaN.*row 2, column 'height' \(number 1\)"):
        as_rows(table)


def test_values_beyond_float32_are_named_by_row_and_column(make):
    table = make({"a": [1.0, 2.0], "b": [1.0, 1e300]})
    with pytest.raises(ValueError, match=r"float32'\): 1e\+300 in row 1, column 'b'"):
        as_rows(table)


def test_a_column_of_text_is_named(make):
    with pytest.raises(ValueError, match="column 'name'"):
        as_rows(make({"a": [1, 2], "name": ["x", "y"]}))


def test_a_table_without_rows_or_columns_is_refused(make):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        as_rows(make({"a": np.array([], dtype=np.float64)}))


def test_pandas_types_that_may_be_missing_are_read():
    table = pandas.DataFrame(
        {"a": pandas.array([1, 2], dtype="Int64"), "b": pandas.array([0.5, 1.5], dtype="Float32")}
    )
    np.testing.assert_array_equal(as_rows(table), [[1, 0.5], [2, 1.5]])
    table.loc[1, "a"] = pandas.NA
    with pytest.raises(ValueError, match=r"NaN.*row 1, column 'a'"):
        as_rows(table)


def test_pandas_objects_are_read_where_they_are_numbers():
    table = pandas.DataFrame({"a": [1, 2.5], "b": [True, 3]}, dtype=object)
    np.testing.assert_array_equal(as_rows(table), [[1, 1], [2.5, 3]])
    table.loc[1, "b"] = "x"
    with pytest.raises(ValueError, match=r"text: 'x' in row 1, column 'b'"):
        as_rows(table)


@pytest.mark.parametrize(
    "values",
    [
        pandas.Categorical(["x", "y"]),
        pandas.Categorical([1, 2]),
        pandas.to_datetime(["2020-01-01", "2020-01-02"]),
        pandas.array(["x", "y"], dtype="string"),
        [1j, 2],
    ],
)
def test_pandas_columns_that_are_no_numbers_are_named(values):
    with pytest.raises(ValueError, match=r"column 'odd' \(number 1\)"):
        as_rows(pandas.DataFrame({"a": [1.0, 2.0], "odd": values}))


def test_pandas_labels_that_are_no_strings_are_no_names():
    table = pandas.DataFrame(np.eye(3))
    assert column_names(table) is None
    table.iloc[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"row 1, column 2 \("):
        as_rows(table)
    with pytest.raises(TypeError, match="Feature names are only supported if all input features"):
        column_names(pandas.DataFrame({"a": [1], 2: [3]}))


def test_sparse_pandas_columns_are_read():
    import scipy.sparse

    matrix = scipy.sparse.csr_matrix(np.eye(3))
    table = pandas.DataFrame.sparse.from_spmatrix(matrix, columns=["a", "b", "c"])
    np.testing.assert_array_equal(as_rows(table), np.eye(3))


def test_two_columns_of_one_name_are_both_read():
    table = pandas.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["a", "a"])
    np.testing.assert_array_equal(as_rows(table), [[1, 2], [3, 4]])


def test_series_are_one_dimensional():
    for series in (pandas.Series([1, 2]), polars.Series([1, 2]), pyarrow.array([1, 2])):
        with pytest.raises(ValueError, match="got 1D array instead"):
            as_rows(series)


def test_a_lazy_frame_must_be_collected():
    with pytest.raises(TypeError, match=r"X.collect\(\)"):
        as_rows(polars.DataFrame({"a": [1]}).lazy())


def test_whole_polars_numbers_with_gaps_are_refused_by_name():
    with pytest.raises(ValueError, match=r"NaN.*row 1, column 'a'"):
        as_rows(polars.DataFrame({"a": [1, None]}))


def test_annotated_data_is_refused_with_advice():
    anndata = pytest.importorskip("anndata")
    cells = anndata.AnnData(np.eye(3, dtype=np.float32))
    with pytest.raises(TypeError, match="annotated data set"):
        as_rows(cells)
