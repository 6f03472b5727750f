"""umap-learn's picture of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit.compat.umap_learn._parameters import refuse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 100


def points(
    umap_object: Any,
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    values: ArrayLike | None = None,
    theme: str | None = None,
    cmap: Any = None,
    color_key: Any = None,
    color_key_cmap: Any = None,
    background: str = "white",
    width: int = 800,
    height: int = 800,
    show_legend: bool = True,
    subset_points: ArrayLike | None = None,
    ax: Axes | None = None,
    alpha: float | None = None,
) -> Axes:
    """Draw a map; see `umapkit.plot.points`, whose picture it is.

    Parameters
    ----------
    umap_object : fitted model, or None where `points` is given
        With `embedding_`.
    points : array of shape (n, 2), optional
        Places to draw instead.
    labels, values : array of shape (n,), optional
        Categories or numbers, not both.
    theme : str, optional
        umap-learn's colour themes; none is taken.
    cmap : str or Colormap, optional
        For `values`.
    color_key : mapping or sequence of colours, optional
        For `labels`.
    color_key_cmap : str, optional
        Colour map from which the colours of the labels are drawn evenly.
    background : "white" or "black", default "white"
        Colour behind the points.
    width, height : int, default 800
        Pixels, of a new figure.
    show_legend : bool, default True
        Whether to write a legend.
    subset_points : bool array of shape (n,), optional
        Draw only these.
    ax : matplotlib Axes, optional
        Where to draw.
    alpha : float, optional
        Opacity.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    NotImplementedError
        For a theme.
    """
    from umapkit import plot

    if theme is not None:
        refuse(f"theme={theme!r}")
    palette = color_key
    if palette is None and color_key_cmap is not None and labels is not None:
        import matplotlib

        kinds = np.unique(np.asarray(labels))
        colors = matplotlib.colormaps[color_key_cmap](np.linspace(0, 1, len(kinds)))
        palette = {kind: tuple(color) for kind, color in zip(kinds.tolist(), colors, strict=True)}
    return plot.points(
        umap_object if points is None else points,
        labels=labels,
        values=values,
        ax=ax,
        palette=palette,
        cmap=cmap,
        alpha=alpha,
        legend="auto" if show_legend else False,
        background=background,  # pyright: ignore[reportArgumentType] # checked there
        subset=subset_points,
        figsize=(width / _DPI, height / _DPI),
    )
