"""The Parametric UMAP paper's tables and figures, computed anew beside the published numbers."""

from __future__ import annotations

from umapkit.reproduce._budget import BUDGETS, PAPER, SMALL, Budget
from umapkit.reproduce._published import Published, published
from umapkit.reproduce._run import Reproduction, reproduce

__all__ = [
    "BUDGETS",
    "PAPER",
    "SMALL",
    "Budget",
    "Published",
    "Reproduction",
    "published",
    "reproduce",
]
