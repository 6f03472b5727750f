"""The incumbent's AlignedUMAP class over `umapkit.AlignedUMAP`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

import umapkit
from umapkit.compat.umap_learn._parameters import our_parameters
from umapkit.compat.umap_learn._rows import read_rows
from umapkit.compat.umap_learn._umap import UMAP
from umapkit.compat.umap_learn._validate import check_parameters, check_with_data
from umapkit.models._aligned import PER_SLICE

# Parameters that may be a list with a value for each slice.
_LISTS = (*PER_SLICE, "unique")
_EPOCHS = 200  # where none are given
# Of `umapkit.AlignedUMAP` alone; every other parameter is one of a slice.
_ALIGNING = ("alignment_regularisation", "alignment_window_size")


class AlignedUMAP(BaseEstimator):
    """umap-learn 0.5.12's class: its parameters, defaults, methods and attributes.

    The maps are made by `umapkit.AlignedUMAP`, which the fitted model keeps in `model_`. What
    differs is on purpose: there `min_dist`, `spread`, `repulsion_strength`, `learning_rate`,
    `negative_sample_rate`, `init` and `random_state` do not reach the maps; here they do.

    Parameters
    ----------
    n_neighbors, min_dist, repulsion_strength, learning_rate, spread, negative_sample_rate, \
local_connectivity, set_op_mix_ratio, unique : value, or list with one for each slice
        As for `UMAP`.
    n_components, metric, metric_kwds, init, a, b, random_state, target_n_neighbors, \
