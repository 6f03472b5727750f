"""One colour a point, and what the legend or colour bar then has to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._pictures import (
    BLUES,
    Background,
    categories,
    distinct_colors,
    missing,
    same_length,
    unlabelled_color,
)


@dataclass(frozen=True)
class Coloring:
    """Colours of the points.

    Attributes
    ----------
    colors : ndarray of float64, shape (n, 3)
        sRGB in [0, 1].
    known : ndarray of bool, shape (n,)
        False where a label or value is missing: grey, drawn first.
    codes : ndarray of int32, shape (n,), or None
        Category of each point; -1 where it has none.
    names, palette : list of str
        Name and colour of each category.
    scale : matplotlib ScalarMappable or None
        For the colour bar.
    """

    colors: NDArray[np.float64]
    known: NDArray[np.bool_]
    codes: NDArray[np.int32] | None = None
    names: Sequence[str] = field(default_factory=list)
    palette: Sequence[str] = field(default_factory=list)
    scale: Any = None


def plain(n: int, *, background: Background) -> Coloring:
    """All points alike."""
    from matplotlib.colors import to_rgb

    colors = np.tile(np.array(to_rgb(BLUES[background])), (n, 1))
    return Coloring(colors, np.ones(n, dtype=bool))


def given(colors: Any, n: int) -> Coloring:
    """Colours as the caller has them; see `points`."""
    from matplotlib.colors import to_rgb

    if isinstance(colors, str) or len(colors) != n:
        msg = f"colors holds {len(colors)} entries, but the map has {n} rows. Give one a row."
        raise ValueError(msg)
    known = np.ones(n, dtype=bool)
    if isinstance(colors, np.ndarray) and colors.ndim == 2:
        table = colors.astype(np.float64)
        if table.shape != (n, 3) or not ((table >= 0) & (table <= 1)).all():
            msg = (
                f"colors has shape {table.shape} and values from {table.min():g} to "
                f"{table.max():g}. Give red, green and blue from 0 to 1, shape ({n}, 3)."
            )
            raise ValueError(msg)
        return Coloring(table, known)
    try:
        return Coloring(np.array([to_rgb(color) for color in colors]), known)
    except (TypeError, ValueError) as error:
        msg = f"colors holds something that matplotlib does not know as a colour: {error}"
        raise ValueError(msg) from error


def by_label(
    labels: Any, n: int, *, palette: Any, label_names: Any, background: Background
) -> Coloring:
    """Colour by category; see `points` for the parameters."""
    from matplotlib.colors import to_hex, to_rgb

    found = categories(same_length(labels, n, name="labels"), minus_one_is_missing=True)
    names = _renamed(found.names, found.values, label_names)
    chosen = [to_hex(c) for c in _chosen(palette, found.names, found.values, background)]
    table = np.array([to_rgb(c) for c in (*chosen, unlabelled_color(background))])
    # Code -1 takes the last row of the table, the grey.
    return Coloring(table[found.codes], found.codes >= 0, found.codes, names, chosen)


def by_value(values: Any, n: int, *, cmap: Any, background: Background) -> Coloring:
    """Colour by number; see `points` for the parameters."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap, ListedColormap, Normalize, to_rgb

    array = same_length(values, n, name="values")
    absent = missing(array)
    numbers = np.full(n, np.nan)
    try:
        numbers[~absent] = array[~absent].astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"values has dtype {array.dtype} and does not turn into numbers ({error}). "
            "Give numbers, or use labels= for categories."
        )
        raise ValueError(msg) from error
    finite = np.isfinite(numbers)
    if np.isinf(numbers).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0])
        msg = (
            f"values is infinite in row {row}: no colour bar reaches there. Give finite numbers; "
            "NaN is drawn grey."
        )
        raise ValueError(msg)
    if isinstance(cmap, Colormap):
        colormap = cmap
    elif cmap is not None:
        if cmap not in colormaps:
            msg = (
                f"cmap={cmap!r} is no colour map that matplotlib knows. Give one of "
                "matplotlib.colormaps, for instance 'viridis' or 'cividis', or a Colormap."
            )
            raise ValueError(msg)
        colormap = colormaps[cmap]
    else:
        # The end of viridis that is nearly the background's colour is left out.
        ends = (0.0, 0.94) if background == "white" else (0.14, 1.0)
        colormap = ListedColormap(colormaps["viridis"](np.linspace(*ends, 256)))
    low, high = (numbers[finite].min(), numbers[finite].max()) if finite.any() else (0.0, 1.0)
    scale = ScalarMappable(Normalize(low, high), colormap)
    colors = np.tile(np.array(to_rgb(unlabelled_color(background))), (n, 1))
    if finite.any():
        colors[finite] = np.asarray(scale.to_rgba(numbers[finite]))[:, :3]
    return Coloring(colors, finite, scale=scale if finite.any() else None)


def _renamed(names: list[str], values: list[Any], label_names: Any) -> list[str]:
    if label_names is None:
        return names
    if isinstance(label_names, Mapping):
        return [
            str(label_names.get(value, label_names.get(name, name)))
            for name, value in zip(names, values, strict=True)
        ]
    if isinstance(label_names, str) or not hasattr(label_names, "__getitem__"):
        msg = (
            f"label_names={label_names!r} is neither a mapping nor a sequence. Give "
            "{label: name, ...}, or a sequence whose entry i names the label i."
        )
        raise TypeError(msg)
    renamed = []
    for name, value in zip(names, values, strict=True):
        place = int(value) if isinstance(value, (int, float)) and value == int(value) else -1
        if not 0 <= place < len(label_names):
            msg = (
                f"label_names has {len(label_names)} entries and so names the labels 0 to "
                f"{len(label_names) - 1}; labels holds {name!r}. Give a mapping "
                "{label: name, ...} instead."
            )
            raise ValueError(msg)
        renamed.append(str(label_names[place]))
    return renamed


def _chosen(palette: Any, names: list[str], values: list[Any], background: Background) -> list[Any]:
    if palette is None:
        return distinct_colors(len(names), background)
    if isinstance(palette, Mapping):
        colors = [palette.get(v, palette.get(k)) for k, v in zip(names, values, strict=True)]
        lacking = [name for name, color in zip(names, colors, strict=True) if color is None]
        if lacking:
            msg = (
                f"palette has no colour for {len(lacking)} of {len(names)} labels, first for "
                f"{lacking[0]!r}. Give one for each, or a sequence of colours."
            )
            raise ValueError(msg)
        return colors
    if isinstance(palette, str) or not hasattr(palette, "__len__"):
        msg = (
            f"palette={palette!r} is neither a mapping nor a sequence of colours. Give "
            "{label: colour, ...} or [colour, ...]; a colour map goes with values= and cmap=."
        )
        raise TypeError(msg)
    if len(palette) < len(names):
        msg = f"palette has {len(palette)} colours for {len(names)} labels. Give one for each."
        raise ValueError(msg)
    return list(palette)[: len(names)]
