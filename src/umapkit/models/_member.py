"""What all members of the family do alike: fit, transform, save."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import SparseRows
from umapkit.distances import MISSING, resolve_metric
from umapkit.estimator import MapEstimator
from umapkit.models._copies import Copies
from umapkit.models._fit import find_equals, find_kept, forget
from umapkit.models._member_fit import find_graph, lay_out
from umapkit.models._member_place import place_on_map
from umapkit.models._members import Plan
from umapkit.models._tsne_fit import search
from umapkit.models._warm import clone_with_init, is_model
from umapkit.models._watched import check_watched
from umapkit.neighbors import NeighborIndex
from umapkit.neighbors.sparse import keeps_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from umapkit.layout.contrast import FrozenContrast


class FamilyMember(MapEstimator):
    """Base of `NeighborEmbedding` and `LargeVis`: a plan, carried out."""

    # Parameters of every subclass.
    n_components: int
    metric: Any
    metric_kwds: Any
    init: Any
    n_epochs: Any
    random_state: Any
    neighbors: Any
    observers: Any
    checkpoint: Any
    memory: Any
    verbose: bool
    n_jobs: int | None

    degrees_of_freedom = 1.0  # of t-SNE's similarity, here as everywhere in the family

    _finder: Any
    _index: NeighborIndex | None
    _places: Copies
    _degrees: NDArray[np.float32] | None
    _frozen: FrozenContrast | None
    _field: Any
    _mean_distance: float | None
    graph_: csr_array
    loss_: float
    neighbor_recall_: float
    n_epochs_: int
    seed_: int
    embedding_list_: list[NDArray[np.float32]]

    def _plan(self, n: int) -> Plan:
        """Return the whole method for n rows, checked; before `fit` the seed is not known."""
        raise NotImplementedError

    def _start(self) -> Any:
        """Return `init`, or what stands for None."""
        raise NotImplementedError

    def __sklearn_clone__(self) -> Self:
        """Clone, but leave a fitted model in `init` fitted."""
        return clone_with_init(self)

    def fit(self, X: Any, y: Any = None, *, graph: Any = None) -> Self:
        """Make the map of `X`.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows: array, sparse matrix, data frame, ...; see `umapkit.data.as_rows`. Equal rows are
            one point of the map. A C-contiguous float32 array is kept for `transform`, not copied:
            do not write to it.
        y : ignored
            There for scikit-learn's pipelines. Labels shape the map through `graph`.
        graph : sparse or dense matrix of shape (n, n), optional
            Symmetric weights, 0 or more, to lay out instead of the affinities of neighbours. Only
            their ratios count: weights above 1 are divided by the largest.

        Returns
        -------
        FamilyMember
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        TypeError
            If a parameter is of another kind than it must be.
        LayoutInterrupted
            On Ctrl-C during the layout (a KeyboardInterrupt); `embedding_` is the last map.
        """
        self._check_common()
        rows = self._rows(X, reset=True)
        forget(self)
        if len(rows) < 2:
            msg = (
                f"Found array with {len(rows)} sample(s); {type(self).__name__} needs a minimum "
                "of 2 rows."
            )
            raise ValueError(msg)
        self._plan(len(rows))  # refuse what cannot be, before the long search
        self.seed_ = resolve_seed(self.random_state)
        everyone = find_equals(rows, self.n_jobs)
        given = graph is not None
        self._places = Copies.of(everyone.first, keep_all=given)
        self._finder = find_kept(everyone, rows, self._places)
        self._index = self._frozen = self._field = self._mean_distance = None
        kept = rows if given else self._finder.rows
        if len(kept) < 2:
            msg = "All rows of X are equal, so there is nothing to tell apart. Give other rows."
            raise ValueError(msg)
        plan = self._plan(len(kept))
        self.graph_ = find_graph(self, plan, kept, graph)
        lay_out(self, plan, self.graph_, kept)
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None, *, graph: Any = None
    ) -> NDArray[np.float32]:
        """Make the map of `X` and return it; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        return self.fit(X, y, graph=graph).embedding_

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Place rows on the finished map.

        A row that equals a training row takes that row's place. Any other row starts among its
        nearest training rows and settles by the forces of the fit while the map stays as it is.
        Its place depends on the row and the fitted model only: not on the rest of `X`, its order,
        or threads.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.

        Returns
        -------
        float32 array of shape (m, n_components)
            The places; NaN, with a warning, for rows that are tied to no training row.

        Raises
        ------
        ValueError
            If the data cannot be used, or has other columns than in ``fit``.
        """
        rows = self._rows(X, reset=False)
        n_jobs = resolve_n_jobs(self.n_jobs)
        found = self._finder.find(rows, n_jobs=n_jobs)
        known = found >= 0
        places = np.empty((len(rows), self.embedding_.shape[1]), dtype=np.float32)
        places[known] = self.embedding_[self._places.kept[found[known]]]
        if not known.all():
            places[~known] = place_on_map(self, rows[~known], n_jobs)
        lost = int(np.isnan(places[:, 0]).sum())
        if lost:
            msg = f"{lost} of {len(rows)} rows are tied to no training row; their places are NaN."
            warnings.warn(msg, UserWarning, stacklevel=2)
        return places

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder: JSON and safetensors, no pickle.

        Parameters
        ----------
        path : path-like
            Folder, made if needed; an earlier model in it is replaced.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            If the metric is a function.
        """
        from umapkit.models._member_load import save_member

        save_member(self, path)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what new rows read of the map: it is made again where it is needed."""
        state: Any = super().__getstate__()
        return {**state, "_frozen": None, "_field": None}

    def _keeps_sparse(self, X: Any, *, reset: bool) -> bool:
        if reset:
            return keeps_sparse(X, resolve_metric(self.metric, self.metric_kwds))
        return isinstance(self._finder.rows, SparseRows)

    def _missing_value(self) -> float | None:
        try:
            return MISSING if resolve_metric(self.metric).missing else None
        except (TypeError, ValueError):  # said by `fit`, not when scikit-learn asks for tags
            return None

    def _search_index(self) -> NeighborIndex:
        """Index of the different training rows; searched now if the fit did not need one."""
        if self._index is None:
            model: Any = self
            rows = self._finder.rows
            self._index = search(model, rows, min(16, len(rows)), self.neighbors)
        return self._index

    def _settle_epochs(self) -> int:
        """Give a new point a third of the fit's epochs, or 100 when the fit has the default."""
        return 100 if self.n_epochs is None else int(np.max(self.n_epochs)) // 3

    def _check_common(self) -> None:
        """Refuse what no member could use."""
        value = self.n_components
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
            msg = f"n_components={value!r} is not allowed. Give a whole number, 1 or more."
            raise ValueError(msg)
        if self.neighbors not in ("auto", "exact", "descent"):
            msg = f"neighbors={self.neighbors!r} is not known. Give 'auto', 'exact' or 'descent'."
            raise ValueError(msg)
        init = self._start()
        if isinstance(init, str) and init not in ("spectral", "pca", "random"):
            msg = (
                f"init={init!r} is not known. Give 'spectral', 'pca', 'random', an array, or a "
                "fitted model."
            )
            raise ValueError(msg)
        if is_model(init) and not hasattr(init, "embedding_"):
            msg = f"init={init!r} is no fitted map. Fit it first."
            raise ValueError(msg)
        card = resolve_metric(self.metric, self.metric_kwds)
        if isinstance(self.metric, str) and self.metric == "precomputed":
            msg = (
                f"metric='precomputed' is not offered by {type(self).__name__}. Give rows, or "
                "graph= of fit."
            )
            raise ValueError(msg)
        if isinstance(init, str) and init == "pca" and card.missing:
            msg = (
                f"init='pca' needs rows of numbers, which metric={card.name!r} does not promise. "
                "Give init='spectral' or 'random', or an array."
            )
            raise ValueError(msg)
        check_watched(self)
