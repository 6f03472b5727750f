"""``umapkit score``: how good a map is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from umapkit.cli._inputs import show
from umapkit.cli._options import Data, Debug, Jobs, Json
from umapkit.cli._source import Source
from umapkit.data import read_map

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

    judged = read_map(map_file)
    wanted = [] if labels is None or labels in judged.columns else [labels]
    table = source.read(data, also_labels=wanted, n_jobs=n_jobs)
    n = len(table.rows)
    if n != len(judged.embedding):
        msg = (
            f"{data} has {n:,} rows, but the map {map_file} has {len(judged.embedding):,}. Give "
            "the rows that the map was made of."
        )
        raise ValueError(msg)
    few, many = n_neighbors or 5, n_neighbors or 15
    common: dict[str, Any] = {"n_jobs": n_jobs, "sample_size": sample_size}
    facts: dict[str, Any] = {
        "rows": n,
        f"trustworthiness ({few})": quality.trustworthiness(
            table.rows, judged.embedding, n_neighbors=few, metric=metric, **common
        ),
        f"neighborhood preservation ({many})": quality.neighborhood_preservation(
            table.rows, judged.embedding, n_neighbors=many, metric=metric, **common
        ),
    }
    if labels is not None:
        y = judged.columns[labels] if labels in judged.columns else table.labels[labels]
        facts[f"nearest-neighbour accuracy ({few})"] = quality.knn_accuracy(
            judged.embedding, y, n_neighbors=few, n_jobs=n_jobs
        )
        facts["silhouette"] = quality.silhouette(judged.embedding, y, **common)
    show(f"Scores of {map_file}", facts, as_json=as_json)
