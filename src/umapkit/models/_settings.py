"""What a model's parameters mean together: checked, resolved, handed to the stages."""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from umapkit.data import SparseRows
from umapkit.distances import MISSING, resolve_metric
from umapkit.estimator import MapEstimator
from umapkit.layout import (
    LayoutOptions,
    OutputMetric,
    find_ab,
    resolve_epochs,
    resolve_output_metric,
)
from umapkit.models._density import check_densmap
from umapkit.models._labels import check_labels
from umapkit.models._warm import check_warm, clone_with_init, is_model
from umapkit.models._watched import check_watched
from umapkit.neighbors import Neighbors, read_distances
from umapkit.neighbors.sparse import keeps_sparse

if TYPE_CHECKING:
    from sklearn.utils import Tags

    from umapkit.models._density import RadiusRule

_OPTIONAL = ("a", "b", "disconnection_distance", "tol")
_NUMBERS = (
    *_OPTIONAL,
    "dens_frac",
    "dens_lambda",
    "dens_var_shift",
    "learning_rate",
    "local_connectivity",
    "min_dist",
    "negative_sample_rate",
    "repulsion_strength",
    "set_op_mix_ratio",
    "spread",
    "supervision_margin",
    "supervision_weight",
    "target_weight",
)


class Settings(MapEstimator):
    """The parameters of UMAP, read by its stages.

    Every name here is a constructor parameter of `umapkit.UMAP` or set by its ``fit``.
    """

    # What the fit knew besides the rows ("y", "graph", ...), and an update could not know.
    _told: str | None = None

    a: float | None
    b: float | None
    a_: float
    b_: float
    checkpoint: Any
    # What the stages of a fit set.
    _finder: Any
    _inverse_number: tuple[int, int] | None
    _lists: Neighbors | None = None
    _new_row_epochs: int
    _radii: NDArray[np.float64] | None
    _radius_rule: RadiusRule | None
    embedding_list_: list[NDArray[np.float32]]
    n_epochs_: int
    neighbor_recall_: float
    rad_emb_: NDArray[np.float32]
    rad_orig_: NDArray[np.float32]
    classes_: NDArray[Any]
    dens_frac: float
    dens_lambda: float
    dens_var_shift: float
    densmap: bool
    disconnection_distance: float | None
    head_: NDArray[np.float64]
    init: Any
    learning_rate: float
    local_connectivity: float
    loss_: float
    metric: Any
    metric_kwds: Any
    min_dist: float
    n_components: int
    n_epochs: Any
    n_neighbors: int
    negative_sample_rate: float
    neighbors: str
    observers: Any
    optimizer: Any
    output_metric: str
    output_metric_kwds: Any
    output_dens: bool
    precomputed_knn: Any
    random_state: Any
    repulsion_strength: float
    set_op_mix_ratio: float
    spread: float
    supervision: Any
    supervision_loss_: float
    supervision_margin: float
    supervision_period: Any
    supervision_weight: float
    target_metric: Any
    target_n_neighbors: int | None
    target_weight: float
    tol: float | None

    def __sklearn_clone__(self) -> Self:
        """Clone, but leave a fitted model in `init` fitted."""
        return clone_with_init(self)

    def __sklearn_tags__(self) -> Tags:
        """Say what the metric accepts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self._is_given()
        tags.input_tags.allow_nan = self._missing_value() is not None
        return tags

    def _is_given(self) -> bool:
        """Whether `X` holds distances rather than rows."""
        return isinstance(self.metric, str) and self.metric == "precomputed"

    def _missing_value(self) -> float | None:
        """Return what NaN becomes in the rows, for a metric that knows missing values."""
        try:
            return MISSING if resolve_metric(self.metric).missing else None
        except (TypeError, ValueError):  # said by `fit`, not when scikit-learn asks for tags
            return None

    def _keeps_sparse(self, X: Any, *, reset: bool) -> bool:
        """Large sparse rows stay sparse in `fit`; later rows are what those of `fit` were."""
        if reset:
            return keeps_sparse(X, resolve_metric(self.metric, self.metric_kwds))
        return isinstance(self._finder.rows, SparseRows)

    def _rows(self, X: Any, *, reset: bool) -> Any:
        """Return checked rows, or, for ``metric="precomputed"``, distances."""
        if not self._is_given():
            return super()._rows(X, reset=reset)
        if not reset:
            check_is_fitted(self)
        given = read_distances(X, n_columns=None if reset else self.n_features_in_)
        validate_data(self, X, reset=reset, skip_check_array=True)
        if reset:
            self.n_features_in_ = given.shape[1]
        return given

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

    def _output(self) -> OutputMetric:
        """Card of the output metric."""
        return resolve_output_metric(
            self.output_metric, self.output_metric_kwds, n_components=self.n_components
        )

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
        """`precomputed_knn`, or None."""
        return given_neighbors(self.precomputed_knn)

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
        mixed, connected = self.set_op_mix_ratio, self.local_connectivity
        for name, fits, allowed in (
            ("set_op_mix_ratio", 0 <= mixed <= 1, "from 0 (intersection) to 1 (union)"),
            ("local_connectivity", 0 <= connected < math.inf, "of 0 or more"),
            ("tol", self.tol is None or 0 < self.tol < math.inf, "above 0, such as 1e-3, or None"),
        ):
            if not fits:
                msg = f"{name}={getattr(self, name)!r} is not allowed. Give a number {allowed}."
                raise ValueError(msg)
        if self.disconnection_distance is not None and not self.disconnection_distance > 0:
            msg = (
                f"disconnection_distance={self.disconnection_distance!r} is not allowed. Give a "
                "positive distance, or None for the largest value of a bounded metric."
            )
            raise ValueError(msg)
        check_labels(self)
        if graph is not None and self._given_neighbors() is not None:
            msg = (
                "Both graph= and precomputed_knn= were given; the graph already holds what the "
                "neighbours would give. Give one of them."
            )
            raise ValueError(msg)
        if not self._output().flat and self.optimizer != "sampled":
            msg = (
                f"optimizer={self.optimizer!r} moves points in flat space only. With "
                f"output_metric={self.output_metric!r} give optimizer='sampled'."
            )
            raise ValueError(msg)
        if is_model(self.init):
            check_warm(self.init, self)
        if isinstance(self.init, str) and self.init not in ("spectral", "pca", "random"):
            msg = (
                f"init={self.init!r} is not known. Give 'spectral', 'pca', 'random', an array of "
                "places, or a fitted model."
            )
            raise ValueError(msg)
        card = resolve_metric(self.metric, self.metric_kwds)
        if isinstance(self.init, str) and self.init == "pca" and (self._is_given() or card.missing):
            msg = (
                f"init='pca' needs rows of numbers, which metric={card.name!r} does not promise. "
                "Give init='spectral' or 'random', or an array."
            )
            raise ValueError(msg)
        if self._is_given() and self._given_neighbors() is not None:
            msg = (
                "Both metric='precomputed' and precomputed_knn= were given: two sources of "
                "neighbours. Give one of them."
            )
            raise ValueError(msg)
        check_densmap(self, graph=graph)
        if self.neighbors not in ("auto", "exact", "descent"):
            msg = f"neighbors={self.neighbors!r} is not known. Give 'auto', 'exact' or 'descent'."
            raise ValueError(msg)
        check_watched(self)
        resolve_epochs(self.n_epochs, 1)
        self.a_, self.b_ = self._resolved_curve()
        self._layout_options(n_epochs=0, seed=0)


def given_neighbors(given: Any) -> Any:
    """`precomputed_knn`, or None; umap-learn's (None, None, None) means none."""
    if isinstance(given, tuple) and all(part is None for part in given):
        return None
    return given
