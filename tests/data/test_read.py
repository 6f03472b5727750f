from __future__ import annotations

import gzip

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp

from umapkit.data import read_map, read_table, write_map

pyarrow = pytest.importorskip("pyarrow")
pandas = pytest.importorskip("pandas")
parquet = pytest.importorskip("pyarrow.parquet")

VALUES = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
KINDS = np.array(["cat", "dog", "cow"] * 10)


def _frame() -> pandas.DataFrame:
    frame = pandas.DataFrame(VALUES, columns=["a", "b", "c"])
    frame["kind"] = KINDS
    return frame


def _write(frame: pandas.DataFrame, path) -> None:
    if path.name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in path.name else ",")


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.csv.gz", "t.tsv", "T.CSV"])
def test_tables_are_split_into_numbers_and_labels(tmp_path, name):
    _write(_frame(), tmp_path / name)
    table = read_table(tmp_path / name)
    np.testing.assert_array_equal(table.rows, VALUES)
    assert table.rows.dtype == np.float32
    assert table.columns == ["a", "b", "c"]
    assert list(table.labels) == ["kind"]
    np.testing.assert_array_equal(table.labels["kind"], KINDS)
    assert table.ids is None


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_columns_and_label_columns_are_chosen_by_name(tmp_path, name):
    frame = _frame()
    frame["year"] = np.arange(30)
    _write(frame, tmp_path / name)
    table = read_table(tmp_path / name, columns=["c", "a"])
    assert table.columns == ["c", "a"]
    np.testing.assert_array_equal(table.rows, VALUES[:, [2, 0]])
    assert list(table.labels) == ["kind"]
    table = read_table(tmp_path / name, label_columns=["year"])
    assert table.columns == ["a", "b", "c"]
    np.testing.assert_array_equal(table.labels["year"], np.arange(30))


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_wrong_column_names_are_refused_with_those_that_exist(tmp_path, name):
    _write(_frame(), tmp_path / name)
    with pytest.raises(ValueError, match=r"no column 'z'.*It has: 'a', 'b', 'c', 'kind'"):
        read_table(tmp_path / name, columns=["z"])
    with pytest.raises(ValueError, match="cannot be data and label at once"):
        read_table(tmp_path / name, columns=["a"], label_columns=["a"])
    with pytest.raises(ValueError, match="column 'kind'"):
        read_table(tmp_path / name, columns=["a", "kind"])


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_the_index_of_pandas_names_the_rows(tmp_path, name):
    frame = _frame().set_index(pandas.Index([f"row{i}" for i in range(30)]))
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_csv(tmp_path / name)
    table = read_table(tmp_path / name)
    assert table.columns == ["a", "b", "c"]
    assert list(table.labels) == ["kind"]
    np.testing.assert_array_equal(table.ids, frame.index.to_numpy())


def test_a_csv_file_without_a_header_loses_no_row(tmp_path):
    path = tmp_path / "plain.csv"
    np.savetxt(path, VALUES, delimiter=",", fmt="%.9g")
    table = read_table(path)
    np.testing.assert_array_equal(table.rows, VALUES)
    assert table.columns is None


def test_whether_there_is_a_header_can_be_said(tmp_path):
    path = tmp_path / "years.csv"
    path.write_text("1990,1991\n1,2\n3,4\n", encoding="utf-8")
    assert read_table(path).rows.shape == (3, 2)
    table = read_table(path, header=True)
    assert table.columns == ["1990", "1991"]
    np.testing.assert_array_equal(table.rows, [[1, 2], [3, 4]])
    path.write_text("0,1\n1,2\n", encoding="utf-8")
    np.testing.assert_array_equal(read_table(path, header=False).rows, [[0, 1], [1, 2]])
    np.save(tmp_path / "a.npy", VALUES)
    with pytest.raises(ValueError, match=r"header=True is for \.csv"):
        read_table(tmp_path / "a.npy", header=True)


