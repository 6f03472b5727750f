"""The command line, ``umapkit COMMAND``. Importing this imports no typer."""

from __future__ import annotations

from umapkit.cli.app import main

__all__ = ["main"]
