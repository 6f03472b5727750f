"""How far two rows are apart: one card per metric, with the plain formula that the kernels obey."""

from __future__ import annotations

from umapkit.distances._metrics import METRICS, Metric, resolve_metric
from umapkit.distances._targets import (
    TARGET_METRICS,
    categorical,
    count,
    hierarchical_categorical,
    label_keywords,
    ordinal,
    string,
)

__all__ = [
    "METRICS",
    "TARGET_METRICS",
    "Metric",
    "categorical",
    "count",
    "hierarchical_categorical",
    "label_keywords",
    "ordinal",
    "resolve_metric",
    "string",
]
