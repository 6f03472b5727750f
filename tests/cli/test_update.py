from __future__ import annotations

import numpy as np
import pytest

import umapkit
from umapkit.data import read_map

FAST = ("--seed", "7", "--n-epochs", "20", "--n-neighbors", "10")


@pytest.fixture
def halves(csv, tmp_path):
    """The digits in two files."""
    header, *lines = csv.read_text(encoding="utf-8").splitlines()
    paths = []
    for name, part in (("old.csv", lines[:200]), ("new.csv", lines[200:])):
        path = tmp_path / name
        path.write_text("\n".join([header, *part]) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def test_an_updated_map_is_the_estimators(run, tmp_path, digits, halves):
    old, new = halves
    folder, more = tmp_path / "model", tmp_path / "more"
    year = ("--label-column", "year")
    run("fit", old, "-o", tmp_path / "old.parquet", "--model", folder, *FAST, *year)
    model = umapkit.load(folder)
    before = model.embedding_.copy()
    out = tmp_path / "all.parquet"
    answer = run(
        "update", folder, new, "-o", out, "--map", tmp_path / "old.parquet", "--model", more, *year
    )
    pandas = pytest.importorskip("pandas")
    names = [f"p{i}" for i in range(64)]
    model.update(pandas.DataFrame(digits[0][200:], columns=names))
    written = read_map(out)
    np.testing.assert_array_equal(written.embedding, model.embedding_)
    assert written.columns["new"].tolist() == [0] * 200 + [1] * 100
    assert written.columns["kind"].tolist() == [f"digit {i}" for i in digits[1]]
    assert written.columns["year"].tolist() == (1990 + digits[1]).tolist()
    assert "100 rows added to 200" in answer.stderr
    np.testing.assert_array_equal(umapkit.load(folder).embedding_, before)
    np.testing.assert_array_equal(umapkit.load(more).embedding_, model.embedding_)


def test_without_the_old_map_its_columns_are_unknown(run, tmp_path, halves):
    old, new = halves
    run("fit", old, "-o", tmp_path / "o.csv", "--model", tmp_path / "model", *FAST)
    run("update", tmp_path / "model", new, "-o", tmp_path / "all.parquet", "--quiet")
    kinds = read_map(tmp_path / "all.parquet").columns["kind"].tolist()
    assert kinds[:200] == [None] * 200
    assert all(str(kind).startswith("digit") for kind in kinds[200:])


def test_what_does_not_fit_is_refused_before_the_work(run, tmp_path, digits, halves):
    old, new = halves
    folder = tmp_path / "model"
    run("fit", old, "-o", tmp_path / "o.csv", "--model", folder, *FAST)
    answer = run("update", folder, new, "-o", "m.npy", "--map", tmp_path / "o.csv", code=1)
    assert "cannot hold" in answer.stderr
    run("fit", new, "-o", tmp_path / "n.csv", *FAST)
    answer = run("update", folder, new, "-o", "m.csv", "--map", tmp_path / "n.csv", code=1)
    assert "has 100 rows" in answer.stderr
    guided = tmp_path / "guided"
    run("fit", old, "-o", tmp_path / "o.csv", "--model", guided, *FAST, "--y", "kind")
    answer = run("update", guided, new, "-o", tmp_path / "m.csv", code=1)
    assert "Fit all rows anew" in answer.stderr
    (umapkit.UMAP(n_epochs=3).fit(digits[0]) * umapkit.UMAP(n_epochs=3).fit(digits[0])).save(guided)
    answer = run("update", guided, new, "-o", tmp_path / "m.csv", code=1)
    assert "holds a Combination; this command adds rows to maps of UMAP" in answer.stderr
