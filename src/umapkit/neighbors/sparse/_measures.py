"""How the kernels measure sparse rows under each metric."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from umapkit.distances import Metric

# Numbers of the sums and the formulas: cpp/include/umapkit/sparse_distance.hpp.
_SQUARE, _MANHATTAN, _CHEBYSHEV, _HAMMING, _CANBERRA, _BRAYCURTIS, _COUNTS = range(7)
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
    rows : {"as given", "direction", "centred direction", "root"}
        What the kernels see: the rows; rows of length one, as they are or less their mean; roots
        of the shares of a row.
    root : bool
        The distance is the square root of the sum times `scale`.
    scale : float or None
        Factor; None for one over the number of columns.
    """

    kernel: int
    formula: int = 0
    rows: Literal["as given", "direction", "centred direction", "root"] = "as given"
    root: bool = False
    scale: float | None = 1.0

    @property
    def descent(self) -> bool:
        """Whether approximate search is offered."""
        return self.kernel != _CHEBYSHEV

    @property
    def counts(self) -> bool:
        """Whether only the columns of a row matter, not its values."""
        return self.kernel == _COUNTS


_MEASURES = {
    "euclidean": SparseMeasure(_SQUARE, root=True),
    "cosine": SparseMeasure(_SQUARE, rows="direction", scale=0.5),
    "correlation": SparseMeasure(_SQUARE, rows="centred direction", scale=0.5),
    "hellinger": SparseMeasure(_SQUARE, rows="root", scale=0.5, root=True),
    "manhattan": SparseMeasure(_MANHATTAN),
    "chebyshev": SparseMeasure(_CHEBYSHEV),
    "hamming": SparseMeasure(_HAMMING, scale=None),
    "canberra": SparseMeasure(_CANBERRA),
    "braycurtis": SparseMeasure(_BRAYCURTIS),
    **{name: SparseMeasure(_COUNTS, number) for number, name in enumerate(_COUNT_FORMULAS)},
    "sokalmichener": SparseMeasure(_COUNTS, _COUNT_FORMULAS.index("rogerstanimoto")),
}
MEASURES = MappingProxyType(_MEASURES)


def takes_sparse(metric: Metric) -> bool:
    """Whether sparse rows can be measured without being made dense."""
    return metric.name in MEASURES
