"""``umapkit stream``: a map of rows as they arrive."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from umapkit.cli._groups import options_of
from umapkit.cli._inputs import holds_columns
from umapkit.cli._make import check_folder
from umapkit.cli._options import Debug, Jobs, ModelOut, Out, Quiet
from umapkit.cli._report import say
from umapkit.cli._source import split_names
from umapkit.data import check_map_path, write_map

Rows = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="File of rows (.parquet, .csv, .ndjson), folder of parquet files, or - for standard "
        "input, with --format.",
    ),
]


def _number(help_: str, default: str) -> Any:
    return typer.Option(help=help_, show_default=default)


def _choice(help_: str, default: str) -> Any:
    return typer.Option(help=help_, show_default=default)


@dataclass(frozen=True)
class Reading:
    """How the source is read."""

    format: Annotated[str | None, _choice("csv, ndjson or parquet.", "by the file's ending")] = None
    chunk: Annotated[int, typer.Option(help="Rows taken at a time.")] = 1000
    columns: Annotated[
        list[str] | None, _choice("Columns that make the rows.", "all columns of numbers")
    ] = None
    id_column: Annotated[str | None, _choice("Column of ids.", "running numbers")] = None
    label_column: Annotated[str | None, _choice("Column of labels to pull by.", "none")] = None


@dataclass(frozen=True)
class StreamParameters:
    """What `umapkit.ProgressiveUMAP` takes; None is its default."""

    n_neighbors: Annotated[int | None, _number("Neighbours of a row, itself included.", "15")] = (
        None
    )
    n_components: Annotated[int | None, _number("Dimensions of the map.", "2")] = None
    metric: Annotated[str | None, _choice("Distance of rows.", "euclidean")] = None
    min_dist: Annotated[float | None, _number("Least distance of points in the map.", "0.1")] = None
    spread: Annotated[float | None, _number("Scale of the map's distances.", "1.0")] = None
    engine: Annotated[
        str | None, _choice("Table of neighbours: graph, panene or exact.", "graph")
    ] = None
    move: Annotated[
        str | None, _choice("Who moves: both ends of all edges, or new rows only.", "both")
    ] = None
    place: Annotated[str | None, _choice("Start of a row: nearest or mean.", "nearest")] = None
    anchor: Annotated[float | None, _number("How strongly old points are held.", "0.0")] = None
    capacity: Annotated[int | None, _number("Most rows held.", "no limit")] = None
    evict: Annotated[
        str | None, _choice("Who goes then: oldest or least_informative.", "oldest")
    ] = None
    seed: Annotated[int | None, _number("Seed.", "a fresh one")] = None
    n_jobs: Jobs = None


def stream(
    data: Rows,
    *,
    output: Out,
    reading: Reading,
    parameters: StreamParameters,
    every: Annotated[
        int | None, _number("Write the map after so many chunks, too.", "at the end only")
    ] = None,
    journal: Annotated[
        str | None,
        typer.Option(
            help="File that survives a crash: the same command then goes on where it stopped."
        ),
    ] = None,
    model: ModelOut = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a map of rows while they arrive, chunk by chunk.

    The next chunk is read when the last one is on the map, so a source that is faster waits. The
    map has the columns "id" and the coordinates.
    """
    del debug  # read by the wrapper
    from umapkit import ProgressiveUMAP
    from umapkit.streaming import read_chunks

    if every is not None and every < 1:
        msg = f"--every {every}: give 1 chunk or more."
        raise ValueError(msg)
    given: dict[str, Any] = {k: v for k, v in options_of(parameters).items() if v is not None}
    if "seed" in given:
        given["random_state"] = given.pop("seed")
    dim = given.get("n_components", 2)
    check_map_path(output, n_components=dim, ids=[] if holds_columns(output) else None)
    check_folder(model)
    skip = 0
    kept = None if journal is None else Path(journal).expanduser()
    resumed = kept is not None and kept.is_file()
    if resumed:
        umap = ProgressiveUMAP.resume(str(kept), n_jobs=parameters.n_jobs)
    else:
        umap = ProgressiveUMAP(**given, journal=kept)
    with closing(umap):
        if resumed:
            _check_same(umap, given, str(journal))
            seen: int = getattr(umap, "n_seen_", 0)  # none where no call got that far
            skip = 0 if data == "-" else seen
            if not quiet:
                held = len(getattr(umap, "ids_", ()))
                say(f"{journal} holds {held:,} rows; going on after {seen:,}")
        chunks = read_chunks(
            data,
            size=reading.chunk,
            format=reading.format,  # pyright: ignore[reportArgumentType] # checked there
            columns=split_names(reading.columns),
            id_column=reading.id_column,
            label_column=reading.label_column,
            skip=skip,
        )
        begun = time.perf_counter()
        for number, chunk in enumerate(chunks, start=1):
            umap.partial_fit(chunk.rows, chunk.labels, ids=chunk.ids)
            if every is not None and number % every == 0:
                _write(umap, output)
                if not quiet:
                    seconds = time.perf_counter() - begun
                    say(f"{len(umap.ids_):,} rows on the map after {seconds:.1f} s")
        if not hasattr(umap, "embedding_"):
            msg = f"{data} holds no rows."
            raise ValueError(msg)
        _write(umap, output)
        if model is not None:
            umap.save(model)
        if not quiet:
            seconds = time.perf_counter() - begun
            say(f"{len(umap.ids_):,} rows on the map after {seconds:.1f} s; wrote {output}")


def _write(umap: Any, output: str) -> None:
    write_map(output, umap.embedding_, ids=umap.ids_ if holds_columns(output) else None)


def _check_same(umap: Any, given: dict[str, Any], journal: str) -> None:
    """Refuse parameters other than those of the journal."""
    kept = {
        **umap.get_params(deep=False),
        "random_state": getattr(umap, "seed_", umap.random_state),
    }
    for name, value in given.items():
        if name != "n_jobs" and kept[name] != value:
            option = "seed" if name == "random_state" else name
            msg = (
                f"{journal} was begun with {option}={kept[name]!r}, now it is {value!r}. Leave "
                "the option out, or begin another journal."
            )
            raise ValueError(msg)
