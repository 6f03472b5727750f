"""Read a file of rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data._columnar import read_columnar
from umapkit.data._files import READABLE, as_path, file_format, need_file, need_package, refuse
from umapkit.data._rows import as_rows


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a file, and what stood beside them.

    Attributes
    ----------
    rows : ndarray of shape (n, d), float32, C-contiguous
        The numbers, all finite.
    columns : list of str, or None
        Names of the d columns, where the file has names.
    labels : dict of str to ndarray of shape (n,)
        Labels by name: the columns asked for, and those that hold no numbers.
    ids : ndarray of shape (n,), or None
        Names of the rows, where the file has them.
    """

    rows: NDArray[np.float32]
    columns: list[str] | None = None
    labels: dict[str, NDArray[Any]] = field(default_factory=dict)
    ids: NDArray[Any] | None = None


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    label_columns: Sequence[str] = (),
    key: str | None = None,
    header: bool | None = None,
    max_dense_bytes: int | None = None,
    n_jobs: int | None = None,
) -> Table:
    """Read rows of numbers from a file.

    Parameters
    ----------
    path : path
        A file whose name ends in ``.parquet``, ``.csv`` or ``.tsv`` (``.gz`` too), ``.npy``,
        ``.npz`` (of arrays, or of `scipy.sparse.save_npz`), ``.h5ad``, ``.mtx`` or ``.mtx.gz``.
    columns : sequence of str or None, default=None
        Columns that make the rows. ``None``: all columns of numbers. For parquet, csv and h5ad.
    label_columns : sequence of str, default=()
        Columns that are labels although they hold numbers; they stay out of the rows.
    key : str or None, default=None
        Which array: in ``.npz`` its name (may be left out where there is one matrix, or one named
        X, x or data), in ``.h5ad`` ``"X"`` (the default) or a name in ``obsm``.
    header : bool or None, default=None
        Whether the first line of a csv file names the columns. ``None``: it does unless all of
        its cells are numbers; 0, 1, 2, … (pandas' names for columns without names) count as names.
    max_dense_bytes : int or None, default=None
        Limit for sparse rows, as in `as_rows`.
    n_jobs : int or None, default=None
        Threads for the check, as in `as_rows`.

    Returns
    -------
    Table
        Rows, column names, labels, and names of the rows. Labels: `label_columns` and the columns
        of text of parquet and csv, vectors of the same length in npz, all of `obs` in h5ad.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the ending is unknown, the file is damaged, a column or array is missing, or the rows
        are not finite numbers (as in `as_rows`). Where columns are not chosen, one that is mostly
        numbers with some text raises too, rather than being taken for labels.
    ImportError
        If the format needs a package that is not installed: pyarrow for parquet and csv, anndata
        for h5ad.

    Notes
    -----
    In csv a first column without a name holds the names of the
    rows, as pandas writes it. Arrays with more than two dimensions (images) are flattened to one
    row a sample. A Matrix Market file is read as it is; files of genes by cells must be
    transposed by the caller.
    """
    path = as_path(path)
    kind = file_format(path, READABLE, "read")
    need_file(path)
    if kind not in ("npz", "h5ad") and key is not None:
        msg = f"key={key!r} is for .npz and .h5ad files; {path.name} holds one table. Leave it out."
        raise ValueError(msg)
    if kind != "csv" and header is not None:
        msg = f"header={header} is for .csv and .tsv files, not for {path.name}. Leave it out."
        raise ValueError(msg)
    if kind in ("npy", "npz", "mtx") and columns is not None:
        msg = f"{path.name} has no column names, so columns={list(columns)!r} cannot be chosen."
        raise ValueError(msg)
    if kind in ("npy", "mtx") and label_columns:
        msg = f"{path.name} has no column names, so it has no {list(label_columns)!r}."
        raise ValueError(msg)
    names: list[str] | None = None
    labels: dict[str, NDArray[Any]] = {}
    ids: NDArray[Any] | None = None
    if kind in ("parquet", "csv"):
        data, names, labels, ids = read_columnar(
            path, kind, columns=columns, label_columns=label_columns, header=header
        )
    elif kind == "npy":
        data = _load(path)
    elif kind == "npz":
        data, labels = _read_npz(path, key, label_columns)
    elif kind == "h5ad":
        data, names, labels, ids = _read_h5ad(path, key, columns, label_columns)
    else:
        data = _read_mtx(path)
    if isinstance(data, np.ndarray) and data.ndim > 2:
        data = data.reshape(len(data), -1)
    rows = as_rows(data, name=path.name, max_dense_bytes=max_dense_bytes, n_jobs=n_jobs)
    return Table(rows=rows, columns=names, labels=labels, ids=ids)


