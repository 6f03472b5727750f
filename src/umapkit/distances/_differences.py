"""Metrics of differences between coordinates.

Every function compares ``x`` and ``y``, shapes (..., d) that broadcast, in float64, and returns
distances of shape (...).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# What NaN becomes at the door: a number that equals itself, so that rows can be compared, hashed
# and saved. As a value it could not be measured anyway: its square leaves the range of float32.
MISSING = float(np.finfo(np.float32).max)


def as_pair(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Both sides in float64."""
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def as_pair_with_gaps(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Both sides in float64, NaN where a value is missing."""
    one, other = as_pair(x, y)
    return np.where(one == MISSING, np.nan, one), np.where(other == MISSING, np.nan, other)


def sqeuclidean(x: ArrayLike, y: ArrayLike) -> Array:
    """Sum of squared differences."""
    x, y = as_pair(x, y)
    return ((x - y) ** 2).sum(axis=-1)


def minkowski(x: ArrayLike, y: ArrayLike, *, p: float = 2.0) -> Array:
    """Root of order `p` of the sum of absolute differences to the power `p`."""
    x, y = as_pair(x, y)
    gap = np.abs(x - y)
    if np.isinf(p):
        return gap.max(axis=-1)
    return (gap**p).sum(axis=-1) ** (1 / p)


def wminkowski(x: ArrayLike, y: ArrayLike, *, w: ArrayLike, p: float = 2.0) -> Array:
    """Minkowski distance in which each power counts `w` times (SciPy's `w`)."""
    x, y = as_pair(x, y)
    weights = np.asarray(w, dtype=np.float64)
    gap = np.abs(x - y)
    if np.isinf(p):
        return (gap * (weights > 0)).max(axis=-1)
    return (weights * gap**p).sum(axis=-1) ** (1 / p)


def seuclidean(x: ArrayLike, y: ArrayLike, *, V: ArrayLike) -> Array:  # SciPy's name
    """Euclidean distance after division by the standard deviations, the roots of `V`."""
    x, y = as_pair(x, y)
    return np.sqrt(((x - y) ** 2 / np.asarray(V, dtype=np.float64)).sum(axis=-1))


def mahalanobis(x: ArrayLike, y: ArrayLike, *, VI: ArrayLike) -> Array:  # SciPy's name
    """Root of the quadratic form `VI`, the inverse covariance, of the difference."""
    x, y = as_pair(x, y)
    gap = x - y
    form = (times(gap, VI) * gap).sum(axis=-1)
    return np.sqrt(np.maximum(form, 0.0))


def times(rows: Array, matrix: ArrayLike) -> Array:
    """Product of rows (..., d) and a matrix, column by column: bits do not depend on the batch."""
    factor = np.asarray(matrix, dtype=np.float64)
    total = np.zeros(rows.shape[:-1] + factor.shape[1:])
    for column in range(rows.shape[-1]):
        total += rows[..., column : column + 1] * factor[column]
    return total


def canberra(x: ArrayLike, y: ArrayLike) -> Array:
    """Sum of the differences over the sums of the sizes; 0 where both are 0."""
    x, y = as_pair(x, y)
    size = np.abs(x) + np.abs(y)
    return (np.abs(x - y) / np.where(size > 0, size, 1.0)).sum(axis=-1)


def braycurtis(x: ArrayLike, y: ArrayLike) -> Array:
    """Sum of the absolute differences over the sum of the absolute sums; 0 for two zero rows."""
    x, y = as_pair(x, y)
    size = np.abs(x + y).sum(axis=-1)
    gap = np.abs(x - y).sum(axis=-1)
    return _ratio(gap, size)


def nan_euclidean(x: ArrayLike, y: ArrayLike) -> Array:
    r"""Euclidean distance over the coordinates that both rows have, scaled up to all of them.

    :math:`\sqrt{\frac{d}{|K|} \sum_{k \in K} (x_k - y_k)^2}` with K the coordinates that are NaN
    in neither row, as in `sklearn.metrics.pairwise.nan_euclidean_distances`; infinite where there
    is none (there it is NaN).
    """
    x, y = as_pair_with_gaps(x, y)
    gap = x - y
    there = ~np.isnan(gap)
    count = there.sum(axis=-1)
    total = np.where(there, gap, 0.0)
    total = (total * total).sum(axis=-1)
    return np.where(count > 0, np.sqrt(total / np.maximum(count, 1) * gap.shape[-1]), np.inf)


def gower(
    x: ArrayLike,
    y: ArrayLike,
    *,
    ranges: ArrayLike,
    categorical: ArrayLike,
    w: ArrayLike,
) -> Array:
    r"""Mean, weighted by `w`, of what each column says, NaN left out (Gower 1971).

    A column of numbers says :math:`|x - y|` over its range; one that is True in `categorical` says
    0 for equal values and 1 for others. Infinite where the rows have no column in common.
    """
    x, y = as_pair_with_gaps(x, y)
    width = np.asarray(ranges, dtype=np.float64)
    gap = x - y
    there = ~np.isnan(gap)
    weights = np.where(there, np.asarray(w, dtype=np.float64), 0.0)
    share = np.abs(gap) / np.where(width > 0, width, 1.0)
    share = np.where(np.asarray(categorical, dtype=bool), gap != 0, share)
    total, weight = (np.where(there, share, 0.0) * weights).sum(axis=-1), weights.sum(axis=-1)
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.inf)


def _ratio(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)
