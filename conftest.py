"""Pages and modules that need torch are left out of doctests where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

_TORCH = [
    "docs/parametric-tsne.md",
    "docs/parametric.md",
    "docs/semi-supervised.md",
    "src/umapkit/parametric",
]
collect_ignore = [] if find_spec("torch") else _TORCH
