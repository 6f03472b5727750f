"""What commands read and write, and how they show it."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data import Table, load, read_table

_EXAMPLE = "example:"
_TABLES = (".parquet", ".pq", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".h5ad")


def read_rows(
    source: str,
    *,
    columns: Sequence[str] | None = None,
    label_columns: Sequence[str] = (),
    key: str | None = None,
    header: bool | None = None,
    n_jobs: int | None = None,
) -> Table:
    """Read a file, or an example set by ``example:NAME``.

    Raises
    ------
    ValueError
        As `umapkit.data.read_table` and `umapkit.data.load`; also if columns of an example set
        are to be chosen.
    """
    if not source.startswith(_EXAMPLE):
        return read_table(
            source,
            columns=columns,
            label_columns=label_columns,
            key=key,
            header=header,
            n_jobs=n_jobs,
        )
    if columns or key or header is not None:
        msg = f"{source} is no file: --columns, --key and --header are for files. Leave them out."
        raise ValueError(msg)
    example = load(source.removeprefix(_EXAMPLE))
    labels: dict[str, NDArray[Any]] = {}
    if example.target is not None:
        names = example.target_names
        labels["label"] = example.target if names is None else np.asarray(names)[example.target]
    if example.values is not None:
        labels["value"] = example.values
    missing = [name for name in label_columns if name not in labels]
    if missing:
        msg = f"{source} has no column {missing[0]!r}. It has: {', '.join(labels) or 'none'}."
        raise ValueError(msg)
    return Table(rows=example.data, columns=_list(example.columns), labels=labels)


def has_named_columns(source: str) -> bool:
    """Tell whether columns of this source can be chosen by name: those of a table's file can."""
    if source.startswith(_EXAMPLE):
        return False
    return Path(source).name.lower().endswith(_TABLES)


def _list(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)


def with_names(table: Table) -> Any:
    """Rows with their column names where there are any, so that the model remembers them."""
    if table.columns is None:
        return table.rows
    if importlib.util.find_spec("pandas") is not None:
        import pandas

        return pandas.DataFrame(table.rows, columns=pandas.Index(table.columns), copy=False)
    if importlib.util.find_spec("pyarrow") is not None:
        import pyarrow

        columns = [pyarrow.array(table.rows[:, i]) for i in range(table.rows.shape[1])]
        return pyarrow.table(columns, names=table.columns)
    return table.rows


def saved_umap(folder: str, verb: str, *, combined: bool = False) -> Any:
    """Load the model of a folder.

    Parameters
    ----------
    folder : str
        What ``--model`` was.
    verb : str
        What the command does with maps, for the message.
    combined : bool
        Whether a map of several metrics will do.

    Raises
    ------
    ValueError
        If it is another kind of model.
    """
    import umapkit

    umap: Any = umapkit.load(folder)
    kinds = (umapkit.UMAP, umapkit.CombinedUMAP) if combined else (umapkit.UMAP,)
    if not isinstance(umap, kinds):
        msg = (
            f"{folder} holds a {type(umap).__name__}; this command {verb} maps of "
            f"{' or '.join(kind.__name__ for kind in kinds)}. In Python, umapkit.load gives it."
        )
        raise ValueError(msg)
    return umap


def holds_columns(path: str) -> bool:
    """Tell whether a map file of this name holds more than coordinates."""
    return Path(path).suffix.lower() != ".npy"


def show(title: str, facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Write facts to standard output: a table, or one JSON object."""
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    if importlib.util.find_spec("rich") is None:
        sys.stdout.writelines(f"{name}: {_text(value)}\n" for name, value in facts.items())
        return
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    # Text, not markup: a column may be called [red].
    grid = Grid(title=Text(title), show_header=False)
    for name, value in facts.items():
        grid.add_row(Text(name), Text(_text(value)))
    Console(file=sys.stdout).print(grid)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        shown = ", ".join(str(item) for item in value[:12])
        return shown if len(value) <= 12 else f"{shown} and {len(value) - 12} more"
    return f"{value:,}" if isinstance(value, int) else str(value)
