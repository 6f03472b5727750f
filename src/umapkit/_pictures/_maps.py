"""A map from whatever the caller holds, checked before anything is drawn."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, draw, key


def as_map(map_or_model: Any, *, name: str) -> NDArray[np.float64]:
    """Two-dimensional positions of a fitted model or of an array.

    Parameters
    ----------
    map_or_model : array-like of shape (n, 2), or an object with ``embedding_``
        Positions; NaN in a row means that the row has no place on the map.
    name : str
        What messages call it.

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    TypeError
        If it is an estimator without ``embedding_``: not fitted, or with its map elsewhere.
    ValueError
        If the shape is not (n, 2), if n is 0, if a position is infinite, or if no row has a place.

    Warns
    -----
    UserWarning
        If some rows hold NaN: they are not drawn.
    """
    given = map_or_model
    if hasattr(given, "embedding_"):
        given = given.embedding_
    elif hasattr(given, "fit") and hasattr(given, "get_params"):
        msg = (
            f"{name} is a {type(map_or_model).__name__} that has no embedding_: it was not fitted, "
            "or keeps its map elsewhere. Call fit first, or give positions of shape (n, 2)."
        )
        raise TypeError(msg)
    try:
        coords = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"{name} is a {type(given).__name__} that does not turn into numbers ({error}). "
            "Give positions of shape (n, 2), or a fitted model."
        )
        raise ValueError(msg) from error
    if coords.ndim != 2 or coords.shape[1] != 2:
        advice = (
            "Choose two of its columns, for instance coords[:, :2], or fit with n_components=2."
            if coords.ndim == 2 and coords.shape[1] > 2
            else "Give positions of shape (n, 2), or a fitted model."
        )
        msg = f"{name} has shape {coords.shape}; a picture needs (n, 2). {advice}"
        raise ValueError(msg)
    if coords.shape[0] == 0:
        msg = f"{name} has no rows: there is nothing to draw. Give at least one position."
        raise ValueError(msg)
    infinite = np.isinf(coords).any(axis=1)
    if infinite.any():
        row = int(np.flatnonzero(infinite)[0])
        msg = (
            f"{name} is infinite in {int(infinite.sum())} of {coords.shape[0]} rows, first in row "
            f"{row}. Give finite positions; NaN marks a row without a place."
        )
        raise ValueError(msg)
    absent = np.isnan(coords).any(axis=1)
    if absent.all():
        msg = f"{name} is NaN in all of its {coords.shape[0]} rows: there is nothing to draw."
        raise ValueError(msg)
    if absent.any():
        msg = (
            f"{int(absent.sum())} of {coords.shape[0]} rows have no place on the map (NaN) and are "
            f"not drawn; the first is row {int(np.flatnonzero(absent)[0])}."
        )
        warnings.warn(msg, UserWarning, stacklevel=3)
    return coords


def same_length(values: Any, n: int, *, name: str) -> NDArray[Any]:
    """Check that `values` is a sequence of n entries and return it as an array, shape (n,).

    Raises
    ------
    ValueError
        If it is not one-dimensional or has another length.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        msg = (
            f"{name} has shape {array.shape}; it must hold one entry for each of the {n} rows, "
            f"shape ({n},)."
        )
        raise ValueError(msg)
    if array.shape[0] != n:
        msg = f"{name} has {array.shape[0]} entries, but the map has {n} rows. Give one a row."
        raise ValueError(msg)
    # numpy turns [1, None, "a"] into objects but ["a", nan] into the text "nan": such a list is
    # read again as objects, so that the missing entry stays missing.
    if array.dtype.kind == "U" and isinstance(values, (list, tuple)):
        objects = np.empty(n, dtype=object)
        objects[:] = list(values)
        if not all(isinstance(v, str) for v in objects):
            return objects
    return array


def drawing_order(n: int) -> NDArray[np.int64]:
    """Return a fixed shuffle of n rows, so that no class always lies on top of another."""
    keys = key(0, Stage.SHUFFLE, 0, np.arange(n, dtype=np.uint64))
    return np.argsort(draw(keys, 0), kind="stable")
