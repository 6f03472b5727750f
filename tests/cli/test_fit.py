from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp

import umapkit
from umapkit.cli._parameters import Parameters, keywords
from umapkit.cli._target import Target, as_classes
from umapkit.data import read_map

FAST = ("--seed", "7", "--n-epochs", "20", "--n-neighbors", "10")


def _expected(rows: np.ndarray, **options: object) -> np.ndarray:
    model = umapkit.UMAP(random_state=7, n_epochs=20, n_neighbors=10, **options)
    return np.asarray(model.fit_transform(rows))


@pytest.mark.parametrize("name", ["map.parquet", "map.csv", "map.npy"])
def test_fit_writes_the_estimators_map(run, csv, tmp_path, digits, name):
    out = tmp_path / name
    run("fit", csv, "-o", out, *FAST, "--label-column", "year")
    written = read_map(out)
    np.testing.assert_array_equal(written.embedding, _expected(digits[0]))
    if name != "map.npy":
        assert list(written.columns) == ["kind", "year"]
        np.testing.assert_array_equal(written.columns["year"], 1990 + digits[1])


def test_every_input_format_gives_the_same_map(run, tmp_path, digits):
    rows = digits[0]
    wanted = _expected(rows)
    np.save(tmp_path / "a.npy", rows)
    np.savez(tmp_path / "a.npz", rows=rows, label=digits[1])
    scipy.io.mmwrite(tmp_path / "a.mtx", sp.coo_array(rows), precision=9)
    sp.save_npz(tmp_path / "s.npz", sp.csr_array(rows))
    names = ["a.npy", "a.npz", "a.mtx", "s.npz"]
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame(rows, columns=[f"p{i}" for i in range(64)]).to_parquet(tmp_path / "a.parquet")
    anndata = pytest.importorskip("anndata")
    anndata.AnnData(sp.csr_matrix(rows)).write_h5ad(tmp_path / "a.h5ad")
    for name in [*names, "a.parquet", "a.h5ad"]:
        run("fit", tmp_path / name, "-o", tmp_path / "map.npy", *FAST)
        np.testing.assert_array_equal(read_map(tmp_path / "map.npy").embedding, wanted)


def test_options_reach_the_estimator(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    options = {
        "min_dist": 0.5,
        "spread": 1.5,
        "metric": "cosine",
        "n_components": 3,
        "init": "random",
        "learning_rate": 0.7,
        "set_op_mix_ratio": 0.4,
        "local_connectivity": 2.0,
        "repulsion_strength": 1.5,
        "negative_sample_rate": 3,
    }
    given = [part for n, v in options.items() for part in (f"--{n.replace('_', '-')}", str(v))]
    run("fit", tmp_path / "a.npy", "-o", tmp_path / "map.npy", *FAST, *given)
    wanted = _expected(digits[0], **options)
    np.testing.assert_array_equal(read_map(tmp_path / "map.npy").embedding, wanted)


def test_every_parameter_of_the_estimator_is_an_option():
    # Objects of Python, and what the command line decides.
    elsewhere = {"precomputed_knn", "observers", "verbose", "random_state"}
    options = {field.name for group in (Parameters, Target) for field in fields(group)}
    parameters = set(umapkit.UMAP().get_params())
    assert parameters - elsewhere == options - {"seed", "target_column"}


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (["--metric", "minkowski", "--metric-kwds", "p=3"],
         {"metric": "minkowski", "metric_kwds": {"p": 3}}),
        (["--metric", "wminkowski", "--metric-kwds", f"w={[1] * 64}", "--metric-kwds", "p=1.5"],
         {"metric": "wminkowski", "metric_kwds": {"w": [1] * 64, "p": 1.5}}),
        (["--output-metric", "torus", "--output-metric-kwds", "periods=[6,3]"],
         {"output_metric": "torus", "output_metric_kwds": {"periods": (6, 3)}}),
        (["--densmap", "--dens-lambda", "0.5", "--dens-frac", "0.4", "--dens-var-shift", "0.2"],
         {"densmap": True, "dens_lambda": 0.5, "dens_frac": 0.4, "dens_var_shift": 0.2}),
    ],
)  # fmt: skip
def test_further_options_reach_the_estimator(run, tmp_path, digits, given, options):
    np.save(tmp_path / "a.npy", digits[0])
    run("fit", tmp_path / "a.npy", "-o", tmp_path / "map.npy", *FAST, *given)
    wanted = _expected(digits[0], **options)
    np.testing.assert_array_equal(read_map(tmp_path / "map.npy").embedding, wanted)
    assert not np.array_equal(wanted, _expected(digits[0]))


