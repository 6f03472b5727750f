"""Stopping by itself: "while not converged" of Algorithm 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umapkit.layout._layout import Layout


class Converged:
    """Observer that stops when the effective loss falls by less than `tol`, twice in a row.

    It does not judge while the steps still grow: early epochs change little, and late ones much.

    What it remembers is part of the layout's state, so that a layout that is continued, also from
    a checkpoint, stops where it would have stopped in one run.

    Parameters
    ----------
    tol : float
        Share of the loss by which it must fall over 10 epochs to go on. Positive.

    Raises
    ------
    ValueError
        If `tol` is not positive.
    """

    every = 10

    def __init__(self, tol: float) -> None:
        if not (math.isfinite(tol) and tol > 0):
            msg = f"tol={tol!r} must be a positive share of the loss, say 1e-3, or None."
            raise ValueError(msg)
        self.tol = tol

    def start(self, layout: Layout) -> None:
        """Measure the start, unless an earlier run with this `tol` has left off here."""
        tol, epoch, _, _ = layout.watched
        if not (tol == self.tol and 0 <= layout.epoch - epoch < self.every):
            layout.watched[:] = self.tol, layout.epoch, layout.loss(), 0

    def settled(self, layout: Layout) -> bool:
        """Whether the loss has settled."""
        return bool(layout.watched[3] >= 2)

    def epoch(self, layout: Layout) -> bool:
        """Compare with 10 epochs ago."""
        _, _, last, small = layout.watched
        loss = layout.loss()
        fall = (last - loss) / max(abs(loss), 1e-12)
        settling = layout.epoch >= layout.options.rise
        small = small + 1 if settling and abs(fall) < self.tol else 0
        layout.watched[:] = self.tol, layout.epoch, loss, small
        return self.settled(layout)

    def end(self, layout: Layout) -> None:
        """Nothing to close."""
