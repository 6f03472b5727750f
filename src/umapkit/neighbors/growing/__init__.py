"""Neighbour lists of rows that come, change and go, kept right by small steps of work."""

from __future__ import annotations

from umapkit.neighbors.growing._grow import grow, grow_from
from umapkit.neighbors.growing._growing import GrowingNeighbors

__all__ = ["GrowingNeighbors", "grow", "grow_from"]
