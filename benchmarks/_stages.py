"""Seconds of the stages inside one call of umapkit.UMAP.fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Stage -> names in umapkit.models._umap whose calls belong to it. One that is gone is an error.
STAGES = {
    "equal rows": ("RowFinder",),
    "neighbours": ("build_index",),
    "graph": ("fuzzy_graph",),
    "start": ("make_start",),
    "layout": ("Layout", "execute"),
}


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Let the calls that a fit makes add up their seconds in the dictionary that this gives."""
    from umapkit.models import _umap

    seconds = dict.fromkeys(STAGES, 0.0)
    before = {name: getattr(_umap, name) for names in STAGES.values() for name in names}

    def timed(stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                seconds[stage] += time.perf_counter() - began

        return wrapper

    for stage, names in STAGES.items():
        for name in names:
            setattr(_umap, name, timed(stage, before[name]))
    try:
        yield seconds
    finally:
        for name, call in before.items():
            setattr(_umap, name, call)
