"""Which rows a metric is defined for: checks that name the row."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances._differences import MISSING

Rows = NDArray[np.float32]


def _refuse(metric: str, name: str, wrong: ArrayLike, what: str, advice: str) -> None:
    if np.any(wrong):
        row = int(np.argmax(wrong))
        msg = f"metric={metric!r}: row {row} of {name} {what}. {advice}"
        raise ValueError(msg)


def non_negative(metric: str, rows: Rows, name: str) -> None:
    """Refuse negative values."""
    if rows.min(initial=0.0) < 0:
        _refuse(
            metric,
            name,
            np.any(rows < 0, axis=1),
            "holds a negative value",
            "This metric compares histograms: shares or counts, 0 or more.",
        )


def filled(metric: str, rows: Rows, name: str) -> None:
    """Refuse negative values and rows without any positive one."""
    non_negative(metric, rows, name)
    _refuse(
        metric,
        name,
        np.all(rows <= 0, axis=1),
        "holds zeros only",
        "It has no shares to compare: leave such rows out.",
    )


def acute(metric: str, rows: Rows, name: str) -> None:
    """Refuse negative values, which make angles beyond a quarter turn, and zero rows."""
    _refuse(
        metric,
        name,
        (rows < 0).any(axis=1),
        "holds a negative value",
        "It compares angles up to 90° only: counts or shares, 0 or more.",
    )
    _refuse(
        metric,
        name,
        np.all(rows == 0, axis=1),
        "holds zeros only",
        "It has no direction to compare: leave such rows out.",
    )


def places(metric: str, rows: Rows, name: str) -> None:
    """Refuse what is no latitude and longitude in radians."""
    if rows.shape[1] != 2:
        msg = (
            f"metric={metric!r} is defined for two columns, latitude and longitude in radians; "
            f"{name} has {rows.shape[1]}."
        )
        raise ValueError(msg)
    _refuse(
        metric,
        name,
        np.abs(rows[:, 0]) > np.float32(np.pi / 2) * np.float32(1.0001),
        "has a latitude beyond a quarter turn",
        "Latitude comes first, and both are in radians: numpy.radians turns degrees into them.",
    )


def inside_ball(metric: str, rows: Rows, name: str) -> None:
    """Refuse rows that are not shorter than 1."""
    _refuse(
        metric,
        name,
        (rows.astype(np.float64) ** 2).sum(axis=1) >= 1,
        "is of length 1 or more",
        "The Poincaré ball holds rows shorter than 1.",
    )


def whole_bytes(metric: str, rows: Rows, name: str) -> None:
    """Refuse what is no byte."""
    _refuse(
        metric,
        name,
        ((rows < 0) | (rows > 255) | (rows != np.floor(rows))).any(axis=1),
        "holds a value that is no byte",
        "Pack truth values with numpy.packbits(X != 0, axis=1).",
    )


def some_value(metric: str, rows: Rows, name: str) -> None:
    """Refuse rows of NaN only."""
    _refuse(
        metric,
        name,
        (np.isnan(rows) | (rows == MISSING)).all(axis=1),
        "holds NaN only",
        "It has nothing to compare: leave such rows out.",
    )
