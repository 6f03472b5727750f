"""``umapkit report``: all that can be measured of a map, and a picture of where it fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from umapkit.cli._options import Data, Debug, Jobs
from umapkit.cli._report import say
from umapkit.cli._score import Labels, MapArgument, rows_and_map
from umapkit.cli._source import Source

_PICTURES = (".png", ".svg", ".pdf")
_DPI = 150

Picture = Annotated[
    str | None,
    typer.Option(help="File to draw: where neighbours are false or lost. .png, .svg or .pdf."),
]
Neighbors = Annotated[
    int | None, typer.Option(help="Neighbours that are compared.", show_default="15")
]
Sample = Annotated[
    int | None,
    typer.Option(
        help="Judge a sample of so many rows only.", show_default="all rows; 5000 of over 10000"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write the record as JSON.")]


def report(
    data: Data,
    map_file: MapArgument,
    *,
    labels: Labels = None,
    picture: Picture = None,
    n_neighbors: Neighbors = None,
    sample_size: Sample = None,
    metric: Annotated[str, typer.Option(help="Distance of rows.")] = "euclidean",
    source: Source,
    n_jobs: Jobs = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure what a map keeps and loses: neighbours, large distances, densities, classes."""
    del debug  # read by the wrapper
    if picture is not None:
        if Path(picture).suffix.lower() not in _PICTURES:
            msg = f"{picture}: cannot draw this. Its name must end in {', '.join(_PICTURES)}."
            raise ValueError(msg)
        if not Path(picture).absolute().parent.is_dir():
            msg = f"The folder {Path(picture).absolute().parent} does not exist. Create it first."
            raise FileNotFoundError(msg)
    rows, judged, y = rows_and_map(data, map_file, labels, source, n_jobs)
    from umapkit import quality

    found = quality.report(
        judged.embedding,
        rows,
        y,
        n_neighbors=15 if n_neighbors is None else n_neighbors,
        sample_size="auto" if sample_size is None else sample_size,
        metric=metric,
        n_jobs=n_jobs,
    )
    sys.stdout.write((found.to_json() if as_json else str(found)) + "\n")
    if picture is not None:
        from umapkit import plot

        plot.quality(found).savefig(picture, dpi=_DPI)
        say(f"picture written to {picture}")
