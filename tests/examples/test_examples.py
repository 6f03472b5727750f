"""Every example runs, small, by its own command line."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import umapkit

pytest.importorskip("torch")
pytest.importorskip("matplotlib")

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
# What each is asked for here. Nothing else than options that a reader has, too.
SMALL = {
    "moons": "--rows 200 --steps 20",
    "projections": "--sets moons,digits --rows 120 --epochs 3",
    "loss_against_time": "--sets digits --rows 300 --epochs 2",
    "embedding_speed": "--sets digits --rows 300 --new 50 --repeats 1",
    "reconstruction_speed": "--sets digits --rows 300 --new 20 --repeats 1",
    "attributes": "--data digits --rows 300 --dimensions 4 --steps 10",
    "interpolation": "--data digits --rows 300 --dimensions 4 --steps 10",
    "faces": "--file FACES --steps 2 --width 2 --channels 1",
    "learned_metric": "--sets digits --rows 200 --steps 8 --batch 8",
}


# No figures of that paper, nor the others' command line; tests/quality has a test of each.
ELSEWHERE = {"family", "theory"}


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))


def example(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_every_example_is_tried_here_and_listed():
    files = {path.stem for path in EXAMPLES.glob("[a-z]*.py")}
    assert files == set(SMALL) | ELSEWHERE
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(\w+)\.py`", page)) - {"_shared", "_images"} == files


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("name", SMALL)
def test_an_example_writes_its_picture(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from PIL import Image

    images = np.random.default_rng(0).integers(0, 255, (90, 32, 32))
    np.savez(tmp_path / "faces.npz", x=images.astype(np.uint8))
    options = SMALL[name].replace("FACES", str(tmp_path / "faces.npz")).split()
    module = example(name)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--out", str(tmp_path / "made"), *options])
    example("_shared").run(module.picture, module.__doc__, module.PAPER)
    with Image.open(tmp_path / "made" / f"{name}.png") as made:
        colors = made.convert("RGB").getcolors(2**24)
    assert colors is not None
    assert len(colors) > 20
    assert f"{name}.png" in capsys.readouterr().out


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("name", SMALL)
def test_the_papers_sizes_are_options_of_the_picture(name: str):
    module = example(name)
    assert set(module.PAPER) <= set(inspect.signature(module.picture).parameters)
    assert f"python examples/{name}.py [--out FOLDER]" in (module.__doc__ or "")


def test_an_example_runs_from_any_folder_as_its_docstring_says(tmp_path: Path):
    command = [sys.executable, str(EXAMPLES / "moons.py"), "--rows", "60", "--steps", "3"]
    package = str(Path(umapkit.__file__).parents[1])
    answer = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "moons.png").stat().st_size > 10_000


@pytest.mark.usefixtures("on_path")
def test_attributes_of_a_bar_are_its_width_its_slant_and_its_breadth():
    measure = example("_images").measure
    y, x = np.mgrid[:28, :28] - 13.5
    for width in (2, 4):
        bar = ((abs(x) < width / 2) & (abs(y) < 10)).astype(np.float32)
        found = measure(bar.reshape(1, -1), (28, 28))[0]
        # The outline has ends, too: w l / (l + w) for a bar of length l.
        assert found[0] == pytest.approx(width * 20 / (20 + width), rel=0.02)
        assert found[1] == pytest.approx(0.0, abs=1e-6)
        assert found[2] == pytest.approx(np.sqrt((width**2 - 1) / (20**2 - 1)), rel=1e-6)
    for degrees in (-20, 10):
        lean = np.tan(np.radians(degrees))
        bar = ((abs(x + lean * y) < 1.5) & (abs(y) < 10)).astype(np.float32)
        assert measure(bar.reshape(1, -1), (28, 28))[0, 1] == pytest.approx(degrees, abs=1.0)
