"""Checked rows of models: stacked, some of their columns, compared, as they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.distances import MISSING


def stacked(old: Any, new: Any) -> Any:
    """Rows of a model with new ones below."""
    return np.concatenate([old, new])


def columns_of(rows: Any, columns: NDArray[np.int64]) -> Any:
    """Return the columns that a part looks at."""
    return np.ascontiguousarray(rows[:, columns])


def same_rows(one: Any, other: Any) -> bool:
    """Whether two tables hold the same rows."""
    return np.array_equal(one, other)


def with_gaps(rows: Any) -> Any:
    """Rows as they were given: NaN where a metric that knows missing values put its mark."""
    gaps = rows == MISSING
    return np.where(gaps, np.float32(np.nan), rows) if gaps.any() else rows
