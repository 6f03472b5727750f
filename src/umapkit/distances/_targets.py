"""How far two labels are apart: formulas for `target_metric`, on arrays of labels.

Every function takes labels ``a`` (m,) and ``b`` (n,) and returns the (m, n) matrix of distances in
float64. What depends on all labels (a range, a mean, a length) comes from `label_keywords`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


def categorical(a: ArrayLike, b: ArrayLike) -> Matrix:
    """0 between equal labels, 1 between others.

    >>> categorical(["x", "y"], ["x", "z"]).tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """
    a, b = np.asarray(a), np.asarray(b)
    return (a[:, None] != b[None, :]).astype(np.float64)


def hierarchical_categorical(
    a: ArrayLike,
    b: ArrayLike,
    *,
    cat_hierarchy: Sequence[Mapping[Hashable, Hashable]],
) -> Matrix:
    """Share of the levels that must be climbed until both labels are in one group.

    Parameters
    ----------
    a, b : array-like, shapes (m,) and (n,)
        Labels.
    cat_hierarchy : sequence of mappings
        One mapping a level, finest first: from label to its group on that level.

    Returns
    -------
    ndarray, shape (m, n)
        ``level / len(cat_hierarchy)`` of the first level on which the groups are equal; 1 where
        there is none.

    Raises
    ------
    ValueError
        If there is no level, or a label has no group on one.

    Examples
    --------
    >>> levels = [{"cat": 0, "dog": 1, "oak": 2}, {"cat": "beast", "dog": "beast", "oak": "tree"}]
    >>> hierarchical_categorical(["cat"], ["cat", "dog", "oak"], cat_hierarchy=levels).tolist()
    [[0.0, 0.5, 1.0]]
    """
    if not cat_hierarchy:
        msg = "cat_hierarchy is empty. Give one mapping from label to group for every level."
        raise ValueError(msg)
    a, b = np.asarray(a), np.asarray(b)
    out = np.ones((len(a), len(b)))
    for level in range(len(cat_hierarchy) - 1, -1, -1):
        groups_a, groups_b = (_groups(cat_hierarchy[level], x, level) for x in (a, b))
        codes = {group: code for code, group in enumerate(dict.fromkeys([*groups_a, *groups_b]))}
        codes_a = np.array([codes[group] for group in groups_a], dtype=np.int64)
        codes_b = np.array([codes[group] for group in groups_b], dtype=np.int64)
        out[codes_a[:, None] == codes_b[None, :]] = level / len(cat_hierarchy)
    return out


def _groups(
    groups: Mapping[Hashable, Hashable], labels: NDArray[Any], level: int
) -> list[Hashable]:
    found = []
    for label in labels.tolist():
        if label not in groups:
            msg = (
                f"cat_hierarchy: level {level} has no group for the label {label!r}. Give every "
                "label a group on every level."
            )
            raise ValueError(msg)
        found.append(groups[label])
    return found


def ordinal(a: ArrayLike, b: ArrayLike, *, support_size: float = 1.0) -> Matrix:
    """Absolute difference over `support_size`, by default of `label_keywords` half the range.

    >>> ordinal([1, 3], [3], support_size=2).tolist()
    [[1.0], [0.0]]
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return np.abs(a[:, None] - b[None, :]) / _positive(support_size, "support_size")


def count(
    a: ArrayLike, b: ArrayLike, *, poisson_lambda: float = 1.0, normalisation: float = 1.0
) -> Matrix:
    r"""Information between two counts under a Poisson law.

    :math:`d(x, y) = \frac1N \left| \sum_{k=\min}^{\max - 1} \log P(k \mid \lambda) \right|` with
    :math:`\log P(k \mid \lambda) = k \log\lambda - \lambda - \log k!`.

    Parameters
    ----------
    a, b : array-like, shapes (m,) and (n,)
        Counts: whole numbers, 0 or more.
    poisson_lambda : float, default 1
        Mean of the law.
    normalisation : float, default 1
        Divides the sum.

    Returns
    -------
    ndarray, shape (m, n)

    Raises
    ------
    ValueError
        If a label is no count, or a keyword is not positive.

    Notes
    -----
    umap-learn leaves the sum negative and divides it by a normalisation that is negative as well,
    takes log k! from one term too early and, at k = 0, adds log 0 (its result is then infinite).
    Here the sum is what its name says, and positive: probabilities are below 1.

    Examples
    --------
    >>> count([0, 2], [2], poisson_lambda=1.0).tolist()
    [[2.0], [0.0]]
    """
    a, b = _counts(a), _counts(b)
    rate = _positive(poisson_lambda, "poisson_lambda")
    scale = _positive(normalisation, "normalisation")
    top = int(max(a.max(initial=0), b.max(initial=0)))
    ks = np.arange(top + 1, dtype=np.float64)
    log_factorials = np.concatenate([[0.0], np.cumsum(np.log(ks[1:]))])
    terms = rate + log_factorials - ks * np.log(rate)
    below = np.concatenate([[0.0], np.cumsum(terms)])  # sum over k < x
    return np.abs(below[a][:, None] - below[b][None, :]) / scale


