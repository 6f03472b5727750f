"""Containers that are no tables: tensors, masked arrays, lists, anything with ``__array__``."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_numpy(X: Any, *, name: str) -> NDArray[Any]:
    """Get a NumPy array of any dtype and dimension, without a copy where that is possible."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(X, torch.Tensor):
        return _from_torch(torch, X, name)
    if isinstance(X, np.ma.MaskedArray):
        return _from_masked(X, name)
    if isinstance(X, str | bytes | os.PathLike):
        msg = (
            f"Expected 2D array, got the text {X!r} instead for {name}. To read a file: "
            "rows = umapkit.data.read_table(path).rows. Reshape your data to rows of numbers."
        )
        raise ValueError(msg)
    if isinstance(X, dict):
        msg = (
            f"{name} is a dict. Give rows: an array of shape (rows, columns) or "
            "pandas.DataFrame(X)."
        )
        raise TypeError(msg)
    if hasattr(X, "obsm") and hasattr(X, "obs_names"):
        msg = (
            f"{name} is an annotated data set ({type(X).__name__}). Say which rows are meant: its "
            '.X, or one of its .obsm, for example X.obsm["X_pca"].'
        )
        raise TypeError(msg)
    try:
        return np.asarray(X)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        msg = (
            f"Expected 2D array, got rows of unequal lengths for {name}. Reshape your data so that "
            "every row holds the same number of values."
        )
        raise ValueError(msg) from None


def _from_torch(torch: Any, X: Any, name: str) -> NDArray[Any]:
    if X.device.type != "cpu":
        msg = f"{name} is a tensor on the device {X.device}. Give a tensor on the CPU: X.cpu()."
        raise TypeError(msg)
    if X.layout is not torch.strided:
        msg = f"{name} is a sparse tensor ({X.layout}). Give X.to_dense() or a scipy.sparse array."
        raise TypeError(msg)
    X = X.detach().resolve_conj().resolve_neg()
    # NumPy has no bfloat16; float32 holds every one of its values.
    return (X.float() if X.dtype is torch.bfloat16 else X).numpy()


def _from_masked(X: Any, name: str) -> NDArray[Any]:
    mask = np.ma.getmaskarray(X)
    if mask.any():
        first = tuple(int(i) for i in np.argwhere(mask)[0])
        where = f"row {first[0]}, column {first[1]}" if len(first) == 2 else f"position {first}"
        msg = (
            f"Input {name} contains masked values, which count as NaN: the first is in {where} "
            f"({int(mask.sum())} in all). Drop those rows or fill them in: X.filled(value)."
        )
        raise ValueError(msg)
    return np.ma.getdata(X)
