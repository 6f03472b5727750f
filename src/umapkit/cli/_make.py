"""From rows to a map's file: what ``fit`` and ``combine`` share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from umapkit.cli._inputs import holds_columns, with_names
from umapkit.cli._parameters import Parameters
from umapkit.cli._report import is_terminal, say
from umapkit.cli._source import Source
from umapkit.cli._target import Target
from umapkit.data import Table, check_map_path, write_map

_DENSITIES = ("rad_orig", "rad_emb")


def make_map(
    data: str,
    output: str,
    *,
    parameters: Parameters,
    target: Target,
    source: Source,
    folder: str | None,
    quiet: bool,
    wrap: Callable[[Any, Table], Any] | None = None,
) -> None:
    """Read rows, fit, write the map, save the model, tell about it.

    Parameters
    ----------
    data, output : str
        Files.
    parameters, target, source
        Options.
    folder : str or None
        Where to save the model.
    quiet : bool
        Whether to say nothing.
    wrap : callable, optional
        Makes the estimator that is fitted out of `umapkit.UMAP` and the table.

    Raises
    ------
    ValueError
        If options or data cannot be used.
    """
    further_parameters = target.parameters()
    table = source.read(data, also_labels=target.columns, n_jobs=parameters.n_jobs)
    further = dict(table.labels) if holds_columns(output) else {}
    ids = table.ids if holds_columns(output) else None
    dense = _DENSITIES if parameters.output_dens else ()
    # Before the work, not after it.
    check_map_path(
        output, n_components=parameters.n_components or 2, columns=[*further, *dense], ids=ids
    )
    check_folder(folder)
    umap = parameters.estimator(verbose=is_terminal() and not quiet, further=further_parameters)
    if wrap is not None:
        umap = wrap(umap, table)
    started = time.perf_counter()
    umap.fit_transform(with_names(table), target.values(table))
    seconds = time.perf_counter() - started
    further |= {name: getattr(umap, f"{name}_") for name in dense}
    write_map(output, umap.embedding_, columns=further, ids=ids)
    if folder is not None:
        umap.save(folder)
    if not quiet:
        n, d = table.rows.shape
        say(f"{n:,} rows of {d:,} columns in {seconds:.1f} s{summary(umap, output, folder)}")


def check_folder(folder: str | None) -> None:
    """Refuse a file where a model's folder is to be.

    Raises
    ------
    ValueError
        If it is a file.
    """
    if folder is not None and Path(folder).is_file():
        msg = f"--model {folder} is a file. Give a folder."
        raise ValueError(msg)


def summary(umap: Any, output: str, folder: str | None) -> str:
    """Tell about a fitted model, behind what was done."""
    alone = int(np.count_nonzero(umap.disconnected_))
    parts = ["", f"seed {umap.seed_}"]
    recall = getattr(umap, "neighbor_recall_", None)
    if recall is not None:
        parts.append(f"neighbour recall {recall:.3f}")
    parts.append(f"loss {float(umap.loss_):.6g}")
    if alone:
        parts.append(f"{alone:,} rows disconnected")
    saved = f"; model in {folder}" if folder else ""
    return f"{', '.join(parts)}; map in {output}{saved}"
