"""``umapkit reproduce``: the Parametric UMAP paper's tables and figures, measured anew."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from umapkit.cli._options import Debug, Quiet
from umapkit.cli._report import say

_MANY = "Several: with commas, or the option again."
Many = list[str] | None


def numbers(given: list[str] | None, option: str) -> tuple[int, ...] | str:
    """Read 2,3 or several of them, or all."""
    words = listed(given)
    if not words or words == ["all"]:
        return "all"
    if words == ["none"]:
        return ()
    for word in words:
        if not word.isdecimal():
            msg = f"--{option} {word}: give numbers, 'all' or 'none'."
            raise ValueError(msg)
    return tuple(int(word) for word in words)


def listed(given: list[str] | None) -> list[str]:
    """Split at commas and spaces."""
    return [word for text in given or () for word in text.replace(",", " ").split()]


def reproduce(
    *,
    out: Annotated[
        str, typer.Option("--output", "-o", help="Folder; that of an earlier run is completed.")
    ] = "reproduction",
    tables: Annotated[
        Many, typer.Option(help=f"2 to 8, 'all' or 'none'. {_MANY}", show_default="all")
    ] = None,
    figures: Annotated[
        Many,
        typer.Option(help=f"4 to 13, 15, 16, 18, 'all', 'none'. {_MANY}", show_default="all"),
    ] = None,
    data: Annotated[
        Many, typer.Option(help=f"Sets. {_MANY}", show_default="the paper's, as far as there")
    ] = None,
    methods: Annotated[Many, typer.Option(help=f"Columns. {_MANY}", show_default="all")] = None,
    budget: Annotated[
        str, typer.Option(help="'small': half an hour on two cores; 'paper': the paper's sizes.")
    ] = "small",
    seeds: Annotated[
        Many, typer.Option(help=f"One fit each, means are shown. {_MANY}", show_default="0")
    ] = None,
    device: Annotated[str, typer.Option(help="Of the networks: auto, cpu, cuda.")] = "auto",
    n_jobs: Annotated[
        int | None,
        typer.Option(
            "--n-jobs",
            help="Threads; networks round otherwise with others.",
            show_default="all cores",
        ),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure the Parametric UMAP paper's tables and figures again, beside the published numbers.

    A run that was stopped goes on where it was. The page is index.html in the folder.
    """
    del debug  # read by the wrapper
    from umapkit.reproduce import reproduce as run

    words = listed(seeds)
    for word in words:
        if not word.isdecimal():
            msg = f"--seeds {word}: give whole numbers, 0 or larger."
            raise ValueError(msg)
    options = {"data": listed(data), "methods": listed(methods)}
    made = run(
        out,
        tables=numbers(tables, "tables"),
        figures=numbers(figures, "figures"),
        budget=budget,
        seeds=tuple(int(word) for word in words) or (0,),
        device=device,
        n_jobs=n_jobs,
        say=_nothing if quiet else say,
        **{name: given for name, given in options.items() if given},
    )
    sys.stdout.write(f"{made.page}\n")
    if made.failed:
        for task, why in made.failed.items():
            say(f"error: {task}: {why}")
        raise typer.Exit(1)


def _nothing(text: str) -> None:
    del text
