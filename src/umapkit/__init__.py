"""The whole UMAP family in one package."""

from __future__ import annotations

__version__ = "0.1.0"
