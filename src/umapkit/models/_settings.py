"""What a model's parameters mean together: checked, resolved, handed to the stages."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.distances import resolve_metric
from umapkit.estimator import NeighborEmbedding
from umapkit.layout import Checkpoint, LayoutOptions, find_ab, resolve_epochs
from umapkit.models._warm import check_warm, is_model

_OPTIONAL = ("a", "b", "disconnection_distance", "tol")
_NUMBERS = (
    *_OPTIONAL,
    "learning_rate",
    "local_connectivity",
    "min_dist",
    "negative_sample_rate",
    "repulsion_strength",
    "set_op_mix_ratio",
    "spread",
    "target_weight",
)


class Settings(NeighborEmbedding):
    """The parameters of UMAP, read by its stages.

    Every name here is a constructor parameter of `umapkit.UMAP` or set by its ``fit``.
    """

    init: Any

    embedding_list_: list[NDArray[np.float32]]
    loss_: float
    n_epochs_: int
    neighbor_recall_: float
    _new_row_epochs: int
    # What the fit knew besides the rows ("y", "graph", "neighbors"), and an update could not know.
    _told: str | None = None

    a: float | None
    b: float | None
    a_: float
    b_: float
    checkpoint: Any
    disconnection_distance: float | None
    learning_rate: float
    metric: str
    min_dist: float
    n_components: int
    n_epochs: Any
    n_neighbors: int
    negative_sample_rate: float
    neighbors: str
    optimizer: Any
    precomputed_knn: Any
    random_state: Any
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
            if (self.min_dist, self.spread) != (0.1, 1.0):
                msg = (
                    f"a and b were given, and so were min_dist={self.min_dist!r} and "
                    f"spread={self.spread!r}, from which a and b would be fitted. Give one pair."
                )
                raise ValueError(msg)
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

    def _settle_epochs(self) -> int:
        """Give a new point a third of the fit's epochs, or 100 when the fit has the default.

        umap-learn takes 30 above 10,000 rows; of 10,000 new MNIST rows 27 were then left more
        than a unit away from any other point, with 100 steps none.
        """
        if self.n_epochs is None:
            return 100
        return int(np.max(self.n_epochs)) // 3

    def _given_neighbors(self) -> Any:
        """`precomputed_knn`, or None; umap-learn's (None, None, None) means none."""
        given = self.precomputed_knn
        if isinstance(given, tuple) and all(part is None for part in given):
            return None
        return given

    def _check_parameters(self, *, graph: Any) -> None:
        """Refuse what no stage could use, before the long search; sets `a_` and `b_`."""
        for name in _NUMBERS:
            value = getattr(self, name)
            if not isinstance(value, numbers.Real) or isinstance(value, bool):
                if value is None and name in _OPTIONAL:
                    continue
                msg = f"{name}={value!r} is not allowed. Give a number."
                raise TypeError(msg)
        for name, least in (("n_neighbors", 2), ("n_components", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
                msg = f"{name}={value!r} is not allowed. Give a whole number, {least} or more."
                raise ValueError(msg)
        if self.disconnection_distance is not None and not self.disconnection_distance > 0:
            msg = (
                f"disconnection_distance={self.disconnection_distance!r} is not allowed. Give a "
                "positive distance, or None for the largest value of a bounded metric."
            )
            raise ValueError(msg)
        if self.target_metric != "categorical":
            msg = f"target_metric={self.target_metric!r} is not known. Give 'categorical'."
            raise ValueError(msg)
        if graph is not None and self._given_neighbors() is not None:
            msg = (
                "Both graph= and precomputed_knn= were given; the graph already holds what the "
                "neighbours would give. Give one of them."
            )
            raise ValueError(msg)
        if is_model(self.init):
            check_warm(self.init, n_components=self.n_components)
        resolve_metric(self.metric)
        if self.neighbors not in ("auto", "exact", "descent"):
            msg = f"neighbors={self.neighbors!r} is not known. Give 'auto', 'exact' or 'descent'."
            raise ValueError(msg)
        if self.checkpoint is not None and self.random_state is None:
            msg = (
                "checkpoint= needs a random_state: without one every fit draws another seed, and "
                "an interrupted fit could never be continued. Give random_state=0, say."
            )
            raise ValueError(msg)
        resolve_epochs(self.n_epochs, 1)
        if self.checkpoint is not None:
            Checkpoint(self.checkpoint, fingerprint="")
        self.a_, self.b_ = self._resolved_curve()
        self._layout_options(n_epochs=0, seed=0)
