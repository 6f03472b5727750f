"""Chunks of rows out of files, arrays and generators; none is read before it is asked for."""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from umapkit.streaming._csv import CsvReader

Format = Literal["csv", "ndjson", "parquet"]
_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
}
_STANDARD_INPUT = "-"


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some consecutive rows of a source.

    Attributes
    ----------
    rows : array of shape (m, n_features)
        The rows, as the source holds them.
    ids : array of shape (m,) or None
        What the column of ids holds.
    labels : array of shape (m,) or None
        What the column of labels holds.
    columns : list of str or None
        Names of the columns of `rows`.
    """

    rows: Any
    ids: NDArray[Any] | None = None
    labels: NDArray[Any] | None = None
    columns: list[str] | None = None

    def __len__(self) -> int:
        return len(self.rows)


def read_chunks(
    source: Any,
    *,
    size: int = 1000,
    format: Format | None = None,
    columns: Sequence[str] | None = None,
    id_column: str | None = None,
    label_column: str | None = None,
    skip: int = 0,
) -> Iterator[Chunk]:
    """Read rows chunk by chunk; no more than one chunk is held.

    Parameters
    ----------
    source : path, "-", array, data frame or iterable of arrays
        A ``.parquet``, ``.csv`` or ``.ndjson`` (``.jsonl``) file, or a folder of parquet files, in
        order of their names; "-": standard input; a table in memory (a memory map is read piece
        by piece); or arrays that a generator yields.
    size : int, default 1000
        Most rows of a chunk.
    format : {"csv", "ndjson", "parquet"}, optional
        Of a file; by default what its ending says. Standard input: "csv" or "ndjson".
    columns : sequence of str, optional
        Columns that make the rows; by default all columns of numbers other than the two below. For
        files only, as they are.
    id_column, label_column : str, optional
        Columns that hold ids and labels. In a csv file, the first chunk decides for each column
        whether it holds numbers or text; numbers with zeros in front (007) are text there.
    skip : int, default 0
        Leave out so many rows at the beginning.

    Yields
    ------
    Chunk
        The next rows.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a file cannot be read, a column is missing, a value of a csv file is of another kind
        than its column in the first chunk, or an argument does not fit the source.
    ImportError
        If pyarrow is needed and not installed.

    Examples
    --------
    >>> import numpy as np
    >>> [len(chunk) for chunk in read_chunks(np.zeros((25, 3)), size=10)]
    [10, 10, 5]
    """
    if size < 1 or skip < 0:
        msg = f"size={size} and skip={skip} must be at least 1 and 0."
        raise ValueError(msg)
    is_file = isinstance(source, str | os.PathLike)
    if not is_file and (format or columns or id_column or label_column):
        msg = "format, columns, id_column and label_column are for files. Leave them out."
        raise ValueError(msg)
    if is_file:
        named = [name for name in (id_column, label_column) if name is not None]
        read = _of_file(os.fspath(source), size, format, CsvReader(columns, named))
        chunks = (_chunk_of(table, columns, id_column, label_column) for table in read)
    elif hasattr(source, "shape"):
        chunks = (Chunk(_rows(source, at, at + size)) for at in range(0, source.shape[0], size))
    elif isinstance(source, Iterable):
        chunks = _of_arrays(source, size)
    else:
        msg = f"source={source!r} is no file, table, or iterable of arrays."
        raise TypeError(msg)
    return _skipped(chunks, skip)


def _rows(table: Any, begin: int, end: int) -> Any:
    """Return some rows of an array or a data frame."""
    return table.iloc[begin:end] if hasattr(table, "iloc") else table[begin:end]


def _of_arrays(arrays: Iterable[Any], size: int) -> Iterator[Chunk]:
    for array in arrays:
        table = array if hasattr(array, "shape") else np.asarray(array)
        if len(table.shape) == 1:
            table = np.asarray(table)[None]
        for at in range(0, table.shape[0], size):
            yield Chunk(_rows(table, at, at + size))


def _skipped(chunks: Iterator[Chunk], skip: int) -> Iterator[Chunk]:
    left = skip
    for chunk in chunks:
        if left >= len(chunk):
            left -= len(chunk)
            continue
        if left:
            kept = slice(left, None)
            yield Chunk(
                _rows(chunk.rows, left, len(chunk)),
                None if chunk.ids is None else chunk.ids[kept],
                None if chunk.labels is None else chunk.labels[kept],
                chunk.columns,
            )
            left = 0
            continue
        yield chunk


def _of_file(path: str, size: int, format: Format | None, csv: CsvReader) -> Iterator[Any]:
    """Yield Arrow tables of at most `size` rows."""
    try:
        import pyarrow
    except ImportError as error:
        msg = f'Reading {path} needs the package pyarrow: pip install "umapkit[tables]".'
        raise ImportError(msg) from error
    if path == _STANDARD_INPUT:
        if format not in ("csv", "ndjson"):
            msg = f"format={format!r}: standard input is 'csv' or 'ndjson'; say which."
            raise ValueError(msg)
        yield from _of_lines(sys.stdin.buffer, path, size, format, csv)
        return
    where = Path(path).expanduser()
    if not where.exists():
        msg = f"There is no file {where}."
        raise FileNotFoundError(msg)
    kind = format or ("parquet" if where.is_dir() else _ENDINGS.get(where.suffix.lower()))
    if kind is None:
        msg = f"{where} ends in none of {', '.join(_ENDINGS)}. Give format=."
        raise ValueError(msg)
    if kind != "parquet":
        with where.open("rb") as lines:
            yield from _of_lines(lines, path, size, kind, csv)
        return
    from pyarrow import parquet

    files = sorted(where.glob("*.parquet")) if where.is_dir() else [where]
    if not files:
        msg = f"The folder {where} holds no parquet files."
        raise ValueError(msg)
    try:
        for file in files:
            with parquet.ParquetFile(file) as opened:
                for batch in opened.iter_batches(batch_size=size):
                    yield pyarrow.Table.from_batches([batch])
    except pyarrow.ArrowException as error:
        msg = f"{where} cannot be read: {error}"
        raise ValueError(msg) from error


def _of_lines(lines: Any, path: str, size: int, kind: Format, csv: CsvReader) -> Iterator[Any]:
    """Yield tables of at most `size` lines; a row is one line, blank ones are none."""
    import pyarrow
    from pyarrow import json

    header = lines.readline() if kind == "csv" else b""
    done = 0
    while block := list(itertools.islice(lines, size)):
        part = [line for line in block if line.strip()]
        if not part:
            continue
        if not part[-1].endswith(b"\n"):
            part[-1] += b"\n"
        try:
            data = header + b"".join(part)
            table: Any = json.read_json(io.BytesIO(data)) if kind == "ndjson" else csv.read(data)
        except (pyarrow.ArrowException, ValueError) as error:
            msg = f"{path} cannot be read as {kind}, rows {done} to {done + len(part) - 1}: {error}"
            raise ValueError(msg) from error
        yield table
        done += len(part)


def _chunk_of(
    table: Any, columns: Sequence[str] | None, id_column: str | None, label_column: str | None
) -> Chunk:
    import pyarrow

    special = [name for name in (id_column, label_column) if name is not None]
    missing = [name for name in [*(columns or ()), *special] if name not in table.column_names]
    if missing:
        msg = f"There is no column {missing[0]!r}; there are: {', '.join(table.column_names[:20])}."
        raise ValueError(msg)
    chosen = list(columns or ())
    if columns is None:
        for field in table.schema:
            kind = field.type
            number = pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)
            if number and field.name not in special:
                chosen.append(field.name)
    if not chosen:
        msg = f"There is no column of numbers among {', '.join(table.column_names[:20])}."
        raise ValueError(msg)
    rows = np.column_stack([table[name].to_numpy() for name in chosen])
    return Chunk(
        rows,
        None if id_column is None else _values(table, id_column),
        None if label_column is None else _values(table, label_column),
        chosen,
    )


def _values(table: Any, name: str) -> NDArray[Any]:
    return table[name].combine_chunks().to_numpy(zero_copy_only=False)
