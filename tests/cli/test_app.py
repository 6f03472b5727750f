from __future__ import annotations

import os
import subprocess
import sys

import pytest

import umapkit
from umapkit.cli._report import one_line, reported
from umapkit.cli.app import main

COMMANDS = [
    "fit", "combine", "transform", "update", "stream", "inverse", "plot", "score", "report",
    "reproduce", "info",
]  # fmt: skip


def _process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "umapkit", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_importing_the_command_line_imports_no_typer():
    program = "import sys, umapkit.cli; print(sorted({'typer', 'rich'} & sys.modules.keys()))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"


def test_help_lists_the_commands_and_every_command_has_help(run):
    text = run("--help").stdout
    assert all(name in text for name in COMMANDS)
    for name in COMMANDS:
        assert "--debug" in run(name, "--help").stdout


def test_version_is_the_packages(run):
    assert run("--version").stdout.strip() == f"umapkit {umapkit.__version__}"


def test_what_is_not_understood_ends_with_2(run, csv):
    run(code=2)
    run("paint", code=2)
    run("info", code=2)
    run("info", csv, "--no-such-option", code=2)
    run("fit", csv, code=2)
    run("fit", csv, "-o", "m.csv", "--n-neighbors", "many", code=2)


def test_errors_are_one_line_without_a_traceback(tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3,\n", encoding="utf-8")
    answer = _process("info", tmp_path / "bad.csv")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("umapkit: error: Input bad.csv contains NaN")
    assert "row 1, column 'b'" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_debug_shows_the_traceback(tmp_path):
    answer = _process("info", tmp_path / "none.csv", "--debug")
    assert answer.returncode == 1
    assert "Traceback" in answer.stderr
    assert "FileNotFoundError" in answer.stderr


def test_main_returns_the_exit_code(tmp_path, capsys, monkeypatch):
    assert main(["info", str(tmp_path / "none.csv")]) == 1
    assert main(["info"]) == 2
    assert main(["--version"]) == 0
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["--version"]) == 1
    assert 'pip install "umapkit[cli]"' in capsys.readouterr().err


def test_a_missing_package_is_one_line(run, tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = run("info", tmp_path / "a.parquet", code=1)
    assert 'pip install "umapkit[tables]"' in answer.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "umapkit: stopped"),
        (ValueError("first\nsecond"), 1, "umapkit: error: first second"),
        (MemoryError(), 1, "there is not enough memory"),
        (RuntimeError("odd"), 1, r"RuntimeError: odd (not an error that was foreseen"),
    ],
)
def test_what_a_command_raises_becomes_a_line_and_a_code(error, code, words, capsys):
    import typer

    @reported
    def command(*, debug: bool = False) -> None:
        raise error

    with pytest.raises(typer.Exit) as end:
        command(debug=False)
    assert end.value.exit_code == code
    written = capsys.readouterr().err
    assert words in written
    assert written.count("\n") == 1
    if isinstance(error, Exception):
        with pytest.raises(type(error)):
            command(debug=True)


def test_warnings_are_one_line(capsys):
    import warnings

    @reported
    def command(*, debug: bool = False) -> None:
        # As in a user's process; this test's own process turns warnings into errors.
        warnings.simplefilter("always")
        warnings.warn("look\nout", UserWarning, stacklevel=1)

    command(debug=False)
    assert capsys.readouterr().err == "umapkit: warning: look out\n"


def test_an_error_without_words_has_its_name():
    assert one_line(ValueError()) == "ValueError"


def test_ctrl_c_during_a_fit_ends_the_process_with_130_and_leaves_no_map(tmp_path):
    program = (
        "import os, signal, sys, threading, umapkit\n"
        "from umapkit.cli.app import main\n"
        "fit = umapkit.UMAP.fit_transform\n"
        "def begun(*arguments, **options):\n"
        "    stop = lambda: os.kill(os.getpid(), signal.SIGINT)\n"
        "    threading.Timer(1.0, stop).start()\n"
        "    return fit(*arguments, **options)\n"
        "umapkit.UMAP.fit_transform = begun\n"
        "command = ['fit', 'example:moons', '-o', sys.argv[1], '--n-epochs', '1000000']\n"
        "sys.exit(main(command))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "m.csv")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 130
    assert answer.stderr == "umapkit: stopped\n"
    assert list(tmp_path.iterdir()) == []
