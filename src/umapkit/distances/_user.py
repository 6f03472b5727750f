"""Metrics that the user wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances._card import Metric


@dataclass(frozen=True)
class FromFunction:
    """A formula that calls a function of two rows for every pair.

    Attributes
    ----------
    function : callable
        ``function(x, y, **keywords)`` of two float32 rows (d,) returns a number, or a tuple that
        begins with it.
    keywords : mapping
        Passed by name.
    """

    function: Callable[..., Any]
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
        """Distances, shape (m, n), of rows (m, d) from rows (n, d)."""
        one = np.ascontiguousarray(a, dtype=np.float32)
        other = np.ascontiguousarray(b, dtype=np.float32)
        out = np.empty((len(one), len(other)))
        call, keywords = self.function, dict(self.keywords)
        for i, x in enumerate(one):
            row = out[i]
            for j, y in enumerate(other):
                found = call(x, y, **keywords)
                if type(found) is not float:
                    found = self._number(found)
                row[j] = found
        return out

    def with_gradient(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Distances and gradients of rows (..., d) that broadcast, one pair at a time."""
        one, other = np.broadcast_arrays(
            np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
        )
        shape = one.shape[:-1]
        far, slope = np.empty(shape), np.empty(one.shape)
        for at in np.ndindex(*shape):
            found = self.function(one[at].copy(), other[at].copy(), **dict(self.keywords))
            if not isinstance(found, tuple) or len(found) < 2:
                msg = (
                    f"metric={_name(self.function)} returns no gradient. Return a pair (distance, "
                    "gradient with respect to the first row)."
                )
                raise ValueError(msg)
            far[at], slope[at] = self._number(found), found[1]
        return far, slope

    def _number(self, found: Any) -> float:
        if isinstance(found, tuple) and found:
            found = found[0]
        if np.ndim(found) != 0 or isinstance(found, (str, bytes)) or found is None:
            msg = (
                f"metric={_name(self.function)} returned a {type(found).__name__} where a distance "
                "was expected. Return one number, or a pair (distance, gradient)."
            )
            raise TypeError(msg)
        number: Any = found
        return float(number)


def metric_of_function(
    function: Callable[..., Any], metric_kwds: Mapping[str, Any] | None
) -> Metric:
    """Make a card for a function of two rows."""
    if metric_kwds is not None and not isinstance(metric_kwds, Mapping):
        msg = f"metric_kwds is a {type(metric_kwds).__name__}. Give a dict of keywords."
        raise TypeError(msg)
    formula = FromFunction(function, dict(metric_kwds or {}))
    return Metric(_name(function), (), formula, gradient=formula.with_gradient)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)
