"""Who is near: neighbour lists of every row, an index for new rows, and how much of it is true."""

from __future__ import annotations

from umapkit.neighbors._find import build_index, find_neighbors
from umapkit.neighbors._index import NeighborIndex
from umapkit.neighbors._neighbors import Neighbors
from umapkit.neighbors._precomputed import check_precomputed
from umapkit.neighbors._recall import estimate_recall

__all__ = [
    "NeighborIndex",
    "Neighbors",
    "build_index",
    "check_precomputed",
    "estimate_recall",
    "find_neighbors",
]
