"""Maps of arriving points: rows come, change and go, and the map follows by small steps."""

from __future__ import annotations

from umapkit.streaming._snapshot import Snapshot
from umapkit.streaming._sources import Chunk, read_chunks
from umapkit.streaming._state import load
from umapkit.streaming._umap import ProgressiveUMAP

__all__ = ["Chunk", "ProgressiveUMAP", "Snapshot", "load", "read_chunks"]
