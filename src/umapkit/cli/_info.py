"""``umapkit info``: what is in a file, and what a fit of it takes."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from umapkit._pictures import missing
from umapkit.cli._inputs import show
from umapkit.cli._options import Debug, Json, MaybeData
from umapkit.cli._source import Source
from umapkit.data import available_memory, first_of_equals, human_size
from umapkit.models import fit_memory

Neighbors = Annotated[
    int, typer.Option(help="Neighbours of a row that a fit would use.", min=2, max=1_000_000)
]
Components = Annotated[
    int, typer.Option(help="Dimensions that the map would have.", min=1, max=1_000_000)
]
Shape = Annotated[
    str | None,
    typer.Option(
        help="Rows and columns of a table that is not at hand, as 1000000x50, instead of DATA.",
        show_default=False,
    ),
]


def info(
    data: MaybeData = None,
    *,
    shape: Shape = None,
    n_neighbors: Neighbors = 15,
    n_components: Components = 2,
    source: Source,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show rows, columns, labels and duplicates of a file, and the memory that a fit takes."""
    del debug  # read by the wrapper
    if (data is None) == (shape is None):
        msg = "Give a file (or example:NAME), or --shape ROWSxCOLUMNS, and not both."
        raise typer.BadParameter(msg)
    if data is None:
        n, d = _rows_and_columns(str(shape))
        facts: dict[str, Any] = {"rows": n, "columns": d}
        _add_memory(facts, fit_memory(n, d, n_neighbors, n_components), as_json=as_json)
        show(f"{n} x {d}", facts, as_json=as_json)
        return
    table = source.read(data)
    n, d = table.rows.shape
    first = first_of_equals(table.rows)
    equal = int(np.count_nonzero(first != np.arange(n)))
    facts = {
        "rows": n,
        "columns": d,
        "column names": table.columns,
        "label columns": {name: _count(values) for name, values in table.labels.items()},
        "named rows": table.ids is not None,
        "rows equal to an earlier one": equal,
        "constant columns": int(np.count_nonzero(np.ptp(table.rows, axis=0) == 0)),
    }
    memory = fit_memory(n, d, n_neighbors, n_components, n_equal=equal)
    _add_memory(facts, memory, as_json=as_json)
    if not as_json:
        labels = facts["label columns"]
        facts["label columns"] = [f"{name} ({count} values)" for name, count in labels.items()]
        facts["label columns"] = facts["label columns"] or None
        facts["named rows"] = "yes" if facts["named rows"] else "no"
    show(data, facts, as_json=as_json)


def _count(values: NDArray[Any]) -> int:
    """Count different values; all that are missing are one."""
    absent = missing(values)
    return len(set(values[~absent].tolist())) + bool(absent.any())


def _add_memory(facts: dict[str, Any], memory: int, *, as_json: bool) -> None:
    """Add the peak of a fit and what there is, in bytes or in words."""
    available = available_memory()
    if as_json:
        facts |= {"memory of a fit": memory, "memory available": available}
        return
    facts["memory of a fit"] = f"about {human_size(memory)}"
    facts["memory available"] = "unknown" if available is None else human_size(available)


def _rows_and_columns(shape: str) -> tuple[int, int]:
    """Take 1000000x50 apart."""
    rows, _, columns = shape.lower().partition("x")
    try:
        found = int(rows), int(columns)
    except ValueError:
        found = (0, 0)
    if min(found) < 1:
        msg = f"--shape {shape} is not ROWSxCOLUMNS. Give two whole numbers, as 1000000x50."
        raise typer.BadParameter(msg)
    return found
