"""The one picture everybody needs: a map, coloured by labels or by values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit._pictures import Background, as_map, unlabelled_color

from . import _colors
from ._arguments import check_choices, check_marks, chosen_rows
from ._axes import CELL, INK, cells_of, limits_of, open_axes, prepare, scatter
from ._density import cells, crowded, draw_density
from ._legend import MOST_ENTRIES, draw_color_bar, draw_legend, write_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# Above this many points a scatter is slow and hides more than it shows; below the second number
# it never is.
_ALWAYS_DENSITY = 200_000
_NEVER_DENSITY = 20_000


def points(
    map_or_model: Any,
    *,
    labels: ArrayLike | Sequence[Any] | None = None,
    values: ArrayLike | Sequence[Any] | None = None,
    colors: ArrayLike | Sequence[Any] | None = None,
    ax: Axes | None = None,
    palette: Sequence[Any] | Mapping[Any, Any] | None = None,
    cmap: str | Colormap | None = None,
    size: float | None = None,
    alpha: float | None = None,
    legend: bool | Literal["auto", "inside", "outside"] = "auto",
    title: str | None = None,
    background: Background = "white",
    subset: ArrayLike | Sequence[Any] | None = None,
    density: bool | Literal["auto"] = "auto",
    label_names: Mapping[Any, str] | Sequence[str] | None = None,
    label_on_map: bool = False,
    figsize: tuple[float, float] = (7.0, 6.0),
) -> Axes:
    """Draw a two-dimensional map.

    Points are drawn in a fixed shuffled order, so that no class always covers another; those
    without label or value come first, in grey. Both axes have the same scale and no ticks:
    only what is near what has a meaning on such a map. Nothing global changes, and pyplot keeps
    no figure: save with ``ax.figure.savefig(...)``, or pass ``ax=plt.subplots()[1]`` to see the
    picture in a window.

    Parameters
    ----------
    map_or_model : array-like of shape (n, 2), or a fitted model
        Positions, or an object with ``embedding_``. Rows with NaN are not drawn, with a warning.
    labels : array-like of shape (n,), optional
        Category of each point: numbers, text, booleans. None, NaN and the number -1 mean
        unlabelled. Not together with `values`.
    values : array-like of shape (n,), optional
        Number of each point, shown on a colour scale. NaN is grey. Not together with `labels`.
    colors : array-like of shape (n, 3) or sequence of n colours, optional
        Colour of each point: red, green, blue from 0 to 1, or what matplotlib calls a colour. Not
        together with `labels` or `values`.
    ax : matplotlib Axes, optional
        Where to draw. By default a new figure of `figsize`, reached as ``ax.figure``.
    palette : sequence or mapping of colours, optional
        For `labels`: one colour a category in sorted order, or ``{label: colour}``. By default
        Okabe and Ito's eight, then colours chosen to stay apart for colour-blind readers too.
    cmap : str or Colormap, optional
        For `values`. By default viridis without the end that is lost on the background.
    size : float, optional
        Area of a point in square points (1/72 inch), as in ``Axes.scatter``. By default chosen
        from n and the area of the axes. Not with density rendering.
    alpha : float in (0, 1], optional
        Opacity of a point; smaller shows more of what lies below. By default from n. Not with
        density rendering.
    legend : "auto", "inside", "outside" or bool, default "auto"
        Legend or colour bar. "auto": inside if a corner is free, else outside, and none with
        `label_on_map`. With more than 30 categories "auto" writes none: the colours alone
        remain. True is "auto", and writes one also in these two cases.
    title : str, optional
        Written above the map.
    background : "white" or "black", default "white"
        Colour of the axes; a new figure takes it too.
    subset : array-like, optional
        Boolean mask of shape (n,) or row numbers: draw only these. Colours and limits stay those
        of the whole map.
    density : "auto" or bool, default "auto"
        Whether to draw an image of counts (mean colour, opacity by logarithm of the count)
        instead of points. "auto": above 200,000 points, or above 20,000 where half of them share
        their 1.5 pixels with seven others. The image has the pixels of the axes as they are now:
        set the dpi of the figure first.
    label_names : mapping or sequence, optional
        ``{label: name}``, or a sequence whose entry i names the integer label i.
    label_on_map : bool, default False
        Write each name where its points are densest.
    figsize : (width, height), default (7, 6)
        Inches, of a new figure. Not used with `ax`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If shapes or lengths do not fit, or arguments exclude each other.
    TypeError
        If an argument has the wrong type, or the model was not fitted.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> ax = points([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], labels=["a", "b", "a"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['a', 'b']
    """
    check_choices(
        labels, values, colors, palette, cmap, label_names, label_on_map, background, legend,
        density,
    )  # fmt: skip
    check_marks(size, alpha)
    coords = as_map(map_or_model, name="map_or_model")
    n = coords.shape[0]
    placed = ~np.isnan(coords).any(axis=1)
    shown = chosen_rows(subset, n) & placed
    if not shown.any():
        msg = f"subset leaves none of the {int(placed.sum())} rows that have a place to be drawn."
        raise ValueError(msg)
    # Before the colours, which need matplotlib, too.
    ax, own_figure = open_axes(ax, figsize=figsize, background=background)
    if colors is not None:
        coloring = _colors.given(colors, n)
    elif labels is not None:
        coloring = _colors.by_label(
            labels, n, palette=palette, label_names=label_names, background=background
        )
    elif values is not None:
        coloring = _colors.by_value(values, n, cmap=cmap, background=background)
    else:
        coloring = _colors.plain(n, background=background)

    ink = INK[background]
    limits = limits_of(coords[placed])
    prepare(ax, limits, background=background, ink=ink, title=title)

    shape, box = cells_of(ax, width=CELL)
    if density == "auto":
        m = int(shown.sum())
        density = (
            size is None
            and alpha is None
            and (
                m > _ALWAYS_DENSITY
                or (m > _NEVER_DENSITY and crowded(cells(coords[shown], box, shape)))
            )
        )
    if density:
        if size is not None or alpha is not None:
            given = f"size={size}" if size is not None else f"alpha={alpha}"
            msg = (
                f"density=True draws cells, not points, and takes no {given}. Give one of the two."
            )
            raise ValueError(msg)
        draw_density(ax, coords[shown], coloring.colors[shown], box, shape)
    else:
        scatter(ax, coords, coloring, shown, size=size, alpha=alpha)

    _explain(
        ax,
        coords,
        coloring,
        shown,
        legend=legend,
        label_on_map=label_on_map,
        background=background,
        own_figure=own_figure,
    )
    return ax


def _explain(
    ax: Axes,
    coords: NDArray[np.float64],
    coloring: _colors.Coloring,
    shown: NDArray[np.bool_],
    *,
    legend: bool | str,
    label_on_map: bool,
    background: Background,
    own_figure: bool,
) -> None:
    """Write names, legend or colour bar."""
    ink = INK[background]
    if coloring.codes is not None and label_on_map:
        write_names(
            ax, coords[shown], coloring.codes[shown], coloring.names, ink=ink, paper=background
        )
    if legend is False:
        return
    if coloring.scale is not None:
        draw_color_bar(ax, coloring.scale, ink=ink)
    if coloring.codes is None:
        return
    present = np.unique(coloring.codes[shown])
    entries = [(coloring.names[int(i)], coloring.palette[int(i)]) for i in present if i >= 0]
    if legend == "auto" and (label_on_map or len(entries) > MOST_ENTRIES):
        return
    if entries and present[0] < 0:
        entries.append(("unlabelled", unlabelled_color(background)))
    if entries:
        place = "auto" if legend is True else str(legend)
        draw_legend(ax, entries, coords[shown], place=place, ink=ink, own_figure=own_figure)
