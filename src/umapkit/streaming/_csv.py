"""Tables out of pieces of one csv file, whose columns hold the same kinds of values throughout."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any


class CsvReader:
    """Reads piece by piece what the first piece decides: numbers or text, column by column.

    Parameters
    ----------
    columns : sequence of str, optional
        Columns that make the rows.
    named : sequence of str
        Columns of ids and labels: whole numbers there stay whole, and are text where they have
        zeros in front, such as 007.
    """

    def __init__(self, columns: Sequence[str] | None, named: Sequence[str]) -> None:
        self._columns, self._named = columns or (), named
        self._kinds: dict[str, Any] | None = None

    def read(self, data: bytes) -> Any:
        """Return an Arrow table of a header and lines.

        Raises
        ------
        ValueError
            If a value is of another kind than its column's in the first piece.
        pyarrow.ArrowException
            If it is no csv.
        """
        import pyarrow

        if self._kinds is None:
            table = _read(data, {})
            self._kinds = self._kinds_of(table)
            padded = self._padded(table, data)
            if padded:
                self._kinds |= dict.fromkeys(padded, pyarrow.string())
                table = _read(data, dict.fromkeys(padded, pyarrow.string()))
            return table
        try:
            table = _read(data, self._kinds)
        except pyarrow.ArrowInvalid as error:
            if "conversion error" not in str(error):
                raise
            msg = f"{error}. {_FIRST}"
            raise ValueError(msg) from error
        padded = self._padded(table, data)
        if padded:
            msg = f"column {padded[0]!r} has numbers with zeros in front. {_FIRST}"
            raise ValueError(msg)
        return table

    def _kinds_of(self, table: Any) -> dict[str, Any]:
        """Say what the columns shall hold from now on; an empty one may hold anything."""
        import pyarrow

        kinds: dict[str, Any] = {}
        for field in table.schema:
            kind = field.type
            if pyarrow.types.is_null(kind):
                continue
            number = pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)
            if field.name in self._named:
                kinds[field.name] = kind
            elif number:
                kinds[field.name] = pyarrow.float64()  # 1, 2 may be followed by 2.5
            else:
                kinds[field.name] = kind if field.name in self._columns else pyarrow.string()
        return kinds

    def _padded(self, table: Any, data: bytes) -> list[str]:
        """Return the columns of ids and labels whose whole numbers are not as they were written."""
        import pyarrow

        whole = [
            name
            for name in self._named
            if name in table.column_names and pyarrow.types.is_integer(table[name].type)
        ]
        if not whole:
            return []
        written = _read(data, dict.fromkeys(whole, pyarrow.string()), only=whole)
        return [
            name
            for name in whole
            if any(
                kept is not None and text.strip() != str(kept)
                for text, kept in zip(
                    written[name].to_pylist(), table[name].to_pylist(), strict=True
                )
            )
        ]


_FIRST = "What a column holds is decided by the first chunk; a larger one sees more of it."


def _read(data: bytes, kinds: dict[str, Any], *, only: Sequence[str] = ()) -> Any:
    from pyarrow import csv

    options = csv.ConvertOptions(column_types=kinds, include_columns=[*only])
    return csv.read_csv(io.BytesIO(data), convert_options=options)
