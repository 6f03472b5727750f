"""A small stream with a journal, for several files of tests."""

from __future__ import annotations

from umapkit import ProgressiveUMAP


def stream(path=None, **given) -> ProgressiveUMAP:
    return ProgressiveUMAP(
        **{
            "engine": "exact",
            "n_neighbors": 5,
            "random_state": 0,
            "n_jobs": 1,
            "journal": path,
            **given,
        }
    )
