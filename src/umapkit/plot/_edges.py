"""Edges of a graph between the points of a map: lines while they are few, else one image.

The image counts. An edge of weight w that crosses cells adds w to each cell it passes, found by
steps of at most one cell along it; the strength of a cell with the sum W is

    s(c) = log(1 + W(c) / W1) / log(1 + W* / W1),

with W1 the median weight of an edge and W* the 99.5th percentile of the sums: what is crossed by
one edge still shows, and what is crossed by thousands is no darker than ink. Cost O(sum of the
lengths in cells).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._axes import CELL, cells_of
from ._density import cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Vector files of more lines than this are slow to open, and lines then hide each other.
MOST_LINES = 20_000
# Steps along edges that are held at a time.
_BLOCK = 2_000_000
# Below points and images of points.
_UNDER = -1
# Opacity of the weakest edge.
_FLOOR = 0.12


def edges_of(
    graph: Any, placed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """List the edges between placed points: ends, shape (m, 2), and weights, shape (m,).

    An edge of a symmetric graph is listed once; the weakest come first.
    """
    from scipy.sparse import coo_array, triu

    upper = coo_array(triu(graph, k=1))
    ends = np.column_stack([upper.coords[0], upper.coords[1]]).astype(np.int64)
    weights = np.asarray(upper.data, dtype=np.float64)
    keep = placed[ends].all(axis=1) & (weights > 0)
    order = np.argsort(weights[keep], kind="stable")
    return ends[keep][order], weights[keep][order]


def draw_lines(
    ax: Axes,
    coords: NDArray[np.float64],
    ends: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    color: Any,
    colormap: Any,
) -> None:
    """Draw one line an edge: opacity, or with a colour map the colour, by weight."""
    from matplotlib.collections import LineCollection

    share = weights / weights.max() if len(weights) else weights
    lines = LineCollection(
        list(coords[ends]),
        colors=_inks(share, color=color, colormap=colormap, most=0.7),
        linewidths=float(np.clip(8.0 / np.log10(len(ends) + 10.0) ** 2, 0.4, 1.2)),
        zorder=_UNDER,
    )
    ax.add_collection(lines, autolim=False)


def draw_image(
    ax: Axes,
    coords: NDArray[np.float64],
    ends: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    color: Any,
    colormap: Any,
) -> None:
    """Draw all edges as one image of the cells they cross."""
    shape, box = cells_of(ax, width=CELL)
    sums = crossings(coords, ends, weights, box, shape)
    image = np.zeros((shape[0] * shape[1], 4))
    full = sums > 0
    if full.any():
        one = float(np.median(weights))
        most = float(np.quantile(sums[full], 0.995))
        strength = np.minimum(1.0, np.log1p(sums[full] / one) / np.log1p(most / one))
        image[full] = _inks(strength, color=color, colormap=colormap, most=1.0)
    ax.imshow(
        image.reshape(*shape, 4), extent=box, origin="lower", interpolation="nearest",
        aspect="equal", zorder=_UNDER,
    )  # fmt: skip


def crossings(
    coords: NDArray[np.float64],
    ends: NDArray[np.int64],
    weights: NDArray[np.float64],
    box: tuple[float, float, float, float],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Sum of the weights of the edges that pass each cell.

    Parameters
    ----------
    coords : ndarray of float64, shape (n, 2)
    ends : ndarray of int64, shape (m, 2)
    weights : ndarray of float64, shape (m,)
    box : (left, right, bottom, top)
    shape : (rows, columns)

    Returns
    -------
    ndarray of float64, shape (rows * columns,)
    """
    first, way = coords[ends[:, 0]], coords[ends[:, 1]] - coords[ends[:, 0]]
    unit = np.array([(box[1] - box[0]) / shape[1], (box[3] - box[2]) / shape[0]])
    steps = np.ceil(np.abs(way / unit).max(axis=1, initial=0.0)).astype(np.int64) + 1
    sums = np.zeros(shape[0] * shape[1])
    starts = np.searchsorted(np.cumsum(steps), np.arange(0, steps.sum(), _BLOCK))
    for begin, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        count = steps[begin:end]
        edge = np.repeat(np.arange(begin, end), count)
        # 0, 1, ..., count - 1 within each edge.
        number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        share = number / np.maximum(1, steps[edge] - 1)
        cell = cells(first[edge] + share[:, None] * way[edge], box, shape)
        # Steps shorter than a cell may fall twice into one: an edge counts once there.
        fresh = np.ones(len(cell), dtype=bool)
        fresh[1:] = (cell[1:] != cell[:-1]) | (edge[1:] != edge[:-1])
        sums += np.bincount(cell[fresh], weights=weights[edge[fresh]], minlength=len(sums))
    return sums


def _inks(
    strength: NDArray[np.float64], *, color: Any, colormap: Any, most: float
) -> NDArray[np.float64]:
    """Red, green, blue and opacity for strengths from 0 to 1."""
    if colormap is not None:
        return np.asarray(colormap(strength))
    from matplotlib.colors import to_rgb

    inks = np.empty((len(strength), 4))
    inks[:, :3] = to_rgb(color)
    inks[:, 3] = _FLOOR + (most - _FLOOR) * strength
    return inks
