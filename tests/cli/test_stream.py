from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("typer")

from typer.testing import CliRunner

import umapkit
from umapkit.cli.app import build_app
from umapkit.data import read_map
from umapkit.streaming import read_chunks

FAST = ("--seed", "7", "--n-neighbors", "10", "--chunk", "100", "--engine", "exact")


def by_hand(csv, **given):
    model = umapkit.ProgressiveUMAP(random_state=7, n_neighbors=10, engine="exact", **given)
    for chunk in read_chunks(csv, size=100):
        model.partial_fit(chunk.rows)
    return model


def test_a_streamed_map_is_the_estimators(run, tmp_path, csv):
    out = tmp_path / "map.parquet"
    answer = run("stream", csv, "-o", out, "--every", "2", "--model", tmp_path / "model", *FAST)
    model = by_hand(csv)
    written = read_map(out)
    np.testing.assert_array_equal(written.embedding, model.embedding_)
    assert written.ids.tolist() == list(range(300))
    assert "200 rows on the map" in answer.stderr
    loaded = umapkit.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.embedding_, model.embedding_)


def test_the_same_command_goes_on_with_the_journal(run, tmp_path, csv):
    out, journal = tmp_path / "map.parquet", tmp_path / "rows.db"
    lines = csv.read_text(encoding="utf-8").splitlines(keepends=True)
    begun = tmp_path / "begun.csv"
    begun.write_text("".join(lines[:101]), encoding="utf-8")
    run("stream", begun, "-o", out, "--journal", journal, *FAST)
    begun.write_text("".join(lines), encoding="utf-8")
    answer = run("stream", begun, "-o", out, "--journal", journal, *FAST)
    assert "going on after 100" in answer.stderr
    np.testing.assert_array_equal(read_map(out).embedding, by_hand(csv).embedding_)
    other = run("stream", begun, "-o", out, "--journal", journal, "--seed", "8", code=1)
    assert "begun with seed=7" in other.stderr


def test_the_journal_may_be_in_the_home_folder(run, tmp_path, csv, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "map.parquet"
    run("stream", csv, "-o", out, "--journal=~/rows.db", *FAST)
    assert (tmp_path / "rows.db").is_file()
    answer = run("stream", csv, "-o", out, "--journal=~/rows.db", *FAST)
    assert "going on after 300" in answer.stderr


def test_a_journal_that_holds_no_call_yet_is_taken_up(run, tmp_path, csv):
    from umapkit.streaming._journal import Journal

    out, journal = tmp_path / "map.parquet", tmp_path / "rows.db"
    given = {"random_state": 7, "n_neighbors": 10, "engine": "exact"}
    Journal.begin(umapkit.ProgressiveUMAP(journal=journal, **given), 7, 4).close()
    answer = run("stream", csv, "-o", out, "--journal", journal, *FAST)
    assert "going on after 0" in answer.stderr
    np.testing.assert_array_equal(read_map(out).embedding, by_hand(csv).embedding_)


def test_standard_input_is_a_source(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 3))
    text = "".join(
        json.dumps({"name": f"r{i}", "a": a, "b": b, "c": c}) + "\n"
        for i, (a, b, c) in enumerate(rows.tolist())
    )
    out = tmp_path / "map.csv"
    given = ("--format", "ndjson", "--id-column", "name", "--capacity", "40")
    command = ["stream", "-", "-o", str(out), *given, *FAST]
    answer = CliRunner().invoke(build_app(), command, input=text)
    assert answer.exit_code == 0, answer.stderr
    assert read_map(out).ids.tolist() == [f"r{i}" for i in range(20, 60)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--every", "0"), "--every 0"),
        (("--id-column", "nothing"), "no column 'nothing'"),
        (("--move", "some"), "move='some'"),
    ],
)
def test_what_cannot_be_done_is_said(run, tmp_path, csv, options, says):
    answer = run("stream", csv, "-o", tmp_path / "m.csv", *options, *FAST, code=1)
    assert says in answer.stderr


def test_a_file_where_the_model_is_to_be_is_refused_before_the_work(run, tmp_path, csv):
    (tmp_path / "model").write_text("", encoding="utf-8")
    answer = run("stream", csv, "-o", tmp_path / "m.csv", "--model", tmp_path / "model", code=1)
    assert "is a file. Give a folder" in answer.stderr
    assert not (tmp_path / "m.csv").exists()
