"""Where a map lies: in flat space, on a surface, or among Gaussians. One card per output metric."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit import _kernels
from umapkit.layout import _output_formulas as _formulas

_PERIOD = 2 * np.pi


@dataclass(frozen=True)
class OutputMetric:
    """One way to measure distances in the map.

    Attributes
    ----------
    name : str
        The name of umap-learn where it has one.
    pair : callable
        ``pair(x, y)`` with (m, c) points, pair by pair, gives distances (m,) and their gradients
        by ``x`` (m, c), in float64.
    n_components : int or None
        Coordinates of a point; None: any number.
    surface : int
        Number of the kernels' card; -1 for flat space, which has kernels of its own.
    says : str
        What the coordinates are.
    periods : (float, float)
        Of the torus; the others have none.
    """

    name: str
    pair: Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]]
    n_components: int | None
    surface: int
    says: str
    periods: tuple[float, float] = (_PERIOD, _PERIOD)

    @property
    def flat(self) -> bool:
        """Whether it is the ordinary plane or space."""
        return self.surface < 0

    def gradient(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Distances and gradients by `x` of pairs of points, (m, c) each, or of one pair, (c,).

        Returns
        -------
        distances : float64 array of shape (m,)
            An energy may be negative.
        gradients : float64 array of shape (m, c)
            0 between equal points of a surface.
        """
        a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        pair = partial(self.pair, periods=self.periods) if self.name == "torus" else self.pair
        if a.ndim == 1:
            d, gradient = pair(a[None], b[None])
            return d[0], gradient[0]
        return pair(a, b)

    def formula(self, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
        """Distances (m, n) between points (m, c) and points (n, c)."""
        left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
        m, n = len(left), len(right)
        d, _ = self.gradient(np.repeat(left, n, axis=0), np.tile(right, (m, 1)))
        return d.reshape(m, n)

    @property
    def options(self) -> dict[str, Any]:
        """What the kernels want to know of the surface."""
        return {
            "surface": self.surface,
            "period_0": float(self.periods[0]),
            "period_1": float(self.periods[1]),
        }

    @property
    def place_bytes(self) -> int:
        """Bytes that a layout takes for a point beside the graph and the map; 0 in flat space."""
        if self.name == "euclidean":
            return 0
        # In double: the start, the places, the next ones; what is kept of each, in two orders.
        return 8 * (3 * WIDTHS[self.name] + 2 * RECORDS[self.name])

    def to_places(self, coordinates: NDArray[Any]) -> NDArray[np.float64]:
        """Return the places on the surface, as the kernels move them, of coordinates (n, c)."""
        given = np.ascontiguousarray(coordinates, dtype=np.float32)
        places = np.empty((len(given), WIDTHS[self.name]), dtype=np.float64)
        _kernels.to_places(given, places, **self.options)
        return places

    def to_coordinates(self, places: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the coordinates (n, c) of places on the surface."""
        out = np.empty((len(places), self.n_components or places.shape[1]), dtype=np.float32)
        _kernels.to_coordinates(places, out, **self.options)
        return out


_CARDS = (
    OutputMetric("euclidean", _formulas.euclidean, None, -1, "flat space"),
    OutputMetric(
        "haversine", _formulas.haversine, 2, 0, "the sphere: colatitude (0 to pi) and longitude"
    ),
    OutputMetric(
        "hyperboloid",
        _formulas.hyperboloid,
        2,
        1,
        "the hyperbolic plane: two coordinates of the hyperboloid, the third is "
        "sqrt(1 + x^2 + y^2)",
    ),
    OutputMetric("torus", _formulas.torus, 2, 2, "the flat torus: two angles"),
    OutputMetric(
        "spherical_gaussian_energy",
        _formulas.spherical_gaussian_energy,
        3,
        3,
        "round Gaussians: mean (2), variance",
    ),
    OutputMetric(
        "diagonal_gaussian_energy",
        _formulas.diagonal_gaussian_energy,
        4,
        4,
        "Gaussians along the axes: mean (2), variances (2)",
    ),
    OutputMetric(
        "gaussian_energy",
        _formulas.gaussian_energy,
        5,
        5,
        "Gaussians: mean (2), variances (2), angle",
    ),
)
# Numbers of a place in the kernels (kWidth of the C++ cards).
WIDTHS = {
    "haversine": 3,
    "hyperboloid": 3,
    "torus": 2,
    "spherical_gaussian_energy": 3,
    "diagonal_gaussian_energy": 4,
    "gaussian_energy": 5,
}
# Numbers that the kernels keep of a place while points move (kRow).
RECORDS = {name: 9 if name.endswith("_energy") else width for name, width in WIDTHS.items()}
_ALIASES = {"l2": "euclidean"}

OUTPUT_METRICS: Mapping[str, OutputMetric] = MappingProxyType({card.name: card for card in _CARDS})


def resolve_output_metric(
    name: str, keywords: Mapping[str, Any] | None = None, *, n_components: int
) -> OutputMetric:
    """Find the card of an output metric and set what the keywords say.

    Parameters
    ----------
    name : str
        A name out of :data:`OUTPUT_METRICS`.
    keywords : mapping, optional
        For the torus ``{"periods": (p, q)}``, the lengths around it; no other takes any.
    n_components : int
        Dimensions of the map, which must be those of the metric.

    Returns
    -------
    OutputMetric
        The card.

    Raises
    ------
    TypeError
        If `name` is not a string or `keywords` no mapping.
    ValueError
        If there is no such metric, it has another number of coordinates, or a keyword cannot be
        used.
    """
    if not isinstance(name, str):
        msg = f"output_metric={name!r} is not a name. Give one of {_allowed()}."
        raise TypeError(msg)
    card = OUTPUT_METRICS.get(_ALIASES.get(name, name))
    if card is None:
        close = difflib.get_close_matches(name.lower(), OUTPUT_METRICS, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        msg = f"output_metric={name!r} is not known.{hint} Give one of {_allowed()}."
        raise ValueError(msg)
    if card.n_components not in (None, n_components):
        msg = (
            f"n_components={n_components!r} does not fit output_metric={name!r}, a map on "
            f"{card.says}. Give n_components={card.n_components}."
        )
        raise ValueError(msg)
    if keywords is None:
        return card
    if not isinstance(keywords, Mapping):
        msg = f"output_metric_kwds={keywords!r} is not a dict. Give one, or None."
        raise TypeError(msg)
    known = {"periods"} if card.name == "torus" else set()
    strange = sorted(set(keywords) - known)
    if strange:
        allowed = "'periods'" if known else "none"
        msg = (
            f"output_metric_kwds holds {', '.join(map(repr, strange))}, which "
            f"output_metric={name!r} does not take. It takes {allowed}."
        )
        raise ValueError(msg)
    if "periods" not in keywords:
        return card
    return replace(card, periods=_checked_periods(keywords["periods"]))


def _checked_periods(given: Any) -> tuple[float, float]:
    values = list(given) if isinstance(given, (list, tuple, np.ndarray)) else [given, given]
    fits = len(values) == 2 and all(
        isinstance(v, numbers.Real)
        and not isinstance(v, bool)
        and np.isfinite(float(v))
        and float(v) > 0
        for v in values
    )
    if not fits:
        msg = (
            f"periods={given!r} is not allowed. Give two positive lengths, those around the torus, "
            "or one number for both; 2 pi is the default."
        )
        raise ValueError(msg)
    return float(values[0]), float(values[1])


def _allowed() -> str:
    return ", ".join(repr(name) for name in OUTPUT_METRICS)
