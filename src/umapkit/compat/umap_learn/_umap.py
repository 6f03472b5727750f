"""The incumbent's UMAP class over `umapkit.UMAP`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import NotFittedError

import umapkit
from umapkit.compat.umap_learn._fitted import Fitted
from umapkit.compat.umap_learn._gaps import among_filled_rows, metric_with_gaps
from umapkit.compat.umap_learn._knn import usable_knn
from umapkit.compat.umap_learn._parameters import our_parameters
from umapkit.compat.umap_learn._rows import read_rows, stacked_like
from umapkit.compat.umap_learn._validate import check_parameters, check_with_data
from umapkit.data import as_sparse_rows, first_of_equals


class UMAP(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Fitted, BaseEstimator):
    """umap-learn 0.5.12's class: its parameters, defaults, methods and attributes.

    The map is made by `umapkit.UMAP`, which the fitted model keeps in `model_`. What differs is on
    purpose and listed in the documentation ("Coming from umap-learn"): every fit is repeatable and
    parallel, `transform` does not depend on the batch, equal rows share one place.

    Parameters
    ----------
    n_neighbors, n_components, metric, metric_kwds, output_metric, output_metric_kwds, n_epochs, \
learning_rate, init, min_dist, spread, set_op_mix_ratio, local_connectivity, repulsion_strength, \
negative_sample_rate, a, b, random_state, target_n_neighbors, target_metric, \
target_metric_kwds, target_weight, verbose, densmap, dens_lambda, dens_frac, dens_var_shift, \
output_dens, disconnection_distance
        As `umapkit.UMAP`; a value that it does not take raises NotImplementedError in ``fit``.
    n_jobs : int, default -1
        Threads, -1 for all cores; a seed does not change it.
    init : also "tswspectral"
        The same as "spectral", which it approximates in umap-learn.
    force_approximation_algorithm : bool, default False
        Approximate neighbours also for few rows, where the metric has such a search; a warning
        says where it has not.
    unique : bool, default False
        Keep `graph_` and the tables of neighbours for the different rows only, with
        `_unique_inverse_` leading back. (Equal rows share a place either way.)
    transform_mode : {"embedding", "graph"}, default "embedding"
        "graph": stop at the graph, and let ``transform`` give memberships.
    precomputed_knn : (indices, distances) or (indices, distances, index)
        Neighbours; as in umap-learn, too few columns or rows are passed over with a warning.
    tqdm_kwds : dict, optional
        Keywords of the bar that `verbose` shows.
    low_memory, transform_queue_size, angular_rp_forest, transform_seed
        Accepted and without effect: the first three have none in umap-learn either, and new rows
        here draw from the model's seed and their own values.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map; NaN for rows without any neighbour, as in umap-learn.
    graph_ : csr_matrix of shape (n, n)
        Symmetric memberships.
    model_ : umapkit.UMAP
        The fitted model.
    """

    def __init__(
        self,
        n_neighbors: float = 15,
        n_components: int = 2,
        metric: Any = "euclidean",
        metric_kwds: dict[str, Any] | None = None,
        output_metric: Any = "euclidean",
        output_metric_kwds: dict[str, Any] | None = None,
        n_epochs: int | Sequence[int] | None = None,
        learning_rate: float = 1.0,
        init: Any = "spectral",
        min_dist: float = 0.1,
        spread: float = 1.0,
        low_memory: bool = True,
        n_jobs: int = -1,
        set_op_mix_ratio: float = 1.0,
        local_connectivity: float = 1.0,
        repulsion_strength: float = 1.0,
        negative_sample_rate: float = 5,
        transform_queue_size: float = 4.0,
        a: float | None = None,
        b: float | None = None,
        random_state: Any = None,
        angular_rp_forest: bool = False,
        target_n_neighbors: int = -1,
        target_metric: Any = "categorical",
        target_metric_kwds: dict[str, Any] | None = None,
        target_weight: float = 0.5,
        transform_seed: int = 42,
        transform_mode: str = "embedding",
        force_approximation_algorithm: bool = False,
        verbose: bool = False,
        tqdm_kwds: dict[str, Any] | None = None,
        unique: bool = False,
        densmap: bool = False,
        dens_lambda: float = 2.0,
        dens_frac: float = 0.3,
        dens_var_shift: float = 0.1,
        output_dens: bool = False,
        disconnection_distance: float | None = None,
        precomputed_knn: Any = (None, None, None),
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.output_metric = output_metric
        self.output_metric_kwds = output_metric_kwds
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.min_dist = min_dist
        self.spread = spread
        self.low_memory = low_memory
        self.n_jobs = n_jobs
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.repulsion_strength = repulsion_strength
        self.negative_sample_rate = negative_sample_rate
        self.transform_queue_size = transform_queue_size
        self.a = a
        self.b = b
        self.random_state = random_state
        self.angular_rp_forest = angular_rp_forest
        self.target_n_neighbors = target_n_neighbors
        self.target_metric = target_metric
        self.target_metric_kwds = target_metric_kwds
        self.target_weight = target_weight
        self.transform_seed = transform_seed
        self.transform_mode = transform_mode
        self.force_approximation_algorithm = force_approximation_algorithm
        self.verbose = verbose
        self.tqdm_kwds = tqdm_kwds
        self.unique = unique
        self.densmap = densmap
        self.dens_lambda = dens_lambda
        self.dens_frac = dens_frac
        self.dens_var_shift = dens_var_shift
        self.output_dens = output_dens
        self.disconnection_distance = disconnection_distance
        self.precomputed_knn = precomputed_knn

    def fit(self, X: Any, y: Any = None, ensure_all_finite: Any = True) -> Self:
        """Make the map of `X`, guided by `y` where it is given.

        Parameters
        ----------
        X : array, data frame or sparse matrix of shape (n, n_features)
            Rows; distances of shape (n, n) with ``metric="precomputed"``.
        y : array of shape (n,), optional
            Labels.
        ensure_all_finite : True, False or "allow-nan", default True
            False and "allow-nan" let values through that are not finite, for a metric that copes:
            a function, "nan_euclidean" or "gower".

        Returns
        -------
        UMAP
            Itself.

        Raises
        ------
        ValueError
            If data or parameters cannot be used.
        NotImplementedError
            If a parameter has a value that umap-learn takes and umapkit does not.
        """
        check_parameters(self)
        rows = read_rows(X, finite=ensure_all_finite, metric=self.metric)
        check_with_data(self, rows)
        if y is not None and len(y) != rows.shape[0]:
            msg = f"y has {len(y)} labels, X has {rows.shape[0]} rows. Give one label a row."
            raise ValueError(msg)
        self._forget()
        n = self._count(rows)
        self.n_features_in_ = rows.shape[1]
        self._raw_data = rows
        self._supervised = y is not None
        self._gaps = callable(self.metric) and ensure_all_finite not in (True, None)
        if n == 1:
            self.embedding_ = np.zeros((rows.shape[0], int(self.n_components)), dtype=np.float32)
            return self
        self._n_neighbors = int(self.n_neighbors)
        if self._n_neighbors >= n:
            self._n_neighbors = n - 1
            msg = (
                f"n_neighbors is larger than the dataset size: n_neighbors={self.n_neighbors}, "
                f"{n} rows; {n - 1} is used."
            )
            warnings.warn(msg, UserWarning, stacklevel=2)
        knn = usable_knn(self.precomputed_knn, n=rows.shape[0], n_neighbors=self._n_neighbors)
        self.knn_indices, self.knn_dists, self.knn_search_index = knn or (None, None, None)
        ours = our_parameters(
            self,
            n_neighbors=max(2, self._n_neighbors),
            supervised=y is not None,
            knn=None if knn is None else knn[:2],
        )
        if self._gaps:
            ours["metric"] = metric_with_gaps(self.metric, ours.pop("metric_kwds", None))
        model = umapkit.UMAP(**ours).fit(self._handed(rows), y)
        self._take(model)
        self._warn_of_isolated()
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # umap-learn's
        self,
        X: Any,
        y: Any = None,
        ensure_all_finite: Any = True,
    ) -> Any:
        """Make the map of `X` and return it; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components), or csr_matrix of shape (n, n)
            `embedding_`, or `graph_` with ``transform_mode="graph"``; with `output_dens` the map
            and the log radii of the rows in data and map.
        """
        self.fit(X, y, ensure_all_finite)
        if self.transform_mode == "graph":
            return self.graph_
        if self.output_dens:
            return self.embedding_, self.rad_orig_, self.rad_emb_
        return self.embedding_

    def transform(self, X: Any, ensure_all_finite: Any = True) -> Any:
        """Place rows on the finished map, each by itself; see `umapkit.UMAP.transform`.

        Parameters
        ----------
        X : array, data frame or sparse matrix of shape (m, n_features)
            Rows.
        ensure_all_finite : True, False or "allow-nan", default True
            As in `fit`.

        Returns
        -------
        float32 array of shape (m, n_components), or csr_matrix of shape (m, n)
            Places, NaN where a row has no neighbour; or memberships, with
            ``transform_mode="graph"``.

        Raises
        ------
        ValueError
            If the data cannot be used, or one row alone was fitted.
        """
        self._check_fitted()
        if vars(self).get("_combined_from_others"):
            return np.asarray(self._moved_model().transform(X))
        if self._raw_data.shape[0] == 1:
            msg = "The model was fitted to one single row, so transform has nothing to go by."
            raise ValueError(msg)
        rows = read_rows(X, finite=ensure_all_finite, metric=self.metric, least=0)
        if self.transform_mode == "graph":
            return self._graph_to(rows)
        places = np.asarray(self._moved_model().transform(self._handed(rows)))
        places[self._isolated_among(rows)] = np.nan
        return places

    def inverse_transform(self, X: Any) -> NDArray[np.float32]:
        """Make rows out of places of the map; see `umapkit.UMAP.inverse_transform`.

        Where fitted rows have gaps, they have the mean of their column here.
        """
        self._check_fitted()
        model = self._moved_model()
        if vars(self).get("_gaps") and not np.isfinite(self._raw_data).all():
            model = among_filled_rows(model, self._raw_data)
        return model.inverse_transform(X)

    def update(self, X: Any, ensure_all_finite: Any = True) -> None:
        """Append rows to the fitted ones and lay the whole out; see `umapkit.UMAP.update`."""
        self._check_fitted()
        if self.metric == "precomputed":
            msg = "update needs rows; with metric='precomputed' there are none. Fit anew."
            raise ValueError(msg)
        if self._supervised:
            msg = "update cannot append rows to a fit with labels: theirs are missing. Fit anew."
            raise ValueError(msg)
        model = self._moved_model()
        rows = read_rows(X, finite=ensure_all_finite, metric=self.metric)
        stacked = stacked_like(self._raw_data, rows)
        model.update(self._handed(rows))
        self._raw_data = stacked
        self._forget_derived()
        self._take(model)

    def __add__(self, other: UMAP) -> UMAP:
        """Lay out the union of the two graphs."""
        return self._combined(other, "__add__", "+")

    def __mul__(self, other: UMAP) -> UMAP:
        """Lay out the intersection of the two graphs."""
        return self._combined(other, "__mul__", "*")

    def __sub__(self, other: UMAP) -> UMAP:
        """Lay out what the first graph has and the second has not."""
        return self._combined(other, "__sub__", "-")

    def _combined(self, other: UMAP, verb: str, sign: str) -> UMAP:
        self._check_fitted()
        other._check_fitted()
        if self._raw_data.shape[0] != other._raw_data.shape[0]:
            msg = (
                f"The models hold {self._raw_data.shape[0]} and {other._raw_data.shape[0]} rows; "
                f"{sign} needs the same rows in both."
            )
            raise ValueError(msg)
        made = type(self)(**self.get_params(deep=False))
        made._raw_data = self._raw_data
        made._n_neighbors = self._n_neighbors
        made._supervised = self._supervised
        made.n_features_in_ = self.n_features_in_
        made._take(getattr(self._moved_model(), verb)(other._moved_model()))
        return made

    def _validate_parameters(self) -> None:
        """umap-learn's name for the checks, which scanpy's ingest calls."""
        check_parameters(self)

    def _count(self, rows: Any) -> int:
        """Rows that count for n_neighbors."""
        if not self.unique:
            return rows.shape[0]
        if scipy.sparse.issparse(rows):
            return len(np.unique(first_of_equals(as_sparse_rows(rows))))
        checked: Any = np.ascontiguousarray(rows, dtype=np.float32)
        return len(np.unique(first_of_equals(checked)))

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            msg = "This UMAP is not fitted yet. Call fit with the rows of the map first."
            raise NotFittedError(msg)
