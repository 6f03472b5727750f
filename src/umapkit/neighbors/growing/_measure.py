"""The metric of a growing table: how rows become the kernels' rows, and keys distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.distances import METRICS, Metric, resolve_metric

Rows = NDArray[np.float32]


def _serves(card: Metric) -> bool:
    """Whether a kernel knows the metric, each row on its own, and neighbours' neighbours are near.

    Metrics that learn keywords from all rows would change under the rows that come.
    """
    plain = card.space is None and card.finish is None and card.check is None
    return card.kernel is not None and card.descent and plain and not card.keywords


SERVED = tuple(sorted(name for name, card in METRICS.items() if _serves(card)))


@dataclass(frozen=True)
class Measure:
    """A metric for rows of `n_features` columns.

    Attributes
    ----------
    name : str
        Its name.
    kernel : int
        Number of its key (``cpp/include/umapkit/distance.hpp``).
    root : bool
        The distance is the square root of the key.
    scale : float
        Else it is the key times this.
    rows : str
        What the kernels see: "as given", "direction" or "centred direction".
    width : int
        Numbers of a row as the kernels see it.
    """

    name: str
    kernel: int
    root: bool
    scale: float
    rows: str
    width: int

    @classmethod
    def of(cls, metric: str, n_features: int) -> Measure:
        """Look a metric up.

        Raises
        ------
        ValueError
            If there is no such metric, or a growing table cannot serve it.
        """
        card = resolve_metric(metric)
        if card.name not in SERVED or card.kernel is None:
            msg = (
                f"metric={card.name!r} is not offered for rows that come and go. Give one of "
                f"{', '.join(map(repr, SERVED))}."
            )
            raise ValueError(msg)
        width = n_features + (card.rows != "as given")
        scale = card.scale_for(n_features)
        return cls(card.name, card.kernel, card.root, scale, card.rows, width)

    def prepare(self, rows: Rows, n_threads: int) -> Rows:
        """Turn rows of the user into rows for the kernels; each row on its own."""
        if self.rows == "as given":
            return rows
        out = np.empty((rows.shape[0], self.width), dtype=np.float32)
        _kernels.direct_rows(rows, self.rows == "centred direction", out, n_threads)
        return out

    def nearest(
        self,
        queries: Rows,
        table: Rows,
        k: int,
        n_threads: int,
        *,
        self_rows: NDArray[np.int32] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find the k nearest rows of a table by looking at all: places, and distances.

        `self_rows` names the place of each query in the table, which then does not count.
        """
        ids = np.empty((len(queries), k), dtype=np.int32)
        distances = np.empty((len(queries), k), dtype=np.float32)
        _kernels.nearest(
            self.kernel,
            queries,
            table,
            self_rows,
            self.root,
            self.scale,
            None,
            None,
            None,
            ids,
            distances,
            n_threads,
        )
        return ids, distances
