"""``umapkit score``: how good a map is."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from umapkit.cli._inputs import show
from umapkit.cli._options import Data, Debug, Jobs, Json
from umapkit.cli._source import Source
from umapkit.data import MapFile, read_map

MapArgument = Annotated[str, typer.Argument(metavar="MAP", help="File that 'umapkit fit' wrote.")]
Labels = Annotated[
    str | None,
    typer.Option(help="Column of classes, of the map's file or the data's: how well they part."),
]
Neighbors = Annotated[
    int | None,
    typer.Option(
        help="Neighbours that are compared.",
        show_default="5; 15 for neighbourhood preservation",
    ),
]
Sample = Annotated[
    int | None,
    typer.Option(help="Judge a sample of so many rows only.", show_default="all rows"),
]


def score(
    data: Data,
    map_file: MapArgument,
    *,
    labels: Labels = None,
    n_neighbors: Neighbors = None,
    sample_size: Sample = None,
    metric: Annotated[str, typer.Option(help="Distance of rows.")] = "euclidean",
    source: Source,
    n_jobs: Jobs = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Score a map against the rows it was made of.

    Trustworthiness and neighbourhood preservation; with --labels also the accuracy of
    nearest-neighbour classification in the map and the silhouette of the classes.
    """
    del debug  # read by the wrapper
    from umapkit import quality

    rows, judged, y = rows_and_map(data, map_file, labels, source, n_jobs)
    few, many = n_neighbors or 5, n_neighbors or 15
    common: dict[str, Any] = {"n_jobs": n_jobs, "sample_size": sample_size}
    facts: dict[str, Any] = {
        "rows": len(rows),
        f"trustworthiness ({few})": quality.trustworthiness(
            rows, judged.embedding, n_neighbors=few, metric=metric, **common
        ),
        f"neighborhood preservation ({many})": quality.neighborhood_preservation(
            rows, judged.embedding, n_neighbors=many, metric=metric, **common
        ),
    }
    if y is not None:
        facts[f"nearest-neighbour accuracy ({few})"] = quality.knn_accuracy(
            judged.embedding, y, n_neighbors=few, n_jobs=n_jobs
        )
        facts["silhouette"] = quality.silhouette(judged.embedding, y, **common)
    show(f"Scores of {map_file}", facts, as_json=as_json)


def rows_and_map(
    data: str, map_file: str, labels: str | None, source: Source, n_jobs: int | None
) -> tuple[NDArray[np.float32], MapFile, NDArray[Any] | None]:
    """Read the rows, the map that was made of them, and the labels that were asked for.

    Raises
    ------
    ValueError
        If map and data have other numbers of rows.
    """
    judged = read_map(map_file)
    wanted = [] if labels is None or labels in judged.columns else [labels]
    table = source.read(data, also_labels=wanted, n_jobs=n_jobs)
    if len(table.rows) != len(judged.embedding):
        msg = (
            f"{data} has {len(table.rows):,} rows, but the map {map_file} has "
            f"{len(judged.embedding):,}. Give the rows that the map was made of."
        )
        raise ValueError(msg)
    if labels is None:
        return table.rows, judged, None
    y = judged.columns[labels] if labels in judged.columns else table.labels[labels]
    return table.rows, judged, np.asarray(y)
