"""Pictures of maps with matplotlib, which is imported at the first picture, not before.

Nothing global is touched: no rcParams, no registered colour map, no figure kept by pyplot.
"""

from __future__ import annotations

from ._points import points

__all__ = ["points"]
