from __future__ import annotations

import json

import numpy as np

from umapkit.cli._info import fit_memory


def test_info_tells_rows_columns_labels_and_duplicates(run, csv):
    facts = json.loads(run("info", csv, "--label-column", "year", "--json").stdout)
    assert facts["rows"] == 300
    assert facts["columns"] == 64
    assert facts["column names"][:2] == ["p0", "p1"]
    assert facts["label columns"] == {"kind": 10, "year": 10}
    assert facts["rows equal to an earlier one"] == 0
    assert facts["constant columns"] >= 1
    assert facts["memory of a fit"] == fit_memory(300, 64, 15)


def test_info_counts_equal_rows(run, tmp_path):
    np.save(tmp_path / "a.npy", np.array([[1.0, 2], [3, 4], [1, 2], [1, 2]]))
    facts = json.loads(run("info", tmp_path / "a.npy", "--json").stdout)
    assert facts["rows equal to an earlier one"] == 2
    assert facts["column names"] is None


def test_info_for_people_shows_the_same(run, csv):
    text = run("info", csv, "--columns", "p1,p2", "--columns", "p3").stdout
    assert "300" in text
    assert "p1, p2, p3" in text
    assert "kind (10 values)" in text


def test_info_reads_example_sets(run):
    facts = json.loads(run("info", "example:digits", "--json").stdout)
    assert (facts["rows"], facts["columns"]) == (1797, 64)
    assert "no example set 'digit'" in run("info", "example:digit", code=1).stderr
    assert "--columns, --key and --header are for files" in run(
        "info", "example:digits", "--key", "X", code=1
    ).stderr.replace("\n", " ")


def test_memory_grows_with_rows_columns_and_neighbours():
    base = fit_memory(1000, 10, 15)
    assert fit_memory(2000, 10, 15) == 2 * base
    assert fit_memory(1000, 11, 15) == base + 4000
    assert fit_memory(1000, 10, 30) > base


def test_info_plans_for_a_table_that_is_not_at_hand(run):
    facts = json.loads(run("info", "--shape", "1000000x50", "--json").stdout)
    assert (facts["rows"], facts["columns"]) == (1_000_000, 50)
    assert facts["memory of a fit"] == fit_memory(1_000_000, 50)
    more = ("--n-neighbors", "30", "--n-components", "3")
    facts = json.loads(run("info", "--shape", "1000000x50", *more, "--json").stdout)
    assert facts["memory of a fit"] == fit_memory(1_000_000, 50, 30, 3)
    assert "1.7 GiB" in run("info", "--shape", "1000000x50").stdout
    assert "not ROWSxCOLUMNS" in run("info", "--shape", "1000000", code=2).stderr
    assert "not both" in run("info", "example:digits", "--shape", "9x9", code=2).stderr
    assert "Give a file" in run("info", code=2).stderr


def test_info_counts_all_that_is_missing_as_one_value(run, tmp_path):
    (tmp_path / "a.csv").write_text("p,year\n1,1990\n2,\n3,\n4,1991\n", encoding="utf-8")
    facts = json.loads(run("info", tmp_path / "a.csv", "--label-column", "year", "--json").stdout)
    assert facts["label columns"] == {"year": 3}
