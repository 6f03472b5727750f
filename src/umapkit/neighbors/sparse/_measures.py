"""How the kernels measure sparse rows under each metric."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from umapkit.data import human_size, stays_sparse
from umapkit.distances import METRICS, Metric

# Numbers of the sums and the formulas: cpp/include/umapkit/sparse_distance.hpp.
_SQUARE, _MANHATTAN, _CHEBYSHEV, _HAMMING, _CANBERRA, _BRAYCURTIS = range(6)
_COUNTS, _MINKOWSKI, _DIRICHLET = range(6, 9)
_COUNT_FORMULAS = (
    "jaccard",
    "dice",
    "matching",
    "kulsinski",
    "rogerstanimoto",
    "russellrao",
    "sokalsneath",
    "yule",
)


@dataclass(frozen=True)
class SparseMeasure:
    """What the kernels do for one metric.

    Attributes
    ----------
    kernel, formula : int
        Which sum, and which formula of it.
    rows : {"as given", "direction", "centred direction", "root", "counts"}
        What the kernels see: the rows ("counts" are checked); rows of length one, as they are or
        less their mean; roots of the shares of a row.
    root : bool
        The distance is the square root of the sum times `scale`.
    scale : float or None
        Factor; None for one over the number of columns.
    order : float
        Of a Minkowski distance.
    """

    kernel: int
    formula: int = 0
    rows: Literal["as given", "direction", "centred direction", "root", "counts"] = "as given"
    root: bool = False
    scale: float | None = 1.0
    order: float = 1.0

    @property
    def descent(self) -> bool:
        """Whether approximate search is offered."""
        return self.kernel != _CHEBYSHEV

    @property
    def pairwise(self) -> bool:
        """Whether exact search goes pair by pair, not by the columns that rows share."""
        return self.kernel == _CHEBYSHEV or (self.kernel == _MINKOWSKI and self.order > 3)

    @property
    def dear(self) -> bool:
        """Whether a pair of entries takes logarithms."""
        return self.kernel in (_MINKOWSKI, _DIRICHLET)

    @property
    def counts(self) -> bool:
        """Whether only the columns of a row matter, not its values."""
        return self.kernel == _COUNTS


_MEASURES = {
    "euclidean": SparseMeasure(_SQUARE, root=True),
    "sqeuclidean": SparseMeasure(_SQUARE),
    "cosine": SparseMeasure(_SQUARE, rows="direction", scale=0.5),
    "correlation": SparseMeasure(_SQUARE, rows="centred direction", scale=0.5),
    "hellinger": SparseMeasure(_SQUARE, rows="root", scale=0.5, root=True),
    "manhattan": SparseMeasure(_MANHATTAN),
    "chebyshev": SparseMeasure(_CHEBYSHEV),
    "hamming": SparseMeasure(_HAMMING, scale=None),
    "canberra": SparseMeasure(_CANBERRA),
    "braycurtis": SparseMeasure(_BRAYCURTIS),
    "minkowski": SparseMeasure(_MINKOWSKI, order=2.0),
    "ll_dirichlet": SparseMeasure(_DIRICHLET, rows="counts", root=True),
    **{name: SparseMeasure(_COUNTS, number) for number, name in enumerate(_COUNT_FORMULAS)},
    "sokalmichener": SparseMeasure(_COUNTS, _COUNT_FORMULAS.index("rogerstanimoto")),
}
MEASURES = MappingProxyType(_MEASURES)


_BY_ORDER = {1.0: "manhattan", 2.0: "euclidean", float("inf"): "chebyshev"}


def measure_of(metric: Metric) -> SparseMeasure | None:
    """Return what the kernels do for a metric; None where they have none for sparse rows."""
    known = METRICS.get(metric.name)
    if known is None or known.formula is not metric.formula:  # a function of the user
        return None
    if metric.name == "minkowski":
        order = float(metric.given.get("p", 2.0))
        name = _BY_ORDER.get(order)
        return replace(MEASURES["minkowski"], order=order) if name is None else MEASURES[name]
    return MEASURES.get(metric.name)


def takes_sparse(metric: Metric) -> bool:
    """Whether sparse rows can be measured without being made dense."""
    return measure_of(metric) is not None


def keeps_sparse(X: Any, metric: Metric) -> bool:
    """Whether these rows are worked on as sparse ones under a metric.

    Warns where large sparse rows have to be made dense for it.
    """
    if not stays_sparse(X):
        return False
    if takes_sparse(metric):
        return True
    msg = (
        f"metric={metric.name!r} has no kernel for sparse rows: X of shape {X.shape} is made "
        f"dense, which takes {human_size(4 * X.shape[0] * X.shape[1])}. These metrics have one: "
        f"{', '.join(sorted(MEASURES))}."
    )
    warnings.warn(msg, UserWarning, stacklevel=3)
    return False
