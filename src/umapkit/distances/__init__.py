"""How far two rows are apart: one card per metric, with the plain formula that the kernels obey."""

from __future__ import annotations

from umapkit.distances._bits import FromCounts
from umapkit.distances._card import Metric
from umapkit.distances._differences import MISSING
from umapkit.distances._metrics import METRICS, resolve_metric
from umapkit.distances._series import dtw, time_first
from umapkit.distances._targets import (
    TARGET_METRICS,
    categorical,
    count,
    hierarchical_categorical,
    label_keywords,
    ordinal,
    string,
)
from umapkit.distances._transport import ROUNDS as SINKHORN_ROUNDS
from umapkit.distances._transport import TOLERANCE as SINKHORN_TOLERANCE
from umapkit.distances._transport import entropic_kernel, kantorovich, sinkhorn
from umapkit.distances._user import FromFunction

__all__ = [
    "METRICS",
    "MISSING",
    "SINKHORN_ROUNDS",
    "SINKHORN_TOLERANCE",
    "TARGET_METRICS",
    "FromCounts",
    "FromFunction",
    "Metric",
    "categorical",
    "count",
    "dtw",
    "entropic_kernel",
    "hierarchical_categorical",
    "kantorovich",
    "label_keywords",
    "ordinal",
    "resolve_metric",
    "sinkhorn",
    "string",
    "time_first",
]
