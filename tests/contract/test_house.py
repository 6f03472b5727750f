from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = {".py", ".pyi", ".hpp", ".cpp", ".sh", ".js", ".css", ".html", ".cmake"}
TEXT = CODE | {".md", ".toml", ".yaml", ".yml", ".txt", ".json", ".cfg", ""}
GENERATED = {"src/umapkit/_kernels.pyi"}


def files() -> list[Path]:
    """Every file of the checkout that git would commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    names = sorted(set(answer.stdout.decode().split("\0")) - {""})
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code(suffixes: set[str]) -> list[Path]:
    found = [p for p in files() if p.suffix in suffixes and named(p) not in GENERATED]
    assert found
    return found


def test_no_file_is_longer_than_500_lines():
    sizes = {named(p): p.read_text(encoding="utf-8").count("\n") for p in code(CODE)}
    assert {name: n for name, n in sizes.items() if n > 500 and "/static/" not in name} == {}


def test_every_python_file_has_the_future_import():
    line = "from __future__ import annotations"
    texts = {named(p): p.read_text(encoding="utf-8") for p in code({".py"})}
    assert [name for name, text in texts.items() if text.strip() and line not in text] == []


def test_a_folder_of_many_files_explains_itself():
    folders: dict[Path, int] = {}
    for path in code({".py", ".hpp", ".cpp"}):
        folders[path.parent] = folders.get(path.parent, 0) + 1
    crowded = [p for p, n in folders.items() if n > 5 and not (p / "README.md").is_file()]
    assert [named(p) for p in crowded] == []


def test_modules_inside_the_rooms_are_private():
    rooms = [p for p in code({".py"}) if re.fullmatch(r"src/umapkit/\w+/.*\.py", named(p))]
    # The command line's files are no one's import.
    public = [p for p in rooms if not p.name.startswith("_") and p.parent.name != "cli"]
    assert [named(p) for p in public] == []


def test_no_file_names_a_folder_of_somebodys_machine():
    tops = "|".join(["home", "root", "Users", "work", "workspace", "mnt"])
    pattern = re.compile(rf"(?<![\w.~/-])/(?:{tops})/[\w.]")
    found = {}
    for path in files():
        if path.suffix in TEXT:
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            lines = [line.strip() for line in text.splitlines() if pattern.search(line)]
            if lines:
                found[named(path)] = lines
    assert found == {}


def test_no_file_names_a_private_package_index():
    words = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links"]
    hits = [
        named(p)
        for p in files()
        if p.suffix in TEXT
        and p.name != "test_house.py"
        and any(w in p.read_text(encoding="utf-8", errors="replace") for w in words)
    ]
    assert hits == []


def test_the_scripts_can_be_run():
    for name in ("dev", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o111, name


def test_the_licence_and_the_changes_are_there():
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text()
    assert "## " in (ROOT / "CHANGELOG.md").read_text()
