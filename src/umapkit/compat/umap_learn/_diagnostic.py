"""umap-learn's diagnostic pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from umapkit.compat.umap_learn._themes import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = ("pca", "ica", "vq", "local_dim", "neighborhood")


def diagnostic(
    umap_object: Any,
    diagnostic_type: str = "pca",
    nhood_size: int = 15,
    local_variance_threshold: float = 0.8,
    ax: Axes | None = None,
    cmap: Any = "viridis",
    point_size: float | None = None,
    background: str = "white",
    width: int = 800,
    height: int = 800,
    return_diagnostics: bool = False,
    plot_result: bool = True,
) -> Any:
    """Colour a map by what it keeps; see `umapkit.plot.diagnostic`, whose picture it is.

    Parameters
    ----------
    umap_object : fitted model
        With `embedding_` and `_raw_data`.
    diagnostic_type : {"pca", "ica", "vq", "local_dim", "neighborhood", "all"}, default "pca"
        What to see; "all": the five side by side.
    nhood_size : int, default 15
        Neighbours of a row.
    local_variance_threshold : float, default 0.8
        For "local_dim": share of the variance of a neighbourhood.
    ax : matplotlib Axes, optional
        Where to draw; not with "all".
    cmap : str or Colormap, default "viridis"
        For "local_dim" and "neighborhood".
    point_size : float, optional
        Area of a point in square points.
    background : "white" or "black", default "white"
        Colour behind the points.
    width, height : int, default 800
        Pixels of a new figure.
    return_diagnostics : bool, default False
        Return the values of `umapkit.plot.diagnostic_values`, too: colours or numbers of the rows;
        for "all" a dict of them.
    plot_result : bool, default True
        False: draw nothing.

    Returns
    -------
    matplotlib Axes, values, (Axes, values) or None
        As asked for; for "all" an array of Axes.

    Raises
    ------
    ValueError
        If there is no such diagnostic, or `ax` is given with "all".
    """
    from umapkit import plot

    if diagnostic_type not in (*_KINDS, "all"):
        msg = f"diagnostic_type={diagnostic_type!r} is not known. Give one of {_KINDS} or 'all'."
        raise ValueError(msg)
    if diagnostic_type == "all" and ax is not None:
        msg = "ax takes one picture, and diagnostic_type='all' draws five. Leave ax out."
        raise ValueError(msg)
    if not (plot_result or return_diagnostics):
        return None
    rows = umap_object._raw_data
    asked = _KINDS if diagnostic_type == "all" else (diagnostic_type,)
    values = {
        kind: plot.diagnostic_values(
            rows,
            umap_object,
            kind=kind,  # pyright: ignore[reportArgumentType] # checked above
            n_neighbors=nhood_size,
            variance=local_variance_threshold,
        )
        for kind in asked
    }
    found = values if diagnostic_type == "all" else values[diagnostic_type]
    if not plot_result:
        return found
    axes = _draw(umap_object, values, ax, cmap, point_size, background, width, height)
    shown = axes if diagnostic_type == "all" else axes[0]
    return (shown, found) if return_diagnostics else shown


def _draw(
    umap_object: Any,
    values: dict[str, Any],
    ax: Axes | None,
    cmap: Any,
    point_size: float | None,
    background: str,
    width: int,
    height: int,
) -> Any:
    from umapkit import plot

    if len(values) == 1:
        axes = [ax or new_axes(width=width, height=height, background=background)]
    else:
        first = new_axes(width=width, height=height, background=background)
        figure: Any = first.figure
        first.remove()
        axes = [figure.add_subplot(2, 3, place + 1) for place in range(len(values))]
    for (kind, found), place in zip(values.items(), axes, strict=True):
        shown = {"colors": found} if found.ndim == 2 else {"values": found, "cmap": cmap}
        plot.points(
            umap_object,
            ax=place,
            size=point_size,
            title=kind,
            background=background,  # pyright: ignore[reportArgumentType] # checked there
            **shown,
        )
    return np.array(axes, dtype=object)
