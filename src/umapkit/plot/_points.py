"""The one picture everybody needs: a map, coloured by labels or by values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._pictures import Background, as_map, drawing_order, unlabelled_color
from . import _colors
from ._density import cells, crowded, draw_density
from ._legend import MOST_ENTRIES, draw_color_bar, draw_legend, write_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# Above this many points a scatter is slow and hides more than it shows; below the second number
# it never is.
_ALWAYS_DENSITY = 200_000
_NEVER_DENSITY = 20_000
# Width in pixels of a cell of the density image: one is too fine to see.
_CELL = 1.5
_INK = {"white": "#2b2f36", "black": "#e8eaed"}


def points(
    map_or_model: Any,
    *,
    labels: ArrayLike | None = None,
    values: ArrayLike | None = None,
    ax: Axes | None = None,
    palette: Sequence[Any] | Mapping[Any, Any] | None = None,
    cmap: str | Colormap | None = None,
    size: float | None = None,
    alpha: float | None = None,
    legend: bool | Literal["auto", "inside", "outside"] = "auto",
    title: str | None = None,
    background: Background = "white",
    subset: ArrayLike | None = None,
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
    _check_choices(
        labels, values, palette, cmap, label_names, label_on_map, background, legend, density
    )
    _check_marks(size, alpha)
    coords = as_map(map_or_model, name="map_or_model")
    n = coords.shape[0]
    placed = ~np.isnan(coords).any(axis=1)
    shown = _rows(subset, n) & placed
    if not shown.any():
        msg = f"subset leaves none of the {int(placed.sum())} rows that have a place to be drawn."
        raise ValueError(msg)
    try:
        import matplotlib.figure
    except ImportError as error:
        msg = "Pictures need matplotlib. Install it with: pip install 'umapkit[plot]'"
        raise ImportError(msg) from error

    if labels is not None:
        coloring = _colors.by_label(
            labels, n, palette=palette, label_names=label_names, background=background
        )
    elif values is not None:
        coloring = _colors.by_value(values, n, cmap=cmap, background=background)
    else:
        coloring = _colors.plain(n, background=background)

    own_figure = ax is None
    if ax is None:
        figure = matplotlib.figure.Figure(
            figsize=figsize, facecolor=background, layout="constrained", dpi=120
        )
        ax = figure.add_subplot()
    ink = _INK[background]
    limits = _limits(coords[placed])
    _prepare(ax, limits, background=background, ink=ink, title=title)

    pixels = ax.get_window_extent()
    shape = (max(1, int(pixels.height / _CELL)), max(1, int(pixels.width / _CELL)))
    # The limits as the axes really show them: equal scales widen one of the two.
    box = (*ax.get_xlim(), *ax.get_ylim())
    if density == "auto":
        m = int(shown.sum())
        density = size is None and alpha is None and (
            m > _ALWAYS_DENSITY
            or (m > _NEVER_DENSITY and crowded(cells(coords[shown], box, shape)))
        )
    if density:
        if size is not None or alpha is not None:
            given = f"size={size}" if size is not None else f"alpha={alpha}"
            msg = f"density=True draws cells, not points, and takes no {given}. Give one of the two."
            raise ValueError(msg)
        draw_density(ax, coords[shown], coloring.colors[shown], box, shape)
    else:
        _scatter(ax, coords, coloring, shown, size=size, alpha=alpha)

    _explain(ax, coords, coloring, shown, legend, label_on_map, background, own_figure)
    return ax


def _explain(
    ax: Axes,
    coords: NDArray[np.float64],
    coloring: _colors.Coloring,
    shown: NDArray[np.bool_],
    legend: bool | str,
    label_on_map: bool,  # noqa: FBT001 - private, handed on as it came
    background: Background,
    own_figure: bool,  # noqa: FBT001
) -> None:
    """Write names, legend or colour bar."""
    ink = _INK[background]
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
    entries = [(coloring.names[i], coloring.palette[i]) for i in present if i >= 0]
    if legend == "auto" and (label_on_map or len(entries) > MOST_ENTRIES):
        return
    if entries and present[0] < 0:
        entries.append(("unlabelled", unlabelled_color(background)))
    if entries:
        place = "auto" if legend is True else str(legend)
        draw_legend(ax, entries, coords[shown], place=place, ink=ink, own_figure=own_figure)


def _check_choices(
    labels: Any,
    values: Any,
    palette: Any,
    cmap: Any,
    label_names: Any,
    label_on_map: Any,
    background: Any,
    legend: Any,
    density: Any,
) -> None:
    if labels is not None and values is not None:
        msg = "labels and values were both given, but a point has one colour. Give one of them."
        raise ValueError(msg)
    for name, given, needs, there in (
        ("palette", palette is not None, "labels", labels is not None),
        ("label_names", label_names is not None, "labels", labels is not None),
        ("label_on_map", bool(label_on_map), "labels", labels is not None),
        ("cmap", cmap is not None, "values", values is not None),
    ):
        if given and not there:
            msg = f"{name} was given without {needs}, which it is for. Give {needs} too, or drop it."
            raise ValueError(msg)
    if background not in ("white", "black"):
        msg = f"background={background!r} is not known. Give 'white' or 'black'."
        raise ValueError(msg)
    if not isinstance(legend, bool) and legend not in ("auto", "inside", "outside"):
        msg = f"legend={legend!r} is not known. Give 'auto', 'inside', 'outside', True or False."
        raise ValueError(msg)
    if not isinstance(density, bool) and density != "auto":
        msg = f"density={density!r} is not known. Give 'auto', True or False."
        raise ValueError(msg)


def _check_marks(size: Any, alpha: Any) -> None:
    if size is not None and not (np.isfinite(size) and size > 0):
        msg = f"size={size!r} is no area. Give a positive number of square points, or None."
        raise ValueError(msg)
    if alpha is not None and not 0 < alpha <= 1:
        msg = f"alpha={alpha!r} is no opacity. Give a number above 0 and at most 1, or None."
        raise ValueError(msg)


def _rows(subset: Any, n: int) -> NDArray[np.bool_]:
    shown = np.ones(n, dtype=bool)
    if subset is None:
        return shown
    chosen = np.asarray(subset)
    if chosen.dtype == bool:
        if chosen.shape != (n,):
            msg = f"subset is a mask of shape {chosen.shape}, but the map has {n} rows."
            raise ValueError(msg)
        return chosen
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
        msg = (
            f"subset has dtype {chosen.dtype} and shape {chosen.shape}. Give a boolean mask of "
            f"shape ({n},) or a list of row numbers."
        )
        raise ValueError(msg)
    outside = (chosen < -n) | (chosen >= n)
    if outside.any():
        msg = f"subset names row {chosen[outside][0]}, but the map has {n} rows."
        raise ValueError(msg)
    shown[:] = False
    shown[chosen.astype(np.int64)] = True
    return shown


def _limits(coords: NDArray[np.float64]) -> tuple[float, float, float, float]:
    low, high = coords.min(axis=0), coords.max(axis=0)
    margin = 0.03 * float((high - low).max()) or 0.5
    low, high = low - margin, high + margin
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _prepare(
    ax: Axes,
    limits: tuple[float, float, float, float],
    *,
    background: Background,
    ink: str,
    title: str | None,
) -> None:
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


def _scatter(
    ax: Axes,
    coords: NDArray[np.float64],
    coloring: _colors.Coloring,
    shown: NDArray[np.bool_],
    *,
    size: float | None,
    alpha: float | None,
) -> None:
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
        size = float(np.clip(0.0075 * area * m**-0.655, 0.3, 30.0))
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
        # Vector files of tens of thousands of circles are slow to open.
        rasterized=m > _NEVER_DENSITY,
    )
