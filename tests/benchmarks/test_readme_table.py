from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "readme_table.py"
RECORDS = ROOT / "benchmarks" / "records"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_readmes_table_is_that_of_the_records():
    answer = run("--check")
    assert answer.returncode == 0, answer.stderr


def test_every_record_says_when_where_and_by_what():
    for path in RECORDS.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                assert all(line.values()), line
                float(line["value"])


def test_a_later_number_replaces_an_earlier_one_and_is_noticed(tmp_path: Path):
    folder, readme = tmp_path / "records", tmp_path / "README.md"
    folder.mkdir()
    for path in RECORDS.glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    readme.write_text((ROOT / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "later.csv").write_text(
        "date,machine,command,data,method,version,quantity,value\n"
        '2999-01-01,here,x,mnist,umapkit,9,"warm, s",123.4\n',
        encoding="utf-8",
    )
    asked = ("--records", folder, "--readme", readme)
    assert run(*asked, "--check").returncode == 1
    assert run(*asked).returncode == 0
    assert "| MNIST, 70,000 × 784: warm fit | 23.6 s | **123.4 s** |" in readme.read_text("utf-8")
    assert run(*asked, "--check").returncode == 0


@pytest.mark.parametrize("text", ["no marks", "<!-- end of table -->"])
def test_a_readme_without_marks_is_left_alone(text: str, tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    answer = run("--readme", readme)
    assert answer.returncode != 0
    assert "needs one line" in answer.stderr
    assert readme.read_text(encoding="utf-8") == text