def _load(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        refuse(path, error)


def _read_npz(
    path: Path, key: str | None, label_columns: Sequence[str]
) -> tuple[Any, dict[str, NDArray[Any]]]:
    import zipfile

    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        refuse(path, error)
    if {"format", "shape", "data"} <= arrays.keys():
        import scipy.sparse

        for name in (*(() if key is None else (key,)), *label_columns):
            msg = f"{path} holds one sparse matrix and no array {name!r}. Leave the name out."
            raise ValueError(msg)
        return scipy.sparse.load_npz(path), {}
    shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
    matrices = [name for name, a in arrays.items() if a.ndim >= 2 and a.dtype.kind in "biuf"]
    if key is None:
        named = [name for name in ("X", "x", "data") if name in matrices]
        if len(matrices) != 1 and not named:
            msg = (
                f"{path} holds {len(matrices)} matrices, so key must say which one is meant. It "
                f"holds: {shapes}."
            )
            raise ValueError(msg)
        key = named[0] if named else matrices[0]
    for name in (key, *label_columns):
        if name not in arrays:
            msg = f"{path} has no array {name!r}. It holds: {shapes}."
            raise ValueError(msg)
    data = arrays.pop(key)
    n = len(data) if data.ndim else 0
    labels = {name: a for name, a in arrays.items() if a.shape == (n,)}
    for name in label_columns:
        if name not in labels:
            msg = (
                f"{path}: {name!r} has shape {arrays[name].shape}, but {key!r} has {n} rows. "
                f"Labels must have shape ({n},)."
            )
            raise ValueError(msg)
    return data, labels


def _read_h5ad(
    path: Path, key: str | None, columns: Sequence[str] | None, label_columns: Sequence[str]
) -> tuple[Any, list[str] | None, dict[str, NDArray[Any]], NDArray[Any]]:
    anndata = need_package("anndata", "anndata", path)
    try:
        cells = anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        refuse(path, error)
    if key is None or key == "X":
        data, names = cells.X, [str(name) for name in cells.var_names]
        if data is None:
            msg = f"{path} has no X. Give the key of an array in obsm: {list(cells.obsm)}."
            raise ValueError(msg)
    elif key in cells.obsm:
        data, names = cells.obsm[key], None
        if hasattr(data, "columns"):
            names = [str(name) for name in data.columns]
    else:
        msg = f"{path} has no {key!r} in obsm. It has: X, {', '.join(cells.obsm)}."
        raise ValueError(msg)
    if columns is not None:
        missing = [name for name in columns if names is None or name not in names]
        if missing:
            msg = f"{path} has no column {missing[0]!r} in {key or 'X'}."
            raise ValueError(msg)
        position = {name: i for i, name in enumerate(names or [])}
        chosen = [position[name] for name in columns]
        data = data.iloc[:, chosen] if hasattr(data, "iloc") else data[:, chosen]
        names = list(columns)
    labels = {str(name): np.asarray(cells.obs[name]) for name in cells.obs.columns}
    for name in label_columns:
        if name not in labels:
            msg = f"{path} has no column {name!r} in obs. It has: {', '.join(labels) or 'none'}."
            raise ValueError(msg)
    return data, names, labels, np.asarray(cells.obs_names)


def _read_mtx(path: Path) -> Any:
    import scipy.io

    try:
        return scipy.io.mmread(path)
    except (ValueError, EOFError, OSError) as error:
        refuse(path, error)
