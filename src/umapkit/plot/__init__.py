"""Pictures of maps with matplotlib, which is imported at the first picture, not before.

Nothing global is touched: no rcParams, no registered colour map, no figure kept by pyplot.
"""

from __future__ import annotations

from ._connectivity import connectivity
from ._diagnostics import diagnostic, diagnostic_values
from ._points import points
from ._quality import quality

__all__ = ["connectivity", "diagnostic", "diagnostic_values", "points", "quality"]
