"""``umapkit info``: what is in a file."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer

from umapkit.cli._inputs import read_rows, show
from umapkit.cli._options import Columns, Data, Debug, Header, Json, Key, LabelColumns, split_names
from umapkit.data import available_memory, first_of_equals, human_size

Neighbors = Annotated[int, typer.Option(help="Neighbours of a row that a fit would use.")]


def info(
    data: Data,
    *,
    n_neighbors: Neighbors = 15,
    columns: Columns = None,
    label_column: LabelColumns = None,
    key: Key = None,
    header: Header = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show rows, columns, labels and duplicates of a file, and the memory that a fit holds."""
    del debug  # read by the wrapper
    table = read_rows(
        data, columns=split_names(columns), label_columns=label_column or (), key=key, header=header
    )
    n, d = table.rows.shape
    first = first_of_equals(table.rows)
    memory = fit_memory(n, d, n_neighbors)
    available = available_memory()
    facts: dict[str, Any] = {
        "rows": n,
        "columns": d,
        "column names": table.columns,
        "label columns": {name: len(set(values.tolist())) for name, values in table.labels.items()},
        "named rows": table.ids is not None,
        "rows equal to an earlier one": int(np.count_nonzero(first != np.arange(n))),
        "constant columns": int(np.count_nonzero(np.ptp(table.rows, axis=0) == 0)),
        "memory of a fit": memory,
        "memory available": available,
    }
    if not as_json:
        labels = facts["label columns"]
        facts["label columns"] = [f"{name} ({count} values)" for name, count in labels.items()]
        facts["label columns"] = facts["label columns"] or None
        facts["memory of a fit"] = f"about {human_size(memory)}"
        facts["memory available"] = "unknown" if available is None else human_size(available)
        facts["named rows"] = "yes" if facts["named rows"] else "no"
    show(data, facts, as_json=as_json)


def fit_memory(n: int, d: int, n_neighbors: int) -> int:
    """Bytes that a fit holds: an estimate from the sizes of its arrays.

    The rows (4 bytes a number), the neighbour lists (8 bytes an entry, twice while they are
    searched), and the graph, which has at most 2 k entries a row (8 bytes, twice while it is made
    symmetric).
    """
    return n * (4 * d + 16 * n_neighbors + 32 * n_neighbors)
