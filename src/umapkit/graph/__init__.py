"""How strongly: the fuzzy graph, its intersection with labels, and t-SNE's affinities."""

from __future__ import annotations

from umapkit.graph._algebra import (
    How,
    check_how,
    combine_values,
    floor_of,
    restore_graph,
    restore_rows,
)
from umapkit.graph._bandwidth import Bandwidths, bandwidths
from umapkit.graph._csr import csr_parts, shape_of
from umapkit.graph._finsing import fin_sing, local_metric
from umapkit.graph._fuzzy import (
    cut,
    disconnected,
    fuzzy_graph,
    fuzzy_union,
    membership_lists,
    memberships,
)
from umapkit.graph._fuzzy_set import FuzzySet, pairs_of, values_at
from umapkit.graph._given import check_graph
from umapkit.graph._intersect import UNKNOWN_FACTOR, check_weight, farness, intersect_graphs
from umapkit.graph._intersect_targets import intersect_targets
from umapkit.graph._joint import joint_affinities, query_affinities
from umapkit.graph._labels import intersect_labels, label_classes, label_codes
from umapkit.graph._perplexity import (
    conditional_affinities,
    exact_affinities,
    perplexity_graph,
    precisions,
)
from umapkit.graph._radii import input_radii
from umapkit.graph._targets import TargetMetric, Targets, check_target_metric, read_targets

__all__ = [
    "UNKNOWN_FACTOR",
    "Bandwidths",
    "FuzzySet",
    "How",
    "TargetMetric",
    "Targets",
    "bandwidths",
    "check_graph",
    "check_how",
    "check_target_metric",
    "check_weight",
    "combine_values",
    "conditional_affinities",
    "csr_parts",
    "cut",
    "disconnected",
    "exact_affinities",
    "farness",
    "fin_sing",
    "floor_of",
    "fuzzy_graph",
    "fuzzy_union",
    "input_radii",
    "intersect_graphs",
    "intersect_labels",
    "intersect_targets",
    "joint_affinities",
    "label_classes",
    "label_codes",
    "local_metric",
    "membership_lists",
    "memberships",
    "pairs_of",
    "perplexity_graph",
    "precisions",
    "query_affinities",
    "read_targets",
    "restore_graph",
    "restore_rows",
    "shape_of",
    "values_at",
]
