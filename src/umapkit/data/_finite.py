"""Refuse NaN and infinity, and say where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels

if TYPE_CHECKING:
    from umapkit.data._sparse_rows import SparseRows


def check_finite(
    values: NDArray[np.float32],
    *,
    name: str,
    labels: Sequence[Any] | None,
    original: Callable[[int, int], Any] | None,
    n_threads: int,
) -> None:
    """Raise where a value is not finite; the message names its row and column.

    Parameters
    ----------
    values : ndarray of shape (n, d), float32, C-contiguous
        The rows as they will be used.
    name : str
        What the caller calls the rows.
    labels : sequence or None
        Labels of the columns.
    original : callable or None
        ``original(row, column)`` is the value before it became float32; it tells an overflow from
        an infinity.
    n_threads : int
        Threads; the message does not depend on it.
    """
    position, nans, infinities = _kernels.find_not_finite(values, n_threads)
    if position < 0:
        return
    row, column = divmod(int(position), values.shape[1])
    value = values[row, column]
    before = original(row, column) if original is not None else value
    _refuse((row, column), value, before, (nans, infinities), name=name, labels=labels)


def check_finite_sparse(
    rows: SparseRows, before: NDArray[Any], *, name: str, labels: Sequence[Any] | None
) -> None:
    """Raise where a value of sparse rows is not finite, as `check_finite`.

    `before` are the values before they became float32.
    """
    finite = np.isfinite(rows.values)
    if finite.all():
        return
    first = int(np.argmin(finite))
    row = int(np.searchsorted(rows.indptr, first, side="right")) - 1
    nans = int(np.isnan(rows.values).sum())
    counts = (nans, int((~finite).sum()) - nans)
    place = (row, int(rows.indices[first]))
    _refuse(place, rows.values[first], before[first], counts, name=name, labels=labels)


def _refuse(
    place: tuple[int, int],
    value: Any,
    before: Any,
    counts: tuple[int, int],
    *,
    name: str,
    labels: Sequence[Any] | None,
) -> NoReturn:
    where = f"row {place[0]}, {describe_column(place[1], labels)}"
    count = _count(*counts)
    if np.isnan(value):
        msg = (
            f"Input {name} contains NaN: the first is in {where} ({count} in all). Missing values "
            "have no place in a distance: drop those rows or fill them in, for example with "
            "sklearn.impute.SimpleImputer."
        )
        raise ValueError(msg)
    if before is not None and np.isfinite(float(before)):
        msg = (
            f"Input {name} contains infinity or a value too large for dtype('float32'): "
            f"{float(before):g} in {where} ({count} after conversion). Rows are held as float32, "
            "whose largest value is 3.4e38: scale that column down or take its logarithm."
        )
        raise ValueError(msg)
    msg = (
        f"Input {name} contains infinity: the first is in {where} ({count} in all). Drop those "
        "rows or replace the values by finite ones."
    )
    raise ValueError(msg)


def describe_column(column: int, labels: Sequence[Any] | None) -> str:
    """Name a column: by its label if there is one, by its number in any case."""
    if labels is None or isinstance(labels[column], int | np.integer):
        return f"column {column}"
    return f"column {labels[column]!r} (number {column})"


def _count(nans: int, infinities: int) -> str:
    parts = []
    if nans:
        parts.append(f"{nans} NaN")
    if infinities:
        parts.append(f"{infinities} infinite value{'s' if infinities > 1 else ''}")
    return " and ".join(parts)
