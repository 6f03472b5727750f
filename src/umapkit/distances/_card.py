"""The card of a metric: all that the rest of the package knows about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.distances._keywords import Keyword, learn_keywords, read_keywords

Rows = NDArray[np.float32]
Matrix = NDArray[np.float64]

# Numbers of the kernels' keys: `enum class Metric` in cpp/include/umapkit/distance.hpp.
SQUARE, MANHATTAN, CHEBYSHEV, HAMMING, DOT = range(5)


@dataclass(frozen=True)
class Between:
    """A formula for all pairs, made of one for pairs that broadcast.

    Attributes
    ----------
    pairs : callable
        ``pairs(x, y, **keywords)`` with (..., d) and (..., d) gives (...).
    """

    pairs: Callable[..., Matrix]

    def __call__(self, a: ArrayLike, b: ArrayLike, **keywords: Any) -> Matrix:
        """Distances, shape (m, n), of rows (m, d) from rows (n, d)."""
        return self.pairs(np.asarray(a)[:, None, :], np.asarray(b)[None, :, :], **keywords)


@dataclass(frozen=True, eq=False)
class Metric:
    """One way to measure how far two rows are apart.

    Attributes
    ----------
    name : str
        The name under which it is known everywhere in umapkit.
    aliases : tuple of str
        Other names that mean the same.
    formula : callable
        ``formula(a, b, **keywords)`` with (m, d) queries and the (n, d) table gives the (m, n)
        distances in float64: what the kernels must agree with.
    kernel : int or None
        Number of the key that the kernels compute; None: distances come from the formula.
    rows : {"as given", "direction", "centred direction"}
        What the kernels see: the rows themselves, or rows scaled to length one (after the row's
        mean is taken off).
    root : bool
        The distance is the square root of the key.
    scale : {"one", "half", "share"}
        Else it is the key times 1, 1/2 or 1/d.
    descent : bool
        Approximate search is offered: neighbours of neighbours are near.
    disconnection_distance : float
        From this distance on, two rows count as unrelated unless the user says otherwise.
    gradient : callable or None
        ``gradient(x, y, **keywords)`` with rows (..., d) that broadcast gives the distances (...)
        and their derivatives by x, (..., d).
    keywords : tuple of Keyword
        What the formula takes beside the rows.
    space : callable or None
        ``space(rows, **all keywords)``: rows among which the kernel's metric is this one.
    finish : callable or None
        ``finish(distances, keywords)``, ascending: from the distances in that space to these.
    check : callable or None
        ``check(metric, rows, name)`` raises ValueError for rows for which it is not defined.
    missing : bool
        NaN in the rows is allowed.
    plan : callable or None
        ``plan(card)`` returns the card as it is once all keywords are known.
    given : mapping
        Keywords that are known.
    bare : Metric or None
        Of a card with keywords learned from rows, the one before: other keywords begin there.
    """

    name: str
    aliases: tuple[str, ...]
    formula: Callable[..., Matrix]
    kernel: int | None = None
    rows: Literal["as given", "direction", "centred direction"] = "as given"
    root: bool = False
    scale: Literal["one", "half", "share"] = "one"
    descent: bool = False
    disconnection_distance: float = float("inf")
    gradient: Callable[..., tuple[Matrix, Matrix]] | None = None
    keywords: tuple[Keyword, ...] = ()
    space: Callable[..., Rows] | None = None
    finish: Callable[[Matrix, Mapping[str, Any]], Matrix] | None = None
    check: Callable[[str, Rows, str], None] | None = None
    missing: bool = False
    plan: Callable[[Metric], Metric] | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    bare: Metric | None = None

    @property
    def compresses(self) -> bool:
        """Whether rows can be searched in a narrow space of principal axes."""
        return self.kernel == SQUARE

    @property
    def shown(self) -> Mapping[str, Any]:
        """Keywords that are known, as the formula takes them."""
        hidden = {keyword.name for keyword in self.keywords if keyword.hidden}
        return MappingProxyType({k: v for k, v in self.given.items() if k not in hidden})

    def scale_for(self, n_features: int) -> float:
        """Return the factor from a key to a distance for rows of `n_features` coordinates."""
        return {"one": 1.0, "half": 0.5, "share": 1.0 / n_features}[self.scale]

    def with_keywords(self, given: Mapping[str, Any] | None) -> Metric:
        """Return the card with keywords of the user, checked as far as that needs no rows.

        What followed from other keywords is forgotten.
        """
        found = read_keywords(self.name, self.keywords, given)
        return replace(self.bare or self, given={**self.shown, **found}) if found else self

    def fitted(self, rows: Rows, name: str = "X") -> Metric:
        """Return the card as it is for these training rows, keywords learned where not given.

        Raises
        ------
        ValueError
            If the metric is not defined for the rows, or a keyword is missing or misshapen.
        """
        self.check_rows(rows, name)
        return self.learned(rows)

    def learned(self, rows: Any) -> Metric:
        """Return the card with all keywords, learned from the rows where not given."""
        if not self.keywords:
            return self
        given = learn_keywords(self.name, self.keywords, self.given, rows)
        card = replace(self, given=given, bare=self.bare or self)
        return card if card.plan is None else card.plan(card)

    def check_rows(self, rows: Rows, name: str) -> None:
        """Raise ValueError for rows for which the metric is not defined."""
        if self.check is not None:
            self.check(self.name, rows, name)

    def between(self, a: ArrayLike, b: ArrayLike) -> Matrix:
        """Distances, shape (m, n), by the formula, of rows (m, d) from rows (n, d).

        Examples
        --------
        >>> from umapkit.distances import resolve_metric
        >>> resolve_metric("minkowski", {"p": 1}).between([[0.0, 0.0]], [[3.0, 4.0]])
        array([[7.]])
        """
        return self.formula(a, b, **self.shown)

    def with_gradient(self, x: ArrayLike, y: ArrayLike) -> tuple[Matrix, Matrix]:
        """Distances (...) of rows (..., d) from rows (..., d), and derivatives by x, (..., d).

        Raises
        ------
        ValueError
            If the metric has no gradient.

        Examples
        --------
        >>> from umapkit.distances import resolve_metric
        >>> distance, slope = resolve_metric("euclidean").with_gradient([3.0, 4.0], [0.0, 0.0])
        >>> float(distance), slope
        (5.0, array([0.6, 0.8]))
        """
        if self.gradient is None:
            msg = f"metric={self.name!r} has no gradient. Take a metric that has one."
            raise ValueError(msg)
        return self.gradient(x, y, **self.shown)
