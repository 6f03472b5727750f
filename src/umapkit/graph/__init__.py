"""How strongly: bandwidths, memberships, the fuzzy graph, and its intersection with labels."""

from __future__ import annotations

from umapkit.graph._bandwidth import Bandwidths, bandwidths
from umapkit.graph._csr import csr_parts, shape_of
from umapkit.graph._fuzzy import cut, disconnected, fuzzy_graph, fuzzy_union, memberships
from umapkit.graph._given import check_graph
from umapkit.graph._labels import intersect_labels, label_codes
from umapkit.graph._radii import input_radii

__all__ = [
    "Bandwidths",
    "bandwidths",
    "check_graph",
    "csr_parts",
    "cut",
    "disconnected",
    "fuzzy_graph",
    "fuzzy_union",
    "input_radii",
    "intersect_labels",
    "label_codes",
    "memberships",
    "shape_of",
]
