"""umap-learn's colour themes, and the figures of its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 100
# Colour map of values, colour map of labels, background. Those of one colour run from black
# through it to white: matplotlib has none; "fire" is matplotlib's "hot".
_THEMES = {
    "fire": ("hot", "rainbow", "black"),
    "viridis": ("viridis", "Spectral", "black"),
    "inferno": ("inferno", "Spectral", "black"),
    "blue": ("Blues", "tab20", "white"),
    "red": ("Reds", "tab20b", "white"),
    "green": ("Greens", "tab20c", "white"),
    "darkblue": (("black", "#1f6fd6", "white"), "rainbow", "black"),
    "darkred": (("black", "#d62728", "white"), "rainbow", "black"),
    "darkgreen": (("black", "#2ca02c", "white"), "rainbow", "black"),
}
# Where a theme's colour map is itself: the colour of points that have neither label nor value.
_MIDDLE = 0.65


@dataclass(frozen=True)
class Look:
    """How the points are drawn: keywords of `umapkit.plot.points`, and the background."""

    keywords: dict[str, Any]
    background: str


def look(
    *,
    n: int,
    labels: Any,
    values: Any,
    theme: str | None,
    cmap: Any,
    color_key: Any,
    color_key_cmap: Any,
    background: str,
) -> Look:
    """Turn umap-learn's colours into those of `umapkit.plot.points`.

    Raises
    ------
    ValueError
        If there is no such theme.
    """
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    own = None
    if theme is not None:
        if theme not in _THEMES:
            msg = f"theme={theme!r} is not known. Give one of {', '.join(_THEMES)}, or None."
            raise ValueError(msg)
        named, color_key_cmap, background = _THEMES[theme]
        cmap = own = (
            colormaps[named]
            if isinstance(named, str)
            else LinearSegmentedColormap.from_list(theme, named)
        )
        color_key = None
    keywords: dict[str, Any] = {"labels": labels, "values": values}
    if labels is not None:
        keywords["palette"] = color_key
        if color_key is None and color_key_cmap is not None:
            kinds = np.unique(np.asarray(labels)).tolist()
            ramp = colormaps[color_key_cmap](np.linspace(0, 1, len(kinds)))
            keywords["palette"] = {k: tuple(c) for k, c in zip(kinds, ramp, strict=True)}
    elif values is not None:
        keywords["cmap"] = cmap
    elif own is not None:
        keywords["colors"] = np.tile(own(_MIDDLE)[:3], (n, 1))
    elif cmap is not None:
        keywords["cmap"] = cmap  # refused there: nothing is on a scale
    return Look(keywords, background)


def new_axes(*, width: int, height: int, background: str) -> Axes:
    """Axes of a new figure of so many pixels, which pyplot knows: notebooks show it."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(
        figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor=background, layout="constrained"
    )
    return ax
