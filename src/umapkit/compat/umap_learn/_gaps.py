"""Values that are not finite, for functions of the user that cope with them.

umapkit hands its rows on as finite numbers. With ``ensure_all_finite=False`` or "allow-nan", NaN
and infinity travel as numbers at the end of float32's range, and a function of two rows, as
`metric`, is shown what they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

import umapkit
from umapkit.distances import MISSING, Metric, resolve_metric

_INFINITY = np.nextafter(np.float32(MISSING), np.float32(0))
_STANDS_FOR = ((np.float32(MISSING), np.nan), (_INFINITY, np.inf), (-_INFINITY, -np.inf))


class Shown:
    """A function of two rows that sees their gaps.

    Parameters
    ----------
    function : callable
        The user's.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)

    def __call__(self, x: NDArray[Any], y: NDArray[Any], **keywords: Any) -> Any:
        """Measure two rows, shape (d,)."""
        return self.function(_shown(x), _shown(y), **keywords)


def metric_with_gaps(function: Callable[..., Any], keywords: Mapping[str, Any] | None) -> Metric:
    """Card of a function of two rows that takes values which are not finite."""
    return replace(resolve_metric(Shown(function), keywords), missing=True)


def hidden(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows (n, d) without infinity; NaN stays, which umapkit's door takes under such a metric."""
    endless = np.isinf(rows)
    return np.where(endless, np.copysign(_INFINITY, rows), rows) if endless.any() else rows


def among_filled_rows(model: umapkit.UMAP, rows: NDArray[np.float32]) -> umapkit.UMAP:
    """Model of the same map whose rows have the mean of their column where they had a gap."""
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, rows, 0).sum(axis=0, dtype=np.float64) / count
    filled = np.where(known, rows, means.astype(np.float32))
    return umapkit.UMAP.from_parts(filled, model.graph_, model.embedding_, model=clone(model))


def _shown(row: NDArray[Any]) -> NDArray[Any]:
    out = row.copy()
    for number, meant in _STANDS_FOR:
        out[row == number] = meant
    return out