def test_dates_and_categories_are_labels_and_can_be_written_again(tmp_path):
    frame = _frame()
    frame["kind"] = pandas.Categorical(KINDS)
    frame["day"] = pandas.date_range("2020-01-01", periods=30)
    frame["known"] = [True, False, True] * 10
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", label_columns=["known"])
    assert table.columns == ["a", "b", "c"]
    np.testing.assert_array_equal(table.labels["kind"], KINDS)
    np.testing.assert_array_equal(table.labels["day"], frame["day"].to_numpy())
    write_map(tmp_path / "m.parquet", table.rows[:, :2], columns=table.labels)
    back = read_map(tmp_path / "m.parquet").columns
    np.testing.assert_array_equal(back["day"], frame["day"].to_numpy())
    np.testing.assert_array_equal(back["kind"], KINDS)
    np.testing.assert_array_equal(back["known"], frame["known"])


def test_a_header_that_counts_is_a_header(tmp_path):
    path = tmp_path / "counted.csv"
    pandas.DataFrame(VALUES).to_csv(path, index=False)
    table = read_table(path)
    np.testing.assert_array_equal(table.rows, VALUES)
    assert table.columns == ["0", "1", "2"]


def test_missing_cells_are_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"Input t.csv contains NaN.*row 1, column 'b'"):
        read_table(path)


def test_text_among_numbers_is_an_error_not_a_label(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n5,six\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"'b' holds numbers and text.*'six' in row 2"):
        read_table(path)
    table = read_table(path, label_columns=["b"])
    assert table.columns == ["a"]
    np.testing.assert_array_equal(table.labels["b"], ["2", "4", "six"])


def test_damaged_and_empty_tables_are_refused(tmp_path):
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b\n1,2\n3,4,5\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"ragged.csv cannot be read: .*Expected 2 columns, got 3"):
        read_table(ragged)
    for name in ("x.parquet", "x.npy", "x.npz", "x.mtx", "x.csv"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(ValueError, match=f"{name} cannot be read"):
            read_table(tmp_path / name)
    for name in ("y.parquet", "y.npy", "y.npz", "y.mtx", "y.csv.gz", "y.mtx.gz"):
        (tmp_path / name).write_bytes(b"\x07 no such format")
        with pytest.raises(ValueError, match=f"{name} cannot be read"):
            read_table(tmp_path / name)
    (tmp_path / "words.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no column of numbers"):
        read_table(tmp_path / "words.csv")
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="more than one column 'a'"):
        read_table(tmp_path / "twice.csv")


