"""Combining the graphs of several views of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._threads import resolve_n_jobs
from umapkit.graph._csr import Lists, csr_parts, shape_of, united
from umapkit.graph._fuzzy_set import pairs_of

How = Literal["union", "intersection", "difference"]

_LEAST, _LARGEST = 1e-8, 1e-4  # of a floor
_BISECTIONS = 32
_MOST = 4.0  # largest power of a row, one over the least


def check_how(how: str, weights: Sequence[float] | None, n_parts: int) -> NDArray[np.float64]:
    """Return the exponents (or factors) of the parts: weights over their largest.

    Raises
    ------
    ValueError
        If the operation is not known, or number or values of the weights do not fit it.
    """
    if how not in get_args(How):
        msg = f"how={how!r} is not known. Give 'union', 'intersection' or 'difference'."
        raise ValueError(msg)
    if how == "difference" and n_parts != 2:
        msg = f"A difference of {n_parts} parts was asked for. It has two: the first less the other"
        raise ValueError(msg + ".")
    if weights is None:
        return np.ones(n_parts)
    if how == "difference":
        msg = f"weights={weights!r} were given with how='difference', which has none. Leave them."
        raise ValueError(msg)
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (n_parts,) or not (np.isfinite(values).all() and (values > 0).all()):
        msg = f"weights={weights!r} do not fit {n_parts} parts. Give a positive number for each."
        raise ValueError(msg)
    return values / values.max()


def floor_of(memberships: NDArray[Any]) -> float:
    """Membership that an intersection gives to a pair that one of its parts does not list.

    Half the smallest one of that part, within [1e-8, 1e-4]: the part holds near pairs only, so a
    pair that is missing is far, not impossible. (umap-learn's rule, for both sides alike.)
    """
    if len(memberships) == 0:
        return _LARGEST
    return float(np.clip(memberships.min() / 2.0, _LEAST, _LARGEST))


def combine_values(
    values: Sequence[NDArray[np.float64]],
    how: How,
    *,
    weights: NDArray[np.float64],
    floors: Sequence[float],
) -> NDArray[np.float64]:
    """Combine the memberships of the same pairs in several parts.

    Parameters
    ----------
    values : sequence of float64 arrays of shape (e,)
        One array a part; 0 where a part does not list the pair.
    how : {"union", "intersection", "difference"}
        ``1 - prod(1 - w v)``, ``prod(max(v, floor) ** w)``, or ``v1 (1 - v2)``.
    weights : float64 array
        w of each part, the largest being 1.
    floors : sequence of float
        `floor_of` each part; the intersection reads them.

    Returns
    -------
    float64 array of shape (e,)
        In [0, 1].
    """
    if how == "difference":
        return values[0] * (1.0 - values[1])
    result = np.ones_like(values[0])
    for v, w, floor in zip(values, weights, floors, strict=True):
        if how == "union":
            result *= 1.0 - w * v
        else:
            result *= np.maximum(v, floor) ** w
    return 1.0 - result if how == "union" else result


def restore_rows(directed: csr_array, k: int) -> csr_array:
    """Give every row the reach of a usual one: largest membership 1, sum log2(k).

    Each row is divided by its largest value and raised to the power m at which ``sum p**m`` is
    log2(k), by bisection; the order within a row stays. Powers lie in [1/4, 4], so that a row with
    many values of 1 (umap-learn's powers reach 2**32 then) keeps its other ties. Rows without
    entries stay empty. A row depends on its own values only.

    Parameters
    ----------
    directed : csr_array, shape (m, n)
        Memberships in [0, 1].
    k : int
        Neighbours that the target stands for, 2 or more. Larger values spread the memberships.

    Returns
    -------
    csr_array of float64, shape (m, n)
        Sorted indices, values in (0, 1].
    """
    directed = csr_array(directed, dtype=np.float64, copy=True)
    directed.sum_duplicates()
    directed.eliminate_zeros()
    rows = pairs_of(directed)[0]
    m = shape_of(directed)[0]
    largest = np.zeros(m)
    np.maximum.at(largest, rows, directed.data)
    values = np.log(directed.data / largest[rows])
    low, high = np.full(m, 1.0 / _MOST), np.full(m, _MOST)
    for _ in range(_BISECTIONS):
        power = np.sqrt(low * high)
        total = np.bincount(rows, weights=np.exp(values * power[rows]), minlength=m)
        too_many = total > np.log2(k)
        low, high = np.where(too_many, power, low), np.where(too_many, high, power)
    power = np.sqrt(low * high)
    directed.data = np.exp(values * power[rows])
    directed.eliminate_zeros()
    return directed


def restore_graph(graph: csr_array, k: int, *, n_jobs: int | None = None) -> csr_array:
    """Restore every row (`restore_rows`) and unite the graph with its transpose.

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        Memberships in [0, 1].
    k : int
        As for `restore_rows`.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    csr_array of float32, shape (n, n)
        Symmetric, sorted indices, values in (0, 1], no diagonal.
    """
    directed = csr_array(restore_rows(graph, k), dtype=np.float32)
    return united(Lists.of(csr_parts(directed)), 1.0, resolve_n_jobs(n_jobs))
