"""Arrays of Python objects, and text: numbers are converted, anything else is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data._finite import describe_column


def to_float64(
    array: NDArray[Any], *, name: str, labels: Sequence[Any] | None
) -> NDArray[np.float64]:
    """Convert a matrix of objects; text is refused even where it spells a number.

    Raises
    ------
    ValueError
        If a value is text, complex, missing (``pandas.NA``), or too large.
    TypeError
        If a value is no number.
    """
    n_columns = array.shape[1]
    for position, value in enumerate(array.flat):
        if isinstance(value, str | bytes):
            raise ValueError(_text_message(value, divmod(position, n_columns), name, labels))
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        position, value = next(
            (p, v) for p, v in enumerate(array.flat) if v is not None and not _is_number(v)
        )
    row, column = divmod(position, n_columns)
    where = f"row {row}, {describe_column(column, labels)}"
    if isinstance(value, complex | np.complexfloating):
        msg = f"Complex data not supported: {name} holds {value!r} in {where}."
        raise ValueError(msg)
    if type(value).__name__ == "NAType":
        msg = (
            f"Input {name} contains NaN ({value!r}) in {where}. Drop rows with missing values or "
            "fill them in, for example with sklearn.impute.SimpleImputer."
        )
        raise ValueError(msg)
    if isinstance(value, int):
        msg = (
            f"Input {name} contains infinity or a value too large for dtype('float32'): an "
            f"integer of {value.bit_length()} bits in {where}. Scale that column down."
        )
        raise ValueError(msg)
    msg = (
        f"{name} holds a {type(value).__name__} in {where}, but a cell's argument must be a string "
        "or a number to be read, and here only numbers are allowed. Convert that column to numbers "
        "or leave it out."
    )
    raise TypeError(msg)


def describe_text(array: NDArray[Any], *, name: str, labels: Sequence[Any] | None) -> str:
    """Message for an array of a text or structured dtype: its first cell that is no number."""
    if array.dtype.kind == "V":
        return (
            f"{name} is a structured array (dtype {array.dtype}). Give its numeric fields as "
            "columns: numpy.lib.recfunctions.structured_to_unstructured(X)."
        )
    n_columns = array.shape[1]
    cells = array.flat
    position = next((p for p, value in enumerate(cells) if not _is_number(value)), 0)
    value = array.flat[position]
    return _text_message(value, divmod(position, n_columns), name, labels)


def _text_message(
    value: Any, place: tuple[int, int], name: str, labels: Sequence[Any] | None
) -> str:
    row, column = place
    text = str(value)
    shown = repr(text if len(text) <= 40 else text[:40] + "…")
    advice = (
        "It spells a number: convert the text first, with X.astype(float)."
        if _is_number(value)
        else "Leave that column out, or encode it as numbers (sklearn.preprocessing.OneHotEncoder)."
    )
    return (
        f"{name} holds text: {shown} in row {row}, {describe_column(column, labels)}. "
        f"Only numbers can be compared. {advice}"
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
