"""How far two rows are apart: one card per metric, with the plain formula that the kernels obey."""

from __future__ import annotations

from umapkit.distances._metrics import METRICS, Metric, resolve_metric

__all__ = ["METRICS", "Metric", "resolve_metric"]
