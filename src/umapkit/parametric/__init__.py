"""Maps as functions: networks trained with the losses of the UMAP family, in torch."""

from __future__ import annotations
