"""Who is near: neighbour lists of every row, an index for new rows, and how much of it is true."""

from __future__ import annotations

from umapkit.neighbors._find import build_index, find_neighbors
from umapkit.neighbors._given_distances import (
    GivenDistances,
    GivenIndex,
    SameRows,
    read_distances,
)
from umapkit.neighbors._index import NeighborIndex, check_ids
from umapkit.neighbors._neighbors import Neighbors, with_self
from umapkit.neighbors._precomputed import check_precomputed
from umapkit.neighbors._recall import estimate_recall
from umapkit.neighbors._table import prepared_rows
from umapkit.neighbors._widen import widen
from umapkit.neighbors.growing import GrowingNeighbors, grow, grow_from

__all__ = [
    "GivenDistances",
    "GivenIndex",
    "GrowingNeighbors",
    "NeighborIndex",
    "Neighbors",
    "SameRows",
    "build_index",
    "check_ids",
    "check_precomputed",
    "estimate_recall",
    "find_neighbors",
    "grow",
    "grow_from",
    "prepared_rows",
    "read_distances",
    "widen",
    "with_self",
]
