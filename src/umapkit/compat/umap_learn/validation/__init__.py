"""The names of umap-learn's ``umap.validation``."""

from __future__ import annotations

from umapkit.compat.umap_learn._validation import (
    make_trustworthiness_calculator,
    trustworthiness_vector,
    trustworthiness_vector_bulk,
)

__all__ = [
    "make_trustworthiness_calculator",
    "trustworthiness_vector",
    "trustworthiness_vector_bulk",
]
