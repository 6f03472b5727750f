"""Seconds of the stages inside one fit of umapkit.UMAP or umapkit.TSNE."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# Stage -> names, in modules of umapkit.models, whose calls belong to it. One that is gone is an
# error.
STAGES = {
    "equal rows": ("_umap.find_equals", "_tsne.find_equals"),
    "neighbours": ("_fit.build_index", "_tsne_fit.find_lists"),
    "graph": ("_fit.fuzzy_graph", "_tsne_fit.joint_affinities"),
    "start": ("_fit.make_start", "_tsne_fit.make_tsne_start"),
    "layout": ("_fit.Layout", "_fit.execute", "_tsne_fit.TsneLayout", "_tsne_fit.execute"),
}


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Let the calls that a fit makes add up their seconds in the dictionary that this gives."""
    from umapkit.models import _fit, _tsne, _tsne_fit, _umap

    modules = {"_fit": _fit, "_tsne": _tsne, "_tsne_fit": _tsne_fit, "_umap": _umap}

    def place(dotted: str) -> tuple[ModuleType, str]:
        module, name = dotted.split(".")
        return modules[module], name

    seconds = dict.fromkeys(STAGES, 0.0)
    before = {name: getattr(*place(name)) for names in STAGES.values() for name in names}

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
            setattr(*place(name), timed(stage, before[name]))
    try:
        yield seconds
    finally:
        for name, call in before.items():
            setattr(*place(name), call)
