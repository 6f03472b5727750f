"""A map with the graph it was laid out from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from umapkit._pictures import Background, as_map

from ._axes import INK, limits_of, open_axes, prepare
from ._edges import MOST_LINES, draw_image, draw_lines, edges_of
from ._points import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap


def connectivity(
    map_or_model: Any,
    *,
    graph: Any = None,
    show_points: bool = False,
    labels: ArrayLike | Sequence[Any] | None = None,
    values: ArrayLike | Sequence[Any] | None = None,
    ax: Axes | None = None,
    edge_color: Any = None,
    edge_cmap: str | Colormap | None = None,
    palette: Sequence[Any] | Mapping[Any, Any] | None = None,
    cmap: str | Colormap | None = None,
    size: float | None = None,
    alpha: float | None = None,
    legend: bool | Literal["auto", "inside", "outside"] = "auto",
    title: str | None = None,
    background: Background = "white",
    label_names: Mapping[Any, str] | Sequence[str] | None = None,
    figsize: tuple[float, float] = (7.0, 6.0),
) -> Axes:
    """Draw the edges of the fuzzy graph between the points of a map.

    What the layout was given, not what it made of it: an edge across the map is a tie that the map
    could not keep short, so that two regions far apart with edges between them belong nearer
    together than they are drawn.

    Parameters
    ----------
    map_or_model : fitted model, or array-like of shape (n, 2) together with `graph`
        With ``embedding_`` and ``graph_``.
    graph : sparse matrix of shape (n, n), optional
        Another symmetric graph than the model's. Only what lies above the diagonal is read.
    show_points : bool, default False
        Draw the points, too, over the edges.
    labels, values : array-like of shape (n,), optional
        Colours of the points as in `points`; with them the points are drawn.
    ax : matplotlib Axes, optional
        Where to draw. By default a new figure of `figsize`, reached as ``ax.figure``.
    edge_color : matplotlib colour, optional
        Colour of the edges; their opacity tells their weight. By default the ink of the
        background. Not with `edge_cmap`.
    edge_cmap : str or Colormap, optional
        Colour of the edges by weight, instead.
    palette, cmap, size, alpha, legend, label_names : optional
        As in `points`, for the points.
    title : str, optional
        Written above the map.
    background : "white" or "black", default "white"
        Colour of the axes; a new figure takes it too.
    figsize : (width, height), default (7, 6)
        Inches, of a new figure. Not used with `ax`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no graph, shapes do not fit, or arguments exclude each other.
    TypeError
        If the model was not fitted.
    ImportError
        If matplotlib is not installed.

    Notes
    -----
    Up to 20,000 edges are lines; more are drawn as one image of the cells that they cross, with the
    pixels that the axes have now: set the dpi of the figure first. 800,000 edges take about a
    second. Edges are not bundled.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import fuzzy_graph, find_neighbors
    >>> rows = np.random.default_rng(0).normal(size=(20, 2))
    >>> graph = fuzzy_graph(find_neighbors(rows, n_neighbors=4))
    >>> ax = connectivity(rows, graph=graph)
    >>> len(ax.collections[0].get_segments()) == graph.nnz // 2
    True
    """
    coords = as_map(map_or_model, name="map_or_model")
    ties = _graph_of(map_or_model, graph, len(coords))
    if edge_color is not None and edge_cmap is not None:
        msg = "edge_color and edge_cmap were both given. Give one of them."
        raise ValueError(msg)
    with_points = show_points or labels is not None or values is not None
    if not with_points:
        for name, given in (("palette", palette), ("cmap", cmap), ("size", size), ("alpha", alpha)):
            if given is not None:
                msg = f"{name} is for the points. Give show_points=True, too, or drop it."
                raise ValueError(msg)
    ax, _ = open_axes(ax, figsize=figsize, background=background)
    placed = np.asarray(~np.isnan(coords).any(axis=1))
    if with_points:
        points(
            np.where(placed[:, None], coords, coords[placed][0]),
            subset=placed,
            labels=labels,
            values=values,
            ax=ax,
            palette=palette,
            cmap=cmap,
            size=size,
            alpha=alpha,
            legend=legend,
            title=title,
            background=background,
            label_names=label_names,
        )
    else:
        prepare(ax, limits_of(coords[placed]), background=background, ink=INK[background],
                title=title)  # fmt: skip
    ends, weights = edges_of(ties, placed)
    draw = draw_lines if len(ends) <= MOST_LINES else draw_image
    draw(
        ax,
        coords,
        ends,
        weights,
        color=INK[background] if edge_color is None else edge_color,
        colormap=None if edge_cmap is None else _colormap(edge_cmap),
    )
    return ax


def _graph_of(map_or_model: Any, graph: Any, n: int) -> Any:
    ties = getattr(map_or_model, "graph_", None) if graph is None else graph
    if ties is None:
        msg = "There is no graph: give a model with graph_, or graph=."
        raise ValueError(msg)
    from scipy.sparse import issparse

    if not issparse(ties):
        msg = f"graph is a {type(ties).__name__}. Give a scipy.sparse matrix of shape ({n}, {n})."
        raise ValueError(msg)
    if ties.shape != (n, n):
        msg = f"graph has shape {ties.shape}, but the map has {n} rows. Give shape ({n}, {n})."
        raise ValueError(msg)
    return ties


def _colormap(name: Any) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import Colormap

    if isinstance(name, Colormap):
        return name
    if name not in colormaps:
        msg = f"edge_cmap={name!r} is no colour map that matplotlib knows. Give one, or None."
        raise ValueError(msg)
    return colormaps[name]
