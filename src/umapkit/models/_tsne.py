"""t-SNE, as a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import SparseRows
from umapkit.distances import MISSING, Metric, resolve_metric
from umapkit.estimator import MapEstimator
from umapkit.layout import Observer, resolve_epochs
from umapkit.layout.tsne import Repulsion, TsneOptions
from umapkit.models._copies import Copies
from umapkit.models._fit import find_equals, find_kept, forget
from umapkit.models._tsne_check import check_tsne
from umapkit.models._tsne_fit import find_affinities, lay_out, more_epochs, search
from umapkit.models._tsne_place import place_rows
from umapkit.models._warm import clone_with_init
from umapkit.neighbors import NeighborIndex, Neighbors
from umapkit.neighbors.sparse import keeps_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from umapkit.layout.tsne import FrozenField


class TSNE(MapEstimator):
    """t-distributed stochastic neighbour embedding.

    The probabilities of pairs in the data, concentrated on nearest neighbours, are matched by
    those of pairs on the map, by gradient descent on the Kullback-Leibler divergence. The same seed
    gives the same bits for any number of threads. Defaults are openTSNE's.

    Parameters
    ----------
    perplexity : float or sequence of float, default 30
        Effective number of neighbours of a row. Larger values show coarser structure and take
        longer: three times as many neighbours are searched. Of several, the mean of the
        probabilities counts. More than a third of the rows is lowered, with a warning.
    n_components : {1, 2, 3}, default 2
        Dimensions of the map.
    affinities : {"perplexity", "uniform"}, default "perplexity"
        "perplexity": Gaussians of that entropy. "uniform": the `perplexity` nearest neighbours
        count the same.
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`.
    metric_kwds : dict, optional
        Keywords of the metric.
    early_exaggeration : float or "auto", default "auto"
        Factor of the attraction in the first `early_epochs`; "auto": 12, or `exaggeration` if that
        is more. Larger values gather neighbours faster.
    early_epochs : int, default 250
        Length of that stage.
    exaggeration : float, default 1
        Factor of the attraction afterwards. Larger values draw clusters together; about 4 gives
        maps like UMAP's.
    n_epochs : int or sequence of int, default 750
        Steps of gradient descent, the early ones included. A list asks for snapshots at these; its
        largest is the length.
    degrees_of_freedom : float, default 1
        Of the similarity of two places, ``(1 + d**2 / f) ** -f``. Below 1 clusters fall apart into
        finer ones; larger values approach a Gaussian.
    learning_rate : float or "auto", default "auto"
        "auto": the number of rows over the exaggeration.
    early_momentum, momentum : float, default 0.8
        Share of the last step that goes on, in the early stage and later.
    init : {"pca", "spectral", "random"}, array or fitted model, default "pca"
        Where points begin: principal axes of the rows, smooth coordinates of the graph, at random,
        given places of all rows, or where another model places the rows. Each is scaled to a
        standard deviation of 1e-4 and moved by a hundredth of that at random.
    repulsion : {"auto", "exact", "tree", "grid"}, default "auto"
        All pairs, Barnes and Hut's tree, or a potential on a grid; see
        `umapkit.layout.tsne.TsneOptions`. "auto" takes the fastest.
    theta : float, default 0.5
        Of "tree": larger is faster and less exact.
    densne : bool, default False
        Keep densities too, as den-SNE does: where rows are scattered, their points are.
    dens_lambda : float, default 0.2
        With `densne`, weight of the correlation of log radii of data and map, which is taken from
        the divergence. Larger values follow densities more and keep neighbourhoods less. The
        authors' program calls the default 0.1, since it leaves out a factor of 2.
    dens_frac : float, default 0.3
        With `densne`, share of the epochs, the last ones, in which densities count.
    dens_var_shift : float, default 0.1
        With `densne`, added to the variance of the map's log radii. Larger values damp the term.
    output_dens : bool, default False
        Measure densities of data and map: `rad_orig_` and `rad_emb_`, and `fit_transform` returns
        both with the map. Also without `densne`.
    random_state : int, Generator, RandomState or None
        Seed; ``None`` draws one and keeps it as `seed_`.
    precomputed_knn : Neighbors or (indices, distances), optional
        Neighbours of the rows, found elsewhere: three times the perplexity, each row itself first.
    neighbors : {"auto", "exact", "descent"}, default "auto"
        How neighbours are searched; see `umapkit.neighbors.build_index`.
    observers : Observer or several, optional
        Watch the layout; see `umapkit.layout.Observer`.
    checkpoint : path-like, optional
        File from which an interrupted layout is continued, and to which it is written.
    memory : str, path-like or joblib.Memory, optional
        Cache of the neighbour search.
    verbose : bool, default False
        Progress bar on standard error.
    n_jobs : int or None, default None
        Threads; ``None``: all cores that the process may use. The result does not depend on it.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map.
    graph_ : csr_array of shape (u, u), float32
        Joint probabilities of the u different rows, in the order in which they first occur; of all
        n rows where `graph` or `precomputed_knn` was given.
    kl_divergence_ : float
        Divergence of the map from the graph, in nats, not exaggerated; its normalisation by the
        layout's own repulsion.
    perplexity_ : float or list of float
        What was used.
    repulsion_ : str
        The repulsion that was used.
    neighbor_recall_ : float
        Share of the true neighbours that were found, estimated on a sample; NaN with a given graph.
    n_epochs_ : int
        Epochs that were run, those of `optimize` included.
    seed_ : int
        Seed that repeats the fit.
    embedding_list_ : list of arrays
        Snapshots, when `n_epochs` is a list.
    rad_orig_ : float32 array of shape (n,)
        With `densne` or `output_dens`: log of the mean squared distance of every row to its
        neighbours, weighted by their probabilities.
    rad_emb_ : float32 array of shape (n,)
        With `output_dens`: the same of the map, over as many nearest points as the (largest)
        perplexity says.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    References
    ----------
    van der Maaten, Hinton, "Visualizing data using t-SNE", JMLR 9 (2008). Defaults: Poličar,
    Stražar, Zupan, "openTSNE", Journal of Statistical Software 109 (2024). den-SNE: Narayan,
    Berger, Cho, Nature Biotechnology 39 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import TSNE
    >>> rows = np.random.default_rng(0).normal(size=(120, 5))
    >>> model = TSNE(perplexity=10, random_state=0).fit(rows)
    >>> model.embedding_.shape
    (120, 2)
    >>> bool(np.array_equal(model.transform(rows[7:8]), model.embedding_[7:8]))
    True
    """

    _finder: Any
    _index: NeighborIndex | None
    _places: Copies
    _motion: dict[str, NDArray[np.float32]]
    _field: FrozenField | None
    graph_: csr_array
    kl_divergence_: float
    perplexity_: Any
    repulsion_: str
    neighbor_recall_: float
    n_epochs_: int
    embedding_list_: list[NDArray[np.float32]]
    rad_orig_: NDArray[np.float32]
    rad_emb_: NDArray[np.float32]

    def __init__(
        self,
        perplexity: float | Sequence[float] = 30.0,
        *,
        n_components: int = 2,
        affinities: Literal["perplexity", "uniform"] = "perplexity",
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        early_exaggeration: float | Literal["auto"] = "auto",
        early_epochs: int = 250,
        exaggeration: float = 1.0,
        n_epochs: int | Sequence[int] = 750,
        degrees_of_freedom: float = 1.0,
        learning_rate: float | Literal["auto"] = "auto",
        early_momentum: float = 0.8,
        momentum: float = 0.8,
        init: Literal["pca", "spectral", "random"] | ArrayLike | BaseEstimator = "pca",
        repulsion: Repulsion = "auto",
        theta: float = 0.5,
        densne: bool = False,
        dens_lambda: float = 0.2,
        dens_frac: float = 0.3,
        dens_var_shift: float = 0.1,
        output_dens: bool = False,
        random_state: Any = None,
        precomputed_knn: Neighbors | Sequence[Any] | None = None,
        neighbors: Literal["auto", "exact", "descent"] = "auto",
        observers: Observer | Iterable[Observer] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.perplexity = perplexity
        self.n_components = n_components
        self.affinities: Literal["perplexity", "uniform"] = affinities
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.early_exaggeration: float | Literal["auto"] = early_exaggeration
        self.early_epochs = early_epochs
        self.exaggeration = exaggeration
        self.n_epochs = n_epochs
        self.degrees_of_freedom = degrees_of_freedom
        self.learning_rate: float | Literal["auto"] = learning_rate
        self.early_momentum = early_momentum
        self.momentum = momentum
        self.init = init
        self.repulsion: Repulsion = repulsion
        self.theta = theta
        self.densne = densne
        self.dens_lambda = dens_lambda
        self.dens_frac = dens_frac
        self.dens_var_shift = dens_var_shift
        self.output_dens = output_dens
        self.random_state = random_state
        self.precomputed_knn = precomputed_knn
        self.neighbors = neighbors
        self.observers = observers
        self.checkpoint = checkpoint
        self.memory = memory
        self.verbose = verbose
        self.n_jobs = n_jobs

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
            Symmetric weights, 0 or more, to lay out instead of the probabilities of neighbours;
            brought to the sum 1. `umapkit.graph.intersect_labels` makes one that knows labels.

        Returns
        -------
        TSNE
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        LayoutInterrupted
            On Ctrl-C during the layout (a KeyboardInterrupt); `embedding_` is the last map.
        """
        rows = self._rows(X, reset=True)
        forget(self)
        if len(rows) < 2:
            msg = f"Found array with {len(rows)} sample(s); t-SNE needs a minimum of 2 rows."
            raise ValueError(msg)
        check_tsne(self, graph=graph)
        self.seed_ = resolve_seed(self.random_state)
        everyone = find_equals(rows, self.n_jobs)
        given = graph is not None or self.precomputed_knn is not None
        self._places = Copies.of(everyone.first, keep_all=given)
        self._finder = find_kept(everyone, rows, self._places)
        self._index = None
        kept = rows if given else self._finder.rows
        if len(kept) < 2:
            msg = "All rows of X are equal, so there is nothing to tell apart. Give other rows."
            raise ValueError(msg)
        self.graph_ = find_affinities(self, kept, graph)
        lay_out(self, self.graph_, kept)
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None, *, graph: Any = None
    ) -> Any:
        """Make the map of `X` and return it; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`. With `output_dens` the tuple of `embedding_`, `rad_orig_`, `rad_emb_`.
        """
        self.fit(X, y, graph=graph)
        if self.output_dens:
            return self.embedding_, self.rad_orig_, self.rad_emb_
        return self.embedding_

    def optimize(
        self,
        n_epochs: int,
        *,
        exaggeration: float = 1.0,
        learning_rate: float | Literal["auto"] = "auto",
        momentum: float = 0.8,
    ) -> Self:
        """Go on with the present map, in as many stages as are called for.

        Velocities and gains of the last epoch are kept: ``fit`` with 500 epochs and ``optimize``
        with 250 more give the bits of ``fit`` with 750. With `densne`, densities count in all of
        these steps.

        Parameters
        ----------
        n_epochs : int
            Steps of gradient descent.
        exaggeration, learning_rate, momentum
            As for the constructor, for these steps.

        Returns
        -------
        TSNE
            Itself; `embedding_`, `kl_divergence_` and `n_epochs_` are new.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        ValueError
            If a number cannot be used.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        options = TsneOptions(
            n_epochs=n_epochs,
            early_epochs=0,
            exaggeration=exaggeration,
            degrees_of_freedom=self.degrees_of_freedom,
            learning_rate=learning_rate,
            momentum=momentum,
            repulsion=self.repulsion,
            theta=self.theta,
        )
        more_epochs(self, options)
        return self

    def transform(
        self,
        X: Any,
        *,
        perplexity: float | None = None,
        n_epochs: int = 250,
        exaggeration: float = 1.5,
        learning_rate: float = 0.1,
    ) -> NDArray[np.float32]:
        """Place rows on the finished map.

        A row that equals a training row takes that row's place. Any other row starts at the median
        of its 25 nearest training rows and settles while the map stays as it is. Its place depends
        on the row and the fitted model only: not on the rest of `X`, its order, or threads.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.
        perplexity : float, optional
            Effective number of training rows that pull at a new one. Larger values place it nearer
            to the middle of what it resembles. ``None``: 5, or as many as there are different
            training rows.
        n_epochs : int, default 250
            Steps of gradient descent; 0 leaves rows at the median.
        exaggeration : float, default 1.5
            Factor of the attraction.
        learning_rate : float, default 0.1
            Of a step. Larger is faster, and may overshoot.

        Returns
        -------
        float32 array of shape (m, n_components)
            The places.

        Raises
        ------
        ValueError
            If the data cannot be used, or has other columns than in ``fit``.
        """
        options = TsneOptions(
            n_epochs=n_epochs,
            early_epochs=0,
            exaggeration=exaggeration,
            learning_rate=learning_rate,
            degrees_of_freedom=self.degrees_of_freedom,
        )
        rows = self._rows(X, reset=False)
        n_jobs = resolve_n_jobs(self.n_jobs)
        found = self._finder.find(rows, n_jobs=n_jobs)
        known = found >= 0
        places = np.empty((len(rows), self.embedding_.shape[1]), dtype=np.float32)
        places[known] = self.embedding_[self._places.kept[found[known]]]
        if not known.all():
            pulling = min(5.0, len(self._places.kept)) if perplexity is None else perplexity
            places[~known] = place_rows(self, rows[~known], options, pulling, n_jobs)
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
        """
        from umapkit.models._tsne_load import save_tsne

        save_tsne(self, path)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the potential of the map: it is made again where it is needed."""
        state: Any = super().__getstate__()
        return {**state, "_field": None}

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
            rows = self._finder.rows
            self._index = search(self, rows, min(16, len(rows)), self.neighbors)
        return self._index

    def _options(self) -> tuple[TsneOptions, list[int]]:
        """Numbers of the layout, and the epochs of which snapshots are kept."""
        length, wanted = resolve_epochs(self.n_epochs, 1)
        early = self.early_exaggeration
        options = TsneOptions(
            n_epochs=length,
            early_epochs=self.early_epochs,
            early_exaggeration=max(12.0, self.exaggeration) if early == "auto" else early,
            exaggeration=self.exaggeration,
            degrees_of_freedom=self.degrees_of_freedom,
            learning_rate=self.learning_rate,
            early_momentum=self.early_momentum,
            momentum=self.momentum,
            repulsion=self.repulsion,
            theta=self.theta,
        )
        return options, wanted
