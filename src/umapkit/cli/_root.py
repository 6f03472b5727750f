"""``umapkit`` without a command."""

from __future__ import annotations

from typing import Annotated

import typer

Version = Annotated[bool, typer.Option("--version", help="Show the version and end.")]


def root(context: typer.Context, *, version: Version = False) -> None:
    """Make maps of data by UMAP, use them, draw them, judge them."""
    if version:
        from umapkit import __version__

        typer.echo(f"umapkit {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
