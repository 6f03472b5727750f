"""Who is near: the `Neighbors` value."""

from __future__ import annotations

from umapkit.neighbors._neighbors import Neighbors

__all__ = ["Neighbors"]
