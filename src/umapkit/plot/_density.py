"""Where points outnumber pixels: count them, then show the counts as one image.

Cell c holds the points i in c. Its colour is the mean of their colours in linear light,

    C(c) = sum_i C_i / N(c),        opacity(c) = floor + (1 - floor) log(1 + N(c)) / log(1 + N*),

with N* the 99.5th percentile of the counts: what a per-class two-dimensional histogram, blended by
its counts, gives, in one pass whatever the number of classes. No class lies on top of another, and
a lone point still shows. Cost O(n + cells).

numpy counts and matplotlib's ``imshow`` draws. hexbin was set aside because its cells cannot blend
classes, datashader because it brings numba, dask and xarray for what three ``bincount`` calls do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Opacity of a cell with one point: below it, lone points vanish on either background.
_FLOOR = 0.35


def cells(
    coords: NDArray[np.float64], limits: tuple[float, float, float, float], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Cell number (row * columns + column) of each point.

    Parameters
    ----------
    coords : ndarray, shape (n, 2)
    limits : (left, right, bottom, top)
        All points lie inside.
    shape : (rows, columns)

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    left, right, bottom, top = limits
    rows, columns = shape
    column = ((coords[:, 0] - left) / (right - left) * columns).astype(np.int64)
    row = ((coords[:, 1] - bottom) / (top - bottom) * rows).astype(np.int64)
    return np.clip(row, 0, rows - 1) * columns + np.clip(column, 0, columns - 1)


def crowded(cell: NDArray[np.int64]) -> bool:
    """Whether half of the points share their cell with seven others or more."""
    _, inverse, counts = np.unique(cell, return_inverse=True, return_counts=True)
    return bool(np.median(counts[inverse]) >= 8)


def blend(
    cell: NDArray[np.int64], colors: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Image of the counts, coloured by the mean colour of each cell.

    Parameters
    ----------
    cell : ndarray of int64, shape (n,)
        From `cells`.
    colors : ndarray of float64, shape (n, 3)
        sRGB in [0, 1].
    shape : (rows, columns)

    Returns
    -------
    ndarray of float64, shape (rows, columns, 4)
        sRGB and opacity in [0, 1]; row 0 is the lowest.
    """
    size = shape[0] * shape[1]
    counts = np.bincount(cell, minlength=size)
    full = counts > 0
    image = np.zeros((size, 4))
    linear = colors**2.2
    for channel in range(3):
        total = np.bincount(cell, weights=linear[:, channel], minlength=size)
        image[full, channel] = np.clip(total[full] / counts[full], 0.0, 1.0) ** (1 / 2.2)
    most = max(1.0, float(np.quantile(counts[full], 0.995)))
    strength = np.minimum(1.0, np.log1p(counts[full]) / np.log1p(most))
    image[full, 3] = _FLOOR + (1.0 - _FLOOR) * strength
    return image.reshape(*shape, 4)


def draw_density(
    ax: Any,
    coords: NDArray[np.float64],
    colors: NDArray[np.float64],
    limits: tuple[float, float, float, float],
    shape: tuple[int, int],
) -> None:
    """Put the image of `blend` on matplotlib axes, over the given limits."""
    image = blend(cells(coords, limits, shape), colors, shape)
    ax.imshow(image, extent=limits, origin="lower", interpolation="nearest", aspect="equal")
