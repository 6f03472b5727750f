"""``umapkit transform``: new rows into a saved map."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import typer

from umapkit.cli._inputs import has_named_columns, holds_columns, saved_umap, with_names
from umapkit.cli._options import Data, Debug, Jobs, ModelFolder, Out, Quiet
from umapkit.cli._report import say
from umapkit.cli._source import Source
from umapkit.data import check_map_path, write_map

Score = Annotated[
    bool, typer.Option("--score", help="Add the column score: how far outside the data a row is.")
]


def transform(
    model: ModelFolder,
    data: Data,
    *,
    output: Out,
    score: Score = False,
    source: Source,
    n_jobs: Jobs = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Place new rows in a saved map and write their positions to a file.

    A row's place does not depend on the other rows of the file. Columns are matched by name with
    those that the model was fitted to, where both have names.
    """
    del debug  # read by the wrapper
    umap = saved_umap(model, "places rows on", combined=True)
    plain = hasattr(umap, "neighbor_recall_")
    for name, given in (("--score", score), ("--n-jobs", n_jobs is not None)):
        if given and not plain:
            msg = f"{name} is for maps of one metric; {model} holds a {type(umap).__name__}."
            raise ValueError(msg)
    known = getattr(umap, "feature_names_in_", None)
    names = [*map(str, known)] if known is not None and has_named_columns(data) else None
    table = source.read(data, names=names, n_jobs=n_jobs)
    further = dict(table.labels) if holds_columns(output) else {}
    ids = table.ids if holds_columns(output) else None
    if score and not holds_columns(output):
        msg = f"--score needs a column, which {output} cannot hold. Write .parquet or .csv."
        raise ValueError(msg)
    names = [*further, "score"] if score else list(further)
    check_map_path(output, n_components=umap.embedding_.shape[1], columns=names, ids=ids)
    if n_jobs is not None:
        umap.set_params(n_jobs=n_jobs)
    rows = with_names(table) if known is not None else table.rows
    if score:
        embedding, outside = umap.transform(rows, return_score=True)
        further["score"] = np.asarray(outside)
    else:
        embedding = umap.transform(rows)
    embedding = np.asarray(embedding)
    write_map(output, embedding, columns=further, ids=ids)
    if not quiet:
        lost = int(np.isnan(embedding).any(axis=1).sum())
        without = f", {lost:,} have no place (NaN)" if lost else ""
        say(f"{len(embedding) - lost:,} rows placed{without}; map in {output}")
