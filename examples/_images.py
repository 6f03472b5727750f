"""Measures of grey images, from the pixels alone: what the examples call attributes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NAMES = ("stroke width", "slant", "breadth")
UNITS = ("pixels", "degrees", "of the height")


def measure(images: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return stroke width, slant and breadth of images of strokes, shape (n, 3).

    Stroke width, in pixels: twice the ink over its total variation, which is the length of its
    outline: a line of width w and length l has w l of ink and 2 l of outline. Slant, in degrees to
    the right: of the line through the ink's centre on which most of it lies at every height, from
    second moments. Breadth: the ink's standard deviation to the side, once it is set upright, over
    the one in height.
    """
    ink = np.clip(np.asarray(images, dtype=np.float64), 0, 1).reshape(len(images), *shape)
    across = np.diff(ink, axis=2, append=0.0)
    down = np.diff(ink, axis=1, append=0.0)
    outline = np.hypot(across, down).sum(axis=(1, 2))
    mass = ink.sum(axis=(1, 2)) + 1e-9
    y, x = np.mgrid[: shape[0], : shape[1]]
    x = x - ((ink * x).sum(axis=(1, 2)) / mass)[:, None, None]
    y = ((ink * y).sum(axis=(1, 2)) / mass)[:, None, None] - y  # upwards
    xx, xy, yy = ((ink * product).sum(axis=(1, 2)) / mass for product in (x * x, x * y, y * y))
    lean = xy / (yy + 1e-9)
    breadth = np.sqrt(np.maximum(xx - lean * xy, 0) / (yy + 1e-9))
    return np.column_stack([2 * mass / (outline + 1e-9), np.degrees(np.arctan(lean)), breadth])
