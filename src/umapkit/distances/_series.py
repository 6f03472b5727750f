"""Dynamic time warping of series of vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def dtw(
    a: ArrayLike,
    b: ArrayLike,
    *,
    shape: ArrayLike,
    axis: int = 0,
    cost: str = "accumulated",
) -> Array:
    r"""Cost of the cheapest warping of one series into another (Sakoe and Chiba 1978).

    With the local cost :math:`c_{ij} = |a_i - b_j|` of step i of one and step j of the other,
    :math:`D_{ij} = c_{ij} + \min(D_{i-1,j-1}, D_{i-1,j}, D_{i,j-1})`; any step may be warped onto
    any other, and the three moves cost the same.

    Parameters
    ----------
    a, b : array-like, shapes (m, d) and (n, d)
        Series, each a flattened table.
    shape : (rows, columns)
        Shape of the tables, rows times columns being d.
    axis : {0, 1}, default 0
        Which axis is time: 0, the rows are the steps; 1, the columns are.
    cost : {"accumulated", "path_mse"}, default "accumulated"
        "accumulated": D at the last steps. "path_mse": the mean squared difference of the two
        series read along the warping path (what the Parametric UMAP paper used for birdsong); where
        moves tie the path takes the diagonal, then the step of `a`.

    Returns
    -------
    ndarray, shape (m, n)
        O(m n steps^2 width) time. Neither cost obeys the triangle inequality.

    Examples
    --------
    >>> float(dtw([[0, 0, 1, 2]], [[0, 1, 2, 2]], shape=(4, 1))[0, 0])
    0.0
    """
    one, other = _series(a, shape, axis), _series(b, shape, axis)
    out = np.empty((len(one), len(other)))
    for i, series in enumerate(one):
        near = np.stack([np.sqrt(((step - other) ** 2).sum(axis=-1)) for step in series], axis=1)
        total = _accumulate(near)
        out[i] = total[:, -1, -1] if cost == "accumulated" else _path_mean(near, total)
    return out / series_width(shape, axis) if cost == "path_mse" else out


def series_width(shape: ArrayLike, axis: int) -> int:
    """Numbers in a step."""
    return int(np.asarray(shape)[1 - axis])


def time_first(rows: NDArray[np.float32], shape: ArrayLike, axis: int) -> NDArray[np.float32]:
    """Lay rows out step by step, as the kernel reads them."""
    if axis == 0:
        return rows
    high, wide = (int(x) for x in np.asarray(shape))
    turned = rows.reshape(-1, high, wide).transpose(0, 2, 1)
    return np.ascontiguousarray(turned).reshape(rows.shape)


def _series(rows: ArrayLike, shape: ArrayLike, axis: int) -> Array:
    """Rows as series, shape (m, steps, width)."""
    high, wide = (int(x) for x in np.asarray(shape))
    tables = np.asarray(rows, dtype=np.float64).reshape(-1, high, wide)
    return tables if axis == 0 else tables.transpose(0, 2, 1)


def _accumulate(near: Array) -> Array:
    """D of every pair, from local costs (n, steps, steps): one diagonal after the other."""
    n, steps, _ = near.shape
    total = np.full((n, steps + 1, steps + 1), np.inf)
    total[:, 0, 0] = 0.0
    for diagonal in range(2, 2 * steps + 1):
        i = np.arange(max(1, diagonal - steps), min(steps, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(total[:, i - 1, j - 1], total[:, i - 1, j])
        total[:, i, j] = near[:, i - 1, j - 1] + np.minimum(before, total[:, i, j - 1])
    return total


def _path_mean(near: Array, total: Array) -> Array:
    """Sum of squared local costs along each warping path, over its number of steps."""
    n, steps, _ = near.shape
    every = np.arange(n)
    i, j = np.full(n, steps), np.full(n, steps)
    squares, length = np.zeros(n), np.zeros(n)
    while True:
        going = (i > 0) & (j > 0)
        if not going.any():
            return squares / length
        squares += np.where(going, near[every, i - 1, j - 1] ** 2, 0.0)
        length += going
        moves = np.stack(
            [total[every, i - 1, j - 1], total[every, i - 1, j], total[every, i, j - 1]]
        )
        best = moves.argmin(axis=0)
        i, j = i - (going & (best != 2)), j - (going & (best != 1))
