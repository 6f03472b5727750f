from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("typer")
pytest.importorskip("pyarrow")

from typer.testing import CliRunner

from umapkit.cli.app import build_app
from umapkit.data import load, write_map

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a command; the answer has exit_code, stdout, stderr."""
    app, runner = build_app(), CliRunner()

    def command(*arguments: object, code: int = 0) -> Any:
        answer = runner.invoke(app, [str(argument) for argument in arguments])
        assert answer.exit_code == code, (answer.stdout, answer.stderr, answer.exception)
        return answer

    return command


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """300 digits and their labels."""
    example = load("digits")
    assert example.target is not None
    return example.data[:300], example.target[:300]


@pytest.fixture
def csv(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> Path:
    """The digits in a csv file with 64 columns of numbers, one of text, one of a year."""
    rows, labels = digits
    path = tmp_path / "digits.csv"
    header = ",".join([*(f"p{i}" for i in range(64)), "kind", "year"])
    lines = [
        ",".join([*(f"{v:.9g}" for v in row), f"digit {label}", str(1990 + label)])
        for row, label in zip(rows, labels, strict=True)
    ]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def made_map(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> Path:
    """A map of the digits by their first two principal axes, with columns."""
    rows, labels = digits
    centred = rows - rows.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    path = tmp_path / "map.parquet"
    kinds = np.array([f"digit {label}" for label in labels])
    write_map(path, centred @ axes.T, columns={"kind": kinds, "year": 1990.5 + labels})
    return path