target_metric, target_metric_kwds, target_weight, force_approximation_algorithm, verbose
        As for `UMAP`, the same for all slices.
    n_epochs : int, optional
        Length of the one schedule; by default 200. A list, over which umap-learn breaks down, is
        refused.
    alignment_regularisation : float, default 0.01
        Larger values hold related rows closer together.
    alignment_window_size : int, default 3
        Over how many slices relations are followed.
    low_memory, transform_queue_size, angular_rp_forest, transform_seed
        Accepted and without effect; maps here draw from `random_state`.

    Attributes
    ----------
    embeddings_ : list of float32 arrays of shape (n_s, n_components)
        The maps; NaN for rows without any neighbour.
    mappers_ : list of UMAP
        Every slice as a fitted model.
    n_models_ : int
        Number of slices.
    dict_relations_ : list of dict
        The relations.
    model_ : umapkit.AlignedUMAP
        The fitted model.
    """

    def __init__(
        self,
        n_neighbors: Any = 15,
        n_components: int = 2,
        metric: Any = "euclidean",
        metric_kwds: dict[str, Any] | None = None,
        n_epochs: int | None = None,
        learning_rate: Any = 1.0,
        init: Any = "spectral",
        alignment_regularisation: float = 1.0e-2,
        alignment_window_size: int = 3,
        min_dist: Any = 0.1,
        spread: Any = 1.0,
        low_memory: bool = False,
        set_op_mix_ratio: Any = 1.0,
        local_connectivity: Any = 1.0,
        repulsion_strength: Any = 1.0,
        negative_sample_rate: Any = 5,
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
        force_approximation_algorithm: bool = False,
        verbose: bool = False,
        unique: Any = False,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.alignment_regularisation = alignment_regularisation
        self.alignment_window_size = alignment_window_size
        self.min_dist = min_dist
        self.spread = spread
        self.low_memory = low_memory
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
        self.force_approximation_algorithm = force_approximation_algorithm
        self.verbose = verbose
        self.unique = unique

    def fit(
        self,
        X: Sequence[Any],
        y: Sequence[Any] | None = None,
        *,
        relations: Sequence[Any] | None = None,
        window_size: int | None = None,
    ) -> Self:
        """Make the maps of all slices.

        Parameters
        ----------
        X : list of tables, the s-th of shape (n_s, n_features)
            The slices.
        y : list of arrays of shape (n_s,), optional
            Labels of every slice.
        relations : list of dict
            One less than there are slices; the s-th from rows of slice s to rows of slice s + 1.
        window_size : int, optional
            In place of `alignment_window_size`, for this fit.

        Returns
        -------
        AlignedUMAP
            Itself.

        Raises
        ------
        ValueError
            If data, relations or parameters cannot be used.
        NotImplementedError
            If a parameter has a value that umap-learn takes and umapkit does not.
        """
        if relations is None:
            msg = "relations= are missing: a list of dicts, one less than there are slices."
            raise ValueError(msg)
        if not isinstance(X, (list, tuple, np.ndarray)):
            msg = f"X is a {type(X).__name__}. Give a list of tables, one for each slice."
            raise ValueError(msg)
        for name in _LISTS:
            value = getattr(self, name)
            if isinstance(value, (list, tuple, np.ndarray)) and len(value) != len(X):
                msg = f"{name} has {len(value)} values for {len(X)} slices. Give one for each."
                raise ValueError(msg)
        slices = [self._slice(s) for s in range(len(X))]
        tables = [_read(one, table) for one, table in zip(slices, X, strict=True)]
        ours = our_slice(slices[0], supervised=y is not None)
        ours["verbose"] = self.verbose
        ours["init"] = _start(self.init)
        for name in PER_SLICE:
            if name in ours or name == "n_neighbors":
                ours[name] = [_value(one, name) for one in slices]
        model = umapkit.AlignedUMAP(
            **ours, **{name: getattr(self, name) for name in _ALIGNING}, n_epochs=self._length()
        )
        if window_size is not None:
            model.set_params(alignment_window_size=window_size)
        model.fit(tables, y, relations=relations)
        self.model_ = model
        self.dict_relations_ = list(relations)
        self.mappers_ = []
        labels = [None] * len(tables) if y is None else y
        for one, table, target in zip(slices, tables, labels, strict=True):
            self._show(one, table, supervised=target is not None)
        self._take()
        for one in slices:
            one._warn_of_isolated()
        return self

    def fit_transform(
        self,
        X: Sequence[Any],
        y: Sequence[Any] | None = None,
        *,
        relations: Sequence[Any] | None = None,
        window_size: int | None = None,
    ) -> list[NDArray[np.float32]]:
        """Make the maps and return them; parameters and errors as for `fit`."""
        return self.fit(X, y, relations=relations, window_size=window_size).embeddings_

    def update(
        self,
        X: Any,
        y: Any = None,
        *,
        relations: dict[int, int] | None = None,
        window_size: int | None = None,
        n_neighbors: float | None = None,
        min_dist: float | None = None,
        repulsion_strength: float | None = None,
        learning_rate: float | None = None,
        spread: float | None = None,
        negative_sample_rate: float | None = None,
        local_connectivity: float | None = None,
        set_op_mix_ratio: float | None = None,
        unique: bool | None = None,
    ) -> None:
        """Add a slice; the maps of the earlier ones stay as they are.

        Parameters
        ----------
        X : table of shape (n, n_features)
            The new slice.
        y : array of shape (n,), optional
            Its labels.
        relations : dict
            From rows of the last slice to rows of the new one.
        window_size : int, optional
            In place of `alignment_window_size`, for this update.
        n_neighbors, min_dist, repulsion_strength, learning_rate, spread, negative_sample_rate, \
