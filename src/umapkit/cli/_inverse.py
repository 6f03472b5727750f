"""``umapkit inverse``: rows for places on a saved map."""

from __future__ import annotations

from typing import Annotated

import typer

from umapkit.cli._inputs import saved_umap
from umapkit.cli._options import Debug, Jobs, ModelFolder, Out, Quiet
from umapkit.cli._report import say
from umapkit.data import check_rows_path, read_map, write_rows

Places = Annotated[
    str, typer.Argument(metavar="PLACES", help="File of places, in the form of a map's file.")
]
Neighbors = Annotated[
    int | None,
    typer.Option(
        help="Map points that a place asks; more make smoother rows.", show_default="chosen"
    ),
]


def inverse(
    model: ModelFolder,
    places: Places,
    *,
    output: Out,
    n_neighbors: Neighbors = None,
    n_jobs: Jobs = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make rows of data for places on a saved map."""
    del debug  # read by the wrapper
    umap = saved_umap(model, "makes rows from")
    names = getattr(umap, "feature_names_in_", None)
    columns = None if names is None else [str(name) for name in names]
    check_rows_path(output)
    asked = read_map(places).embedding
    if n_jobs is not None:
        umap.set_params(n_jobs=n_jobs)
    rows = umap.inverse_transform(asked, n_neighbors=n_neighbors)
    write_rows(output, rows, columns=columns)
    if not quiet:
        say(f"{len(rows):,} rows of {rows.shape[1]:,} columns made; they are in {output}")
