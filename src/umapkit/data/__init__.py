"""The door: arrays, tables, sparse rows and files become checked float32 rows."""

from __future__ import annotations

from umapkit.data._compressed import as_sparse_rows, stays_sparse
from umapkit.data._maps import (
    MapFile,
    check_map_path,
    check_rows_path,
    read_map,
    write_map,
    write_rows,
)
from umapkit.data._memory import available_memory, dense_budget, human_size
from umapkit.data._names import column_names
from umapkit.data._places import RowFinder, first_of_equals, row_hashes
from umapkit.data._read import Table, read_table
from umapkit.data._rows import as_rows
from umapkit.data._sparse_rows import Rows, SparseRows
from umapkit.data.examples import Example, load

__all__ = [
    "Example",
    "MapFile",
    "RowFinder",
    "Rows",
    "SparseRows",
    "Table",
    "as_rows",
    "as_sparse_rows",
    "available_memory",
    "check_map_path",
    "check_rows_path",
    "column_names",
    "dense_budget",
    "first_of_equals",
    "human_size",
    "load",
    "read_map",
    "read_table",
    "row_hashes",
    "stays_sparse",
    "write_map",
    "write_rows",
]
