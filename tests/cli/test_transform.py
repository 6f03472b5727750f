from __future__ import annotations

import warnings

import numpy as np
import pytest

import umapkit
from umapkit.data import read_map

FAST = ("--seed", "7", "--n-epochs", "20", "--n-neighbors", "10")


def test_new_rows_are_placed_as_the_saved_model_places_them(run, tmp_path, digits):
    rows = digits[0]
    np.save(tmp_path / "train.npy", rows[:250])
    np.save(tmp_path / "new.npy", rows[250:])
    folder, out = tmp_path / "model", tmp_path / "new_map.npy"
    run("fit", tmp_path / "train.npy", "-o", tmp_path / "map.npy", "--model", folder, *FAST)
    run("transform", folder, tmp_path / "new.npy", "-o", out)
    wanted = umapkit.load(folder).transform(rows[250:])
    np.testing.assert_array_equal(read_map(out).embedding, wanted)
    run("transform", folder, tmp_path / "train.npy", "-o", out)
    np.testing.assert_array_equal(read_map(out).embedding, read_map(tmp_path / "map.npy").embedding)


def test_columns_are_matched_by_name(run, csv, tmp_path):
    pandas = pytest.importorskip("pandas")
    folder = tmp_path / "model"
    options = ("--label-column", "year")
    run("fit", csv, "-o", tmp_path / "m.csv", "--model", folder, *FAST, *options)
    frame = pandas.read_csv(csv)
    frame.iloc[:, ::-1].assign(more=1.0).to_csv(tmp_path / "other.csv", index=False)
    run("transform", folder, tmp_path / "other.csv", "-o", tmp_path / "n.csv", *options)
    written = read_map(tmp_path / "n.csv")
    np.testing.assert_array_equal(written.embedding, read_map(tmp_path / "m.csv").embedding)
    assert set(written.columns) == {"kind", "year"}
    frame.drop(columns="p5").to_csv(tmp_path / "less.csv", index=False)
    answer = run("transform", folder, tmp_path / "less.csv", "-o", tmp_path / "n.csv", code=1)
    assert "no column 'p5'" in answer.stderr


def test_scores_of_strangeness_are_a_column(run, tmp_path, digits):
    rows = digits[0]
    np.save(tmp_path / "train.npy", rows)
    np.save(tmp_path / "new.npy", np.concatenate([rows[:3], rows[:3] + 5]))
    folder = tmp_path / "model"
    run("fit", tmp_path / "train.npy", "-o", tmp_path / "m.npy", "--model", folder, *FAST)
    run("transform", folder, tmp_path / "new.npy", "-o", tmp_path / "n.csv", "--score")
    score = read_map(tmp_path / "n.csv").columns["score"]
    assert score[:3].max() < score[3:].min()
    answer = run(
        "transform", folder, tmp_path / "new.npy", "-o", tmp_path / "n.npy", "--score", code=1
    )
    assert "--score needs a column" in answer.stderr


def test_a_folder_without_a_model_and_wrong_columns_are_refused(run, tmp_path, digits):
    np.save(tmp_path / "train.npy", digits[0])
    answer = run("transform", tmp_path, tmp_path / "train.npy", "-o", tmp_path / "n.npy", code=1)
    assert answer.stderr.startswith("umapkit: error: ")
    folder = tmp_path / "model"
    run("fit", tmp_path / "train.npy", "-o", tmp_path / "m.npy", "--model", folder, *FAST)
    np.save(tmp_path / "narrow.npy", digits[0][:, :9])
    answer = run("transform", folder, tmp_path / "narrow.npy", "-o", tmp_path / "n.npy", code=1)
    assert "9" in answer.stderr
    assert "64" in answer.stderr


def test_models_that_take_several_tables_are_left_to_python(run, tmp_path, digits):
    rows = digits[0]
    model = umapkit.UMAP(random_state=0, n_epochs=3).fit(rows)
    (model + model).save(tmp_path / "model")
    np.save(tmp_path / "new.npy", rows[:5])
    answer = run("transform", tmp_path / "model", tmp_path / "new.npy", "-o", "m.npy", code=1)
    assert "holds a Combination" in answer.stderr


def test_rows_without_a_place_are_written_as_such(run, tmp_path):
    bits = (np.random.default_rng(0).random((80, 12)) < 0.5).astype(np.float32)
    np.save(tmp_path / "train.npy", bits)
    folder, out = tmp_path / "model", tmp_path / "placed.csv"
    fit = ("--metric", "jaccard", "--seed", "7", "--n-epochs", "20")
    run("fit", tmp_path / "train.npy", "-o", tmp_path / "m.csv", "--model", folder, *fit)
    np.save(tmp_path / "new.npy", np.concatenate([bits[:2], np.zeros((1, 12)), bits[2:4]]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = run("transform", folder, tmp_path / "new.npy", "-o", out)
    assert "4 rows placed, 1 have no place (NaN)" in answer.stderr
    written = read_map(out).embedding
    np.testing.assert_array_equal(np.isnan(written).any(axis=1), [0, 0, 1, 0, 0])


@pytest.mark.parametrize("name", ["runs.csv/new.npy", "x.pqr.npy"])
def test_only_the_end_of_a_files_name_says_that_it_is_a_table(run, csv, tmp_path, digits, name):
    folder, new = tmp_path / "model", tmp_path / name
    options = ("--label-column", "year")
    run("fit", csv, "-o", tmp_path / "m.csv", "--model", folder, *FAST, *options)
    new.parent.mkdir(exist_ok=True)
    np.save(new, digits[0][:5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run("transform", folder, new, "-o", tmp_path / "n.csv")
    assert len(read_map(tmp_path / "n.csv").embedding) == 5
