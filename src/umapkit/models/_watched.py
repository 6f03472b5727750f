"""Observers and checkpoint of a fit, refused before the long search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from umapkit.layout import Checkpoint, as_observers


def check_watched(model: Any) -> None:
    """Refuse observers that are none, and a checkpoint that could not be written or found again.

    Raises
    ------
    TypeError
        If one of `observers` lacks a method of the protocol.
    ValueError
        If an observer's `every` is below 1, or `checkpoint` goes without a `random_state`.
    FileNotFoundError
        If the folder of `checkpoint` does not exist.
    """
    if not isinstance(model.observers, Iterator):  # which could be read once only
        as_observers(model.observers)
    if model.checkpoint is None:
        return
    if model.random_state is None:
        msg = (
            "checkpoint= needs a random_state: without one every fit draws another seed, and "
            "an interrupted fit could never be continued. Give random_state=0, say."
        )
        raise ValueError(msg)
    Checkpoint(model.checkpoint, fingerprint="")
