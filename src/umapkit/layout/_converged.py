"""Stopping by itself: "while not converged" of Algorithm 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umapkit.layout._layout import Layout


class Converged:
    """Observer that stops when the effective loss falls by less than `tol`, twice in a row.

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
        self._last = math.inf
        self._small = 0

    def start(self, layout: Layout) -> None:
        """Measure the start."""
        self._last, self._small = layout.loss(), 0

    def epoch(self, layout: Layout) -> bool:
        """Compare with 10 epochs ago."""
        loss = layout.loss()
        fall = (self._last - loss) / max(abs(loss), 1e-12)
        self._last = loss
        self._small = self._small + 1 if abs(fall) < self.tol else 0
        return self._small >= 2

    def end(self, layout: Layout) -> None:
        """Nothing to close."""
