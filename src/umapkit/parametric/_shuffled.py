"""Batches of rows: every epoch a new order, a pure function of seed and step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage, draw, key


class ShuffledRows:
    """Batches that hold every row once an epoch.

    Parameters
    ----------
    rows : int64 array of shape (n,)
        Which rows.
    batch_size : int
        Rows of a batch. The batches of an epoch differ by one row at most, so none is small.
    seed : int
        Of the orders.
    fixed : bool, default False
        The same batches in every epoch.
    """

    def __init__(
        self, rows: NDArray[np.int64], *, batch_size: int, seed: int, fixed: bool = False
    ) -> None:
        self.rows, self.seed, self.fixed = rows, seed, fixed
        self.n_batches = max(1, -(-len(rows) // batch_size))
        self._epoch = -1
        self._order = rows

    def batch(self, step: int) -> NDArray[np.int64]:
        """Rows of one step, in increasing order where the batches are fixed."""
        epoch, number = divmod(step, self.n_batches)
        if self.fixed:
            epoch = 0
        if epoch != self._epoch:
            bits = draw(key(self.seed, Stage.SHUFFLE, epoch, self.rows.astype(np.uint64)), 0)
            self._epoch, self._order = epoch, self.rows[np.argsort(bits, kind="stable")]
        n = len(self.rows)
        begin, end = number * n // self.n_batches, (number + 1) * n // self.n_batches
        part = self._order[begin:end]
        return np.sort(part) if self.fixed else part


def split_rows(
    n: int, *, held_out: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split n rows by hash into those to learn from and a share `held_out` to judge by."""
    bits = draw(key(seed, Stage.HELD_OUT, 0, np.arange(n, dtype=np.uint64)), 0)
    order = np.argsort(bits, kind="stable")
    count = min(n - 1, round(held_out * n))
    return np.sort(order[count:]), np.sort(order[:count])
