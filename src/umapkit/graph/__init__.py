"""How strongly: bandwidths, memberships, the fuzzy graph, and its intersection with labels."""

from __future__ import annotations

from umapkit.graph._bandwidth import Bandwidths, bandwidths
from umapkit.graph._csr import csr_parts, shape_of
from umapkit.graph._fuzzy import cut, disconnected, fuzzy_graph, fuzzy_union, memberships
from umapkit.graph._given import check_graph
from umapkit.graph._intersect import intersect_graphs
from umapkit.graph._intersect_targets import intersect_targets
from umapkit.graph._labels import intersect_labels, label_codes
from umapkit.graph._radii import input_radii
from umapkit.graph._targets import TargetMetric, Targets, check_target_metric, read_targets

__all__ = [
    "Bandwidths",
    "TargetMetric",
    "Targets",
    "bandwidths",
    "check_graph",
    "check_target_metric",
    "csr_parts",
    "cut",
    "disconnected",
    "fuzzy_graph",
    "fuzzy_union",
    "input_radii",
    "intersect_graphs",
    "intersect_labels",
    "intersect_targets",
    "label_codes",
    "memberships",
    "read_targets",
    "shape_of",
]
