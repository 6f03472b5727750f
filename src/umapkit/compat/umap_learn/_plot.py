"""umap-learn's pictures of a map and of its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit.compat.umap_learn._parameters import refuse
from umapkit.compat.umap_learn._themes import look, new_axes
from umapkit.compat.umap_learn._utils import average_nn_distance

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        One of umap-learn's nine: colours and background, instead of the arguments for them.
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
    ValueError
        If the theme is not known, or arguments do not fit each other.
    """
    from umapkit import plot

    places = umap_object if points is None else points
    shown = look(
        n=len(np.asarray(getattr(places, "embedding_", places))),
        labels=labels,
        values=values,
        theme=theme,
        cmap=cmap,
        color_key=color_key,
        color_key_cmap=color_key_cmap,
        background=background,
    )
    return plot.points(
        places,
        ax=new_axes(width=width, height=height, background=shown.background) if ax is None else ax,
        alpha=alpha,
        legend="auto" if show_legend else False,
        background=shown.background,  # pyright: ignore[reportArgumentType] # checked there
        subset=subset_points,
        **shown.keywords,
    )


def connectivity(
    umap_object: Any,
    edge_bundling: str | None = None,
    edge_cmap: Any = "gray_r",
    show_points: bool = False,
    labels: ArrayLike | None = None,
    values: ArrayLike | None = None,
    theme: str | None = None,
    cmap: Any = None,
    color_key: Any = None,
    color_key_cmap: Any = None,
    background: str = "white",
    width: int = 800,
    height: int = 800,
) -> Axes:
    """Draw the graph of a fitted model; see `umapkit.plot.connectivity`, whose picture it is.

    Parameters
    ----------
    umap_object : fitted model
        With `embedding_` and `graph_`.
    edge_bundling : None
        umap-learn bundles edges with "hammer"; nothing does here.
    edge_cmap : str or Colormap, default "gray_r"
        Colours of the edges by weight. "gray_r", and any theme: ink of the background that fades.
    show_points : bool, default False
        Draw the points over the edges; labels and values count only then, as in umap-learn.
    labels, values, theme, cmap, color_key, color_key_cmap, background, width, height
        As in `points`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    NotImplementedError
        For bundled edges.
    ValueError
        If the theme is not known, or arguments do not fit each other.
    """
    from umapkit import plot

    if edge_bundling is not None:
        refuse(f"edge_bundling={edge_bundling!r}")
    if not show_points:
        labels = values = cmap = None
    shown = look(
        n=len(umap_object.embedding_),
        labels=labels,
        values=values,
        theme=theme,
        cmap=cmap,
        color_key=color_key,
        color_key_cmap=color_key_cmap,
        background=background,
    )
    keywords = {"show_points": True, **shown.keywords} if show_points else {}
    return plot.connectivity(
        umap_object,
        ax=new_axes(width=width, height=height, background=shown.background),
        edge_cmap=None if theme is not None or edge_cmap == "gray_r" else edge_cmap,
        background=shown.background,  # pyright: ignore[reportArgumentType] # checked there
        **keywords,
    )


def nearest_neighbour_distribution(
    umap_object: Any, bins: int = 25, ax: Axes | None = None
) -> Axes:
    """Draw a histogram of the mean membership of each row's ties, which umap-learn calls distance.

    Parameters
    ----------
    umap_object : fitted model
        With `graph_`.
    bins : int, default 25
        Bars.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib Axes
    """
    if ax is None:
        ax = new_axes(width=640, height=480, background="white")
    ax.hist(average_nn_distance(umap_object.graph_), bins=bins)
    ax.set_xlabel("mean membership of a row's ties")
    ax.set_ylabel("rows")
    return ax