def test_arrays_are_read_and_images_flattened(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    np.testing.assert_array_equal(read_table(tmp_path / "a.npy").rows, VALUES)
    images = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    np.save(tmp_path / "i.npy", images)
    np.testing.assert_array_equal(read_table(tmp_path / "i.npy").rows, images.reshape(4, 6))
    np.save(tmp_path / "o.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"o.npy cannot be read: .*Python objects"):
        read_table(tmp_path / "o.npy")


def test_archives_give_the_matrix_and_vectors_beside_it(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, values=VALUES, kind=KINDS, other=np.arange(5))
    table = read_table(path)
    np.testing.assert_array_equal(table.rows, VALUES)
    assert list(table.labels) == ["kind"]
    np.savez(path, first=VALUES, second=2 * VALUES, y=np.arange(30), z=np.arange(5))
    with pytest.raises(ValueError, match=r"2 matrices.*first \(30, 3\), second"):
        read_table(path)
    np.testing.assert_array_equal(read_table(path, key="second").rows, 2 * VALUES)
    with pytest.raises(ValueError, match="no array 'third'"):
        read_table(path, key="third")
    with pytest.raises(ValueError, match=r"'z' has shape \(5,\), but 'first' has 30 rows"):
        read_table(path, key="first", label_columns=["z"])
    np.savez(path, X=VALUES, noise=VALUES)
    np.testing.assert_array_equal(read_table(path).rows, VALUES)


def test_sparse_archives_and_matrix_market_files_are_read(tmp_path):
    dense = np.where(np.abs(VALUES) > 0.5, VALUES, 0)
    sp.save_npz(tmp_path / "s.npz", sp.csr_array(dense))
    np.testing.assert_array_equal(read_table(tmp_path / "s.npz").rows, dense)
    for wrong in ({"key": "kind"}, {"label_columns": ["kind"]}):
        with pytest.raises(ValueError, match="holds one sparse matrix and no array 'kind'"):
            read_table(tmp_path / "s.npz", **wrong)
    scipy.io.mmwrite(tmp_path / "m.mtx", sp.coo_array(dense), precision=9)
    np.testing.assert_array_equal(read_table(tmp_path / "m.mtx").rows, dense)
    content = (tmp_path / "m.mtx").read_bytes()
    (tmp_path / "m.mtx.gz").write_bytes(gzip.compress(content))
    np.testing.assert_array_equal(read_table(tmp_path / "m.mtx.gz").rows, dense)
    scipy.io.mmwrite(tmp_path / "d.mtx", dense, precision=9)
    np.testing.assert_array_equal(read_table(tmp_path / "d.mtx").rows, dense)
    with pytest.raises(ValueError, match="TruncatedSVD"):
        read_table(tmp_path / "m.mtx", max_dense_bytes=100)


def test_annotated_cells_are_read_from_x_or_obsm(tmp_path):
    anndata = pytest.importorskip("anndata")
    path = tmp_path / "cells.h5ad"
    cells = anndata.AnnData(
        sp.csr_matrix(VALUES),
        obs=pandas.DataFrame(
            {"kind": pandas.Categorical(KINDS), "depth": np.arange(30)},
            index=[f"cell{i}" for i in range(30)],
        ),
        var=pandas.DataFrame(index=["g1", "g2", "g3"]),
        obsm={"X_pca": VALUES[:, :2]},
    )
    cells.write_h5ad(path)
    table = read_table(path)
    np.testing.assert_array_equal(table.rows, VALUES)
    assert table.columns == ["g1", "g2", "g3"]
    np.testing.assert_array_equal(table.labels["kind"], KINDS)
    np.testing.assert_array_equal(table.labels["depth"], np.arange(30))
    assert table.ids is not None
    assert table.ids[3] == "cell3"
    chosen = read_table(path, columns=["g3", "g1"])
    np.testing.assert_array_equal(chosen.rows, VALUES[:, [2, 0]])
    reduced = read_table(path, key="X_pca")
    np.testing.assert_array_equal(reduced.rows, VALUES[:, :2])
    assert reduced.columns is None
    with pytest.raises(ValueError, match=r"no 'X_umap' in obsm. It has: X, X_pca"):
        read_table(path, key="X_umap")
    with pytest.raises(ValueError, match="no column 'g9'"):
        read_table(path, columns=["g9"])
    with pytest.raises(ValueError, match=r"no column 'age' in obs. It has: kind, depth"):
        read_table(path, label_columns=["age"])
    (tmp_path / "bad.h5ad").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"bad.h5ad cannot be read"):
        read_table(tmp_path / "bad.h5ad")


def test_unknown_endings_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in .parquet, .pq, .csv.*\.mtx\.gz"):
        read_table(tmp_path / "x.xlsx")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_table(tmp_path / "x.csv")
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_table(tmp_path / "d.csv")


def test_options_that_a_format_cannot_use_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", VALUES)
    _write(_frame(), tmp_path / "t.csv")
    with pytest.raises(ValueError, match=r"columns=\['a'\] cannot be chosen"):
        read_table(tmp_path / "a.npy", columns=["a"])
    with pytest.raises(ValueError, match="has no column names"):
        read_table(tmp_path / "a.npy", label_columns=["a"])
    with pytest.raises(ValueError, match=r"key='x' is for .npz and .h5ad"):
        read_table(tmp_path / "t.csv", key="x")


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    import sys

    _write(_frame(), tmp_path / "t.parquet")
    (tmp_path / "c.h5ad").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(ImportError, match=r'pip install "umapkit\[tables\]"'):
        read_table(tmp_path / "t.parquet")
    with pytest.raises(ImportError, match=r'pip install "umapkit\[anndata\]"'):
        read_table(tmp_path / "c.h5ad")
