"""``umapkit fit``: rows in, map out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from umapkit.cli._config import merge_config
from umapkit.cli._inputs import holds_columns, read_rows, with_names
from umapkit.cli._options import (
    Columns,
    Data,
    Debug,
    Header,
    Key,
    LabelColumns,
    Out,
    Quiet,
    split_names,
)
from umapkit.cli._report import is_terminal, say
from umapkit.data import check_map_path, write_map

Neighbors = Annotated[
    int | None,
    typer.Option(
        help="Neighbours of a row, itself included; more keep larger shapes.", show_default="15"
    ),
]
Components = Annotated[
    int | None,
    typer.Option(help="Dimensions of the map.", show_default="2"),
]
Epochs = Annotated[
    int | None,
    typer.Option(help="Passes over the graph.", show_default="500 up to 10,000 rows, else 200"),
]
Rate = Annotated[
    float | None,
    typer.Option(help="First step size.", show_default="1.0"),
]
MinDist = Annotated[
    float | None,
    typer.Option(
        help="Least distance of points in the map; less makes tighter clumps.", show_default="0.1"
    ),
]
Spread = Annotated[
    float | None,
    typer.Option(help="Scale of the map's distances.", show_default="1.0"),
]
MixRatio = Annotated[
    float | None,
    typer.Option(
        help="1: union of the two directions of an edge, 0: intersection.", show_default="1.0"
    ),
]
Connectivity = Annotated[
    float | None,
    typer.Option(help="Neighbours that count as certainly connected.", show_default="1.0"),
]
Repulsion = Annotated[
    float | None,
    typer.Option(help="Weight of repulsion.", show_default="1.0"),
]
Negatives = Annotated[
    float | None,
    typer.Option(help="Repelling points drawn for each attracting one.", show_default="5"),
]
CurveA = Annotated[
    float | None,
    typer.Option(
        help="Curve of the map's similarity; with --b instead of --min-dist.", show_default="fitted"
    ),
]
CurveB = Annotated[
    float | None,
    typer.Option(help="Curve of the map's similarity; with --a.", show_default="fitted"),
]
Disconnection = Annotated[
    float | None,
    typer.Option(help="Distance from which rows are no neighbours.", show_default="by metric"),
]
TargetWeight = Annotated[
    float | None,
    typer.Option(help="0: the data alone, 1: the labels alone.", show_default="0.5"),
]
Seed = Annotated[
    int | None,
    typer.Option(
        help="Seed; the same seed gives the same map, bit by bit.", show_default="a fresh one"
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(help="Threads; results do not depend on it.", show_default="all cores"),
]
Metric = Annotated[str | None, typer.Option(help="Distance of rows.", show_default="euclidean")]
Init = Annotated[
    str | None, typer.Option(help="Start: spectral, pca or random.", show_default="spectral")
]
Search = Annotated[
    str | None,
    typer.Option(help="Search of neighbours: auto, exact or descent.", show_default="auto"),
]
Optimizer = Annotated[
    str | None,
    typer.Option(
        help="sampled (parallel), or the serial schedule or bernoulli.", show_default="sampled"
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(help="Stop when the loss falls by less than this share.", show_default="never"),
]
Resume = Annotated[
    str | None,
    typer.Option(help="File to continue an interrupted fit from; needs --seed."),
]
Cache = Annotated[str | None, typer.Option(help="Folder to keep the neighbour search in.")]
Target = Annotated[
    str | None,
    typer.Option("--target-column", help="Column of classes that the map is to follow."),
]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="Folder to save the fitted model in.")
]
Config = Annotated[
    str | None,
    typer.Option("--config", "-c", help="TOML file of options; those given here win over it."),
]


def fit(
    data: Data,
    *,
    output: Out,
    n_neighbors: Neighbors = None,
    min_dist: MinDist = None,
    metric: Metric = None,
    n_components: Components = None,
    n_epochs: Epochs = None,
    seed: Seed = None,
    init: Init = None,
    spread: Spread = None,
    learning_rate: Rate = None,
    set_op_mix_ratio: MixRatio = None,
    local_connectivity: Connectivity = None,
    repulsion_strength: Repulsion = None,
    negative_sample_rate: Negatives = None,
    a: CurveA = None,
    b: CurveB = None,
    disconnection_distance: Disconnection = None,
    neighbors: Search = None,
    optimizer: Optimizer = None,
    tol: Tolerance = None,
    checkpoint: Resume = None,
    memory: Cache = None,
    target_column: Target = None,
    target_weight: TargetWeight = None,
    columns: Columns = None,
    label_column: LabelColumns = None,
    key: Key = None,
    header: Header = None,
    model: Model = None,
    config: Config = None,
    n_jobs: Threads = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fit a map to rows of numbers and write it to a file.

    Columns of text, and those named by --label-column, go along into the map's file.
    """
    given = dict(locals())
    # The wrapper reads debug; the others are no options of a configuration.
    for name in ("debug", "data", "output", "config"):
        del given[name]
    options = merge_config(given, config)
    chosen = split_names(options.pop("columns"))
    labels = list(options.pop("label_column") or [])
    target = options.pop("target_column")
    if target is not None and target not in labels:
        labels.append(target)
    key, header = options.pop("key"), options.pop("header")
    folder, quiet = options.pop("model"), bool(options.pop("quiet"))
    # umapkit's own default is always the estimator's: what is not given is not passed.
    parameters = {name: value for name, value in options.items() if value is not None}
    if "seed" in parameters:
        parameters["random_state"] = parameters.pop("seed")

    table = read_rows(
        data,
        columns=chosen,
        label_columns=labels,
        key=key,
        header=header,
        n_jobs=parameters.get("n_jobs"),
    )
    if target is None and "target_weight" in parameters:
        msg = "--target-weight weighs the classes of --target-column, which is not given."
        raise ValueError(msg)
    further = table.labels if holds_columns(output) else {}
    ids = table.ids if holds_columns(output) else None
    # Before the work, not after it.
    check_map_path(
        output, n_components=parameters.get("n_components", 2), columns=list(further), ids=ids
    )
    if folder is not None and Path(folder).is_file():
        msg = f"--model {folder} is a file. Give a folder."
        raise ValueError(msg)

    import umapkit

    umap = umapkit.UMAP(verbose=is_terminal() and not quiet, **parameters)
    started = time.perf_counter()
    classes = None if target is None else as_classes(table.labels[target])
    embedding = np.asarray(umap.fit_transform(with_names(table), classes))
    seconds = time.perf_counter() - started
    write_map(output, embedding, columns=further, ids=ids)
    if folder is not None:
        umap.save(folder)
    if not quiet:
        say(_summary(umap, table.rows, output, folder, seconds))


def as_classes(values: NDArray[Any]) -> NDArray[np.int64]:
    """Give the classes of a column numbers; missing entries and -1 become -1: unlabelled."""
    items = values.tolist()
    missing = np.array([v is None or v != v or v in (-1, "-1", "") for v in items], dtype=bool)
    classes = np.full(len(items), -1, dtype=np.int64)
    known = np.array([str(v) for v in items])[~missing]
    classes[~missing] = np.unique(known, return_inverse=True)[1]
    return classes


def _summary(
    umap: Any, rows: NDArray[np.float32], output: str, folder: str | None, seconds: float
) -> str:
    n, d = rows.shape
    alone = int(np.count_nonzero(umap.disconnected_))
    parts = [
        f"{n:,} rows of {d:,} columns in {seconds:.1f} s",
        f"seed {umap.seed_}",
        f"neighbour recall {umap.neighbor_recall_:.3f}",
        f"loss {float(umap.loss_):.6g}",
    ]
    if alone:
        parts.append(f"{alone:,} rows disconnected")
    saved = f"; model in {folder}" if folder else ""
    return f"{', '.join(parts)}; map in {output}{saved}"
