from __future__ import annotations

import warnings

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


def test_rows_without_names_may_follow_a_table(run, tmp_path, digits, halves):
    folder = tmp_path / "model"
    year = ("--label-column", "year")
    run("fit", halves[0], "-o", tmp_path / "o.csv", "--model", folder, *FAST, *year)
    np.save(tmp_path / "new.npy", digits[0][200:210])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run("update", folder, tmp_path / "new.npy", "-o", tmp_path / "n.npy", "--quiet")
        assert len(read_map(tmp_path / "n.npy").embedding) == 210
        answer = run("update", folder, "example:iris", "-o", tmp_path / "n.npy", code=1)
    assert "are for files" not in answer.stderr


@pytest.mark.parametrize("index", ["", "id"])
def test_names_of_old_and_new_rows_are_kept(run, tmp_path, halves, index):
    folder, maps = tmp_path / "model", [tmp_path / "o.parquet", tmp_path / "all.csv"]
    for letter, path in zip("ab", halves, strict=True):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        named = [f"{letter}{i},{line}" for i, line in enumerate(lines)]
        path.write_text("\n".join([f"{index},{header}", *named]) + "\n", encoding="utf-8")
    old, new = halves
    run("fit", old, "-o", maps[0], "--model", folder, *FAST)
    run("update", folder, new, "-o", maps[1], "--map", maps[0], "--quiet")
    written = read_map(maps[1])
    expected = [f"a{i}" for i in range(200)] + [f"b{i}" for i in range(100)]
    assert written.ids is not None
    assert written.ids.tolist() == expected
    run("update", folder, new, "-o", tmp_path / "more.parquet", "--quiet")
    names = read_map(tmp_path / "more.parquet").ids
    assert names is not None
    assert names.tolist() == [None] * 200 + expected[200:]


def test_a_label_that_is_called_new_is_refused(run, tmp_path, halves):
    folder = tmp_path / "model"
    run("fit", halves[0], "-o", tmp_path / "o.npy", "--model", folder, *FAST)
    text = halves[1].read_text(encoding="utf-8").replace("kind", "new", 1)
    halves[1].write_text(text, encoding="utf-8")
    answer = run("update", folder, halves[1], "-o", tmp_path / "m.csv", code=1)
    assert "The column 'new'" in answer.stderr
    run("update", folder, halves[1], "-o", tmp_path / "m.npy", "--quiet")
