"""Maps of arriving points."""

from __future__ import annotations
