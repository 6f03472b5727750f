"""The door: arrays, tables, sparse rows and files become checked float32 rows."""

from __future__ import annotations

from umapkit.data._maps import MapFile, read_map, write_map
from umapkit.data._names import column_names
from umapkit.data._places import RowFinder, first_of_equals, row_hashes
from umapkit.data._read import Table, read_table
from umapkit.data._rows import as_rows
from umapkit.data.examples import Example, load

__all__ = [
    "Example",
    "MapFile",
    "RowFinder",
    "Table",
    "as_rows",
    "column_names",
    "first_of_equals",
    "load",
    "read_map",
    "read_table",
    "row_hashes",
    "write_map",
]
