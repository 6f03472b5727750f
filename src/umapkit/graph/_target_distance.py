"""Distances of ordinal, count and string targets, pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]

_MOST_EVENTS = 10_000_000  # counts are summed up in a table as long as the largest
_AT_ONCE = 1 << 22  # cells of the tables of edits that are held at once


def ordinal_distances(values: NDArray[np.float64], pairs: Pairs, known: Any) -> NDArray[np.float64]:
    """Differences over half the range of the known values; in [0, 2], all 0 without a range.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Places on a scale.
    pairs : (int64 array, int64 array)
        Rows to compare, both known.
    known : bool array of shape (n,)
        Which values count for the range.
    """
    some = values[known]
    support = (float(some.max()) - float(some.min())) / 2.0 if len(some) else 0.0
    if support == 0:
        return np.zeros(len(pairs[0]))
    return np.abs(values[pairs[0]] - values[pairs[1]]) / support


def count_distances(values: NDArray[np.float64], pairs: Pairs, known: Any) -> NDArray[np.float64]:
    """How improbable the counts between two are, over half of that of the whole range; in [0, 2].

    ``D(x, y) = sum_{k = x}^{y - 1} -ln P(k)``, P the Poisson distribution whose mean is that of
    the known counts. (umap-learn's sum takes another factorial below 10 and is infinite at 0.)

    Parameters
    ----------
    values : float64 array of shape (n,)
        Whole numbers, 0 or more.
    pairs : (int64 array, int64 array)
        Rows to compare, both known.
    known : bool array of shape (n,)
        Which counts make up the mean and the range.

    Raises
    ------
    ValueError
        If a count is above 10 million.
    """
    some = values[known]
    low, high = (int(some.min()), int(some.max())) if len(some) else (0, 0)
    if high > _MOST_EVENTS:
        msg = (
            f"y holds the count {high}; target_metric='count' goes up to {_MOST_EVENTS:,}. "
            "Compare larger numbers by target_metric='euclidean', of their logarithms perhaps."
        )
        raise ValueError(msg)
    if low == high:
        return np.zeros(len(pairs[0]))
    mean = float(np.cumsum(some)[-1]) / len(some)
    k = np.arange(high, dtype=np.float64)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(k[1:], 1.0)))])
    surprise = mean + factorials - k * np.log(mean)
    passed = np.concatenate([[0.0], np.cumsum(surprise)])
    at = np.where(known, values, 0).astype(np.int64)
    apart = np.abs(passed[at[pairs[0]]] - passed[at[pairs[1]]])
    return apart / ((passed[high] - passed[low]) / 2.0)


def string_distances(values: NDArray[Any], pairs: Pairs, known: Any) -> NDArray[np.float64]:
    """Edits from one text to the other (Levenshtein), at most a third of the longest text, over it.

    In [0, 1]: texts that differ by more than a third of the longest one are equally far.

    Parameters
    ----------
    values : object array of shape (n,)
        Texts.
    pairs : (int64 array, int64 array)
        Rows to compare, both known.
    known : bool array of shape (n,)
        Which texts count for the longest.
    """
    rows = np.flatnonzero(known)
    texts, codes = np.unique(values[rows].astype(str), return_inverse=True)
    code_of = np.zeros(len(values), dtype=np.int64)
    code_of[rows] = codes
    most = max((len(text) for text in texts.tolist()), default=0) / 3.0
    if most == 0:
        return np.zeros(len(pairs[0]))
    ends = np.sort(np.stack([code_of[pairs[0]], code_of[pairs[1]]], axis=1), axis=1)
    keys, where = np.unique(ends[:, 0] * len(texts) + ends[:, 1], return_inverse=True)
    apart = _edits(texts, keys // len(texts), keys % len(texts))
    return (np.minimum(apart, most) / most)[where]


def _edits(
    texts: NDArray[np.str_], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Levenshtein distances of pairs of texts, many tables at a time, row by row of each."""
    lengths = np.array([len(text) for text in texts.tolist()], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    letters = np.zeros((len(texts), longest), dtype=np.int32)
    for row, text in enumerate(texts.tolist()):
        letters[row, : len(text)] = [ord(letter) for letter in text]
    found = np.empty(len(first))
    steps = np.arange(longest + 1, dtype=np.int32)
    block = max(1, _AT_ONCE // (longest + 1))
    for begin in range(0, len(first), block):
        one, other = first[begin : begin + block], second[begin : begin + block]
        goal = lengths[other]
        line = np.arange(len(one))
        row = np.repeat(steps[None, :], len(one), axis=0)
        result = np.where(lengths[one] == 0, goal, 0)
        for i in range(int(lengths[one].max(initial=0))):
            new = np.empty_like(row)
            new[:, 0] = i + 1
            differ = letters[other] != letters[one, i][:, None]
            new[:, 1:] = np.minimum(row[:, 1:] + 1, row[:, :-1] + differ)
            # Insertions run along the row: new[j] = min over j' <= j of new[j'] + (j - j').
            row = np.minimum.accumulate(new - steps, axis=1) + steps
            done = lengths[one] == i + 1
            result[done] = row[line[done], goal[done]]
        found[begin : begin + block] = result
    return found