def test_keywords_are_read_as_values():
    assert keywords(["p=3", "w=[1, 2.5]", "name=left"], "metric_kwds") == {
        "p": 3, "w": [1, 2.5], "name": "left",
    }  # fmt: skip
    assert keywords({"p": 3}, "metric_kwds") == {"p": 3}
    with pytest.raises(ValueError, match="--metric-kwds p: give NAME=VALUE"):
        keywords(["p"], "metric_kwds")


def test_keywords_may_stand_in_a_file(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    config = tmp_path / "c.toml"
    config.write_text(
        'metric = "minkowski"\ndensmap = true\n[metric_kwds]\np = 3\n', encoding="utf-8"
    )
    run("fit", tmp_path / "a.npy", "-o", tmp_path / "m.npy", *FAST, "--config", config)
    wanted = _expected(digits[0], metric="minkowski", metric_kwds={"p": 3}, densmap=True)
    np.testing.assert_array_equal(read_map(tmp_path / "m.npy").embedding, wanted)


def test_radii_are_columns(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    run("fit", tmp_path / "a.npy", "-o", tmp_path / "m.parquet", *FAST, "--output-dens")
    written = read_map(tmp_path / "m.parquet")
    model = umapkit.UMAP(random_state=7, n_epochs=20, n_neighbors=10, output_dens=True)
    embedding, in_data, in_map = model.fit_transform(digits[0])
    np.testing.assert_array_equal(written.embedding, embedding)
    np.testing.assert_array_equal(written.columns["rad_orig"], in_data)
    np.testing.assert_array_equal(written.columns["rad_emb"], in_map)
    answer = run(
        "fit", tmp_path / "a.npy", "-o", tmp_path / "m.npy", *FAST, "--output-dens", code=1
    )
    assert "rad_orig, rad_emb" in answer.stderr


def test_a_fit_goes_on_from_a_model_or_a_map(run, tmp_path, digits):
    rows = digits[0]
    np.save(tmp_path / "a.npy", rows[:200])
    np.save(tmp_path / "b.npy", rows)
    folder, out = tmp_path / "model", tmp_path / "m.npy"
    run("fit", tmp_path / "a.npy", "-o", out, *FAST, "--model", folder)
    first = umapkit.load(folder)
    again = tmp_path / "again"
    run("fit", tmp_path / "b.npy", "-o", out, *FAST, "--init", folder, "--model", again)
    np.testing.assert_array_equal(read_map(out).embedding, _expected(rows, init=first))
    assert umapkit.load(again).embedding_.shape == (300, 2)
    start = rows[:200, 10:12] + np.arange(400).reshape(200, 2)
    np.save(tmp_path / "start.npy", start.astype(np.float32))
    run("fit", tmp_path / "a.npy", "-o", out, *FAST, "--init", tmp_path / "start.npy")
    wanted = _expected(rows[:200], init=start.astype(np.float32))
    np.testing.assert_array_equal(read_map(out).embedding, wanted)
    answer = run("fit", tmp_path / "a.npy", "-o", out, *FAST, "--init", "no-folder", code=1)
    assert "no-folder" in answer.stderr


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (["--y", "year", "--target-metric", "euclidean", "--target-n-neighbors", "7"],
         {"target_metric": "euclidean", "target_n_neighbors": 7}),
        (["--y", "year", "--target-metric", "ordinal", "--target-weight", "0.7"],
         {"target_metric": "ordinal", "target_weight": 0.7}),
        (["--y", "kind", "--target-metric", "string"], {"target_metric": "string"}),
        (["--y", "kind", "--supervision", "cross_entropy", "--supervision-weight", "2",
          "--supervision-period", "4,2"],
         {"supervision": "cross_entropy", "supervision_weight": 2.0,
          "supervision_period": (4, 2)}),
        (["--y", "kind", "--supervision", "triplet", "--supervision-margin", "0.5"],
         {"supervision": "triplet", "supervision_margin": 0.5}),
    ],
)  # fmt: skip
def test_targets_of_any_kind(run, csv, tmp_path, digits, given, options):
    out = tmp_path / "map.csv"
    run("fit", csv, "-o", out, *FAST, "--label-column", "year", *given)
    rows, labels = digits
    targets = 1990 + labels if "year" in given else [f"digit {i}" for i in labels]
    if options.get("target_metric") is None:
        targets = labels
    model = umapkit.UMAP(random_state=7, n_epochs=20, n_neighbors=10, **options)
    np.testing.assert_array_equal(read_map(out).embedding, model.fit_transform(rows, targets))
    assert not np.array_equal(model.embedding_, _expected(rows))


