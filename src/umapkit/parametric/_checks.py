"""Checks that several models share."""

from __future__ import annotations

import math
import numbers
from typing import Any


def check_number(
    name: str, value: Any, *, least: float, most: float = math.inf, included: bool = True
) -> None:
    """Raise unless the value is a number from `least` (itself only if `included`) to `most`.

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
    if not (low and number <= most and math.isfinite(number)):
        more = f"{least:g} or more" if included else f"more than {least:g}"
        bound = "" if math.isinf(most) else f", at most {most:g}"
        msg = f"{name}={value!r} is not allowed. Give a finite number, {more}{bound}."
        raise ValueError(msg)


def check_choice(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Raise ValueError unless the value is one of those allowed."""
    if not any(value is one or (isinstance(value, str) and value == one) for one in allowed):
        msg = f"{name}={value!r} is not known. Give one of {', '.join(map(repr, allowed))}."
        raise ValueError(msg)
