from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")

from typer.testing import CliRunner

from umapkit.cli.app import build_app
from umapkit.reproduce import BUDGETS, SMALL, Budget


def run(*arguments: object) -> Any:
    return CliRunner().invoke(build_app(), [str(argument) for argument in arguments])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tiny: Budget) -> None:
    """The command's small budget, so that it takes seconds."""
    monkeypatch.setitem(BUDGETS, SMALL.name, tiny)


@pytest.mark.usefixtures("quick")
def test_the_command_writes_the_page_and_tells_each_fit(tmp_path: Path):
    told = run(
        "reproduce", "-o", tmp_path, "--tables", "2,7", "--figures", "none", "--data", "digits",
        "--methods", "pca", "--methods", "tsne", "--n-jobs", 1,
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert told.stdout.strip() == str(tmp_path / "index.html")
    assert "digits, pca, 64-D, seed 0" in told.stderr
    again = run(
        "reproduce", "-o", tmp_path, "--tables", "2 7", "--figures", "none", "--data", "digits",
        "--methods", "pca,tsne", "--quiet",
    )  # fmt: skip
    assert again.exit_code == 0
    assert again.stderr == ""


@pytest.mark.usefixtures("quick")
def test_a_fit_that_fails_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from umapkit import TSNE

    def broken(*_: object) -> None:
        msg = "no luck today"
        raise ValueError(msg)

    monkeypatch.setattr(TSNE, "fit", broken)
    told = run("reproduce", "-o", tmp_path, "--tables", 2, "--figures", "none", "--data", "digits",
               "--methods", "tsne,pca")  # fmt: skip
    assert told.exit_code == 1
    assert "error: digits, tsne, 2-D, seed 0: ValueError: no luck today" in told.stderr
    assert (tmp_path / "index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tables", "two"], "--tables two: give numbers, 'all' or 'none'"),
        (["--tables", "1"], "no table 1"),
        (["--data", "mnst"], "no set 'mnst'"),
        (["--methods", "umapp"], "no method 'umapp'"),
        (["--budget", "big"], "no budget 'big'"),
        (["--seeds", "x"], "--seeds x: give whole numbers"),
    ],
)
def test_wrong_options_are_one_line(arguments: list[str], words: str, tmp_path: Path):
    told = run("reproduce", "-o", tmp_path, *arguments)
    assert told.exit_code == 1
    assert words in told.stderr
    assert told.stderr.count("\n") == 1
