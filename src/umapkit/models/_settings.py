"""What a model's parameters mean together: checked, resolved, handed to the stages."""

from __future__ import annotations

from typing import Any

import numpy as np

from umapkit.distances import resolve_metric
from umapkit.estimator import NeighborEmbedding
from umapkit.layout import LayoutOptions, find_ab


class Settings(NeighborEmbedding):
    """The parameters of UMAP, read by its stages.

    Every name here is a constructor parameter of `umapkit.UMAP` or set by its ``fit``.
    """

    a: float | None
    b: float | None
    a_: float
    b_: float
    disconnection_distance: float | None
    learning_rate: float
    metric: str
    min_dist: float
    n_components: int
    n_epochs: Any
    n_neighbors: int
    negative_sample_rate: float
    optimizer: Any
    precomputed_knn: Any
    repulsion_strength: float
    spread: float
    target_metric: str

    def _resolved_disconnection(self) -> float:
        """Distance from which neighbours are not connected."""
        if self.disconnection_distance is not None:
            return float(self.disconnection_distance)
        return float(resolve_metric(self.metric).disconnection_distance)

    def _resolved_curve(self) -> tuple[float, float]:
        """Return a and b: given, or fitted to `min_dist` and `spread`."""
        if (self.a is None) != (self.b is None):
            msg = f"a={self.a!r} and b={self.b!r}: give both, or none of them."
            raise ValueError(msg)
        if self.a is not None and self.b is not None:
            return float(self.a), float(self.b)
        return find_ab(min_dist=self.min_dist, spread=self.spread)

    def _layout_options(self, *, n_epochs: int, seed: int) -> LayoutOptions:
        """Numbers of a layout of `n_epochs`."""
        return LayoutOptions(
            a=self.a_,
            b=self.b_,
            n_epochs=n_epochs,
            learning_rate=self.learning_rate,
            negative_sample_rate=self.negative_sample_rate,
            repulsion_strength=self.repulsion_strength,
            optimizer=self.optimizer,
            seed=seed,
        )

    def _settle_epochs(self, n: int) -> int:
        """Give a new point a third of the fit's epochs, or 100, or 30 above 10,000 rows."""
        if self.n_epochs is None:
            return 100 if n <= 10_000 else 30
        return int(np.max(self.n_epochs)) // 3

    def _check_parameters(self, *, graph: Any) -> None:
        """Refuse what no stage could use, before the long search; sets `a_` and `b_`."""
        for name, least in (("n_neighbors", 2), ("n_components", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
                msg = f"{name}={value!r} is not allowed. Give a whole number, {least} or more."
                raise ValueError(msg)
        if self.target_metric != "categorical":
            msg = f"target_metric={self.target_metric!r} is not known. Give 'categorical'."
            raise ValueError(msg)
        if graph is not None and self.precomputed_knn is not None:
            msg = (
                "Both graph= and precomputed_knn= were given; the graph already holds what the "
                "neighbours would give. Give one of them."
            )
            raise ValueError(msg)
        resolve_metric(self.metric)
        self.a_, self.b_ = self._resolved_curve()
        self._layout_options(n_epochs=0, seed=0)
