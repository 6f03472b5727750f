"""A fit that fails leaves the model as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def undone_on_error(model: Any) -> Iterator[None]:
    """Give the model its attributes back if an error ends the context before it has a new map.

    A fit that Ctrl-C ends sets `embedding_` to the map of that moment, which is kept. Attributes
    are put back, not what is inside of them: networks that went on training stay as they are.

    Parameters
    ----------
    model : estimator
        One whose ``fit`` sets `embedding_` last.
    """
    before = dict(vars(model))
    try:
        yield
    except BaseException:
        now = vars(model)
        if now.get("embedding_") is None or now["embedding_"] is before.get("embedding_"):
            now.clear()
            now.update(before)
        raise
