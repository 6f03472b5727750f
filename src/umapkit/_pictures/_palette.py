"""Colours that stay apart, for readers with and without full colour vision.

The first eight are Okabe and Ito's (2008, "Color Universal Design"; reprinted by Wong, Nature
Methods 8, 441, 2011). Every further one is the colour of a grid over sRGB that lies farthest from
all colours taken so far, from the background and from the grey of unlabelled points: the greedy
scheme of Glasbey et al. (Color Research & Application 32, 304-309, 2007), in OKLab instead of
CIELAB, which counts two blues as far apart that a reader hardly tells apart. The distance is the
smallest over normal vision and simulated protanopia and deuteranopia (Machado, Oliveira and
Fernandes, IEEE TVCG 15, 1291-1298, 2009, severity 1). Cost O(n * 4096) once, cached.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Background = Literal["white", "black"]

_OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442")
_EIGHTH = {"white": "#000000", "black": "#ffffff"}
_UNLABELLED = {"white": "#c4c7cc", "black": "#4d5157"}
# OKLab lightness between which a further colour is legible on the background. The least chroma
# keeps it apart from greys, the most from glaring beside Okabe and Ito's.
_LIGHTNESS = {"white": (0.35, 0.82), "black": (0.52, 0.94)}
_CHROMA = (0.06, 0.2)
_LIMIT = 256

# Seventeen equal steps of matplotlib's viridis (CC0), for the page, which has no matplotlib.
VIRIDIS = [
    "#440154",
    "#48186a",
    "#472d7b",
    "#424086",
    "#3b528b",
    "#33638d",
    "#2c728e",
    "#26828e",
    "#21918c",
    "#1fa088",
    "#28ae80",
    "#3fbc73",
    "#5ec962",
    "#84d44b",
    "#addc30",
    "#d8e219",
    "#fde725",
]
# One colour for maps without labels and values.
BLUES = {"white": "#2f6f9f", "black": "#7fc4ee"}

_PROTAN = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
_DEUTAN = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
# Linear sRGB to cone responses to OKLab (B. Ottosson, "A perceptual color space for image
# processing", 2020, https://bottosson.github.io/posts/oklab/).
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def rgb(color: str) -> NDArray[np.float64]:
    """Red, green, blue in [0, 1] of "#rrggbb"; shape (3,)."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64) / 255.0


def oklab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab of linear sRGB, shape (..., 3): lightness in [0, 1], then two axes of colour."""
    return np.cbrt(np.clip(linear, 0.0, 1.0) @ _TO_CONES.T) @ _TO_OKLAB.T


def _linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def seen_as(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab by normal vision, protanopia and deuteranopia of sRGB (m, 3); shape (3, m, 3)."""
    linear = _linear(srgb)
    return np.stack([oklab(linear), oklab(linear @ _PROTAN.T), oklab(linear @ _DEUTAN.T)])


def _distance(some: NDArray[np.float64], one: NDArray[np.float64]) -> NDArray[np.float64]:
    apart = np.sqrt(((some - one[:, None, :]) ** 2).sum(axis=-1))
    # Two thirds of what normal vision sees is lost at best on the narrow axis of the other two;
    # counted in full they would leave only lightness to vary.
    return np.minimum(apart[0], 2.0 * np.minimum(apart[1], apart[2]))


@cache
def _sequence(n: int, background: Background) -> tuple[str, ...]:
    taken = [*_OKABE_ITO, _EIGHTH[background]]
    if n <= len(taken):
        return tuple(taken[:n])
    steps = np.arange(16) * 17
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    views = seen_as(grid / 255.0)
    low, high = _LIGHTNESS[background]
    chroma = np.hypot(views[0, :, 1], views[0, :, 2])
    allowed = (
        (views[0, :, 0] >= low)
        & (views[0, :, 0] <= high)
        & (chroma >= _CHROMA[0])
        & (chroma <= _CHROMA[1])
    )
    grid, views = grid[allowed], views[:, allowed]
    nearest = np.full(grid.shape[0], np.inf)
    for color in (
        *taken,
        _UNLABELLED[background],
        {"white": "#ffffff", "black": "#000000"}[background],
    ):
        np.minimum(nearest, _distance(views, seen_as(rgb(color)[None])[:, 0]), out=nearest)
    while len(taken) < n:
        # Rounded, so that the last bit of a cube root never decides.
        best = int(np.argmax(np.round(nearest, 6)))
        taken.append("#{:02x}{:02x}{:02x}".format(*grid[best]))
        np.minimum(nearest, _distance(views, views[:, best]), out=nearest)
    return tuple(taken)


def distinct_colors(n: int, background: Background = "white") -> list[str]:
    """Return `n` colours "#rrggbb" that stay apart on the background.

    The first k of them do not depend on n. They repeat after 256, where no eye could tell them
    apart any more.
    """
    colors = _sequence(min(n, _LIMIT), background)
    return [colors[i % len(colors)] for i in range(n)]


def unlabelled_color(background: Background) -> str:
    """Grey of points without a label or value."""
    return _UNLABELLED[background]