def test_several_columns_of_numbers_are_one_target(run, tmp_path):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(60, 5)).round(4)
    text = "\n".join(",".join(map(str, row)) for row in table)
    (tmp_path / "a.csv").write_text("a,b,c,d,e\n" + text + "\n", encoding="utf-8")
    targets = ("--y", "d", "--y", "e", "--target-metric", "euclidean")
    run("fit", tmp_path / "a.csv", "-o", tmp_path / "m.csv", *FAST, *targets)
    model = umapkit.UMAP(
        random_state=7, n_epochs=20, n_neighbors=10, target_metric="euclidean"
    ).fit(table[:, :3].astype(np.float32), table[:, 3:])
    written = read_map(tmp_path / "m.csv")
    np.testing.assert_array_equal(written.embedding, model.embedding_)
    assert list(written.columns) == ["d", "e"]


def test_options_about_targets_need_a_column(run, csv, tmp_path):
    for option in (["--supervision", "triplet"], ["--target-metric", "ordinal"]):
        answer = run("fit", csv, "-o", tmp_path / "m.csv", *option, code=1)
        assert f"{option[0]} is about --target-column" in answer.stderr
    answer = run(
        "fit", csv, "-o", tmp_path / "m.csv", "--y", "kind", "--supervision-period", "3", code=1
    )
    assert "two whole numbers" in answer.stderr
    twice = ("--y", "kind", "--y", "year", "--target-metric", "euclidean")
    answer = run("fit", csv, "-o", tmp_path / "m.csv", *twice, code=1)
    assert "must hold numbers" in answer.stderr


