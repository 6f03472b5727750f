"""Which of the neighbours that a user brings are used."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.neighbors import Neighbors


def usable_knn(
    given: Any, *, n: int, n_neighbors: int
) -> tuple[NDArray[Any], NDArray[Any], Any] | None:
    """Tables that fit the data; None, with a warning, where umap-learn passes over them.

    Parameters
    ----------
    given : (indices, distances), (indices, distances, index) or Neighbors
        umap-learn's `precomputed_knn`; ``(None, None, None)`` means none.
    n, n_neighbors : int
        Rows, and columns that are needed.

    Returns
    -------
    tuple of two arrays of shape (n, k) and an index or None
        k is `n_neighbors`: more columns are cut off, in copies.

    Raises
    ------
    ValueError
        If they are no tables, or not about each row first.
    """
    if given is None:
        return None
    if isinstance(given, Neighbors):
        given = (given.indices, given.distances)
    if len(given) not in (2, 3):
        msg = f"precomputed_knn has {len(given)} parts. Give (indices, distances) or with an index."
        raise ValueError(msg)
    if given[0] is None or given[1] is None:
        return None
    if not isinstance(given[0], np.ndarray) or not isinstance(given[1], np.ndarray):
        msg = "precomputed_knn: indices and distances must be NumPy arrays."
        raise ValueError(msg)
    indices, distances = given[0], given[1]
    if indices.ndim != 2 or indices.shape != distances.shape:
        msg = (
            f"precomputed_knn: indices have shape {indices.shape}, distances {distances.shape}; "
            "they must be alike."
        )
        raise ValueError(msg)
    rows, columns = indices.shape
    if columns < n_neighbors or rows != n:
        msg = (
            f"precomputed_knn has shape {indices.shape}; {n} rows and {n_neighbors} columns are "
            "needed. It is not used: the neighbours are searched."
        )
        warnings.warn(msg, UserWarning, stacklevel=3)
        return None
    index = given[2] if len(given) == 3 else None
    return indices[:, :n_neighbors].copy(), distances[:, :n_neighbors].copy(), index
