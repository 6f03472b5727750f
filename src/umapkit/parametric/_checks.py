"""Checks that several models share."""

from __future__ import annotations

import inspect
import math
import numbers
from typing import Any

from umapkit.distances import resolve_metric
from umapkit.layout import find_ab


def check_number(
    name: str,
    value: Any,
    *,
    least: float,
    most: float = math.inf,
    included: bool = True,
    infinite: bool = False,
) -> None:
    """Raise unless the value is a number from `least` (itself only if `included`) to `most`.

    `infinite` allows infinity.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it lies elsewhere.
    """
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        msg = f"{name}={value!r} is not allowed. Give a number."
        raise TypeError(msg)
    number = float(value)
    low = number >= least if included else number > least
    if not (low and number <= most and (infinite or math.isfinite(number))):
        more = f"{least:g} or more" if included else f"more than {least:g}"
        bound = "" if math.isinf(most) else f", at most {most:g}"
        kind = "number" if infinite else "finite number"
        msg = f"{name}={value!r} is not allowed. Give a {kind}, {more}{bound}."
        raise ValueError(msg)


def check_choice(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Raise ValueError unless the value is one of those allowed."""
    if not any(value is one or (isinstance(value, str) and value == one) for one in allowed):
        msg = f"{name}={value!r} is not known. Give one of {', '.join(map(repr, allowed))}."
        raise ValueError(msg)


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise ValueError unless the value is a whole number of at least `least`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        msg = f"{name}={value!r} is not allowed. Give a whole number, {least} or more."
        raise ValueError(msg)


def check_metric(model: Any) -> None:
    """Refuse a metric that is not known, or is none of rows.

    Raises
    ------
    ValueError
        Saying which there are.
    """
    if isinstance(model.metric, str) and model.metric == "precomputed":
        msg = (
            f"metric='precomputed' gives distances, and {type(model).__name__} learns from rows. "
            "Give rows and a metric, or a graph of the distances: fit(rows, graph=...), where fit "
            "takes one."
        )
        raise ValueError(msg)
    resolve_metric(model.metric, model.metric_kwds)


def curve_of(model: Any) -> tuple[float, float]:
    """Return a and b as given, or fitted to `min_dist` and `spread`.

    Raises
    ------
    ValueError
        If one of a and b is missing, both pairs are given, or a value cannot be used.
    """
    if (model.a is None) != (model.b is None):
        msg = f"a={model.a!r} and b={model.b!r}: give both, or none of them."
        raise ValueError(msg)
    if model.a is None:
        return find_ab(min_dist=model.min_dist, spread=model.spread)
    check_number("a", model.a, least=0, included=False)
    check_number("b", model.b, least=0, included=False)
    own = inspect.signature(type(model)).parameters
    if any(getattr(model, name) != own[name].default for name in ("min_dist", "spread")):
        msg = (
            f"a and b were given, and so were min_dist={model.min_dist!r} and "
            f"spread={model.spread!r}, from which a and b would be fitted. Give one pair."
        )
        raise ValueError(msg)
    return float(model.a), float(model.b)
