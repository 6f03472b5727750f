from __future__ import annotations

import numpy as np
import pytest

import umapkit
from umapkit.data import write_map

FAST = ("--seed", "7", "--n-epochs", "20", "--n-neighbors", "10")


def test_rows_of_places_are_the_estimators(run, csv, tmp_path):
    folder = tmp_path / "model"
    run("fit", csv, "-o", tmp_path / "m.csv", "--label-column", "year", "--model", folder, *FAST)
    model = umapkit.load(folder)
    places = model.embedding_[:7] + np.float32(0.1)
    write_map(tmp_path / "places.csv", places)
    run("inverse", folder, tmp_path / "places.csv", "-o", tmp_path / "rows.parquet")
    pandas = pytest.importorskip("pandas")
    written = pandas.read_parquet(tmp_path / "rows.parquet")
    assert list(written.columns) == [f"p{i}" for i in range(64)]
    np.testing.assert_array_equal(written.to_numpy(), model.inverse_transform(places))
    np.save(tmp_path / "places.npy", places)
    few = ("--n-neighbors", "5")
    run("inverse", folder, tmp_path / "places.npy", "-o", tmp_path / "rows.npy", *few)
    wanted = model.inverse_transform(places, n_neighbors=5)
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), wanted)


def test_rows_without_names_get_some_and_wrong_places_are_refused(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    folder = tmp_path / "model"
    run("fit", tmp_path / "a.npy", "-o", tmp_path / "m.npy", "--model", folder, *FAST)
    run("inverse", folder, tmp_path / "m.npy", "-o", tmp_path / "rows.csv")
    header = (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.replace('"', "").split(",")[:2] == ["column_0", "column_1"]
    write_map(tmp_path / "three.csv", np.zeros((2, 3)))
    answer = run("inverse", folder, tmp_path / "three.csv", "-o", tmp_path / "r.csv", code=1)
    assert "3" in answer.stderr
    answer = run("inverse", folder, tmp_path / "m.npy", "-o", tmp_path / "r.png", code=1)
    assert "must end in" in answer.stderr
