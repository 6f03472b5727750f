from __future__ import annotations

import io
import json

import numpy as np
import pytest

from umapkit.streaming import read_chunks

pyarrow = pytest.importorskip("pyarrow")


@pytest.fixture
def table(rows):
    """25 rows with ids and labels."""
    columns = {f"p{i}": rows[:25, i] for i in range(3)}
    columns["name"] = [f"row {i}" for i in range(25)]
    columns["year"] = np.arange(2000, 2025)
    return pyarrow.table(columns)


def written(table, path):
    if path.suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path, row_group_size=7)
    elif path.suffix == ".csv":
        from pyarrow import csv

        csv.write_csv(table, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv", "ndjson", "jsonl"])
def test_files_come_in_chunks_with_ids_and_labels(table, rows, tmp_path, ending):
    path = written(table, tmp_path / f"rows.{ending}")
    options = {"id_column": "name", "label_column": "year"}
    chunks = list(read_chunks(path, size=10, **options))
    assert max(map(len, chunks)) <= 10
    assert sum(map(len, chunks)) == 25
    np.testing.assert_allclose(np.concatenate([c.rows for c in chunks]), rows[:25, :3], rtol=1e-6)
    assert [one for c in chunks for one in c.ids] == [f"row {i}" for i in range(25)]
    assert [one for c in chunks for one in c.labels] == list(range(2000, 2025))
    assert chunks[0].columns == ["p0", "p1", "p2"]
    later = list(read_chunks(path, size=10, skip=12, **options))
    assert [one for c in later for one in c.ids] == [f"row {i}" for i in range(12, 25)]


def test_a_folder_of_parquet_files_is_read_in_order_of_names(table, tmp_path):
    written(table.slice(10), tmp_path / "b.parquet")
    written(table.slice(0, 10), tmp_path / "a.parquet")
    chunks = list(read_chunks(tmp_path, size=8, id_column="name"))
    assert [one for c in chunks for one in c.ids] == [f"row {i}" for i in range(25)]


def test_standard_input_is_read_no_farther_than_asked(table, tmp_path, monkeypatch):
    from types import SimpleNamespace

    data = io.BytesIO(written(table, tmp_path / "r.csv").read_bytes())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=data))
    chunks = read_chunks("-", format="csv", size=5, columns=["p2", "p0"])
    first = next(chunks)
    assert first.rows.shape == (5, 2)
    assert len(data.getvalue()) - data.tell() > 300
    assert sum(map(len, chunks)) == 20


def test_arrays_frames_and_generators_come_in_chunks(rows):
    pandas = pytest.importorskip("pandas")
    for source in (rows[:25], pandas.DataFrame(rows[:25]), iter([rows[:12], rows[12:25]])):
        chunks = list(read_chunks(source, size=10))
        assert max(map(len, chunks)) <= 10
        np.testing.assert_array_equal(np.concatenate([c.rows for c in chunks]), rows[:25])
    single = list(read_chunks(iter(list(rows[:3]))))
    assert [len(chunk) for chunk in single] == [1, 1, 1]
    skipped = list(read_chunks(rows[:25], size=10, skip=3))
    np.testing.assert_array_equal(np.concatenate([c.rows for c in skipped]), rows[3:25])


def test_a_generator_is_asked_for_no_more_than_is_taken(rows):
    asked = []

    def endless():
        for number in range(10**9):
            asked.append(number)
            yield rows[:4]

    chunks = read_chunks(endless())
    next(chunks)
    next(chunks)
    assert asked == [0, 1]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"source": "none.csv"}, FileNotFoundError, "none.csv"),
        ({"source": "-"}, ValueError, "standard input"),
        ({"source": "rows.csv", "id_column": "nothing"}, ValueError, "no column 'nothing'"),
        ({"source": "rows.csv", "columns": ["zz"]}, ValueError, "no column 'zz'"),
        ({"source": "words.csv"}, ValueError, "no column of numbers"),
        ({"source": "broken.csv"}, ValueError, "cannot be read as csv"),
        ({"source": "broken.parquet"}, ValueError, "cannot be read"),
        ({"source": "rows.txt"}, ValueError, "ends in none of"),
        ({"source": "rows.csv", "size": 0}, ValueError, "size=0"),
        ({"source": np.zeros((3, 2)), "columns": ["a"]}, ValueError, "are for files"),
        ({"source": 3}, TypeError, "no file"),
    ],
)
def test_bad_sources_are_refused(table, tmp_path, monkeypatch, options, error, says):
    monkeypatch.chdir(tmp_path)
    written(table, tmp_path / "rows.csv")
    (tmp_path / "words.csv").write_text("a,b\nx,y\n")
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n1,2,3\n")
    (tmp_path / "broken.parquet").write_text("nothing")
    (tmp_path / "rows.txt").write_text("1 2")
    with pytest.raises(error, match=says):
        list(read_chunks(**options))


@pytest.mark.parametrize("size", [1, 2, 10])
@pytest.mark.parametrize("ending", ["ndjson", "csv"])
def test_blank_lines_end_nothing(tmp_path, size, ending):
    lines = {"ndjson": ['{"a":1}', "", "", '{"a":2}', '{"a":3}'], "csv": ["a", "1", "", "2", "3"]}
    path = tmp_path / f"rows.{ending}"
    path.write_text("\n".join(lines[ending]) + "\n")
    chunks = list(read_chunks(path, size=size))
    assert np.concatenate([one.rows for one in chunks]).ravel().tolist() == [1, 2, 3]


def test_a_csv_column_holds_the_same_kind_in_every_chunk(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,note,b,id,y\n1,x,1,007,1\n2,y,2,8,2\n2.5,1,3,9,\n3,2,4,10,1\n")
    chunks = list(read_chunks(path, size=2, id_column="id", label_column="y"))
    assert [one.columns for one in chunks] == [["a", "b"]] * 2
    np.testing.assert_array_equal(chunks[1].rows, [[2.5, 3], [3, 4]])
    assert [one for c in chunks for one in c.ids] == ["007", "8", "9", "10"]
    assert chunks[0].labels.tolist() == [1, 2]
    np.testing.assert_array_equal(chunks[1].labels, [np.nan, 1])


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("y", "x", "'x'"),
        ("id", "A4", "'A4'"),
        ("id", "04", "zeros in front"),
        ("a", "one", "'one'"),
    ],
)
def test_a_csv_value_of_another_kind_than_before_is_refused(tmp_path, column, value, says):
    row = {"a": "1.5", "y": "1", "id": "4", column: value}
    path = tmp_path / "rows.csv"
    path.write_text("a,y,id\n1.5,1,1\n2.5,2,2\n3.5,1,3\n" + ",".join(row.values()) + "\n")
    chunks = read_chunks(path, size=2, id_column="id", label_column="y")
    assert next(chunks).ids.tolist() == [1, 2]
    with pytest.raises(ValueError, match=f"rows 2 to 3: .*{says}.*first chunk"):
        next(chunks)
    assert sum(map(len, read_chunks(path, size=4, columns=["y" if column == "a" else "a"]))) == 4


def test_text_that_looks_like_numbers_later_stays_text(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,y\n1,x\n2,1\n3,2\n4,3\n")
    chunks = list(read_chunks(path, size=2, label_column="y"))
    assert [one for c in chunks for one in c.labels] == ["x", "1", "2", "3"]
