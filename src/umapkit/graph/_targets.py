"""Targets of any kind: read, checked, and merged where rows are equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances import TARGET_METRICS, Metric, resolve_metric
from umapkit.graph._labels import as_values, known_values, label_classes

DISCRETE = ("categorical", "ordinal", "count", "string")
TargetMetric = str | Metric | Callable[[Any, Any], float]


@dataclass(frozen=True, eq=False)
class Targets:
    """One target a row, or several.

    Attributes
    ----------
    metric : str, Metric or callable
        How two of them are compared: one of `DISCRETE`, a distance of rows of numbers, or a
        function.
    values : array of shape (n, t)
        int64 codes of the classes for "categorical", objects for "string" and functions of
        anything but numbers, else float64. What stands where a target is unknown means nothing.
    known : bool array of shape (n, t)
        Where there is a target. For distances and functions a row is known as a whole.
    classes : tuple of t arrays
        For "categorical", the sorted labels that the codes of a column number.
    """

    metric: TargetMetric
    values: NDArray[Any]
    known: NDArray[np.bool_]
    classes: tuple[NDArray[Any], ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def merged(self, slot: NDArray[np.int64], n: int) -> Targets:
        """Give n points the targets of the rows that share them.

        Known targets of one point that differ become their mean for distances of numbers, their
        lower median for "ordinal" and "count", and unknown for "categorical", "string" and
        functions.

        Parameters
        ----------
        slot : int64 array of shape (len(self),)
            For every row, the point that it belongs to.
        n : int
            Number of points.
        """
        t = self.values.shape[1]
        values = np.zeros((n, t), dtype=self.values.dtype)
        known = np.zeros((n, t), dtype=bool)
        merge = _agreed
        if self.metric in ("ordinal", "count"):
            merge = _lower_median
        elif self.metric not in DISCRETE and not callable(self.metric):
            merge = _mean
        if callable(self.metric):  # a row is one target
            rows = np.flatnonzero(self.known[:, 0])
            _agreed_rows(self.values, rows, slot, values, known)
            return Targets(self.metric, values, known)
        for column in range(t):
            rows = np.flatnonzero(self.known[:, column])
            merge(self.values[rows, column], slot[rows], values[:, column], known[:, column])
        return Targets(self.metric, values, known, self.classes)


def read_targets(
    y: ArrayLike, *, metric: TargetMetric = "categorical", unknown: Any = -1
) -> Targets:
    """Read targets and check them.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, t)
        Targets. NaN, None and empty strings are unknown everywhere, and so is `unknown` for
        "categorical", "string" and "count". For distances and functions a row with an unknown
        entry is unknown as a whole.
    metric : str, Metric or callable, default "categorical"
        "categorical": equal or not. "ordinal": places on a scale. "count": numbers of events.
        "string": edits from one text to the other. Or a distance of rows of numbers
        (``umapkit.distances.METRICS``), or a symmetric function of two targets.
    unknown : default -1
        The value that marks a missing target of those three.

    Returns
    -------
    Targets
        Nothing known in it is NaN or infinite.

    Raises
    ------
    ValueError
        If `y` has another shape, holds what `metric` cannot compare, or `metric` is not known.
    """
    check_target_metric(metric)
    values = as_values(y)
    if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[1] == 0):
        msg = f"y has shape {values.shape}. Give one target a row, or a table with one row a row."
        raise ValueError(msg)
    values = values.reshape(len(values), -1)
    if metric == "categorical":
        columns, classes = zip(*(label_classes(c, unknown=unknown) for c in values.T), strict=True)
        codes = np.stack(columns, axis=1)
        return Targets(metric, codes, codes >= 0, classes)
    if metric == "string":
        return _read_strings(values, unknown)
    if callable(metric) and values.dtype.kind not in "biuf":
        known = known_values(values, None)
        whole = np.repeat(known.all(axis=1, keepdims=True), values.shape[1], axis=1)
        return Targets(metric, values.astype(object), whole)
    numbers, known = _read_numbers(values, metric, unknown)
    if metric not in DISCRETE:
        known = np.repeat(known.all(axis=1, keepdims=True), values.shape[1], axis=1)
    return Targets(metric, numbers, known)


def check_target_metric(metric: TargetMetric) -> None:
    """Raise unless targets can be compared by `metric`."""
    if callable(metric) or isinstance(metric, Metric) or metric in DISCRETE:
        return
    if isinstance(metric, str) and metric in TARGET_METRICS:
        other = "'string', which is the same" if metric == "myers" else "'categorical'"
        msg = (
            f"target_metric={metric!r} is not offered by fit. Give {other}, or a function of two "
            "targets."
        )
        raise ValueError(msg)
    try:
        resolve_metric(metric)
    except (ValueError, TypeError) as error:
        allowed = ", ".join(repr(name) for name in DISCRETE)
        msg = (
            f"target_metric={metric!r} is not known. Give {allowed}, the name of a distance of "
            f"numbers such as 'euclidean' or 'manhattan', or a function of two targets. ({error})"
        )
        raise ValueError(msg) from error


def _read_strings(values: NDArray[Any], unknown: Any) -> Targets:
    known = known_values(values, unknown)
    texts = values.astype(object)
    for row, column in np.argwhere(known):
        if not isinstance(texts[row, column], str):
            msg = (
                f"y holds {texts[row, column]!r} in row {row}, which is no text. "
                "target_metric='string' compares texts; give str(value), or another metric."
            )
            raise ValueError(msg)
    return Targets("string", texts, known)


def _read_numbers(
    values: NDArray[Any], metric: Any, unknown: Any
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    known = known_values(values, unknown if metric == "count" else None)
    numbers = np.zeros(values.shape)
    try:
        if values.dtype.kind not in "biufO":
            raise TypeError
        numbers[known] = values[known].astype(np.float64)
    except (TypeError, ValueError) as error:
        name = getattr(metric, "name", None) or getattr(metric, "__name__", None) or metric
        msg = (
            f"y of type {values.dtype} does not hold numbers only, which target_metric={name!r} "
            "compares. Give numbers (NaN where unknown), or target_metric='categorical'."
        )
        raise ValueError(msg) from error
    bad = ~np.isfinite(numbers)
    if metric == "count":
        bad |= (numbers < 0) | (numbers % 1 != 0)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        what = "a count: a whole number, 0 or more" if metric == "count" else "finite"
        msg = f"y holds {numbers[row, column]} in row {row}; every target must be {what}."
        raise ValueError(msg)
    return numbers, known


def _agreed(values: Any, slot: Any, out: Any, known: Any) -> None:
    codes, classes = values, None
    if values.dtype == object:
        classes, codes = np.unique(values.astype(str), return_inverse=True)
    low = np.full(len(out), np.iinfo(np.int64).max)
    high = np.full(len(out), -1)
    np.minimum.at(low, slot, codes)
    np.maximum.at(high, slot, codes)
    known[:] = low == high
    out[known] = low[known] if classes is None else classes[low[known]].astype(object)
    if classes is None:
        out[~known] = -1


def _lower_median(values: Any, slot: Any, out: Any, known: Any) -> None:
    order = np.lexsort((values, slot))
    counts = np.bincount(slot, minlength=len(out))
    begins = np.cumsum(counts) - counts
    known[:] = counts > 0
    middle = begins[known] + (counts[known] - 1) // 2
    out[known] = values[order][middle]


def _mean(values: Any, slot: Any, out: Any, known: Any) -> None:
    counts = np.bincount(slot, minlength=len(out))
    known[:] = counts > 0
    sums = np.bincount(slot, weights=values, minlength=len(out))
    out[known] = sums[known] / counts[known]


def _agreed_rows(values: Any, rows: Any, slot: Any, out: Any, known: Any) -> None:
    disputed = np.zeros(len(out), dtype=bool)
    for row in rows:
        point = slot[row]
        if not known[point, 0]:
            out[point], known[point] = values[row], True
        elif not all(a is b or a == b for a, b in zip(out[point], values[row], strict=True)):
            disputed[point] = True
    known[disputed] = False
