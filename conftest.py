"""Pages and modules that need torch are left out of doctests where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["docs/parametric.md", "src/umapkit/parametric"]
