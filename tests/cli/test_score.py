from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

from umapkit.data import read_map, write_map


def _scores(run, *arguments) -> dict:
    return json.loads(run("score", *arguments, "--json").stdout)


def test_scores_agree_with_scikit_learn(run, csv, made_map, digits):
    facts = _scores(run, csv, made_map, "--labels", "kind", "--label-column", "year")
    rows, labels = digits
    embedding = read_map(made_map).embedding
    assert facts["rows"] == 300
    assert facts["trustworthiness (5)"] == pytest.approx(trustworthiness(rows, embedding), abs=1e-4)
    assert facts["silhouette"] == pytest.approx(silhouette_score(embedding, labels), abs=1e-4)
    assert 0 < facts["nearest-neighbour accuracy (5)"] < 1
    assert 0 < facts["neighborhood preservation (15)"] < 1


def test_labels_may_stand_in_the_data_and_neighbours_be_chosen(run, csv, tmp_path, made_map):
    bare = tmp_path / "bare.npy"
    write_map(bare, read_map(made_map).embedding)
    facts = _scores(run, csv, bare, "--labels", "year", "--n-neighbors", "7")
    assert {"trustworthiness (7)", "nearest-neighbour accuracy (7)"} <= facts.keys()
    with_map = _scores(run, csv, made_map, "--labels", "kind", "--n-neighbors", "7")
    # The years are one to one with the kinds, and here year was data there.
    assert with_map["silhouette"] == facts["silhouette"]


def test_scores_for_people_are_a_table(run, csv, made_map):
    text = run("score", csv, made_map, "--label-column", "year").stdout
    assert "trustworthiness (5)" in text
    assert "silhouette" not in text


def test_what_does_not_fit_is_refused(run, csv, made_map, tmp_path):
    other = tmp_path / "other.npy"
    write_map(other, np.zeros((7, 2)) + np.arange(7)[:, None])
    answer = run("score", csv, other, code=1)
    assert "has 300 rows, but the map" in answer.stderr
    answer = run("score", csv, made_map, "--labels", "colour", code=1)
    assert "no column 'colour'" in answer.stderr


@pytest.mark.parametrize("command", ["score", "report"])
def test_labels_are_no_data_wherever_they_are_taken_from(run, csv, made_map, tmp_path, command):
    bare = tmp_path / "bare.npy"
    write_map(bare, read_map(made_map).embedding)
    options = ("--labels", "year", "--n-neighbors", "7", "--sample-size", "100", "--json")
    facts = [json.loads(run(command, csv, path, *options).stdout) for path in (made_map, bare)]
    if command == "report":
        assert [one["facts"]["columns"] for one in facts] == [64, 64]
    else:
        assert facts[0]["trustworthiness (7)"] == facts[1]["trustworthiness (7)"]


def test_labels_of_the_map_need_not_stand_in_the_data(run, made_map, tmp_path, digits):
    np.save(tmp_path / "rows.npy", digits[0])
    assert _scores(run, tmp_path / "rows.npy", made_map, "--labels", "kind")["silhouette"] > 0


def test_rows_without_a_place_are_left_out_and_counted(run, tmp_path, digits):
    rows, labels = digits
    points = rows[:, [20, 42]].astype(np.float32)
    np.save(tmp_path / "rows.npy", rows)
    np.save(tmp_path / "placed.npy", rows[9:])
    for name, begin in (("all.csv", 0), ("placed.csv", 9)):
        places = points.copy()
        places[:9] = np.nan
        write_map(tmp_path / name, places[begin:], columns={"kind": labels[begin:]})
    found = _scores(run, tmp_path / "rows.npy", tmp_path / "all.csv", "--labels", "kind")
    assert found.pop("rows without a place, left out") == 9
    wanted = _scores(run, tmp_path / "placed.npy", tmp_path / "placed.csv", "--labels", "kind")
    assert found == {**wanted, "rows": 300}


def test_no_neighbours_are_refused_not_replaced(run, csv, made_map):
    answer = run("score", csv, made_map, "--n-neighbors", "0", code=1)
    assert "n_neighbors=0 is out of range" in answer.stderr
