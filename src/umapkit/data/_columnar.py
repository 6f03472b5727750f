"""Parquet and csv, by pyarrow: which columns are rows, which are labels, which names the rows."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data._files import need_package, refuse

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
# A csv file is parsed block by block; a line must fit one block.
_CSV_BLOCK = 1 << 24
# pandas' names for a nameless index: in parquet, in csv.
_NAMELESS = ("__index_level_0__", "")


def read_arrow(path: Path, kind: str, *, header: bool | None = None) -> tuple[Any, bool]:
    """Whole file as a pyarrow table, and whether its columns have names."""
    arrow = need_package("pyarrow", "tables", path)
    if kind == "parquet":
        parquet = need_package("pyarrow.parquet", "tables", path)
        try:
            return parquet.read_table(path), True
        except (arrow.ArrowException, OSError) as error:
            refuse(path, error)
    csv = need_package("pyarrow.csv", "tables", path)
    delimiter = "\t" if ".tsv" in path.name.lower() else ","
    has_header = _has_header(path, delimiter) if header is None else header
    try:
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(
                autogenerate_column_names=not has_header, block_size=_CSV_BLOCK
            ),
            parse_options=csv.ParseOptions(delimiter=delimiter),
        )
    except (arrow.ArrowException, OSError) as error:
        refuse(path, error)
    return table, has_header


def read_columnar(
    path: Path,
    kind: str,
    *,
    columns: Sequence[str] | None,
    label_columns: Sequence[str],
    header: bool | None,
) -> tuple[Any, list[str] | None, dict[str, NDArray[Any]], NDArray[Any] | None]:
    """Split a parquet or csv file into rows, labels and names of the rows.

    Returns
    -------
    data : pyarrow.Table
        The columns that make the rows.
    names : list of str or None
        Their names, where the file has names.
    labels : dict of str to ndarray
    ids : ndarray or None
    """
    table, has_names = read_arrow(path, kind, header=header)
    present = table.column_names
    twice = sorted({name for name in present if present.count(name) > 1})
    if twice:
        msg = f"{path} has more than one column {twice[0]!r}. Give every column its own name."
        raise ValueError(msg)
    for name in (*(columns or ()), *label_columns):
        if name not in present:
            msg = f"{path} has no column {name!r}. It has: {_listed(present)}."
            raise ValueError(msg)
    both = sorted(set(columns or ()) & set(label_columns))
    if both:
        msg = f"The column {both[0]!r} cannot be data and label at once. Name it in one place only."
        raise ValueError(msg)
    index = next((n for n in _NAMELESS if n in present and n not in (columns or ())), None)
    if columns is None:
        chosen = [
            name
            for name in present
            if name not in label_columns and name != index and _is_numeric(table, name)
        ]
        for name in present:
            if name not in {*chosen, *label_columns, index}:
                _check_text(path, table, name)
        if not chosen:
            msg = f"{path} has no column of numbers. It has: {_listed(present)}."
            raise ValueError(msg)
    else:
        chosen = list(columns)
    labels = {
        name: as_array(table, name)
        for name in present
        if name in label_columns
        or (name not in chosen and name != index and not _is_numeric(table, name))
    }
    ids = None if index is None else as_array(table, index)
    return table.select(chosen), chosen if has_names else None, labels, ids


def as_array(table: Any, name: str) -> NDArray[Any]:
    """One column as a NumPy array: numbers as numbers, all else as objects."""
    import pyarrow

    values = table.column(name)
    if pyarrow.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _is_numeric(table: Any, name: str) -> bool:
    """Tell whether the type of a column is one of numbers."""
    import pyarrow

    kinds = pyarrow.types
    dtype = table.column(name).type
    tests = (kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_decimal)
    return any(test(dtype) for test in tests)


def _check_text(path: Path, table: Any, name: str) -> None:
    """Raise where a column of text holds mostly numbers: one slip must not take it away."""
    import pyarrow

    values = table.column(name)
    if not (pyarrow.types.is_string(values.type) or pyarrow.types.is_large_string(values.type)):
        return
    number = re.compile(_NUMBER)
    is_number = [text is not None and number.match(text) is not None for text in values.to_pylist()]
    if len(values) / 2 < sum(is_number) < len(values):
        row = is_number.index(False)
        msg = (
            f"{path}: the column {name!r} holds numbers and text; the first text is "
            f"{values[row].as_py()!r} in row {row}. Correct that cell, or name the column as a "
            "label column."
        )
        raise ValueError(msg)


def _has_header(path: Path, delimiter: str) -> bool:
    """Tell whether the first line of a csv file names the columns (see `read_table`)."""
    is_zipped = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path, "rb") if is_zipped else path.open("rb") as file:
            first = file.readline().decode("utf-8-sig", errors="replace")
    except (OSError, EOFError) as error:
        refuse(path, error)
    cells = [cell.strip().strip('"') for cell in first.rstrip("\r\n").split(delimiter)]
    if cells == [str(i) for i in range(len(cells))]:
        return True
    try:
        for cell in cells:
            float(cell)
    except ValueError:
        return True
    return False


def _listed(names: Sequence[str], limit: int = 12) -> str:
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
