"""The door: arrays, tables, sparse rows and files become checked float32 rows."""

from __future__ import annotations

from umapkit.data._names import column_names
from umapkit.data._places import RowFinder, first_of_equals, row_hashes
from umapkit.data._rows import as_rows
from umapkit.data.examples import Example, load

__all__ = [
    "Example",
    "RowFinder",
    "as_rows",
    "column_names",
    "first_of_equals",
    "load",
    "row_hashes",
]
