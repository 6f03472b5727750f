"""Laplacian eigenmaps, as a scikit-learn estimator."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import resolve_seed
from umapkit.data import SparseRows
from umapkit.distances import MISSING, Metric, resolve_metric
from umapkit.estimator import MapEstimator
from umapkit.graph import bandwidths, check_graph, fuzzy_graph, memberships
from umapkit.init import eigenmap, place
from umapkit.models._copies import Copies
from umapkit.models._fit import find_equals, find_kept, forget
from umapkit.models._tsne_fit import search
from umapkit.neighbors import NeighborIndex
from umapkit.neighbors.sparse import keeps_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# A weighted mean is never divided by less: beyond, neighbours say little about a place.
_LEAST = 0.5


class LaplacianEigenmaps(MapEstimator):
    """The smoothest coordinates of the neighbour graph: UMAP's start as a map of its own.

    Solutions of ``(D - W) f = lambda D f`` with the smallest eigenvalues above 0, where W is the
    fuzzy graph of `umapkit.fuzzy_graph` and D its degrees. The same seed gives the same bits for
    any number of threads.

    Parameters
    ----------
    n_neighbors : int, default 15
        Neighbours of a row, the row itself included. Larger values show coarser structure.
    n_components : int, default 2
        Dimensions of the map.
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`.
    metric_kwds : dict, optional
        Keywords of the metric.
    solver : {"filter", "exact"}, default "filter"
        "filter": a limited number of sparse products on several scales, until the residual is a
        fiftieth of the eigenvalue; the same bits on every machine. "exact": LAPACK or ARPACK to
        convergence, which may take long; its bits depend on the processor.
    random_state : int, Generator, RandomState or None, default None
        Seed; ``None`` draws one and keeps it as `seed_`.
    neighbors : {"auto", "exact", "descent"}, default "auto"
        How neighbours are searched; see `umapkit.neighbors.build_index`.
    memory : str, path-like or joblib.Memory, optional
        Cache of the neighbour search.
    n_jobs : int or None, default None
        Threads; ``None``: all cores that the process may use. The result does not depend on it.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map: root mean square 1 on every axis. Where the graph has several components, each has
        its own coordinates, and they lie side by side as in `umapkit.spectral_start`.
    eigenvalues_ : float64 array of shape (n_components,)
        lambda of every axis, increasing but for rounding; NaN where the graph has several
        components, or too few rows for so many axes, which then lie at random.
    graph_ : csr_array of shape (u, u), float32
        W of the u different rows, in the order in which they first occur; of all n rows where
        `graph` was given.
    neighbor_recall_ : float
        Share of the true neighbours that were found, estimated on a sample; NaN with a given graph.
    seed_ : int
        Seed that repeats the fit.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    References
    ----------
    Belkin, Niyogi, "Laplacian eigenmaps for dimensionality reduction and data representation",
    Neural Computation 15 (2003); new rows: Bengio et al., "Out-of-sample extensions for LLE,
    Isomap, MDS, eigenmaps, and spectral clustering", NIPS 16 (2003).

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import LaplacianEigenmaps
    >>> angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle), np.zeros(200)]
    >>> places = LaplacianEigenmaps(random_state=0).fit_transform(ring)
    >>> radius = np.linalg.norm(places, axis=1)
    >>> bool(radius.std() < 0.01 * radius.mean())
    True
    """

    _has_scale_of_layouts = False  # eigenvectors have none
    _finder: Any
    _index: NeighborIndex | None
    _places: Copies
    _mean_distance: float | None
    eigenvalues_: NDArray[np.float64]
    graph_: csr_array
    neighbor_recall_: float

    def __init__(
        self,
        n_neighbors: int = 15,
        *,
        n_components: int = 2,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        solver: Literal["filter", "exact"] = "filter",
        random_state: Any = None,
        neighbors: Literal["auto", "exact", "descent"] = "auto",
        memory: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.solver: Literal["filter", "exact"] = solver
        self.random_state = random_state
        self.neighbors = neighbors
        self.memory = memory
        self.n_jobs = n_jobs

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
            Symmetric weights W in [0, 1] instead of those of neighbours.
            `umapkit.graph.intersect_labels` makes one that knows labels.

        Returns
        -------
        LaplacianEigenmaps
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        RuntimeError
            If the exact solver does not converge.
        """
        self._check_parameters()
        rows = self._rows(X, reset=True)
        forget(self)
        if len(rows) < 2:
            msg = f"Found array with {len(rows)} sample(s); eigenmaps need a minimum of 2 rows."
            raise ValueError(msg)
        self.seed_ = resolve_seed(self.random_state)
        everyone = find_equals(rows, self.n_jobs)
        self._places = Copies.of(everyone.first, keep_all=graph is not None)
        self._finder = find_kept(everyone, rows, self._places)
        self._index = None
        self._mean_distance = None
        kept = rows if graph is not None else self._finder.rows
        if len(kept) < 2:
            msg = "All rows of X are equal, so there is nothing to tell apart. Give other rows."
            raise ValueError(msg)
        if graph is not None:
            self.graph_ = check_graph(graph, n_rows=len(rows))
            self.neighbor_recall_ = float("nan")
        else:
            index = self._index = search(self, kept, self._count(aloud=True), self.neighbors)
            self.graph_ = fuzzy_graph(index.neighbors, n_jobs=self.n_jobs)
            self.neighbor_recall_ = float(index.recall)
        data = None if self._missing_value() is not None else kept
        places, self.eigenvalues_ = eigenmap(
            self.graph_,
            n_components=self.n_components,
            seed=self.seed_,
            data=data,
            solver=self.solver,
            n_jobs=self.n_jobs,
        )
        self.embedding_ = self._places.expand(places)
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

        A row that equals a training row takes that row's place. Any other row gets the mean of its
        `n_neighbors` nearest training rows' places, weighted by its memberships, over
        ``1 - lambda`` axis by axis (at least 1/2): the rule of Nyström, which holds for the
        training rows. Where the graph has several components, it is the mean alone.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.

        Returns
        -------
        float32 array of shape (m, n_components)
            Places; each depends on its row and the fitted model only.

        Raises
        ------
        ValueError
            If the data cannot be used, or has other columns than in ``fit``.
        """
        rows = self._rows(X, reset=False)
        found = self._finder.find(rows, n_jobs=self.n_jobs)
        known = found >= 0
        kept = self._places.kept
        places = np.empty((len(rows), self.embedding_.shape[1]), dtype=np.float32)
        places[known] = self.embedding_[kept[found[known]]]
        if not known.all():
            near = self._search_index().query(
                rows[~known], self._count(aloud=False), n_jobs=self.n_jobs
            )
            scales = bandwidths(
                near, bipartite=True, mean_distance=self._typical_distance(), n_jobs=self.n_jobs
            )
            weights = memberships(
                near, scales, bipartite=True, n_columns=len(kept), n_jobs=self.n_jobs
            )
            means = place(weights, self.embedding_[kept], n_jobs=self.n_jobs)
            shares = np.nan_to_num(np.maximum(1.0 - self.eigenvalues_, _LEAST), nan=1.0)
            places[~known] = means / shares.astype(np.float32)
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
        from umapkit.models._plain_load import save_laplacian

        save_laplacian(self, path)

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
        """Index of the different training rows; searched now if a graph was given."""
        if self._index is None:
            self._index = search(self, self._finder.rows, self._count(aloud=False), self.neighbors)
        return self._index

    def _typical_distance(self) -> float:
        """Mean distance of the training rows to their neighbours."""
        if self._mean_distance is None:
            lists = self._search_index().neighbors
            self._mean_distance = bandwidths(lists, n_jobs=self.n_jobs).mean_distance
        return self._mean_distance

    def _count(self, *, aloud: bool) -> int:
        """`n_neighbors`, or the number of different rows where there are fewer."""
        u = len(self._places.kept)
        if aloud and self.n_neighbors > u:
            msg = (
                f"n_neighbors={self.n_neighbors} is more than the number of different rows, {u}; "
                f"{u} is used."
            )
            warnings.warn(msg, UserWarning, stacklevel=3)
        return min(self.n_neighbors, u)

    def _check_parameters(self) -> None:
        for name, least in (("n_neighbors", 2), ("n_components", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
                msg = f"{name}={value!r} is not allowed. Give a whole number from {least}."
                raise ValueError(msg)
        for name, allowed in (
            ("solver", ("filter", "exact")),
            ("neighbors", ("auto", "exact", "descent")),
        ):
            if getattr(self, name) not in allowed:
                known = ", ".join(map(repr, allowed))
                msg = f"{name}={getattr(self, name)!r} is not known. Give one of {known}."
                raise ValueError(msg)
        if isinstance(self.metric, str) and self.metric == "precomputed":
            msg = "metric='precomputed' is not offered. Give rows, or graph= of fit."
            raise ValueError(msg)
        resolve_metric(self.metric, self.metric_kwds)
