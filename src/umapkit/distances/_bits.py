"""Metrics of truth values: a number counts as true where it is not zero.

Every function takes counts, as arrays that broadcast: ``both`` (true in both rows), ``one`` and
``other`` (true in the one, in the other), and the number ``d`` of columns. All that is counted is
whole and below 2^24, so products of matrices in float32 are exact, whatever order they sum in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FromCounts:
    """A formula on rows, made of one on counts.

    Attributes
    ----------
    counts : callable
        ``counts(both, one, other, d)``.
    packed : bool
        The columns are bytes, eight truth values each.
    """

    counts: Callable[[Array, Array, Array, int], Array]
    packed: bool = False

    def __call__(self, a: ArrayLike, b: ArrayLike) -> Array:
        """Distances, shape (m, n), of rows (m, d) from rows (n, d)."""
        one, other = self.truths(a), self.truths(b)
        both = (one @ other.T).astype(np.float64)
        count = [x.sum(axis=1, dtype=np.float64) for x in (one, other)]
        return self.counts(both, count[0][:, None], count[1][None, :], one.shape[1])

    def truths(self, rows: ArrayLike) -> NDArray[np.float32]:
        """Rows of 0 and 1."""
        if self.packed:
            return unpack(np.asarray(rows))
        return (np.asarray(rows) != 0).astype(np.float32)


def unpack(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Eight truth values, highest bit first, for every byte."""
    return np.unpackbits(rows.astype(np.uint8), axis=1).astype(np.float32)


def _share(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)


def jaccard(both: Array, one: Array, other: Array, d: int) -> Array:
    """Share of the columns true in a row that are not true in both; 0 for two empty rows."""
    del d
    either = one + other - both
    return _share(either - both, either)


def matching(both: Array, one: Array, other: Array, d: int) -> Array:
    """Share of the columns that differ."""
    return (one + other - 2 * both) / d


def bit_hamming(both: Array, one: Array, other: Array, d: int) -> Array:
    """Count the bits that differ."""
    del d
    return one + other - 2 * both


def dice(both: Array, one: Array, other: Array, d: int) -> Array:
    """One minus twice the common ones over all ones; 0 for two empty rows."""
    del d
    return _share(one + other - 2 * both, one + other)


def kulsinski(both: Array, one: Array, other: Array, d: int) -> Array:
    """Differing columns less common ones plus d, over differing plus d; 0 where none differs."""
    differ = one + other - 2 * both
    return np.where(differ == 0, 0.0, (differ - both + d) / (differ + d))


def rogerstanimoto(both: Array, one: Array, other: Array, d: int) -> Array:
    """Twice the differing columns over d plus the differing ones."""
    differ = one + other - 2 * both
    return 2 * differ / (d + differ)


def russellrao(both: Array, one: Array, other: Array, d: int) -> Array:
    """Share of the columns that are not true in both; 0 for rows with the same true columns."""
    return np.where((both == one) & (both == other), 0.0, (d - both) / d)


def sokalsneath(both: Array, one: Array, other: Array, d: int) -> Array:
    """Differing columns over those plus half the common ones; 0 where none differs."""
    del d
    differ = one + other - 2 * both
    return _share(differ, 0.5 * both + differ)


def yule(both: Array, one: Array, other: Array, d: int) -> Array:
    """Twice the product of the two kinds of difference over the sum of both products."""
    only_one, only_other = one - both, other - both
    cross = only_one * only_other
    neither = d - both - only_one - only_other
    return np.where(cross == 0, 0.0, _share(2 * cross, both * neither + cross))
