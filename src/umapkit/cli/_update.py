"""``umapkit update``: a saved model, and more rows."""

from __future__ import annotations

import time
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from umapkit.cli._inputs import has_named_columns, holds_columns, saved_umap, with_names
from umapkit.cli._make import check_folder, summary
from umapkit.cli._options import Data, Debug, Jobs, ModelFolder, ModelOut, Out, Quiet
from umapkit.cli._report import is_terminal, say
from umapkit.cli._source import Source
from umapkit.data import check_map_path, read_map, write_map

OldMap = Annotated[
    str | None,
    typer.Option("--map", help="The model's own map: its columns go along for the old rows."),
]


def update(
    model: ModelFolder,
    data: Data,
    *,
    output: Out,
    old_map: OldMap = None,
    source: Source,
    new_model: ModelOut = None,
    n_jobs: Jobs = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add rows to a saved map, let both settle, and write the whole map: old rows first.

    The column "new" tells the new rows. The saved model stays as it is; --model saves the new one,
    in the same folder or another.
    """
    del debug  # read by the wrapper
    umap = saved_umap(model, "adds rows to")
    known = getattr(umap, "feature_names_in_", None)
    names = [*map(str, known)] if known is not None and has_named_columns(data) else None
    table = source.read(data, names=names, n_jobs=n_jobs)
    old, m = len(umap.embedding_), len(table.rows)
    further: dict[str, Any] = {}
    ids = None
    if holds_columns(output):
        before: dict[str, NDArray[Any]] = {}
        after, old_ids = dict(table.labels), None
        if "new" in after:
            msg = (
                f"The column 'new' of {data} cannot go along: update writes a column of that name, "
                "which tells the new rows. Give it another name, or write .npy."
            )
            raise ValueError(msg)
        if old_map is not None:
            drawn = read_map(old_map)
            if len(drawn.embedding) != old:
                msg = f"{old_map} has {len(drawn.embedding):,} rows, {model} has {old:,}."
                raise ValueError(msg)
            before, old_ids = drawn.columns, drawn.ids
        # Names of rows are the column "id" of a map, be it the index of a table or its label.
        new_ids = after.pop("id", None) if table.ids is None else table.ids
        if old_ids is not None or new_ids is not None:
            ids = _joined(old_ids, new_ids, old, m)
        further["new"] = np.repeat([0, 1], [old, m])
        for name in dict.fromkeys([*before, *after]):
            if name != "new":  # of an earlier update
                further[name] = _joined(before.get(name), after.get(name), old, m)
    elif old_map is not None:
        msg = f"--map has columns, which {output} cannot hold. Write .parquet or .csv."
        raise ValueError(msg)
    check_map_path(output, n_components=umap.embedding_.shape[1], columns=list(further), ids=ids)
    check_folder(new_model)
    umap.set_params(verbose=is_terminal() and not quiet)
    if n_jobs is not None:
        umap.set_params(n_jobs=n_jobs)
    started = time.perf_counter()
    umap.update(with_names(table) if known is not None else table.rows)
    seconds = time.perf_counter() - started
    write_map(output, umap.embedding_, columns=further, ids=ids)
    if new_model is not None:
        umap.save(new_model)
    if not quiet:
        done = f"{m:,} rows added to {old:,} in {seconds:.1f} s"
        say(f"{done}{summary(umap, output, new_model)}")


def _joined(before: Any, after: Any, old: int, new: int) -> NDArray[Any]:
    """One column for old and new rows; None where it is not known."""
    first = [None] * old if before is None else before.tolist()
    second = [None] * new if after is None else after.tolist()
    joined = np.empty(old + new, dtype=object)
    joined[:] = [*first, *second]
    return joined
