"""Arguments of `points`, checked before matplotlib is imported."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_choices(
    labels: Any,
    values: Any,
    colors: Any,
    palette: Any,
    cmap: Any,
    label_names: Any,
    label_on_map: Any,
    background: Any,
    legend: Any,
    density: Any,
) -> None:
    """Refuse unknown choices and arguments that exclude each other; see `points`."""
    given = {"labels": labels, "values": values, "colors": colors}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        msg = (
            f"{' and '.join(named[:2])} were both given, but a point has one colour. Give one of "
            "them."
        )
        raise ValueError(msg)
    for name, given, needs, there in (
        ("palette", palette is not None, "labels", labels is not None),
        ("label_names", label_names is not None, "labels", labels is not None),
        ("label_on_map", bool(label_on_map), "labels", labels is not None),
        ("cmap", cmap is not None, "values", values is not None),
    ):
        if given and not there:
            msg = (
                f"{name} was given without {needs}, which it is for. Give {needs} too, or drop it."
            )
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


def check_marks(size: Any, alpha: Any) -> None:
    """Refuse sizes and opacities that are none."""
    if size is not None and not (np.isfinite(size) and size > 0):
        msg = f"size={size!r} is no area. Give a positive number of square points, or None."
        raise ValueError(msg)
    if alpha is not None and not 0 < alpha <= 1:
        msg = f"alpha={alpha!r} is no opacity. Give a number above 0 and at most 1, or None."
        raise ValueError(msg)


def chosen_rows(subset: Any, n: int) -> NDArray[np.bool_]:
    """Mask of shape (n,) from a mask or row numbers."""
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
