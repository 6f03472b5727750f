from __future__ import annotations

import numpy as np
import pytest

import umapkit
from umapkit.data import read_map

FAST = ("--seed", "7", "--n-epochs", "20", "--n-neighbors", "10")
NAMES = ",".join(f"p{i}" for i in range(20, 44))
NUMBERS = ",".join(str(i) for i in range(44, 60))


@pytest.mark.parametrize("extra", [[], ["--how", "union", "--weights", "1,0.5"]])
def test_a_combined_map_is_the_estimators(run, csv, tmp_path, digits, extra):
    folder, out = tmp_path / "model", tmp_path / "m.parquet"
    year = ("--label-column", "year")
    parts = ("--part", f"euclidean:{NAMES}", "--part", f"cosine:{NUMBERS}")
    run("combine", csv, "-o", out, *parts, *FAST, *year, *extra, "--model", folder)
    given = {"how": "union", "weights": [1, 0.5]} if extra else {}
    made = umapkit.CombinedUMAP(
        [(slice(20, 44), "euclidean"), (slice(44, 60), "cosine")],
        model=umapkit.UMAP(random_state=7, n_epochs=20, n_neighbors=10),
        **given,
    ).fit(digits[0])
    written = read_map(out)
    np.testing.assert_array_equal(written.embedding, made.embedding_)
    assert list(written.columns) == ["kind", "year"]
    placed = tmp_path / "placed.csv"
    run("transform", folder, csv, "-o", placed, *year)
    np.testing.assert_array_equal(read_map(placed).embedding, made.embedding_)
    answer = run("transform", folder, csv, "-o", placed, "--score", *year, code=1)
    assert "--score is for maps of one metric" in answer.stderr


def test_labels_guide_a_combined_map(run, csv, tmp_path, digits):
    out = tmp_path / "m.csv"
    parts = ("--part", f"euclidean:{NAMES}", "--part", f"cosine:{NUMBERS}")
    run("combine", csv, "-o", out, *parts, *FAST, "--label-column", "year", "--y", "kind")
    made = umapkit.CombinedUMAP(
        [(slice(20, 44), "euclidean"), (slice(44, 60), "cosine")],
        model=umapkit.UMAP(random_state=7, n_epochs=20, n_neighbors=10),
    ).fit(digits[0], digits[1])
    np.testing.assert_array_equal(read_map(out).embedding, made.embedding_)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Give parts"),
        (["--part", "euclidean"], "give METRIC:COLUMN"),
        (["--part", "euclidean:"], "give METRIC:COLUMN"),
        (["--part", "euclidean:p1", "--part", "foo:p2"], "foo"),
        (["--part", "euclidean:p1", "--part", "cosine:q"], "'q'"),
        (["--part", "euclidean:p1", "--metric", "cosine"], "every --part names its own"),
        (["--part", "euclidean:p1", "--densmap"], "densmap"),
        (["--part", "euclidean:p1", "--weights", "a"], "numbers with commas"),
    ],
)
def test_what_does_not_fit_is_one_line(run, csv, tmp_path, options, words):
    answer = run("combine", csv, "-o", tmp_path / "m.csv", *FAST, *options, code=1)
    assert words in answer.stderr
    assert not (tmp_path / "m.csv").exists()
