"""``umapkit score``: how good a map is."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from umapkit.cli._inputs import show
from umapkit.cli._options import Data, Debug, Jobs, Json
from umapkit.cli._source import Source
from umapkit.data import MapFile, Table, read_map

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
    few, many = (5, 15) if n_neighbors is None else (n_neighbors, n_neighbors)
    common: dict[str, Any] = {"n_jobs": n_jobs, "sample_size": sample_size}
    facts: dict[str, Any] = {"rows": len(rows)}
    placed = ~np.isnan(judged.embedding).any(axis=1)
    points = judged.embedding[placed]
    if len(points) < len(rows):
        rows, y = rows[placed], None if y is None else y[placed]
        facts["rows without a place, left out"] = int(np.count_nonzero(~placed))
    facts |= {
        f"trustworthiness ({few})": quality.trustworthiness(
            rows, points, n_neighbors=few, metric=metric, **common
        ),
        f"neighborhood preservation ({many})": quality.neighborhood_preservation(
            rows, points, n_neighbors=many, metric=metric, **common
        ),
    }
    if y is not None:
        facts[f"nearest-neighbour accuracy ({few})"] = quality.knn_accuracy(
            points, y, n_neighbors=few, n_jobs=n_jobs
        )
        facts["silhouette"] = quality.silhouette(points, y, **common)
    show(f"Scores of {map_file}", facts, as_json=as_json)


def _read(
    source: Source, data: str, labels: str | None, *, optional: bool, n_jobs: int | None
) -> Table:
    """Read the data without its column of labels, which it need not have if it is `optional`."""
    if labels is None:
        return source.read(data, n_jobs=n_jobs)
    try:
        return source.read(data, also_labels=[labels], n_jobs=n_jobs)
    except ValueError:
        if not optional:
            raise
        return source.read(data, n_jobs=n_jobs)


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
    table = _read(source, data, labels, optional=labels in judged.columns, n_jobs=n_jobs)
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
