"""Labels: edges between different classes become weaker."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit._threads import resolve_n_jobs
from umapkit.graph._csr import Lists, csr_parts, shape_of, united

_UNKNOWN_FACTOR = np.exp(-1.0)  # unknown_dist = 1
_FARTHEST = 1e12


def intersect_labels(
    graph: csr_array,
    y: ArrayLike,
    *,
    target_weight: float = 0.5,
    unknown: Any = -1,
    n_jobs: int | None = None,
) -> csr_array:
    """Intersect the graph with the fuzzy set "has the same label".

    An edge between two different labels is multiplied by ``exp(-2.5 / (1 - target_weight))``
    (by 0 at weight 1), an edge with an unknown label by ``exp(-1)``. Afterwards the local
    connectivity is restored: every row is divided by its largest value and united with the
    transpose, so that every point keeps a neighbour of membership 1.

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        A fuzzy graph.
    y : array-like of shape (n,)
        One label a row: numbers, strings or other comparable objects. NaN, None and values equal
        to `unknown` mean that the label is not known.
    target_weight : float in [0, 1], default 0.5
        Larger values separate the labels more. 0 ignores `y`: the graph comes back unchanged.
    unknown : default -1
        The value that marks a missing label.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Symmetric, sorted indices, values in (0, 1], no explicit zeros.

    Raises
    ------
    ValueError
        If `y` has another length than the graph or more than one column, or if `target_weight`
        lies outside [0, 1].

    References
    ----------
    The factors are those of umap-learn's ``discrete_metric_simplicial_set_intersection``.
    """
    if not 0 <= target_weight <= 1:
        msg = (
            f"target_weight={target_weight!r} is not allowed. Give a number from 0 (ignore the "
            "labels) to 1 (labels decide)."
        )
        raise ValueError(msg)
    codes = label_codes(y, unknown=unknown)
    n = shape_of(graph)[0]
    if len(codes) != n:
        msg = (
            f"y has {len(codes)} labels, the graph {n} rows. Give one label a row, "
            f"and {unknown!r} or NaN where it is not known."
        )
        raise ValueError(msg)
    if target_weight == 0:
        return graph
    far = 2.5 / (1.0 - target_weight) if target_weight < 1 else _FARTHEST
    indptr, indices, data = csr_parts(graph)
    head = np.repeat(codes, np.diff(indptr))
    tail = codes[indices]
    values = data.astype(np.float64)
    is_unknown = (head < 0) | (tail < 0)
    values[is_unknown] *= _UNKNOWN_FACTOR
    values[~is_unknown & (head != tail)] *= np.exp(-far)
    largest = np.zeros(len(codes))
    filled = np.flatnonzero(np.diff(indptr))
    if len(filled):
        largest[filled] = np.maximum.reduceat(values, indptr[filled])
    scale = np.repeat(largest, np.diff(indptr))
    values = np.divide(values, scale, out=np.zeros_like(values), where=scale > 0)
    lists = Lists.of((indptr, indices, values.astype(np.float32)))
    return united(lists, 1.0, resolve_n_jobs(n_jobs))


def label_codes(y: ArrayLike, *, unknown: Any = -1) -> NDArray[np.int64]:
    """Give every label a number from 0; -1 where the label is unknown, NaN or None.

    Raises
    ------
    ValueError
        If `y` is not one-dimensional, or if its labels cannot be sorted.
    """
    if isinstance(y, (list, tuple)):
        # np.asarray(["a", -1]) would turn the mark into the string "-1".
        mixed = any(isinstance(v, str) for v in y)
        values = np.asarray(y, dtype=object if mixed else None)
    else:
        values = np.asarray(y)
    if values.ndim != 1:
        msg = f"y has shape {values.shape}. It must have one dimension, with one label a row."
        raise ValueError(msg)
    known = _known(values, unknown)
    codes = np.full(len(values), -1, dtype=np.int64)
    try:
        codes[known] = np.unique(values[known], return_inverse=True)[1]
    except TypeError as error:
        kinds = ", ".join(sorted({type(v).__name__ for v in values[known]}))
        msg = f"The labels cannot be sorted: they are of the types {kinds}. Give all as strings."
        raise ValueError(msg) from error
    return codes


def _known(values: NDArray[Any], unknown: Any) -> NDArray[np.bool_]:
    if values.dtype.kind == "O":
        return np.array([not (_is_missing(v) or _same(v, unknown)) for v in values], dtype=bool)
    known = np.ones(len(values), dtype=bool)
    if values.dtype.kind in "fc":
        known &= ~np.isnan(values)
    if values.dtype.kind in "mM":
        known &= ~np.isnat(values)
    if isinstance(unknown, str) == (values.dtype.kind in "US") and values.dtype.kind != "b":
        known &= values != unknown
    return known


def _is_missing(value: Any) -> bool:
    # pandas' NA cannot be compared, so it is known by its name.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _same(value: Any, unknown: Any) -> bool:
    return isinstance(value, str) == isinstance(unknown, str) and bool(value == unknown)
