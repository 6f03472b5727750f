"""``umapkit transform``: new rows into a saved map."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer

from umapkit.cli._inputs import holds_columns, read_rows, with_names
from umapkit.cli._options import (
    Columns,
    Data,
    Debug,
    Header,
    Jobs,
    Key,
    LabelColumns,
    Out,
    Quiet,
    split_names,
)
from umapkit.cli._report import say
from umapkit.data import check_map_path, write_map

ModelFolder = Annotated[
    str, typer.Argument(metavar="MODEL", help="Folder that 'umapkit fit --model' wrote.")
]
Score = Annotated[
    bool, typer.Option("--score", help="Add the column score: how far outside the data a row is.")
]


def transform(
    model: ModelFolder,
    data: Data,
    *,
    output: Out,
    score: Score = False,
    columns: Columns = None,
    label_column: LabelColumns = None,
    key: Key = None,
    header: Header = None,
    n_jobs: Jobs = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Place new rows in a saved map and write their positions to a file.

    A row's place does not depend on the other rows of the file. Columns are matched by name with
    those that the model was fitted to, where both have names.
    """
    del debug  # read by the wrapper
    import umapkit

    umap: Any = umapkit.load(model)
    if not isinstance(umap, umapkit.UMAP):
        msg = (
            f"{model} holds a {type(umap).__name__}; this command places rows on maps of UMAP. In "
            "Python, umapkit.load(...).transform places them."
        )
        raise ValueError(msg)
    chosen = split_names(columns)
    known = getattr(umap, "feature_names_in_", None)
    if chosen is None and known is not None and _is_table(data):
        chosen = [str(name) for name in known]
    table = read_rows(
        data,
        columns=chosen,
        label_columns=label_column or (),
        key=key,
        header=header,
        n_jobs=n_jobs,
    )
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
    write_map(output, np.asarray(embedding), columns=further, ids=ids)
    if not quiet:
        say(f"{len(table.rows):,} rows placed; map in {output}")


def _is_table(source: str) -> bool:
    """Tell whether a file of this name has named columns."""
    name = source.lower()
    return any(part in name for part in (".parquet", ".pq", ".csv", ".tsv", ".h5ad"))
