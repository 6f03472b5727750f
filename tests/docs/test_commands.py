"""Every command that a page shows runs as it is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import PAGES, ROOT, blocks, commands, named

for package in ("typer", "pyarrow", "matplotlib"):
    pytest.importorskip(package)

WITH_COMMANDS = [p for p in PAGES if any(not c.startswith("./dev") for c in commands(p))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the file that the pages call yours: flowers.csv."""
    from sklearn.datasets import load_iris

    iris = load_iris()
    names = iris.target_names[iris.target]
    lines = ["sepal_length,sepal_width,petal_length,petal_width,species"]
    lines += [",".join([*map(str, row), name]) for row, name in zip(iris.data, names, strict=True)]
    (tmp_path / "flowers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A PATH on which `umapkit` is the one under test, and `python` this one."""
    shims = tmp_path_factory.mktemp("bin")
    found = shutil.which("umapkit", path=str(Path(sys.executable).parent))
    run = f'"{found}"' if found else f'"{sys.executable}" -m umapkit'
    for name, command in {"umapkit": run, "python": f'"{sys.executable}"'}.items():
        shim = shims / name
        shim.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    return {**os.environ, "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}"}


def test_the_readme_and_the_page_of_the_command_line_show_commands():
    assert {"README.md", "docs/command-line.md"} <= {named(p) for p in WITH_COMMANDS}


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=named)
def test_commands_run_as_written(page: Path, folder: Path, environment: dict[str, str]):
    for command in commands(page):
        if command.startswith("./dev"):
            continue
        answer = subprocess.run(
            ["sh", "-e", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert answer.returncode == 0, (command, answer.stdout, answer.stderr)
        words = command.split()
        if "-o" in words:
            assert (folder / words[words.index("-o") + 1]).stat().st_size > 0, command


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_command_hides_outside_the_blocks_that_are_run(page: Path):
    for language, text in blocks(page):
        starts = [line.split(" ")[0].lstrip("$") for line in text.splitlines()]
        assert language == "sh" or not {"umapkit", "./dev"} & set(starts), text


def test_every_verb_of_dev_on_the_pages_exists():
    usage = subprocess.run(
        ["sh", str(ROOT / "dev"), "help"], capture_output=True, text=True, check=True
    ).stdout
    for page in PAGES:
        for command in commands(page):
            if command.startswith("./dev"):
                assert f"\n  {command.split()[1]} " in usage, (named(page), command)
