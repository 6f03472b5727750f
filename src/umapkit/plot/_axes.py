"""The axes of a map, and the points on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from umapkit._pictures import Background, drawing_order

from ._colors import Coloring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Limits = tuple[float, float, float, float]
INK = {"white": "#2b2f36", "black": "#e8eaed"}
# Width in pixels of a cell of an image of counts: one is too fine to see.
CELL = 1.5
# Vector files of more circles than this are slow to open.
_MOST_VECTORS = 20_000


def open_axes(
    ax: Axes | None, *, figsize: tuple[float, float], background: Background
) -> tuple[Axes, bool]:
    """Axes to draw on, and whether they are new, of a figure of `figsize` inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.figure
    except ImportError as error:
        msg = "Pictures need matplotlib. Install it with: pip install 'umapkit[plot]'"
        raise ImportError(msg) from error
    if ax is not None:
        return ax, False
    figure = matplotlib.figure.Figure(
        figsize=figsize, facecolor=background, layout="constrained", dpi=120
    )
    return figure.add_subplot(), True


def cells_of(ax: Axes, *, width: float) -> tuple[tuple[int, int], Limits]:
    """Rows and columns of cells of so many pixels, and the limits that the axes really show.

    Equal scales widen one of the two axes.
    """
    pixels = ax.get_window_extent()
    shape = (max(1, int(pixels.height / width)), max(1, int(pixels.width / width)))
    return shape, (*ax.get_xlim(), *ax.get_ylim())


def limits_of(coords: NDArray[np.float64]) -> Limits:
    """Left, right, bottom and top of the points with a margin of 3 percent."""
    low, high = coords.min(axis=0), coords.max(axis=0)
    margin = 0.03 * float((high - low).max()) or 0.5
    low, high = low - margin, high + margin
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def prepare(
    ax: Axes,
    limits: Limits,
    *,
    background: Background,
    ink: str,
    title: str | None,
) -> None:
    """Colours, limits, equal scales, no ticks."""
    ax.set_facecolor(background)
    ax.set(xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="datalim")
    # Through the data limits, not set_xlim: equal scales have to widen one of the axes.
    ax.update_datalim([limits[::2], limits[1::2]])
    ax.margins(0)
    ax.autoscale_view()
    ax.apply_aspect()
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xlabel("map axis 1", color=_faint_ink(background), fontsize="small")
    ax.set_ylabel("map axis 2", color=_faint_ink(background), fontsize="small")
    if title is not None:
        ax.set_title(title, color=ink)


def _faint_ink(background: Background) -> str:
    """Grey of the axis names: there for who looks for them."""
    return "#8a9099" if background == "white" else "#7b828c"


def scatter(
    ax: Axes,
    coords: NDArray[np.float64],
    coloring: Coloring,
    shown: NDArray[np.bool_],
    *,
    size: float | None,
    alpha: float | None,
) -> None:
    """Draw the points, those without colour first; see `points` for size and alpha."""
    order = drawing_order(coords.shape[0])
    order = order[shown[order]]
    order = np.concatenate([order[~coloring.known[order]], order[coloring.known[order]]])
    m = order.shape[0]
    figure = ax.get_figure(root=True)
    dpi = figure.dpi if figure is not None else 72.0
    extent = ax.get_window_extent()
    area = extent.width * extent.height * (72.0 / dpi) ** 2
    if size is None:
        # Chosen by eye on maps of 150 to 200,000 points: a point's share of the axes must fall
        # more slowly than 1/m, since points crowd into regions as a map grows.
        size = float(np.clip(0.0065 * area * m**-0.655, 0.3, 30.0))
    if alpha is None:
        alpha = float(np.clip(1.4 - 0.15 * np.log10(m), 0.4, 0.9))
    ax.scatter(
        coords[order, 0],
        coords[order, 1],
        s=size,
        c=coloring.colors[order],
        alpha=alpha,
        linewidths=0,
        marker="o",
        rasterized=m > _MOST_VECTORS,
    )
