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