def test_options_of_a_file_count_and_those_of_the_command_line_win(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    config = tmp_path / "c.toml"
    config.write_text("n_neighbors = 10\nn-epochs = 20\nseed = 1\n", encoding="utf-8")
    out = tmp_path / "map.npy"
    run("fit", tmp_path / "a.npy", "-o", out, "--config", config, "--seed", "7")
    np.testing.assert_array_equal(read_map(out).embedding, _expected(digits[0]))


def test_a_target_column_makes_the_map_supervised(run, csv, tmp_path, digits):
    out = tmp_path / "map.csv"
    options = ("--label-column", "year", "--target-column", "kind", "--target-weight", "0.8")
    run("fit", csv, "-o", out, *FAST, *options)
    model = umapkit.UMAP(random_state=7, n_epochs=20, n_neighbors=10, target_weight=0.8)
    wanted = model.fit_transform(digits[0], digits[1])
    np.testing.assert_array_equal(read_map(out).embedding, wanted)
    answer = run("fit", csv, "-o", out, "--target-weight", "0.5", code=1)
    assert "--target-column, which is not given" in answer.stderr


def test_classes_are_numbered_and_gaps_are_unlabelled():
    np.testing.assert_array_equal(as_classes(np.array(["b", "a", "b"])), [1, 0, 1])
    gaps = np.array(["b", None, "", "a", float("nan")], dtype=object)
    np.testing.assert_array_equal(as_classes(gaps), [1, -1, -1, 0, -1])
    np.testing.assert_array_equal(as_classes(np.array([5, -1, 7])), [0, -1, 1])
    np.testing.assert_array_equal(as_classes(np.array([np.nan, np.nan])), [-1, -1])


def test_fit_tells_what_it_did_unless_it_is_to_be_quiet(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    answer = run("fit", tmp_path / "a.npy", "-o", tmp_path / "m.npy", *FAST)
    assert answer.stdout == ""
    assert "300 rows of 64 columns" in answer.stderr
    assert "neighbour recall" in answer.stderr
    answer = run("fit", tmp_path / "a.npy", "-o", tmp_path / "m.npy", *FAST, "--quiet")
    assert answer.stderr == ""


def test_a_csv_file_without_a_header_can_be_declared(run, tmp_path, digits):
    rows = digits[0][:, :3].copy()
    rows[0] = [0, 1, 2]
    np.savetxt(tmp_path / "a.csv", rows, delimiter=",", fmt="%.9g")
    run("fit", tmp_path / "a.csv", "-o", tmp_path / "m.npy", *FAST, "--no-header")
    np.testing.assert_array_equal(read_map(tmp_path / "m.npy").embedding, _expected(rows))


def test_progress_is_shown_on_a_terminal_only(tmp_path):
    pty = pytest.importorskip("pty")
    command = [
        sys.executable,
        "-m",
        "umapkit",
        "fit",
        "example:moons",
        "-o",
        str(tmp_path / "m.csv"),
    ]
    plain = subprocess.run(command, capture_output=True, text=True)
    assert plain.returncode == 0
    assert "layout:" not in plain.stderr
    ours, theirs = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    written = b""
    # A terminal whose other end was closed ends with an error on Linux.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            written += part
    os.close(ours)
    assert process.stdout is not None
    assert process.stdout.read() == b""
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert b"1,000 rows" in written
    assert b"layout:" in written


def test_what_cannot_be_written_is_refused_before_the_work(run, csv, tmp_path, monkeypatch):
    def never(*_args: object, **_options: object) -> None:
        msg = "the work was begun"
        raise AssertionError(msg)

    monkeypatch.setattr(umapkit.UMAP, "fit_transform", never)
    assert "must end in .parquet" in run("fit", csv, "-o", tmp_path / "m.png", code=1).stderr
    far = tmp_path / "no" / "m.csv"
    assert "Create it first" in run("fit", csv, "-o", far, code=1).stderr
    named = tmp_path / "x.csv"
    named.write_text("a,b,x\n1,2,k\n3,4,l\n", encoding="utf-8")
    answer = run("fit", named, "-o", tmp_path / "m.csv", code=1)
    assert "'x' would be there twice" in answer.stderr
    answer = run("fit", csv, "-o", tmp_path / "m.csv", "--model", csv, code=1)
    assert "is a file. Give a folder" in answer.stderr


def test_a_wrong_parameter_is_one_line(run, csv, tmp_path):
    answer = run("fit", csv, "-o", tmp_path / "m.csv", "--min-dist", "-3", code=1)
    assert "min_dist" in answer.stderr
    assert answer.stderr.startswith("umapkit: error: ")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "m.csv").exists()


def test_an_interrupted_fit_continues_and_the_search_is_kept(run, tmp_path, digits):
    np.save(tmp_path / "a.npy", digits[0])
    arguments = (
        "fit", tmp_path / "a.npy", "-o", tmp_path / "map.npy", *FAST, "--neighbors", "exact",
        "--optimizer", "schedule", "--negative-sample-rate", "2.5",
        "--checkpoint", tmp_path / "state", "--memory", tmp_path / "cache",
    )  # fmt: skip
    run(*arguments)
    assert (tmp_path / "state").is_file()
    assert any((tmp_path / "cache").rglob("output.pkl"))
    wanted = _expected(digits[0], optimizer="schedule", negative_sample_rate=2.5)
    np.testing.assert_array_equal(read_map(tmp_path / "map.npy").embedding, wanted)
    run(*arguments, "--tol", "0.5")
    np.testing.assert_array_equal(read_map(tmp_path / "map.npy").embedding, wanted)
