"""Write a map to a file, and read it back.

The coordinates are columns named x, y (and z), which viewers of maps expect; with other numbers of
dimensions, or one, umap0, umap1, and so on.
"""

from __future__ import annotations

import math
import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.data._columnar import as_array, read_arrow
from umapkit.data._files import WRITABLE, as_path, file_format, need_file, need_package, refuse
from umapkit.data._rows import as_rows

# Columns that are read as coordinates, of a map of whatever number of dimensions.
_COORDINATE = re.compile(r"[xyz]|umap[0-9]+")


def coordinate_names(n_components: int) -> list[str]:
    """Names of the coordinates of a map.

    Examples
    --------
    >>> coordinate_names(2), coordinate_names(1)
    (['x', 'y'], ['umap0'])
    """
    if n_components in (2, 3):
        return ["x", "y", "z"][:n_components]
    return [f"umap{i}" for i in range(n_components)]


def check_map_path(
    path: str | os.PathLike[str],
    *,
    n_components: int,
    columns: Sequence[str] = (),
    ids: Any = None,
) -> tuple[Path, str]:
    """Check that a map can be written to this file, before the work of making it.

    Parameters
    ----------
    path : path
        The file.
    n_components : int
        Dimensions of the map.
    columns : sequence of str, default=()
        Names of the further columns.
    ids : sequence or None, default=None
        Names of the rows, which take the column ``id``.

    Returns
    -------
    path : Path
    kind : str
        Format of the file.

    Raises
    ------
    ValueError, FileNotFoundError, ImportError
        As `write_map`.
    """
    path = as_path(path)
    kind = file_format(path, WRITABLE, "write")
    names = [*coordinate_names(n_components), *(() if ids is None else ("id",))]
    for name in columns:
        if name not in names and _COORDINATE.fullmatch(name):
            msg = (
                f"The column {name!r} would be read as a coordinate of the map: x, y, z, umap0, "
                "umap1, … are names of coordinates. Give it another name."
            )
            raise ValueError(msg)
        if name in names:
            msg = (
                f"The column {name!r} would be there twice: {', '.join(names)} are columns of the "
                "map itself. Give it another name."
            )
            raise ValueError(msg)
        names.append(name)
    if kind == "npy" and (columns or ids is not None):
        held = ", ".join([*columns, *(() if ids is None else ("id",))])
        msg = (
            f"{path.name}: an .npy file holds the coordinates only, not {held}. Write .parquet or "
            ".csv, or leave them out."
        )
        raise ValueError(msg)
    if not path.absolute().parent.is_dir():
        msg = f"The folder {path.absolute().parent} does not exist. Create it first."
        raise FileNotFoundError(msg)
    if kind != "npy":
        need_package("pyarrow", "tables", path)
    return path, kind


def write_map(
    path: str | os.PathLike[str],
    embedding: ArrayLike,
    *,
    columns: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
    ids: Sequence[Any] | NDArray[Any] | None = None,
) -> None:
    """Write a map to a file.

    Parameters
    ----------
    path : path
        A file whose name ends in ``.parquet``, ``.csv``, ``.tsv`` or ``.npy``. An existing file is
        replaced, but only once the new one is complete.
    embedding : array-like of shape (n, n_components)
        The map; written as float32. NaN in a row means that the row has no place; it is kept.
    columns : mapping of str to sequence of length n, or None, default=None
        Further columns, for parquet and csv.
    ids : sequence of length n or None, default=None
        Names of the rows: a first column ``id``, for parquet and csv.

    Raises
    ------
    ValueError
        If the ending is unknown, no row has a place, a length differs, a name is one of
        coordinates, or further columns are given for npy, which cannot hold them.
    ImportError
        If pyarrow is not installed (parquet and csv).
    FileNotFoundError
        If the folder does not exist.
    """
    coordinates = _as_places(embedding, "embedding")
    n, n_components = coordinates.shape
    further = dict(columns or {})
    path, kind = check_map_path(path, n_components=n_components, columns=list(further), ids=ids)
    if ids is not None:
        further = {"id": ids, **further}
    for name, values in further.items():
        if len(values) != n:
            msg = f"The column {name!r} has {len(values)} entries, but the map has {n} rows."
            raise ValueError(msg)
    names = coordinate_names(n_components)
    if kind == "npy":
        _replace(path, lambda file: np.save(file, coordinates))
        return
    _write_arrow(path, kind, coordinates, names, further)


def check_rows_path(path: str | os.PathLike[str]) -> tuple[Path, str]:
    """Check that rows can be written to this file; as `check_map_path`.

    Returns
    -------
    path : Path
    kind : str
        Format of the file.
    """
    return check_map_path(path, n_components=1)


