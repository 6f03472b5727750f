"""Errors and warnings in one line each, and exit codes."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any

import typer

# What wrong data, wrong parameters and missing files or packages raise.
_EXPECTED = (ValueError, TypeError, OSError, ImportError, MemoryError)
_ERROR, _INTERRUPTED = 1, 130


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """Run a command so that nobody meets a traceback, unless ``--debug`` asks for it.

    Every command has the option ``debug``, which is read here.
    """

    @functools.wraps(command)
    def run(**options: Any) -> None:
        debug = bool(options.get("debug"))
        with warnings.catch_warnings():
            if not debug:
                warnings.showwarning = _show_warning
            try:
                command(**options)
            except KeyboardInterrupt:
                say("stopped")
                raise typer.Exit(_INTERRUPTED) from None
            except _EXPECTED as error:
                if debug:
                    raise
                say(f"error: {one_line(error)}")
                raise typer.Exit(_ERROR) from None
            except (typer.Exit, typer.Abort, typer.BadParameter):
                raise
            except Exception as error:
                if debug:
                    raise
                say(
                    f"error: {type(error).__name__}: {one_line(error)} (not an error that was "
                    "foreseen; --debug shows where it arose)"
                )
                raise typer.Exit(_ERROR) from None

    return run


def say(text: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(f"umapkit: {text}\n")
    sys.stderr.flush()


def one_line(error: BaseException) -> str:
    """Message of an error without line breaks."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        text = f"there is not enough memory. {text}".rstrip()
    return text or type(error).__name__


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    del category, filename, lineno, file, line
    say(f"warning: {' '.join(str(message).split())}")


def is_terminal() -> bool:
    """Tell whether standard error is a terminal: only there do progress bars make sense."""
    return sys.stderr.isatty()
