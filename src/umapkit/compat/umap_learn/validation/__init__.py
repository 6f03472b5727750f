"""The name of umap-learn's ``umap.validation`` that others use."""

from __future__ import annotations

from umapkit.compat.umap_learn._validation import trustworthiness_vector

__all__ = ["trustworthiness_vector"]
