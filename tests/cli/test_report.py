from __future__ import annotations

import json

import pytest

from umapkit.data import read_map
from umapkit.quality import trustworthiness


def test_the_record_holds_scores_and_labels(run, csv, made_map, digits):
    answer = run("report", csv, made_map, "--labels", "kind", "--label-column", "year", "--json")
    record = json.loads(answer.stdout)
    lines = {line["name"]: line["value"] for line in record["measures"]}
    rows, _ = digits
    expected = trustworthiness(rows, read_map(made_map).embedding, n_neighbors=15)
    assert lines["trustworthiness (15)"] == pytest.approx(expected, abs=1e-4)
    assert {"silhouette", "random triplets", "density correlation"} <= lines.keys()


def test_the_table_is_for_people_and_the_picture_is_drawn(run, csv, made_map, tmp_path):
    picture = tmp_path / "where.png"
    answer = run(
        "report", csv, made_map, "--label-column", "year", "--picture", picture,
        "--sample-size", "80", "--n-neighbors", "7",
    )  # fmt: skip
    assert "trustworthiness (7)" in answer.stdout
    assert "80 rows judged" in answer.stdout
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_a_picture_that_cannot_be_drawn_is_refused_first(run, csv, made_map, tmp_path):
    answer = run("report", csv, made_map, "--picture", tmp_path / "where.gif", code=1)
    assert "must end in" in answer.stderr
    answer = run("report", csv, made_map, "--picture", tmp_path / "no" / "where.png", code=1)
    assert "does not exist" in answer.stderr
