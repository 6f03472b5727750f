"""Columns of any kind to what the page reads: numbers as bytes, text as codes and a list.

``{"name", "kind", "type", "data", ...}`` where `kind` is "number", "time" or "category", `type` a
numpy type code ("u1", "i2", "f4", ...), and `data` the little-endian bytes in base64. A category
holds `levels`; code 0 is missing, code k is ``levels[k - 1]``.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit._pictures import categories, missing, same_length

# An integer column with at most so many values is a category: years or clusters, not amounts.
_MOST_INTEGER_LEVELS = 20
# Beyond, a number of the page (a double) has other digits than the integer.
_MOST_INTEGER = 2**53
_INTEGERS = ("u1", "i1", "u2", "i2", "u4", "i4")


def packed(array: NDArray[Any], code: str) -> str:
    """Little-endian bytes of `array` as type `code`, in base64."""
    return base64.b64encode(np.ascontiguousarray(array, dtype="<" + code).tobytes()).decode("ascii")


def encode_column(name: str, values: Any, n: int, *, category: bool = False) -> dict[str, Any]:
    """Describe one column for the page.

    Parameters
    ----------
    name : str
    values : array-like of shape (n,)
        Floats are numbers. Integers are numbers, or categories where they take at most 20
        values or lie beyond 2**53, where a number would lose digits. Dates are times. Booleans,
        text and anything else are categories by ``str``.
    n : int
        Rows of the map.
    category : bool, default False
        Whether the column is a category whatever it holds; -1 then means unlabelled.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    ValueError
        If the length is not n.
    """
    array = same_length(values, n, name=f"column {name!r}")
    if not category:
        array = _plain_numbers(array)
        if array.dtype.kind == "M":
            return _time(name, array)
        if array.dtype.kind == "f":
            return _number(name, array)
        if array.dtype.kind in "iu" and _counts(array):
            return _number(name, array)
    found = categories(array, minus_one_is_missing=category)
    codes = found.codes.astype(np.int64) + 1
    code = "u1" if len(found.names) < 2**8 else "u2" if len(found.names) < 2**16 else "u4"
    return {
        "name": name,
        "kind": "category",
        "type": code,
        "data": packed(codes, code),
        "levels": found.names,
    }


def _counts(array: NDArray[Any]) -> bool:
    """Tell whether integers are amounts that a double holds, and not names of something."""
    levels = np.unique(array)
    few = levels.size <= _MOST_INTEGER_LEVELS
    return not few and max(-int(levels[0]), int(levels[-1])) <= _MOST_INTEGER


def _plain_numbers(array: NDArray[Any]) -> NDArray[Any]:
    """Turn an object array of numbers and missing entries into floats, if it is one."""
    if array.dtype.kind != "O":
        return array
    absent = missing(array)
    known = array[~absent]
    if not known.size or not all(
        isinstance(v, (int, float, np.integer, np.floating)) and not isinstance(v, (bool, np.bool_))
        for v in known
    ):
        return array
    if any(isinstance(v, (int, np.integer)) and abs(int(v)) > _MOST_INTEGER for v in known):
        return array
    numbers = np.full(array.shape, np.nan)
    numbers[~absent] = known.astype(np.float64)
    return numbers


def _number(name: str, array: NDArray[Any]) -> dict[str, Any]:
    if array.dtype.kind in "iu":
        low, high = int(array.min()), int(array.max())
        for code in _INTEGERS:
            if np.iinfo(code).min <= low and high <= np.iinfo(code).max:
                return {"name": name, "kind": "number", "type": code, "data": packed(array, code)}
    # float32 where no digit that was given is lost by it.
    code = "f4" if array.dtype.itemsize <= 4 and array.dtype.kind == "f" else "f8"
    return {"name": name, "kind": "number", "type": code, "data": packed(array, code)}


def _time(name: str, array: NDArray[Any]) -> dict[str, Any]:
    absent = missing(array)
    since = np.full(array.shape, np.nan)
    since[~absent] = array[~absent].astype("datetime64[ms]").astype(np.int64).astype(np.float64)
    return {"name": name, "kind": "time", "type": "f8", "data": packed(since, "f8")}
