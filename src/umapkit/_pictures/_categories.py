"""Labels of any kind to codes and names, in the order a reader expects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Categories:
    """Labels as numbers: the name of row i is ``names[codes[i]]``; code -1 means unlabelled.

    Attributes
    ----------
    codes : ndarray of int32, shape (n,)
        Position in `names`, or -1.
    names : list of str
        One name a category, in natural order ("2" before "10"), all of them in use.
    values : list
        The label each name stands for, as it was given.
    """

    codes: NDArray[np.int32]
    names: list[str]
    values: list[Any]


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Key that sorts "-1", "2", "10", "digit 2", "digit 10", "Zebra" in this order.

    Numbers sort by value and before words; words sort without regard to case.
    """
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        if np.isfinite(number):
            whole = int(np.floor(number))
            return ((0, whole, f"{number - whole:.17f}"),)
    parts = _DIGITS.split(text.casefold())
    return tuple((1, int(part), "") if part.isdecimal() else (2, 0, part) for part in parts if part)


def missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark None, NaN, NaT and pandas' NA in an array of any dtype; shape (n,)."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind != "O":
        return np.zeros(values.shape, dtype=bool)
    return np.fromiter((_is_missing(v) for v in values), dtype=bool, count=values.size)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    # pandas.NA answers neither True nor False to a comparison, so it is known by its name:
    # pandas need not be imported for it.
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _name(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def categories(labels: Any, *, minus_one_is_missing: bool) -> Categories:
    """Turn labels into codes and names.

    Parameters
    ----------
    labels : array-like, shape (n,)
        Numbers, strings, booleans, dates, or any objects with a ``str``. None, NaN, NaT and
        pandas' NA mean unlabelled. Labels with the same ``str`` are one category.
    minus_one_is_missing : bool
        Whether the number -1 means unlabelled too, as it does for targets of UMAP.

    Returns
    -------
    Categories
    """
    values = np.asarray(labels)
    absent = missing(values)
    if minus_one_is_missing:
        if values.dtype.kind in "if":
            absent = absent | (values == -1)
        elif values.dtype.kind == "O":
            absent = absent | np.fromiter(
                (
                    isinstance(v, (int, float, np.number)) and not isinstance(v, bool) and v == -1
                    for v in values
                ),
                dtype=bool,
                count=values.size,
            )
    known = values[~absent]
    seen: dict[str, Any] = {}
    codes = np.full(values.shape[0], -1, dtype=np.int32)
    if known.dtype.kind == "O":
        texts = [_name(v) for v in known]
        for text, value in zip(texts, known, strict=True):
            seen.setdefault(text, value)
        names = sorted(seen, key=natural_key)
        place = {name: i for i, name in enumerate(names)}
        codes[~absent] = [place[text] for text in texts]
        return Categories(codes, names, [seen[name] for name in names])
    distinct, inverse = np.unique(known, return_inverse=True)
    texts = [_name(v) for v in distinct]
    for text, value in zip(texts, distinct.tolist(), strict=True):
        seen.setdefault(text, value)
    names = sorted(seen, key=natural_key)
    place = {name: i for i, name in enumerate(names)}
    to_code = np.array([place[text] for text in texts], dtype=np.int32)
    codes[~absent] = to_code[inverse]
    return Categories(codes, names, [seen[name] for name in names])