local_connectivity, set_op_mix_ratio, unique
            Values for the new slice; needed where the parameter is a list. As in umap-learn the
            parameter becomes a list that holds them.

        Raises
        ------
        ValueError
            If data, relations or parameters cannot be used.
        NotFittedError
            Before ``fit``.
        """
        if not hasattr(self, "model_"):
            msg = "This AlignedUMAP is not fitted yet. Call fit with the slices first."
            raise NotFittedError(msg)
        if not isinstance(relations, dict):
            msg = (
                f"relations={relations!r}: give a dict from rows of the last slice to the new one."
            )
            raise ValueError(msg)
        given = {
            "n_neighbors": n_neighbors,
            "min_dist": min_dist,
            "repulsion_strength": repulsion_strength,
            "learning_rate": learning_rate,
            "spread": spread,
            "negative_sample_rate": negative_sample_rate,
            "local_connectivity": local_connectivity,
            "set_op_mix_ratio": set_op_mix_ratio,
            "unique": unique,
        }
        given = {name: value for name, value in given.items() if value is not None}
        new = self._slice(self.n_models_, given)
        table = _read(new, X)
        names = set(our_slice(new, supervised=y is not None)) | {"n_neighbors"}
        values = {name: _value(new, name) for name in PER_SLICE if name in names}
        model = self._moved()
        kept = model.alignment_window_size
        model.set_params(alignment_window_size=kept if window_size is None else window_size)
        try:
            model.update(table, y, relations=relations, parameters=values)
        finally:
            model.set_params(alignment_window_size=kept)
        self._append(given)
        self.dict_relations_.append(relations)
        self._show(new, table, supervised=y is not None)
        self._take()
        new._warn_of_isolated()

    def _length(self) -> Any:
        return _EPOCHS if self.n_epochs is None else self.n_epochs

    def _slice(self, s: int, given: dict[str, Any] | None = None) -> UMAP:
        """Slice s as an unfitted model with checked parameters."""
        values: dict[str, Any] = {}
        for name, value in self.get_params(deep=False).items():
            if name in _ALIGNING:
                continue
            if name in _LISTS:
                chosen = (given or {}).get(name, value)
                if isinstance(chosen, (list, tuple, np.ndarray)):
                    if s >= len(chosen):
                        msg = f"{name} is a list with no value for slice {s}. Give {name}=."
                        raise ValueError(msg)
                    chosen = chosen[s]
                values[name] = chosen
            else:
                values[name] = value
        start = values["init"]
        if isinstance(start, (list, tuple)):
            values["init"] = np.asarray(start[s]) if s < len(start) else "spectral"
        values["n_epochs"] = self._length()
        one = UMAP(**values)
        check_parameters(one)
        return one

    def _show(self, one: UMAP, table: Any, *, supervised: bool) -> None:
        """Add a slice to `mappers_`; its map is taken later."""
        one._raw_data = table
        one._supervised = supervised
        one.n_features_in_ = table.shape[1]
        one.knn_indices = one.knn_dists = one.knn_search_index = None
        self.mappers_.append(one)

    def _take(self) -> None:
        for one, mapper in zip(self.mappers_, self.model_.mappers_, strict=True):
            one._forget_derived()
            one._take(mapper)
        self.embeddings_ = [one.embedding_ for one in self.mappers_]
        self.n_models_ = len(self.mappers_)

    def _moved(self) -> umapkit.AlignedUMAP:
        """Return the model, with the maps as they now are: users scale and turn them."""
        for places, one in zip(self.embeddings_, self.mappers_, strict=True):
            one.embedding_ = places
            one._moved_model()
        return self.model_

    def _append(self, given: dict[str, Any]) -> None:
        """Keep values of an added slice: the parameter becomes a list, if it is another one."""
        for name, value in given.items():
            old = getattr(self, name)
            if isinstance(old, (list, tuple, np.ndarray)):
                setattr(self, name, [*old, value])
            elif value != old:
                setattr(self, name, [*[old] * self.n_models_, value])


def our_slice(one: UMAP, *, supervised: bool) -> dict[str, Any]:
    """Parameters of `umapkit.AlignedUMAP` that a slice says."""
    found = our_parameters(one, n_neighbors=2, supervised=supervised)
    known = umapkit.AlignedUMAP().get_params(deep=False)
    return {name: found[name] for name in found if name in known and name != "n_epochs"}


def _value(one: UMAP, name: str) -> Any:
    return max(2, one._n_neighbors) if name == "n_neighbors" else getattr(one, name)


def _start(init: Any) -> Any:
    return "spectral" if isinstance(init, str) and init == "tswspectral" else init


def _read(one: UMAP, X: Any) -> Any:
    """Rows of a slice; sets the number of neighbours that there are."""
    rows = read_rows(X, finite=True, metric=one.metric)
    check_with_data(one, rows)
    one._n_neighbors = min(int(one.n_neighbors), max(1, one._count(rows) - 1))
    return rows
