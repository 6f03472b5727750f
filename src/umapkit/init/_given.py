"""A start that the user brings."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.init._draws import Purpose, normal_noise

_SHIFT = 1e-3  # of the typical distance between neighbours


def given_start(
    init: ArrayLike, *, n_rows: int, n_components: int, seed: int
) -> NDArray[np.float32]:
    """Check a start and part coinciding points.

    Parameters
    ----------
    init : array-like of shape (n_rows, n_components)
        Finite coordinates; copied.
    n_rows, n_components : int
        The shape that it must have.
    seed : int
        Seed of the shifts.

    Returns
    -------
    float32 array of shape (n_rows, n_components)
        Where a point equals an earlier one, it is shifted by normal noise of 1e-3 of the typical
        distance between neighbours (widest extent / n ** (1 / dimensions)); points that coincide
        never part in the layout, since no force acts between them.

    Raises
    ------
    ValueError
        If the shape is another one, or a coordinate is not a finite number.
    """
    start = np.asarray(init)
    if start.shape != (n_rows, n_components):
        msg = (
            f"init is an array of shape {start.shape}. It must have one row for each of the "
            f"{n_rows} points and n_components={n_components} columns: {(n_rows, n_components)}."
        )
        raise ValueError(msg)
    try:
        start = start.astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = f"init is an array of type {start.dtype}. Its coordinates must be real numbers."
        raise ValueError(msg) from error
    finite = np.abs(start) <= np.finfo(np.float32).max
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        msg = (
            f"init has {start[row, column]} in row {row}, column {column}. Coordinates must be "
            "finite and fit float32; fill gaps, for example with the mean of the column."
        )
        raise ValueError(msg)
    first = np.unique(start, axis=0, return_index=True)[1]
    if len(first) < n_rows:
        again = np.setdiff1d(np.arange(n_rows), first)
        extent = float(np.ptp(start, axis=0).max())
        spacing = extent / n_rows ** (1.0 / n_components) if extent > 0 else 1.0
        start[again] += (
            _SHIFT * spacing * normal_noise(seed, Purpose.DUPLICATE, again, n_components)
        )
    return start.astype(np.float32)
