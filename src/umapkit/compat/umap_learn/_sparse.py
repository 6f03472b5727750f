"""Metrics as functions of two sparse rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.compat.umap_learn._distances import named_distances

Sparse = tuple[NDArray[Any], NDArray[Any]]

# What umap-learn calls them: its function to the metric.
_CALLED = {
    "sparse_euclidean": "euclidean",
    "sparse_manhattan": "manhattan",
    "sparse_chebyshev": "chebyshev",
    "sparse_minkowski": "minkowski",
    "sparse_canberra": "canberra",
    "sparse_ll_dirichlet": "ll_dirichlet",
    "sparse_bray_curtis": "braycurtis",
    "sparse_hamming": "hamming",
    "sparse_jaccard": "jaccard",
    "sparse_dice": "dice",
    "sparse_matching": "matching",
    "sparse_kulsinski": "kulsinski",
    "sparse_rogers_tanimoto": "rogerstanimoto",
    "sparse_russellrao": "russellrao",
    "sparse_sokal_michener": "sokalmichener",
    "sparse_sokal_sneath": "sokalsneath",
    "sparse_cosine": "cosine",
    "sparse_hellinger": "hellinger",
    "sparse_correlation": "correlation",
}

# Those for which a column that neither row has counts.
sparse_need_n_features = (
    "hamming",
    "matching",
    "kulsinski",
    "rogerstanimoto",
    "russellrao",
    "sokalmichener",
    "correlation",
)


def arr_unique(arr: ArrayLike) -> NDArray[Any]:
    """Return different entries, increasing."""
    return np.unique(np.asarray(arr))


def arr_union(ar1: ArrayLike, ar2: ArrayLike) -> NDArray[Any]:
    """Entries of either, increasing."""
    return np.union1d(np.asarray(ar1), np.asarray(ar2))


def arr_intersect(ar1: ArrayLike, ar2: ArrayLike) -> NDArray[Any]:
    """Entries of both, increasing."""
    return np.intersect1d(np.asarray(ar1), np.asarray(ar2))


def sparse_sum(ind1: ArrayLike, data1: ArrayLike, ind2: ArrayLike, data2: ArrayLike) -> Sparse:
    """Add two rows; columns where nothing is left do not stand in the answer."""
    return _filled(*_side_by_side(ind1, data1, ind2, data2), np.add)


def sparse_diff(ind1: ArrayLike, data1: ArrayLike, ind2: ArrayLike, data2: ArrayLike) -> Sparse:
    """Subtract the second row from the first; columns where nothing is left do not stand there."""
    return _filled(*_side_by_side(ind1, data1, ind2, data2), np.subtract)


def sparse_mul(ind1: ArrayLike, data1: ArrayLike, ind2: ArrayLike, data2: ArrayLike) -> Sparse:
    """Multiply two rows column by column; columns of one row only do not stand in the answer."""
    return _filled(*_side_by_side(ind1, data1, ind2, data2), np.multiply)


def _side_by_side(
    ind1: ArrayLike, data1: ArrayLike, ind2: ArrayLike, data2: ArrayLike
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
    columns = arr_union(ind1, ind2)
    rows = np.zeros((2, len(columns)))
    for row, ind, data in ((rows[0], ind1, data1), (rows[1], ind2, data2)):
        row[np.searchsorted(columns, np.asarray(ind))] = np.asarray(data)
    return columns, rows[0], rows[1]


def _filled(
    columns: NDArray[Any],
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    combine: Callable[..., Any],
) -> Sparse:
    values = np.asarray(combine(one, other), dtype=np.float32)
    kept = values != 0
    return columns[kept], values[kept]


def _of_two_sparse_rows(called: str, metric: str) -> Callable[..., float]:
    function = named_distances[metric]
    counted = metric in sparse_need_n_features

    def distance(
        ind1: ArrayLike, data1: ArrayLike, ind2: ArrayLike, data2: ArrayLike, *values: Any
    ) -> float:
        columns, one, other = _side_by_side(ind1, data1, ind2, data2)
        if counted:
            if len(values) != 1 or values[0] < len(columns):
                msg = f"{called} takes the number of columns, {len(columns)} or more, as its fifth."
                raise TypeError(msg)
            empty = np.zeros(int(values[0]) - len(columns))
            return function(np.append(one, empty), np.append(other, empty))
        # A row without columns has no distance formula; one zero changes none of them.
        return function(np.append(one, 0.0), np.append(other, 0.0), *values)

    distance.__name__ = distance.__qualname__ = called
    distance.__doc__ = (
        f"Distance {metric!r} of two rows by their columns and values"
        f"{', and the number of columns' if counted else ''}; a float."
    )
    return distance


functions: dict[str, Callable[..., float]] = {
    called: _of_two_sparse_rows(called, metric) for called, metric in _CALLED.items()
}
sparse_named_distances: dict[str, Callable[..., float]] = {
    **{metric: functions[called] for called, metric in _CALLED.items()},
    **dict.fromkeys(("l1", "taxicab"), functions["sparse_manhattan"]),
    **dict.fromkeys(("linf", "linfty", "linfinity"), functions["sparse_chebyshev"]),
}
SPARSE_SPECIAL_METRICS = {
    functions["sparse_hellinger"]: "hellinger",
    functions["sparse_ll_dirichlet"]: "ll_dirichlet",
}
