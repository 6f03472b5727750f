"""Neighbours among sparse rows, which are never made dense."""

from __future__ import annotations

from umapkit.neighbors.sparse._axes import narrow_rows
from umapkit.neighbors.sparse._build import build_sparse_index
from umapkit.neighbors.sparse._descent import sparse_recall
from umapkit.neighbors.sparse._index import SparseIndex
from umapkit.neighbors.sparse._measures import keeps_sparse, takes_sparse
from umapkit.neighbors.sparse._table import SparseTable

__all__ = [
    "SparseIndex",
    "SparseTable",
    "build_sparse_index",
    "keeps_sparse",
    "narrow_rows",
    "sparse_recall",
    "takes_sparse",
]
