from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pinned_nanobind() -> str:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return next(line for line in groups["build"] if line.startswith("nanobind==")).split("==")[1]


def test_the_stub_says_what_the_compiled_module_says():
    if importlib.util.find_spec("nanobind") is None:
        pytest.skip("nanobind is not installed (dependency group build)")
    if importlib.metadata.version("nanobind") != pinned_nanobind():
        pytest.skip("another nanobind than the pinned one writes other stubs")
    answer = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "stubs.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
