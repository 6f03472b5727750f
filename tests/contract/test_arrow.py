from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint_imports() -> str:
    beside = Path(sys.executable).with_name("lint-imports")
    found = str(beside) if beside.exists() else shutil.which("lint-imports")
    if found is None:
        pytest.skip("import-linter is not installed (dependency group lint)")
    return found


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [lint_imports(), "--no-cache", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_data_flows_one_way():
    answer = run()
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_room_has_its_place_in_the_arrow():
    text = (ROOT / "pyproject.toml").read_text()
    source = ROOT / "src" / "umapkit"
    rooms = {p.parent.name for p in source.glob("*/__init__.py")}
    rooms |= {p.stem for p in source.glob("*.py")} - {"__init__", "__main__"}
    assert rooms
    assert sorted(room for room in rooms if f"umapkit.{room}" not in text) == []


def test_an_upward_import_is_noticed(tmp_path):
    package = tmp_path / "tower"
    for room, line in {"": "", "high": "", "low": "import tower.high\n"}.items():
        (package / room).mkdir(exist_ok=True)
        (package / room / "__init__.py").write_text(line)
    config = tmp_path / "setup.toml"
    config.write_text(
        '[tool.importlinter]\nroot_package = "tower"\n'
        '[[tool.importlinter.contracts]]\nname = "down"\ntype = "layers"\n'
        'layers = ["tower.high", "tower.low"]\n'
    )
    answer = subprocess.run(
        [lint_imports(), "--no-cache", "--config", str(config)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 1
    assert "tower.low -> tower.high" in answer.stdout
