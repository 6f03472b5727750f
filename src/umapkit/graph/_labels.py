"""Labels: edges between different classes become weaker."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit.graph._csr import Csr, csr_parts, shape_of
from umapkit.graph._intersect import UNKNOWN_FACTOR, farness, restored


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
        One label a row: numbers, strings or other comparable objects. NaN, None, empty strings and
        values equal to `unknown` mean that the label is not known.
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
    far = farness(target_weight)
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
    parts = csr_parts(graph)
    factors = label_factors(parts, codes, far)
    return restored(parts, parts[2] * factors, n_jobs=n_jobs)


def label_factors(parts: Csr, codes: NDArray[np.int64], far: float) -> NDArray[np.float64]:
    """Factor on every edge: 1 between equal labels, less between others or an unknown one."""
    indptr, indices, _ = parts
    head = np.repeat(codes, np.diff(indptr))
    tail = codes[indices]
    unknown = (head < 0) | (tail < 0)
    factors = np.ones(len(indices))
    factors[unknown] = UNKNOWN_FACTOR
    factors[~unknown & (head != tail)] = np.exp(-far)
    return factors


def label_codes(y: ArrayLike, *, unknown: Any = -1) -> NDArray[np.int64]:
    """Give every label a number from 0; -1 where it is unknown, NaN, None or an empty string.

    Raises
    ------
    ValueError
        If `y` is not one-dimensional, or if its labels cannot be sorted.
    """
    return label_classes(y, unknown=unknown)[0]


def label_classes(y: ArrayLike, *, unknown: Any = -1) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the codes of `label_codes`, and the sorted labels that they number.

    Raises
    ------
    ValueError
        If `y` is not one-dimensional, or if its labels cannot be sorted.
    """
    values = as_values(y)
    if values.ndim != 1:
        msg = f"y has shape {values.shape}. It must have one dimension, with one label a row."
        raise ValueError(msg)
    known = known_values(values, unknown)
    codes = np.full(len(values), -1, dtype=np.int64)
    try:
        classes, codes[known] = np.unique(values[known], return_inverse=True)
    except TypeError as error:
        kinds = ", ".join(sorted({type(v).__name__ for v in values[known]}))
        msg = f"The labels cannot be sorted: they are of the types {kinds}. Give all as strings."
        raise ValueError(msg) from error
    return codes, classes


def as_values(y: Any) -> NDArray[Any]:
    """Return `y` as an array of any number of dimensions, the labels in it unchanged."""
    if isinstance(y, (list, tuple)):
        # np.asarray(["a", -1]) would turn the mark into the string "-1".
        mixed = any(isinstance(v, str) for row in y for v in _parts(row))
        return np.asarray(y, dtype=object if mixed else None)
    return np.asarray(y)


def _parts(row: Any) -> Any:
    return row if isinstance(row, (list, tuple)) else (row,)


def known_values(values: NDArray[Any], unknown: Any) -> NDArray[np.bool_]:
    """Mark the values, of any shape, that are labels."""
    if values.dtype.kind == "O":
        flat = [not (_is_missing(v) or _same(v, unknown)) for v in values.ravel()]
        return np.array(flat, dtype=bool).reshape(values.shape)
    known = np.ones(values.shape, dtype=bool)
    if values.dtype.kind in "fc":
        known &= ~np.isnan(values)
    if values.dtype.kind in "mM":
        known &= ~np.isnat(values)
    if values.dtype.kind in "US":
        known &= values != values.dtype.type()
    if isinstance(unknown, str) == (values.dtype.kind in "US") and values.dtype.kind != "b":
        known &= values != unknown
    return known


def _is_missing(value: Any) -> bool:
    # pandas' NA cannot be compared, so it is known by its name.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str):
        return not value
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _same(value: Any, unknown: Any) -> bool:
    return isinstance(value, str) == isinstance(unknown, str) and bool(value == unknown)
