"""Fitted state under umap-learn's names, the private ones that others read included."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, issparse

import umapkit
from umapkit.compat.umap_learn._gaps import hidden
from umapkit.data import RowFinder, Rows, as_rows, as_sparse_rows
from umapkit.distances import MISSING
from umapkit.graph import Bandwidths, bandwidths, cut, fuzzy_graph, memberships
from umapkit.models._fit import floor_distance
from umapkit.neighbors import Neighbors, check_precomputed, find_neighbors

# Of umap-learn's warning: from this share of isolated rows on it is a serious one.
_MANY = 0.1
_DERIVED = ("_neighbors", "_scales", "_knn_search_index", "_isolated")


class Fitted:
    """Attributes of a fitted model; see `UMAP`."""

    embedding_: NDArray[np.float32]
    graph_: csr_matrix
    model_: umapkit.UMAP
    rad_orig_: NDArray[np.float32]
    rad_emb_: NDArray[np.float32]
    metric: Any
    metric_kwds: Any
    n_neighbors: float
    random_state: Any
    transform_mode: str
    unique: bool
    disconnection_distance: float | None
    n_features_in_: int
    knn_indices: NDArray[Any] | None
    knn_dists: NDArray[Any] | None
    knn_search_index: Any
    _raw_data: Any
    _n_neighbors: int
    _supervised: bool
    _gaps: bool

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a fit has come to its end, or a map was set from outside."""
        state = vars(self)
        return "_raw_data" in state and ("model_" in state or "embedding_" in state)

    def _take(self, model: umapkit.UMAP) -> None:
        """Show the state of a fitted umapkit model under umap-learn's names."""
        self.model_ = model
        # A map of combined graphs holds its parameters in a model that was not fitted.
        whole: Any = getattr(model, "model", model)
        self._combined_from_others = whole is not model
        self._a, self._b = (whole.a, whole.b) if whole is not model else (model.a_, model.b_)
        self._initial_alpha = whole.learning_rate
        self._disconnection_distance = whole._resolved_disconnection()
        self._small_data = self._raw_data.shape[0] < 4096
        self._sparse_data = issparse(self._raw_data)
        self._isolated_rows = np.array(model.disconnected_)
        graph = csr_matrix(model.graph_)
        if self.unique and whole is model:
            kept = model._places.kept
            self._unique_inverse_ = model._places.slot
            graph = graph[kept][:, kept]
        elif whole is model and self._copies_are_apart(model):
            graph = csr_matrix(self._graph_of_all(model))
        self.graph_ = graph
        for name in ("rad_orig_", "rad_emb_", "graph_dists_"):
            if hasattr(model, name):
                setattr(self, name, getattr(model, name))
        if self.transform_mode == "graph":
            return
        self.embedding_ = self._with_gaps(model.embedding_)
        if hasattr(model, "embedding_list_"):
            self.embedding_list_ = [self._with_gaps(places) for places in model.embedding_list_]

    def _copies_are_apart(self, model: umapkit.UMAP) -> bool:
        """Whether umap-learn's graph of searched rows has edges that umapkit's has not."""
        places = model._places
        searched = not (places.none or places.keeps_all or self._supervised)
        return searched and self.metric != "precomputed"

    def _graph_of_all(self, model: umapkit.UMAP) -> csr_array:
        """Graph in which a row equal to another has its own neighbours, that one among them."""
        return fuzzy_graph(
            self._neighbors,
            set_op_mix_ratio=model.set_op_mix_ratio,
            local_connectivity=model.local_connectivity,
            disconnection_distance=self._disconnection_distance,
            n_jobs=model.n_jobs,
        )

    def _with_gaps(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """umap-learn has no place for a row without any neighbour."""
        places = places.copy()
        places[self._isolated_rows] = np.nan
        return places

    def _warn_of_isolated(self) -> None:
        lost, n = int(self._isolated_rows.sum()), len(self._isolated_rows)
        if not lost:
            return
        how = "A large number" if lost > _MANY * n else "A few"
        msg = (
            f"{how} of your vertices were disconnected from the manifold: {lost} of {n} rows have "
            f"no neighbour within disconnection_distance={self._disconnection_distance:g}. Their "
            "places are NaN; umap.utils.disconnected_vertices(model) marks them."
        )
        warnings.warn(msg, UserWarning, stacklevel=3)

    def _forget(self) -> None:
        """Drop an earlier fit."""
        for name in [n for n in vars(self) if n.endswith("_") and not n.startswith("__")]:
            delattr(self, name)
        self._forget_derived()

    def _forget_derived(self) -> None:
        for name in _DERIVED:
            vars(self).pop(name, None)

    def _moved_model(self) -> umapkit.UMAP:
        """Return the model, with the map as it now is: users scale and turn `embedding_`."""
        if "model_" not in vars(self):
            self._adopt()
        model = self.model_
        places = np.asarray(self.embedding_, dtype=np.float32)
        lost = np.isnan(places)
        places = np.where(lost, model.embedding_, places)
        if not np.array_equal(places, model.embedding_):
            model.embedding_ = places
        return model

    def _adopt(self) -> None:
        """Make a model out of state that was set from outside, as scanpy's ingest does."""
        rows = self._raw_data if issparse(self._raw_data) else as_rows(self._raw_data)
        self._n_neighbors = int(vars(self).get("_n_neighbors", self.n_neighbors))
        keywords = vars(self).get("_metric_kwds") or self.metric_kwds or None
        neighbors = find_neighbors(
            rows, n_neighbors=self._n_neighbors, metric=self.metric, metric_kwds=keywords
        )
        parameters: dict[str, Any] = {
            "n_neighbors": self._n_neighbors,
            "metric": self.metric,
            "metric_kwds": keywords,
            "random_state": self.random_state,
        }
        if "_a" in vars(self):
            parameters |= {"a": self._a, "b": self._b}
        self.model_ = umapkit.UMAP.from_parts(
            rows, fuzzy_graph(neighbors), self.embedding_, model=umapkit.UMAP(**parameters)
        )
        self._isolated_rows = np.array(self.model_.disconnected_)

    def _handed(self, rows: Any) -> Any:
        """Rows as umapkit takes them: gaps, where they are allowed, as numbers."""
        return hidden(rows) if vars(self).get("_gaps") and not issparse(rows) else rows

    def _isolated_among(self, rows: Any) -> NDArray[np.bool_]:
        """Mark rows that equal a training row without any neighbour."""
        given = issparse(self._raw_data) and self.metric == "precomputed"  # no rows to compare
        if not self._isolated_rows.any() or given:
            return np.zeros(rows.shape[0], dtype=bool)
        return np.asarray(self._isolated.find(self._comparable(rows)) >= 0)

    def _comparable(self, rows: Any) -> Rows:
        """Rows by whose values the fitted ones are found: sparse if those are."""
        if issparse(self._raw_data):
            return as_sparse_rows(rows)
        dense = rows.toarray() if issparse(rows) else rows
        dense = np.ascontiguousarray(dense, dtype=np.float32)
        gaps = np.isnan(dense)
        return np.where(gaps, np.float32(MISSING), dense) if gaps.any() else dense

    @cached_property
    def _isolated(self) -> RowFinder:
        return RowFinder(self._comparable(self._raw_data[self._isolated_rows]))

    @cached_property
    def _knn_search_index(self) -> Any:
        return self.model_._search_index()

    @cached_property
    def _neighbors(self) -> Neighbors:
        """Neighbours of all rows, or of the different ones with `unique`."""
        places = self.model_._places
        if self.knn_indices is not None and self.knn_dists is not None:
            return check_precomputed((self.knn_indices, self.knn_dists), n=len(places.slot))
        found = self.model_._search_index().neighbors
        if places.none or self.unique:
            return found
        return places.list_all(found, min(self._n_neighbors, len(places.slot)))

    @cached_property
    def _scales(self) -> Bandwidths:
        return bandwidths(
            cut(self._neighbors, disconnection_distance=self._disconnection_distance),
            local_connectivity=self.model_.local_connectivity,
        )

    @property
    def _knn_indices(self) -> NDArray[np.int32]:
        return self._neighbors.indices

    @property
    def _knn_dists(self) -> NDArray[np.float32]:
        return self._neighbors.distances

    @property
    def _sigmas(self) -> NDArray[np.float32]:
        return self._scales.sigmas

    @property
    def _rhos(self) -> NDArray[np.float32]:
        return self._scales.rhos

    @property
    def _n_features_out(self) -> int:
        """Columns of what ``transform`` gives; scikit-learn makes names of it."""
        shown: Any = self.graph_ if self.transform_mode == "graph" else self.embedding_
        return shown.shape[1]

    def _graph_to(self, rows: Any) -> csr_matrix:
        """Memberships of new rows in the neighbourhoods of the training rows."""
        model, places = self.model_, self.model_._places
        near = model._search_index().query(
            self._handed(rows), min(model.n_neighbors, len(places.kept))
        )
        reached = cut(near, disconnection_distance=self._disconnection_distance)
        scales = bandwidths(
            reached,
            local_connectivity=model.local_connectivity,
            bipartite=True,
            mean_distance=floor_distance(model),
        )
        found = memberships(reached, scales, bipartite=True, n_columns=len(places.kept))
        if self.unique or places.none:
            return csr_matrix(found)
        wide = csr_array(
            (found.data, places.kept[found.indices], found.indptr),
            shape=(rows.shape[0], len(places.slot)),
        )
        return csr_matrix(wide)
