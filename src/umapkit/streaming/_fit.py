"""A fit of static data that shows a map early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, draw, key
from umapkit.layout import Layout, LayoutOptions, as_observers
from umapkit.streaming import _rules as rule
from umapkit.streaming._stream import Stream
from umapkit.streaming._uncut import uncut

if TYPE_CHECKING:
    from umapkit.streaming._umap import ProgressiveUMAP


class Progress:
    """What an observer of a layout sees of a progressive fit.

    Attributes
    ----------
    epoch : int
        Pieces of rows that are on the map.
    rows : int
        Rows that are on the map.
    options : LayoutOptions
        Curve and rates; `n_epochs` is the number of pieces.
    """

    def __init__(self, model: ProgressiveUMAP, stream: Stream, pieces: int) -> None:
        self._model, self._stream = model, stream
        self.epoch = 0
        rules = stream.rules
        self.options = LayoutOptions(
            a=rules.a,
            b=rules.b,
            n_epochs=pieces,
            learning_rate=rules.learning_rate,
            negative_sample_rate=rules.negative_sample_rate,
            repulsion_strength=rules.repulsion_strength,
            seed=rules.seed,
        )

    @property
    def rows(self) -> int:
        """Rows that are on the map."""
        return self._stream.places.n

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The map, shape (n, n_components): NaN for rows not on it yet."""
        return self._model.embedding_

    def loss(self) -> float:
        """Effective loss of the rows on the map, in nats; NaN where there are none."""
        on_map = np.flatnonzero(self._stream.places.where >= 0)
        if len(on_map) == 0:
            return float("nan")
        graph = self._stream.edges.matrix()[on_map][:, on_map]
        places = self._stream.places.positions[on_map]
        return Layout(graph, places, self.options, n_jobs=self._stream.n_threads).loss()


def piece_sizes(n: int) -> list[int]:
    """Sizes of the pieces that a fit of n rows takes: 1,024, then a quarter of those before."""
    sizes: list[int] = []
    taken = 0
    while taken < n:
        sizes.append(min(n - taken, max(rule.FIRST_ROWS, taken // 4)))
        taken += sizes[-1]
    return sizes


def fit_progressively(model: ProgressiveUMAP, X: Any, y: Any) -> None:
    """Fit a model; see `ProgressiveUMAP.fit`."""
    if model.journal is not None:
        msg = (
            f"journal={model.journal!r} keeps what arrives; a fit begins anew each time. Give "
            "the rows to partial_fit, or leave the journal out."
        )
        raise ValueError(msg)
    observers: list[Any] = as_observers(model.observers)
    kept = dict(vars(model))
    vars(model)["_stream"] = None
    try:
        rows, labels, named = model._begin_or_more(X, y, None)
        if model.capacity is not None and len(rows) > model.capacity:
            msg = (
                f"{len(rows)} rows are more than capacity={model.capacity} may hold. Leave "
                "capacity out, or give the rows to partial_fit."
            )
            raise ValueError(msg)
    except BaseException:
        vars(model).clear()
        vars(model).update(kept)
        raise
    stream = model._begun()
    n = len(rows)
    order = np.argsort(draw(key(model.seed_, Stage.SHUFFLE, 0, np.arange(n)), 0), kind="stable")
    slots = np.empty(n, dtype=np.int32)
    given = None if labels.numbers is None else labels.numbers[order]
    with uncut():
        slots[order] = stream.insert(np.ascontiguousarray(rows[order]), given)
        model._ids.add(named, slots)
        model._classes, model.n_seen_ = labels.classes, n
    sizes = piece_sizes(n)
    seen = Progress(model, stream, len(sizes))
    for one in observers:
        one.start(seen)
    for size in sizes:
        model._keeper.kept = None  # an observer may have placed new rows
        with uncut() as work:
            stream.finish(size, go_on=work.go_on)
        seen.epoch += 1
        answers = [one.epoch(seen) for one in observers if seen.epoch % one.every == 0]
        if any(answers):
            break
    else:
        model._keeper.kept = None
        with uncut() as work:
            stream.finish(go_on=work.go_on)  # repairs of lists were counted as rows
    for one in observers:
        one.end(seen)
