"""What a reader needs beside the points: legend, names on the map, colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# More categories than this and neither eye nor paper can hold the legend.
MOST_ENTRIES = 30
_CORNERS = ("upper right", "upper left", "lower right", "lower left")


def draw_legend(
    ax: Any,
    entries: Sequence[tuple[str, Any]],
    coords: NDArray[np.float64],
    *,
    place: str,
    ink: str,
    own_figure: bool,
) -> None:
    """Write the legend into a corner without points or beside the axes.

    `place` is "auto", "inside" or "outside". "auto" goes inside where a corner is free of points,
    else outside if the figure is ours (it makes room then), else into the emptiest corner.
    """
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=6, color=color, label=name)
        for name, color in entries
    ]
    columns = 1 if len(entries) <= 16 else 2
    style: dict[str, Any] = {
        "handles": handles,
        "frameon": False,
        "labelcolor": ink,
        "fontsize": "small" if len(entries) > 12 else "medium",
        "handletextpad": 0.3,
        "columnspacing": 1.0,
    }
    if place != "outside":
        corner, hidden = _emptiest_corner(ax, style, coords)
        if place == "inside" or hidden == 0 or not own_figure:
            legend = ax.legend(loc=corner, **{**style, "frameon": hidden > 0})
            if hidden > 0:
                legend.get_frame().set(
                    facecolor=ax.get_facecolor(), alpha=0.8, edgecolor="none", zorder=5
                )
            return
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), ncols=columns, **style)


def _emptiest_corner(
    ax: Any, style: dict[str, Any], coords: NDArray[np.float64]
) -> tuple[str, int]:
    on_screen = ax.transData.transform(coords)
    best = (_CORNERS[0], coords.shape[0] + 1)
    for corner in _CORNERS:
        legend = ax.legend(loc=corner, **style)
        box = legend.get_window_extent()
        legend.remove()
        inside = (
            (on_screen[:, 0] >= box.x0)
            & (on_screen[:, 0] <= box.x1)
            & (on_screen[:, 1] >= box.y0)
            & (on_screen[:, 1] <= box.y1)
        )
        if int(inside.sum()) < best[1]:
            best = (corner, int(inside.sum()))
    return best


def write_names(
    ax: Any,
    coords: NDArray[np.float64],
    codes: NDArray[np.int32],
    names: Sequence[str],
    *,
    ink: str,
    paper: str,
) -> None:
    """Write the name of each category where its points are densest."""
    from matplotlib.patheffects import withStroke

    for code, name in enumerate(names):
        mine = coords[codes == code]
        if mine.shape[0] == 0:
            continue
        x, y = _densest(mine)
        ax.text(
            x,
            y,
            name,
            color=ink,
            ha="center",
            va="center",
            fontsize="medium" if len(names) <= 12 else "small",
            fontweight="bold",
            path_effects=[withStroke(linewidth=3, foreground=paper, alpha=0.85)],
            zorder=6,
            clip_on=True,
        )


def _densest(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the peak of a smoothed 48 by 48 histogram: on the points, unlike their mean."""
    from scipy.ndimage import gaussian_filter

    low, high = points.min(axis=0), points.max(axis=0)
    if np.any(high - low <= 0) or points.shape[0] < 4:
        return np.median(points, axis=0)
    span = float((high - low).max())
    cell = np.minimum(((points - low) / span * 48).astype(np.int64), 47)
    counts = np.bincount(cell[:, 0] * 48 + cell[:, 1], minlength=48 * 48).reshape(48, 48)
    smooth = gaussian_filter(counts.astype(np.float64), 3.0, mode="constant")
    peak = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
    return low + (np.array(peak) + 0.5) / 48 * span


def draw_color_bar(ax: Any, scale: Any, *, ink: str) -> None:
    """Add a slim colour bar to the right of the axes."""
    bar = ax.figure.colorbar(scale, ax=ax, shrink=0.6, aspect=28, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=ink, length=2, labelsize="small")