def _counts(labels: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(labels)
    whole = given.astype(np.int64)
    if (whole != given).any() or (whole < 0).any():
        wrong = given[(whole != given) | (whole < 0)][0]
        msg = f"target_metric='count': the label {wrong!r} is no count. Give 0, 1, 2 and so on."
        raise ValueError(msg)
    return whole


def string(
    a: ArrayLike, b: ArrayLike, *, normalisation: float = 1.0, max_dist: float = 20.0
) -> Matrix:
    """Edit distance of Levenshtein, at most `max_dist`, over `normalisation`.

    One insertion, deletion or exchange of a character costs 1.

    Parameters
    ----------
    a, b : array-like of str, shapes (m,) and (n,)
        Texts; each different pair is measured once.
    normalisation : float, default 1
        Divides the distance.
    max_dist : float, default 20
        Larger distances count as this.

    Returns
    -------
    ndarray, shape (m, n)

    Examples
    --------
    >>> string(["kitten", ""], ["sitting"]).tolist()
    [[3.0], [7.0]]
    """
    texts_a, at_a = np.unique(np.asarray(a, dtype=object).astype(str), return_inverse=True)
    texts_b, at_b = np.unique(np.asarray(b, dtype=object).astype(str), return_inverse=True)
    limit = _positive(max_dist, "max_dist")
    out = np.empty((len(texts_a), len(texts_b)))
    packed, lengths = _as_codes(texts_b.tolist())
    for i, text in enumerate(texts_a.tolist()):
        out[i] = _levenshtein(text, packed, lengths)
    np.minimum(out, limit, out=out)
    out /= _positive(normalisation, "normalisation")
    return out[at_a[:, None], at_b[None, :]]


def _as_codes(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    packed = np.full((len(texts), int(lengths.max(initial=0))), -1, dtype=np.int64)
    for row, text in zip(packed, texts, strict=True):
        row[: len(text)] = [ord(letter) for letter in text]
    return packed, lengths


def _levenshtein(text: str, packed: NDArray[np.int64], lengths: NDArray[np.int64]) -> Matrix:
    """Distances of one text to many: the table of Wagner and Fischer, all texts at once.

    A row of the table is found by a running minimum: with ``best`` the smaller of deletion and
    exchange, insertion makes it min over i <= j of best[i] + (j - i).
    """
    steps = np.arange(packed.shape[1] + 1, dtype=np.float64)
    row = np.tile(steps, (len(packed), 1))
    for i, letter in enumerate(text):
        best = np.empty_like(row)
        best[:, 0] = i + 1
        np.minimum(row[:, 1:] + 1, row[:, :-1] + (packed != ord(letter)), out=best[:, 1:])
        row = np.minimum.accumulate(best - steps, axis=1) + steps
    return row[np.arange(len(packed)), lengths]


def label_keywords(metric: str, labels: ArrayLike) -> dict[str, float]:
    """Return the keywords of a target metric that follow from the labels, as in umap-learn.

    Parameters
    ----------
    metric : str
        A name out of `TARGET_METRICS`.
    labels : array-like, shape (n,)
        All known labels.

    Returns
    -------
    dict
        "ordinal": `support_size`, half the range. "count": `poisson_lambda`, the mean, and
        `normalisation`, half the distance of the smallest from the largest. "string":
        `normalisation` and `max_dist`, both a third of the longest length. Others: nothing. Where
        all labels are equal, divisors are 1.
    """
    if metric in ("ordinal", "count") and np.size(labels):
        values = np.asarray(labels, dtype=np.float64)
        if metric == "ordinal":
            return {"support_size": float(values.max() - values.min()) / 2 or 1.0}
        mean = float(values.mean()) or 1.0
        reach = count([values.min()], [values.max()], poisson_lambda=mean)[0, 0]
        return {"poisson_lambda": mean, "normalisation": float(reach) / 2 or 1.0}
    if metric in ("string", "myers") and np.size(labels):
        longest = max(len(str(text)) for text in np.asarray(labels, dtype=object).tolist())
        return {"normalisation": longest / 3 or 1.0, "max_dist": longest / 3 or 1.0}
    return {}


def _positive(value: Any, name: str) -> float:
    if np.ndim(value) != 0 or not (np.isfinite(value) and value > 0):
        msg = f"{name}={value!r} is not allowed. Give a positive number."
        raise ValueError(msg)
    return float(value)


TARGET_METRICS: Mapping[str, Callable[..., Matrix]] = MappingProxyType(
    {
        "categorical": categorical,
        "hierarchical_categorical": hierarchical_categorical,
        "ordinal": ordinal,
        "count": count,
        "string": string,
        "myers": string,
    }
)
