"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

_FORMATS = "parquet, csv, npy, npz, h5ad or mtx"

_DATA = f"File of rows: {_FORMATS}; or example:NAME, as example:digits."
Data = Annotated[str, typer.Argument(metavar="DATA", help=_DATA)]
MaybeData = Annotated[str | None, typer.Argument(metavar="DATA", help=_DATA, show_default=False)]
Out = Annotated[
    str, typer.Option("--output", "-o", help="File to write: .parquet, .csv, .tsv or .npy.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns that make the rows, with commas between them.",
        show_default="all columns of numbers",
    ),
]
LabelColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--label-column",
        help="Column that is no data although it may hold numbers. May be given several times.",
    ),
]
Key = Annotated[
    str | None, typer.Option(help="Which array of an npz file, or of obsm in an h5ad file.")
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line of a csv file names the columns.",
        show_default="yes, unless it holds numbers only",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--n-jobs", help="Threads; results do not depend on it.", show_default="all cores"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Write nothing but errors.")]


def split_names(names: Sequence[str] | None) -> list[str] | None:
    """Take names apart at commas; None for none."""
    if not names:
        return None
    return [part.strip() for name in names for part in name.split(",") if part.strip()]
