"""Histories of several trainings, one after the other."""

from __future__ import annotations

import math

History = dict[str, list[float]]


def joined(old: History, new: History) -> History:
    """One history out of two; NaN where one of them lacks a term of the other."""
    before, after = len(old.get("step", [])), len(new.get("step", []))
    return {
        name: old.get(name, [math.nan] * before) + new.get(name, [math.nan] * after)
        for name in {**old, **new}
    }


def last_loss(history: History) -> float:
    """Return the running loss at the end; NaN where nothing was recorded."""
    losses = history.get("loss", [])
    return losses[-1] if losses else math.nan
