from __future__ import annotations

import numpy as np
import pytest

from umapkit.data import read_map, read_table, write_map

parquet = pytest.importorskip("pyarrow.parquet")

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", ["m.parquet", "m.pq", "m.csv", "m.tsv", "m.npy"])
@pytest.mark.parametrize("n_components", [1, 2, 3, 5])
def test_a_map_comes_back_with_the_same_bits(tmp_path, name, n_components):
    coords = RNG.normal(size=(40, n_components)).astype(np.float32)
    write_map(tmp_path / name, coords)
    back = read_map(tmp_path / name)
    np.testing.assert_array_equal(back.embedding, coords)
    assert back.columns == {}
    assert back.ids is None


@pytest.mark.parametrize("name", ["m.parquet", "m.csv"])
def test_columns_and_names_of_rows_come_back(tmp_path, name):
    coords = RNG.normal(size=(4, 2)).astype(np.float32)
    columns = {
        "kind": np.array(["a", 'b "quoted", comma', "ü", "d"]),
        "year": [1, 2, 3, 4],
        "mixed": np.array(["a", 1, None, 2.5], dtype=object),
    }
    write_map(tmp_path / name, coords, columns=columns, ids=[f"r{i}" for i in range(4)])
    back = read_map(tmp_path / name)
    np.testing.assert_array_equal(back.embedding, coords)
    np.testing.assert_array_equal(back.columns["kind"], columns["kind"])
    np.testing.assert_array_equal(back.columns["year"], [1, 2, 3, 4])
    assert back.columns["mixed"][1] == "1"
    assert list(back.ids) == ["r0", "r1", "r2", "r3"]


def test_coordinates_are_named_x_and_y_for_viewers(tmp_path):
    coords = np.zeros((3, 2), dtype=np.float32)
    write_map(tmp_path / "m.parquet", coords, columns={"kind": ["a", "b", "c"]})
    assert parquet.read_table(tmp_path / "m.parquet").column_names == ["x", "y", "kind"]
    assert read_table(tmp_path / "m.parquet").columns == ["x", "y"]


def test_what_cannot_be_written_is_refused_and_nothing_is_left(tmp_path):
    coords = np.zeros((3, 2), dtype=np.float32)
    with pytest.raises(ValueError, match=r"cannot write .*\.parquet, \.pq, \.csv, \.tsv, \.npy"):
        write_map(tmp_path / "m.png", coords)
    with pytest.raises(ValueError, match=r"'kind' has 2 entries, but the map has 3 rows"):
        write_map(tmp_path / "m.csv", coords, columns={"kind": ["a", "b"]})
    with pytest.raises(ValueError, match="'x' would be there twice"):
        write_map(tmp_path / "m.csv", coords, columns={"x": [1, 2, 3]})
    with pytest.raises(ValueError, match=r"holds the coordinates only, not kind"):
        write_map(tmp_path / "m.npy", coords, columns={"kind": ["a", "b", "c"]})
    with pytest.raises(FileNotFoundError, match="Create it first"):
        write_map(tmp_path / "no" / "m.csv", coords)
    with pytest.raises(ValueError, match="embedding contains NaN"):
        write_map(tmp_path / "m.csv", coords * np.nan)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_when_the_new_one_fails(tmp_path, monkeypatch):
    path = tmp_path / "m.npy"
    write_map(path, np.ones((2, 2)))

    def fail(*_args, **_options):
        msg = "disk full"
        raise OSError(msg)

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        write_map(path, np.zeros((2, 2)))
    monkeypatch.undo()
    np.testing.assert_array_equal(read_map(path).embedding, np.ones((2, 2)))
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_map_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"neither the columns x and y nor umap0. It has: a, b"):
        read_map(tmp_path / "t.csv")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_map(tmp_path / "no.csv")
    (tmp_path / "b.npy").write_bytes(b"")
    with pytest.raises(ValueError, match="cannot be read"):
        read_map(tmp_path / "b.npy")


@pytest.mark.parametrize("name", ["m.parquet", "m.csv", "m.tsv", "M.TSV", "m.npy"])
def test_rows_without_a_place_are_written_and_come_back(tmp_path, name):
    coords = RNG.normal(size=(5, 2)).astype(np.float32)
    coords[1], coords[3, 0] = np.nan, np.nan
    given = coords.copy()
    write_map(tmp_path / name, coords)
    np.testing.assert_array_equal(coords, given)
    back = read_map(tmp_path / name).embedding
    np.testing.assert_array_equal(back[[0, 2, 4]], coords[[0, 2, 4]])
    assert np.isnan(back[[1, 3]]).all()
    with pytest.raises(ValueError, match="infinity"):
        write_map(tmp_path / name, np.array([[np.nan, 1], [np.inf, 2]]))
    with pytest.raises(ValueError, match="none has a place on the map"):
        write_map(tmp_path / name, np.full((3, 2), np.nan))


@pytest.mark.parametrize(("dimensions", "taken"), [(2, "z"), (1, "x"), (4, "y"), (2, "umap0")])
def test_no_further_column_is_read_as_a_coordinate(tmp_path, dimensions, taken):
    with pytest.raises(ValueError, match=f"'{taken}' would be read as a coordinate"):
        write_map(tmp_path / "m.csv", RNG.normal(size=(4, dimensions)), columns={taken: range(4)})
    columns = {"umap": range(4), "zz": range(4)}
    write_map(tmp_path / "m.csv", RNG.normal(size=(4, dimensions)), columns=columns)
    back = read_map(tmp_path / "m.csv")
    assert back.embedding.shape == (4, dimensions)
    assert back.columns.keys() == columns.keys()
