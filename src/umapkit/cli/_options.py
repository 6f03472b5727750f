"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

_FORMATS = "parquet, csv, npy, npz, h5ad or mtx"

_DATA = f"File of rows: {_FORMATS}; or example:NAME, as example:digits."
Data = Annotated[str, typer.Argument(metavar="DATA", help=_DATA)]
MaybeData = Annotated[str | None, typer.Argument(metavar="DATA", help=_DATA, show_default=False)]
Out = Annotated[
    str, typer.Option("--output", "-o", help="File to write: .parquet, .csv, .tsv or .npy.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--n-jobs", help="Threads; results do not depend on it.", show_default="all cores"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Write warnings and errors only.")]

ModelFolder = Annotated[
    str, typer.Argument(metavar="MODEL", help="Folder that 'umapkit fit --model' wrote.")
]
ModelOut = Annotated[
    str | None, typer.Option("--model", "-m", help="Folder to save the fitted model in.")
]
Config = Annotated[
    str | None,
    typer.Option("--config", "-c", help="TOML file of options; those given here win over it."),
]
