"""Single cells: blood (PBMC) and retina."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from umapkit.data.examples._example import Example
from umapkit.data.examples._sources import local_file, raise_missing, read_arrays
from umapkit.data.examples._unpickle import read_plain_pickle

_RETINA = ("retina.npz", "macosko_2015.npz", "macosko_2015.pkl.gz", "macosko_2015.pkl")


def pbmc() -> Example:
    """Return 2,638 blood cells, 50 principal components of their gene expression (10x Genomics).

    Returns
    -------
    Example
        Rows of shape (2638, 50); the target is one of nine cell types.

    Raises
    ------
    FileNotFoundError
        If ``UMAPKIT_DATA`` has no ``pbmc3k_pca50.npz``: these components were computed from
        counts, and the public copy of the counts is in R's format.
    """
    name = "pbmc3k_pca50.npz"
    path = local_file([name])
    if path is None:
        how = (
            "With scanpy: sc.datasets.pbmc3k_processed() gives the same cells; save them with "
            "numpy.savez(file, x=adata.obsm['X_pca'], y=codes, label_names=names)."
        )
        raise_missing("pbmc", [name], how)
    arrays = read_arrays(path, ["x", "y", "label_names"])
    return Example(
        name="pbmc",
        data=np.ascontiguousarray(arrays["x"], dtype=np.float32),
        target=arrays["y"].astype(np.int64),
        target_names=tuple(str(name) for name in arrays["label_names"]),
        train=np.arange(len(arrays["x"])),
        columns=tuple(f"PC{i + 1}" for i in range(arrays["x"].shape[1])),
        description="Peripheral blood cells: 50 principal components of 2,000 variable genes.",
        source=f"{path} (10x Genomics, CC BY 4.0)",
    )


def retina(path: str | os.PathLike[str] | None = None) -> Example:
    """Retina cells of the mouse, 50 principal components (Macosko et al. 2015).

    Parameters
    ----------
    path : path or None, default=None
        openTSNE's ``macosko_2015.pkl.gz``, or an ``.npz`` file with ``pca_50`` (n, 50) and
        ``CellType1`` (n,) text. ``None``: such a file in the folder of ``UMAPKIT_DATA``. A pickle
        is read without running code from it: only arrays, numbers and text come out.

    Returns
    -------
    Example
        Rows of shape (44808, 50) as published, not scaled; 12 cell types. Split as in the
        Parametric UMAP paper: 30,327 / 10,000 / 4,481, by scikit-learn's ``train_test_split``
        (a tenth tests, seed 42), of whose training rows the last 10,000 validate.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file does not hold such rows.
    """
    found = local_file(_RETINA) if path is None else Path(path)
    if found is None or not found.is_file():
        how = (
            "Download http://file.biolab.si/opentsne/macosko_2015.pkl.gz, and give its path or put "
            "it into that folder."
        )
        raise_missing("retina", [str(path)] if path else _RETINA, how)
    needed = ("pca_50", "CellType1")
    arrays = read_arrays(found, needed) if found.suffix == ".npz" else read_plain_pickle(found)
    missing = [name for name in needed if name not in arrays]
    if missing:
        msg = f"{found} has no {', '.join(missing)}; it holds {', '.join(map(str, arrays))}."
        raise ValueError(msg)
    rows = np.ascontiguousarray(arrays["pca_50"], dtype=np.float32)
    names, labels = np.unique(np.asarray(arrays["CellType1"]).astype(str), return_inverse=True)
    if rows.ndim != 2 or len(rows) != len(labels) or len(rows) < 20_000:
        msg = (
            f"{found}: pca_50 has shape {rows.shape} and CellType1 {len(labels)} entries; expected "
            "(n, 50) and n, at least 20,000."
        )
        raise ValueError(msg)
    from sklearn.model_selection import train_test_split

    parts = train_test_split(np.arange(len(rows)), test_size=0.1, random_state=42)
    train, test = np.asarray(parts[0]), np.asarray(parts[1])
    return Example(
        name="retina",
        data=rows,
        target=labels.astype(np.int64),
        target_names=tuple(str(name) for name in names),
        train=train[:-10_000],
        valid=train[-10_000:],
        test=test,
        columns=tuple(f"PC{i + 1}" for i in range(rows.shape[1])),
        description="Retina cells of the mouse: 50 principal components.",
        source=f"{found} (supplied by the user)",
    )
