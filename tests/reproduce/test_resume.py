from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pyarrow import parquet

from umapkit.reproduce import Budget, reproduce
from umapkit.reproduce._sets import load_parts

ASKED = {"tables": [2, 5], "figures": [], "data": ["digits"], "methods": ["pca", "umap", "ae"]}

CODE = """
import sys, time
from umapkit.reproduce import Budget, reproduce
asked, budget, folder = {asked!r}, Budget(**{budget!r}), {folder!r}
def say(line):
    print(line, flush=True)
    time.sleep(60)  # to be killed here, in the middle of the run
reproduce(folder, budget=budget, n_jobs=1, say=say, **asked)
"""


def modified(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in (folder / "cells").glob("*.parquet")}


def test_a_killed_run_goes_on_without_repeating_finished_cells(tiny: Budget, tmp_path: Path):
    code = CODE.format(asked=ASKED, budget=asdict(tiny), folder=str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
        finally:
            process.send_signal(signal.SIGKILL)
    assert "digits, pca, 2-D" in first
    assert process.returncode == -signal.SIGKILL
    done = modified(tmp_path)
    assert len(done) == 1
    assert not (tmp_path / "index.html").exists()

    made = reproduce(tmp_path, budget=tiny, n_jobs=1, **ASKED)
    assert made.fitted == 5  # of six fits
    assert {name: modified(tmp_path)[name] for name in done} == done

    text = made.markdown.read_text(encoding="utf-8")
    again = reproduce(tmp_path, budget=tiny, n_jobs=1, **ASKED)
    assert again.fitted == 0
    assert again.markdown.read_text(encoding="utf-8") == text


def test_half_a_file_of_a_killed_run_counts_for_nothing(tiny: Budget, tmp_path: Path):
    asked = {**ASKED, "methods": ["pca"]}
    reproduce(tmp_path, budget=tiny, **asked)
    whole = next(iter(modified(tmp_path)))
    path = tmp_path / "cells" / whole
    path.rename(path.with_name(f".{path.name}.123"))
    assert reproduce(tmp_path, budget=tiny, **asked).fitted == 1


def test_another_budget_or_seed_is_another_cell(tiny: Budget, tmp_path: Path):
    asked = {**ASKED, "methods": ["pca"]}
    assert reproduce(tmp_path, budget=tiny, **asked).fitted == 2
    assert reproduce(tmp_path, budget=tiny, seeds=[1], **asked).fitted == 2
    other = replace(tiny, new_rows=40)
    assert reproduce(tmp_path, budget=other, **asked).fitted == 2
    assert reproduce(tmp_path, budget=tiny, seeds=[0, 1], **asked).fitted == 0


def test_ctrl_c_leaves_a_page_that_says_what_is_missing(tiny: Budget, tmp_path: Path):
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reproduce(tmp_path, budget=tiny, say=stop, **ASKED)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "not finished: give the command again to go on" in text
    assert time.time() - (tmp_path / "index.html").stat().st_mtime < 60


def test_cells_of_other_data_are_made_again(
    tiny: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = {**ASKED, "tables": [2, 8], "methods": ["pca"]}
    first = reproduce(tmp_path, budget=tiny, n_jobs=1, **asked)
    assert first.fitted == 8
    assert reproduce(tmp_path, budget=tiny, n_jobs=1, **asked).fitted == 0

    def other(rows: int, source: str):
        def loaded(name: str, budget: Budget):
            parts = load_parts(name, budget)
            assert parts.labels is not None
            return replace(parts, rows=parts.rows[:rows], labels=parts.labels[:rows], source=source)

        return loaded

    source = load_parts("digits", tiny).source
    lines: list[str] = []
    for change in (other(240, "another file"), other(200, "another file")):
        monkeypatch.setattr("umapkit.reproduce._run.load_parts", change)
        made = reproduce(tmp_path, budget=tiny, n_jobs=1, say=lines.append, **asked)
        assert made.fitted == 8
        assert reproduce(tmp_path, budget=tiny, n_jobs=1, **asked).fitted == 0
    assert sum("fitted anew" in line for line in lines) == 16
    found = parquet.read_table(made.results).to_pylist()
    assert {(row["rows"], row["source"]) for row in found} == {(200, "another file")}

    def gone(name: str, budget: Budget):
        raise FileNotFoundError(source)

    monkeypatch.setattr("umapkit.reproduce._run.load_parts", gone)
    assert reproduce(tmp_path, budget=tiny, n_jobs=1, **asked).fitted == 0
    assert len(parquet.read_table(made.results)) == len(found)  # what was measured stays


def test_a_set_that_cannot_be_read_leaves_the_others_alone(
    tiny: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mnist.npz").write_bytes(b"PK damaged")
    monkeypatch.setenv("UMAPKIT_DATA", str(folder))
    asked = {**ASKED, "methods": ["pca"], "data": ["mnist", "digits"]}
    made = reproduce(tmp_path / "out", budget=tiny, **asked)
    assert made.fitted == 2
    assert list(made.failed) == ["mnist, all fits"]
    assert "data cannot be read: MNIST" in made.failed["mnist, all fits"]
    assert "data cannot be read: MNIST" in made.markdown.read_text(encoding="utf-8")
