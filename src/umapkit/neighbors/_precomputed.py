"""Neighbours that the user brings along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.neighbors._neighbors import Neighbors


def check_precomputed(
    given: Neighbors | Sequence[Any], *, n: int, n_neighbors: int | None = None
) -> Neighbors:
    """Check neighbour lists from elsewhere and turn them into :class:`Neighbors`.

    Parameters
    ----------
    given : Neighbors or (indices, distances) or (indices, distances, index)
        Lists of n rows, shape (n, k) each, sorted by distance, each row itself first (or among
        its copies at distance 0): what umap-learn's ``precomputed_knn`` takes. A third member is
        not used. Entries with index -1 are missing.
    n : int
        Number of rows that they must describe.
    n_neighbors : int, optional
        Columns to keep; None keeps all.

    Returns
    -------
    Neighbors
        int32 and float32, ties sorted by index.

    Raises
    ------
    TypeError
        If `given` is no pair of arrays, or indices are not integers.
    ValueError
        If shapes, ranges, order or the first column are wrong; the message names the row.
    """
    if isinstance(given, Neighbors):
        indices, distances = given.indices, given.distances
    else:
        if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
            msg = (
                f"precomputed_knn is a {type(given).__name__}; it must be a pair "
                "(indices, distances) of (n, k) arrays, or Neighbors."
            )
            raise TypeError(msg)
        indices, distances = np.asarray(given[0]), np.asarray(given[1], dtype=np.float64)
    if indices.ndim != 2 or indices.shape != distances.shape:
        msg = (
            f"precomputed_knn: indices have shape {indices.shape} and distances {distances.shape}; "
            "both must be (n, k)."
        )
        raise ValueError(msg)
    if indices.shape[0] != n or indices.shape[1] == 0:
        msg = f"precomputed_knn has shape {indices.shape}; the data has {n} rows. One list a row."
        raise ValueError(msg)
    if not np.issubdtype(indices.dtype, np.integer):
        msg = f"precomputed_knn: indices are {indices.dtype}; they must be integers."
        raise TypeError(msg)
    k = indices.shape[1] if n_neighbors is None else n_neighbors
    if not 1 <= k <= indices.shape[1]:
        msg = (
            f"n_neighbors={k} columns are needed; precomputed_knn has {indices.shape[1]}. Give "
            "longer lists or a smaller n_neighbors."
        )
        raise ValueError(msg)
    indices, distances = indices[:, :k], distances[:, :k]
    missing = indices == -1
    _refuse((indices < -1) | (indices >= n), f"an index outside of 0 … {n - 1}")
    _refuse(
        ~missing & ~(np.isfinite(distances) & (distances >= 0)), "a negative or infinite distance"
    )
    _refuse(missing[:, :-1] & ~missing[:, 1:], "a missing entry (-1) before the end of its list")
    far = np.where(missing, np.inf, distances).astype(np.float32)
    _refuse(far[:, 1:] < far[:, :-1], "distances that do not ascend: sort every list")
    indices = _itself_first(indices, far)
    itself = (indices[:, :1] == np.arange(n)[:, None]) & (far[:, :1] == 0)
    _refuse(
        ~itself,
        "a list that does not begin with the row itself at distance 0 (k counts the row itself)",
    )
    order = np.lexsort((indices[:, 1:], far[:, 1:]), axis=1) + 1
    sorted_indices = np.concatenate(
        [indices[:, :1], np.take_along_axis(indices, order, axis=1)], axis=1
    )
    by_index = np.sort(np.where(missing, -1 - np.arange(k), indices), axis=1)
    _refuse(by_index[:, 1:] == by_index[:, :-1], "an index twice")
    return Neighbors(
        np.ascontiguousarray(sorted_indices, dtype=np.int32), np.ascontiguousarray(far)
    )


def _itself_first(indices: NDArray[Any], far: NDArray[np.float32]) -> NDArray[Any]:
    """Put each row before its copies: other searches list rows at distance 0 in any order.

    A row that is not listed, because copies of it take all places, takes the first of them.
    """
    own = np.arange(len(indices))[:, None]
    listed = indices == own
    here = listed & (far == 0)
    place = np.where(here.any(axis=1), here.argmax(axis=1), 0)
    crowded = ~listed.any(axis=1) & (far == 0).all(axis=1)
    rows = np.flatnonzero((place > 0) | crowded)
    if len(rows):
        indices = indices.copy()
        indices[rows, place[rows]] = indices[rows, 0]
        indices[rows, 0] = rows
    return indices


def _refuse(wrong: NDArray[np.bool_], what: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong.any(axis=1))[0])
        msg = f"precomputed_knn: row {row} has {what}."
        raise ValueError(msg)