def write_rows(
    path: str | os.PathLike[str], rows: ArrayLike, *, columns: Sequence[str] | None = None
) -> None:
    """Write rows of data to a file.

    Parameters
    ----------
    path : path
        As for `write_map`.
    rows : array-like of shape (n, d)
        Written as float32.
    columns : sequence of d names, optional
        By default column_0, column_1, ...; npy files have none.

    Raises
    ------
    ValueError, ImportError, FileNotFoundError
        As `write_map`.
    """
    path, kind = check_rows_path(path)
    table = as_rows(rows, name="rows", min_rows=0)
    if kind == "npy":
        _replace(path, lambda file: np.save(file, table))
        return
    names = [f"column_{i}" for i in range(table.shape[1])] if columns is None else list(columns)
    if len(names) != table.shape[1] or len(set(names)) != len(names):
        msg = f"columns holds {len(names)} names, {len(set(names))} of them different; the rows "
        raise ValueError(msg + f"have {table.shape[1]} columns. Give one name a column.")
    _write_arrow(path, kind, table, names, {})


def _as_places(embedding: Any, name: str) -> NDArray[np.float32]:
    """Check the places of a map: finite, or NaN where a row has none."""
    places = as_rows(embedding, name=name, missing=math.nan)
    absent = np.isnan(places).any(axis=1)
    if absent.all():
        msg = f"{name} contains NaN in all of its {len(places)} rows: none has a place on the map."
        raise ValueError(msg)
    if absent.any():
        places = places.copy()
        places[absent] = np.nan
    return places


def _write_arrow(
    path: Path, kind: str, coordinates: NDArray[np.float32], names: list[str], further: dict
) -> None:
    arrow = need_package("pyarrow", "tables", path)
    parts: dict[str, Any] = {}
    if "id" in further:
        parts["id"] = _arrow_column(arrow, further.pop("id"))
    parts |= {name: arrow.array(coordinates[:, i]) for i, name in enumerate(names)}
    parts |= {name: _arrow_column(arrow, values) for name, values in further.items()}
    table = arrow.table(parts)
    if kind == "parquet":
        parquet = need_package("pyarrow.parquet", "tables", path)
        _replace(path, lambda file: parquet.write_table(table, file))
    else:
        csv = need_package("pyarrow.csv", "tables", path)
        options = csv.WriteOptions(delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        _replace(path, lambda file: csv.write_csv(table, file, options))


def _arrow_column(arrow: Any, values: Any) -> Any:
    """Column of any values; where their types are mixed, as text."""
    values = np.asarray(values)
    try:
        return arrow.array(values.tolist() if values.dtype.kind in "OUST" else values)
    except (arrow.ArrowInvalid, arrow.ArrowTypeError, arrow.ArrowNotImplementedError):
        return arrow.array([None if value is None else str(value) for value in values.tolist()])


def _replace(path: Path, write: Any) -> None:
    """Write beside the file and rename, so that no half-written file is ever there."""
    # Not tempfile: its files may be read by their owner only, and a result is an ordinary file.
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with partial.open("wb") as file:
            write(file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True, eq=False)
class MapFile:
    """A map as it lies in a file.

    Attributes
    ----------
    embedding : ndarray of shape (n, n_components), float32
        NaN for rows without a place.
    columns : dict of str to ndarray of shape (n,)
        The other columns.
    ids : ndarray of shape (n,), or None
        Names of the rows.
    """

    embedding: NDArray[np.float32]
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    ids: NDArray[Any] | None = None


def read_map(path: str | os.PathLike[str]) -> MapFile:
    """Read a map that `write_map` wrote.

    Parameters
    ----------
    path : path
        A ``.parquet``, ``.csv``, ``.tsv`` or ``.npy`` file.

    Returns
    -------
    MapFile
        Coordinates, other columns, names of the rows.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the ending is unknown, or the columns x and y (or umap0, …) are missing.
    ImportError
        If pyarrow is not installed (parquet and csv).
    """
    path = as_path(path)
    kind = file_format(path, WRITABLE, "read as a map")
    need_file(path)
    if kind == "npy":
        try:
            values = np.load(path, allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            refuse(path, error)
        return MapFile(_as_places(values, path.name))
    table, _ = read_arrow(path, kind)
    present = table.column_names
    names = [name for name in ("x", "y", "z") if name in present]
    if names[:2] != ["x", "y"]:
        names = []
        while f"umap{len(names)}" in present:
            names.append(f"umap{len(names)}")
    if not names:
        msg = (
            f"{path} is no map: it has neither the columns x and y nor umap0. It has: "
            f"{', '.join(present[:12])}."
        )
        raise ValueError(msg)
    ids = as_array(table, "id") if "id" in present else None
    others = [name for name in present if name not in {*names, "id"}]
    return MapFile(
        embedding=_as_places(table.select(names), path.name),
        columns={name: as_array(table, name) for name in others},
        ids=ids,
    )
