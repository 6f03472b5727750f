"""The registry of metrics: one card each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances import _formulas

# Numbers of the kernels' keys: `enum class Metric` in cpp/include/umapkit/distance.hpp.
_SQUARE, _MANHATTAN, _CHEBYSHEV, _HAMMING, _DOT = range(5)


@dataclass(frozen=True)
class Metric:
    """One way to measure how far two rows are apart.

    Attributes
    ----------
    name : str
        The name under which it is known everywhere in umapkit.
    aliases : tuple of str
        Other names that mean the same.
    formula : callable
        ``formula(a, b)`` with (m, d) queries and the (n, d) table gives the (m, n) distances in
        float64: what the kernels must agree with.
    kernel : int
        Number of the key that the kernels compute.
    rows : {"as given", "direction", "centred direction"}
        What the kernels see: the rows themselves, or rows scaled to length one (after the row's
        mean is taken off).
    root : bool
        The distance is the square root of the key.
    scale : {"one", "half", "share"}
        Else it is the key times 1, 1/2 or 1/d.
    descent : bool
        Approximate search is offered: neighbours of neighbours are near.
    disconnection_distance : float
        From this distance on, two rows count as unrelated unless the user says otherwise.
    """

    name: str
    aliases: tuple[str, ...]
    formula: Callable[[ArrayLike, ArrayLike], NDArray[np.float64]]
    kernel: int
    rows: Literal["as given", "direction", "centred direction"] = "as given"
    root: bool = False
    scale: Literal["one", "half", "share"] = "one"
    descent: bool = False
    disconnection_distance: float = float("inf")

    @property
    def compresses(self) -> bool:
        """Whether rows can be searched in a narrow space of principal axes."""
        return self.kernel == _SQUARE

    def scale_for(self, n_features: int) -> float:
        """Return the factor from a key to a distance for rows of `n_features` coordinates."""
        return {"one": 1.0, "half": 0.5, "share": 1.0 / n_features}[self.scale]


_CARDS = (
    Metric("euclidean", ("l2",), _formulas.euclidean, _SQUARE, root=True, descent=True),
    # |u - v|^2 / 2 = 1 - cos(u, v) for rows of length one.
    Metric(
        "cosine",
        (),
        _formulas.cosine,
        _SQUARE,
        rows="direction",
        scale="half",
        descent=True,
        disconnection_distance=2.0,
    ),
    Metric(
        "correlation",
        ("pearson",),
        _formulas.correlation,
        _SQUARE,
        rows="centred direction",
        scale="half",
        descent=True,
        disconnection_distance=2.0,
    ),
    Metric(
        "manhattan", ("l1", "taxicab", "cityblock"), _formulas.manhattan, _MANHATTAN, descent=True
    ),
    Metric("chebyshev", ("linf", "linfty", "linfinity"), _formulas.chebyshev, _CHEBYSHEV),
    Metric("hamming", (), _formulas.hamming, _HAMMING, scale="share"),
    Metric("inner_product", ("dot",), _formulas.inner_product, _DOT),
)

METRICS: Mapping[str, Metric] = MappingProxyType({card.name: card for card in _CARDS})
_BY_ANY_NAME = {name: card for card in _CARDS for name in (card.name, *card.aliases)}


def resolve_metric(metric: str | Metric) -> Metric:
    """Find a metric's card by its name or an alias.

    Parameters
    ----------
    metric : str or Metric
        A name or alias out of :data:`METRICS`; a card is returned as it is.

    Returns
    -------
    Metric
        The card.

    Raises
    ------
    ValueError
        If no metric has this name; the message lists those that exist.
    TypeError
        If `metric` is neither a string nor a card.

    Examples
    --------
    >>> resolve_metric("l2").name
    'euclidean'
    """
    if isinstance(metric, Metric):
        return metric
    if not isinstance(metric, str):
        msg = (
            f"metric={metric!r} is not a name. Give one of {_allowed()}. For a distance of your "
            "own, compute the neighbours yourself and give them as precomputed_knn."
        )
        raise TypeError(msg)
    card = _BY_ANY_NAME.get(metric)
    if card is None:
        close = difflib.get_close_matches(metric.lower(), _BY_ANY_NAME, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        msg = f"metric={metric!r} is not known.{hint} Give one of {_allowed()}."
        raise ValueError(msg)
    return card


def _allowed() -> str:
    return ", ".join(
        f"{card.name!r}" + (f" ({', '.join(card.aliases)})" if card.aliases else "")
        for card in _CARDS
    )
