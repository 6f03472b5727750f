"""Fuzzy sets of pairs as values: union, intersection, difference, complement, cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from umapkit.graph._csr import shape_of

Norm = Literal["product", "minimum"]


@dataclass(frozen=True, eq=False)
class FuzzySet:
    """A fuzzy set (A, mu) whose carrier A is all pairs (i, j) of an (n, m) table.

    A graph of memberships is one. Sets are values: every operation makes a new one.

    Two t-norms are offered. "product" is UMAP's: the intersection is ``ab``, the union
    ``a + b - ab``. Both are commutative and associative, but a set united with itself grows.
    "minimum" is Zadeh's: ``min(a, b)`` and ``max(a, b)``, which are idempotent and distributive.
    De Morgan's laws hold for both.

    Parameters
    ----------
    memberships : csr_array of float64, shape (n, m)
        Values in (0, 1], sorted indices, no explicit zeros. Use `FuzzySet.of` to make it of
        anything else.

    References
    ----------
    Zadeh: Fuzzy sets, 1965. Section 3 of the tutorial by Ghojogh et al., 2021.

    Examples
    --------
    >>> one = FuzzySet.of([[0, 0.5], [0.5, 0]])
    >>> (one | one).memberships.toarray()
    array([[0.  , 0.75],
           [0.75, 0.  ]])
    >>> one.union(one, norm="minimum").memberships.toarray()
    array([[0. , 0.5],
           [0.5, 0. ]])
    """

    memberships: csr_array

    @classmethod
    def of(cls, memberships: Any) -> Self:
        """Check memberships and copy them.

        Parameters
        ----------
        memberships : sparse or dense matrix of shape (n, m)
            Values in [0, 1].

        Raises
        ------
        ValueError
            If it has not two dimensions, does not hold real numbers, or a value is NaN or
            outside [0, 1].
        """
        table = memberships if issparse(memberships) else np.asarray(memberships)
        if table.ndim != 2:
            msg = f"Memberships of shape {table.shape} were given. They must be a table (n, m)."
            raise ValueError(msg)
        if table.dtype.kind not in "biuf":
            msg = f"Memberships of type {table.dtype} were given. They must be real numbers."
            raise ValueError(msg)
        values = csr_array(table, dtype=np.float64, copy=True)
        values.sum_duplicates()
        inside = (values.data >= 0) & (values.data <= 1)
        if not inside.all():
            worst = values.data[int(np.argmin(inside))]
            msg = f"A membership is {worst}. Memberships lie in [0, 1]; divide by the largest one."
            raise ValueError(msg)
        return cls(_clean(values))

    @property
    def shape(self) -> tuple[int, int]:
        """Size of the carrier, (n, m)."""
        return shape_of(self.memberships)

    def union(self, other: FuzzySet, *, norm: Norm = "product") -> FuzzySet:
        """Unite: ``a + b - ab``, or the larger one with `norm` "minimum".

        Parameters
        ----------
        other : FuzzySet
            Of the same shape.
        norm : {"product", "minimum"}, default "product"
            The t-norm whose co-norm is taken.

        Raises
        ------
        ValueError
            If the shapes differ or the norm is not known.
        """
        a, b = self._with(other, norm)
        if norm == "minimum":
            return FuzzySet(_clean(csr_array(a.maximum(b))))
        united = csr_array(a + b - a.multiply(b))
        np.clip(united.data, 0.0, 1.0, out=united.data)  # 1 + b - 1b may round past 1
        return FuzzySet(_clean(united))

    def intersection(self, other: FuzzySet, *, norm: Norm = "product") -> FuzzySet:
        """Intersect: ``ab``, or the smaller one with `norm` "minimum".

        Parameters and errors as for `union`.
        """
        a, b = self._with(other, norm)
        met = a.minimum(b) if norm == "minimum" else a.multiply(b)
        return FuzzySet(_clean(csr_array(met)))

    def difference(self, other: FuzzySet, *, norm: Norm = "product") -> FuzzySet:
        """Intersect with the complement of `other`: ``a(1 - b)``, or ``min(a, 1 - b)``.

        Parameters and errors as for `union`. Only pairs of this set are looked at.
        """
        a, b = self._with(other, norm)
        rest = 1.0 - values_at(b, *pairs_of(a))
        data = np.minimum(a.data, rest) if norm == "minimum" else a.data * rest
        return FuzzySet(_clean(csr_array((data, a.indices.copy(), a.indptr.copy()), a.shape)))

    def complement(self) -> FuzzySet:
        """Take ``1 - a`` of every pair of the carrier: dense, n m numbers."""
        return FuzzySet(_clean(csr_array(1.0 - self.memberships.toarray())))

    def cross_entropy(self, other: FuzzySet) -> float:
        r"""Cross-entropy of two fuzzy sets (Eq. 17 of the tutorial).

        .. math:: \sum_{a} \mu_1 \ln\frac{\mu_1}{\mu_2}
                  + (1 - \mu_1) \ln\frac{1 - \mu_1}{1 - \mu_2}

        with 0 ln 0 = 0. Exact; pairs that are in neither set add nothing and are not looked at.
        For a graph and the similarities of a map it is
        `umapkit.quality.fuzzy_cross_entropy` (Eq. 6).

        Parameters
        ----------
        other : FuzzySet
            The set with memberships mu_2, of the same shape.

        Returns
        -------
        float
            Nats, 0 or more (but for rounding); infinite where `other` has a membership of 0 or 1
            and this set has not.
        """
        a, b = self._with(other, "product")
        rows, columns = pairs_of(csr_array(a + b))
        first, second = values_at(a, rows, columns), values_at(b, rows, columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            present = np.where(first > 0, first * (np.log(first) - np.log(second)), 0.0)
            absent = (1.0 - first) * (np.log1p(-first) - np.log1p(-second))
        return float(np.sum(present) + np.sum(np.where(first < 1, absent, 0.0)))

    def graph(self) -> csr_array:
        """Memberships as the stages exchange them: float32, without the diagonal."""
        values = csr_array(self.memberships, dtype=np.float32, copy=True)
        rows, columns = pairs_of(values)
        values.data[rows == columns] = 0
        return _clean(values)

    def __or__(self, other: FuzzySet) -> FuzzySet:
        return self.union(other)

    def __and__(self, other: FuzzySet) -> FuzzySet:
        return self.intersection(other)

    def __sub__(self, other: FuzzySet) -> FuzzySet:
        return self.difference(other)

    def __invert__(self) -> FuzzySet:
        return self.complement()

    def _with(self, other: FuzzySet, norm: str) -> tuple[csr_array, csr_array]:
        if not isinstance(other, FuzzySet):
            msg = f"{type(other).__name__} is not a FuzzySet. FuzzySet.of(table) makes one."
            raise TypeError(msg)
        if norm not in get_args(Norm):
            msg = f"norm={norm!r} is not known. Give 'product' or 'minimum'."
            raise ValueError(msg)
        if self.shape != other.shape:
            msg = f"The sets have carriers of shapes {self.shape} and {other.shape}: not the same."
            raise ValueError(msg)
        return self.memberships, other.memberships


def pairs_of(graph: csr_array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of every stored value, in the order of its data."""
    rows = np.repeat(np.arange(shape_of(graph)[0], dtype=np.int64), np.diff(graph.indptr))
    return rows, graph.indices.astype(np.int64)


def values_at(
    graph: csr_array, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Look up values of a matrix with sorted columns; 0 where none is stored."""
    mine, theirs = pairs_of(graph)
    width = np.int64(max(shape_of(graph)[1], 1))
    stored, wanted = mine * width + theirs, rows * width + columns
    at = np.searchsorted(stored, wanted)
    found = np.zeros(len(wanted), dtype=np.float64)
    if len(stored):
        at = np.minimum(at, len(stored) - 1)
        hit = stored[at] == wanted
        found[hit] = graph.data[at[hit]]
    return found


def _clean(values: csr_array) -> csr_array:
    values.sum_duplicates()
    values.eliminate_zeros()
    return values
