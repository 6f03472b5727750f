"""UMAP: neighbours, fuzzy graph, start, layout."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.distances import Metric
from umapkit.graph import TargetMetric, disconnected
from umapkit.layout import Observer, Optimizer
from umapkit.models._combination import Algebra
from umapkit.models._copies import Copies
from umapkit.models._fit import (
    check_places,
    find_equals,
    find_kept,
    find_memberships,
    forget,
    given_index,
    lay_out,
    new_rows,
    search_index,
)
from umapkit.models._inverse import Invertible
from umapkit.models._labels import Labels
from umapkit.models._place import GroundKeeper, place_new_rows
from umapkit.models._predict import ClassPredictor
from umapkit.models._update import Updatable, told
from umapkit.models._warm import check_warm, is_model
from umapkit.neighbors import GivenIndex, NeighborIndex, Neighbors


class UMAP(Algebra, Invertible, Updatable, ClassPredictor):
    """Uniform manifold approximation and projection (McInnes, Healy, Melville 2018).

    The same `random_state` gives the same bits for any `n_jobs`, and `transform` is a function:
    a row's place does not depend on the other rows. Equal rows share one place.

    Parameters
    ----------
    n_neighbors : int, default 15
        Size of the local neighbourhood, the row itself included, copies of rows counted; at least
        2. Larger values show coarser structure and cost more.
    n_components : int, default 2
        Dimensions of the map, at least 1.
    output_metric : str, default "euclidean"
        Distance in the map; a name out of ``umapkit.layout.OUTPUT_METRICS``. "haversine": on the
        sphere, coordinates are colatitude and longitude; "hyperboloid": in the hyperbolic plane;
        "torus": two angles; "gaussian_energy", "diagonal_gaussian_energy" and
        "spherical_gaussian_energy": every point is a Gaussian of the plane. `n_components` must
        be 2, or 5, 4, 3 for the Gaussians.
    output_metric_kwds : dict, optional
        For the torus ``{"periods": (p, q)}``: the lengths around it, 2 pi by default.
    metric : str, callable or "precomputed", default "euclidean"
        Distance between rows: a name out of ``umapkit.distances.METRICS``, or a function of two
        rows that returns it (all pairs are then measured by calls). "precomputed": `X` holds the
        distances of all rows, as an array or, where some are not known, as a sparse matrix; and
        `transform` takes the distances of new rows to the rows of `fit`.
    metric_kwds : dict, optional
        Keywords of the metric, by name, such as ``{"p": 3}`` for "minkowski".
    n_epochs : int, sequence of int, or None, default None
        Length of the layout; ``None``: 500 up to 10,000 rows, 200 above. A list keeps the map
        at each of its epochs in `embedding_list_`.
    learning_rate : float, default 1.0
        First step size of the layout; fades to 0.
    init : {"spectral", "pca", "random"}, array (n, n_components) or model, default "spectral"
        Start of the layout; scaled to [0, 10] on every axis. With another output metric an array
        holds its coordinates and is taken as it is. A fitted model is a warm start: its rows begin
        at their places, others where it places them, and nothing is scaled, unless it is a `PCA`
        or `LaplacianEigenmaps`, whose maps have no scale of a layout.
    min_dist : float, default 0.1
        How tight points may pack, in units of the map; 0 to `spread`. Larger values spread
        clumps out.
    spread : float, default 1.0
        Scale of the map, in its units.
    set_op_mix_ratio : float, default 1.0
        1: fuzzy union of the two directions of an edge; 0: intersection.
    local_connectivity : float, default 1.0
        How many nearest neighbours are fully connected; fractions interpolate.
    repulsion_strength : float, default 1.0
        Weight of the repulsion.
    negative_sample_rate : float, default 5
        Repelled points per attracted edge.
    densmap : bool, default False
        Keep densities, too: what is sparse in the data is drawn sparse on the map (densMAP).
        `n_epochs=None` is then 200 epochs longer, and `n_neighbors=30` is a good choice.
    dens_lambda : float, default 2.0
        With `densmap`, weight of the densities. Larger values follow them more and keep
        neighbourhoods worse; 0 is plain UMAP. umap-learn's 2 is 4 here.
    dens_frac : float, default 0.3
        With `densmap`, share of the epochs, the last ones, in which densities count.
    dens_var_shift : float, default 0.1
        With `densmap`, added to the variance of the map's log radii. Larger values damp the term.
    output_dens : bool, default False
        Measure densities of data and map: `rad_orig_` and `rad_emb_`, and `fit_transform` returns
        both with the map. Also without `densmap`.
    a, b : float, optional
        Curve of closeness; both or none. By default fitted to `min_dist` and `spread`.
    random_state : int, Generator, RandomState or None, default None
        Seed; ``None`` draws one. `seed_` keeps it.
    target_metric : str or callable, default "categorical"
        How targets given as `y` are compared: "categorical" (equal or not), "ordinal" (places on a
        scale), "count" (numbers of events), "string" (edits), a distance of numbers such as
        "euclidean" or "manhattan", or a function of two targets; see `umapkit.graph.read_targets`.
    target_weight : float, default 0.5
        Weight of the targets in the intersection, 0 (none at all) to 1 (targets decide).
    target_n_neighbors : int, optional
        Neighbours of a target, for distances of numbers and functions; ``None`` (or -1):
        `n_neighbors`. Larger values ask less of targets to be near.
    supervision : {"intersection", "cross_entropy", "triplet"}, default "intersection"
        How `y` shapes the map. "intersection": ties between unlike targets become weaker. The
        others add a classification cost to UMAP's (tutorial, section 2.5) and take classes only:
        "cross_entropy" of a soft-max classifier on the map, learned with it and kept for
        `predict`; "triplet": points nearer to another class than to their own are pushed off.
    supervision_weight : float, default 1.0
        How much the classification cost of a labelled point counts, in units of its mean ties;
        larger values separate classes more. 0 ignores `y`.
    supervision_margin : float, default 1.0
        For "triplet": how much farther other classes shall be, in units of the map.
    supervision_period : (int, int), optional
        Epochs of UMAP's cost, then epochs of the classification cost, in turns. ``None``: both in
        every epoch. `tol` stops when their sum has settled.
    disconnection_distance : float, optional
        Neighbours at this distance or farther are not connected. By default the largest value
        of a bounded metric (2 for cosine and correlation), else infinite.
    precomputed_knn : Neighbors or (indices, distances), optional
        Neighbours of the rows, found elsewhere: at least `n_neighbors` columns, each row itself
        first.
    neighbors : {"auto", "exact", "descent"}, default "auto"
        How neighbours are searched; see `umapkit.neighbors.build_index`.
    optimizer : {"sampled", "schedule", "bernoulli"}, default "sampled"
        "sampled" is parallel; the others are the serial Algorithm 1; see
        `umapkit.layout.LayoutOptions`.
    tol : float, optional
        Stop the layout when its effective loss has settled; see `umapkit.layout.Layout.run`.
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
    graph_ : csr_array of shape (n, n), float32
        Symmetric memberships. A row equal to an earlier one is tied to that one only, with
        membership 1.
    seed_ : int
        Seed that repeats the fit.
    neighbor_recall_ : float
        Share of the true neighbours that the search found, estimated on a sample; NaN when the
        graph was given.
    loss_ : float
        Effective loss of the map, in nats: the loss that is really optimised (tutorial, Eq. 29),
        without a classification cost.
    supervision_loss_ : float
        Mean classification cost of a labelled point: nats of cross-entropy, or units of the map
        for triplets. Only where one was asked for and `y` given.
    classes_ : array of shape (n_classes,)
        With ``supervision="cross_entropy"``: the labels, sorted.
    head_ : float64 array of shape (n_classes, n_components + 1)
        Likewise: weights and, last, biases of the classifier on the map.
    disconnected_ : bool array of shape (n,)
        Rows without any neighbour closer than `disconnection_distance`.
    n_epochs_ : int
        Epochs that were run.
    a_, b_ : float
        The curve of closeness.
    rad_orig_ : float32 array of shape (n,)
        With `densmap` or `output_dens`: log of the mean squared distance of every row to its
        neighbours, weighted by memberships; NaN for rows without neighbours.
    rad_emb_ : float32 array of shape (n,)
        With `output_dens`: the same of the map, over its own `n_neighbors` nearest neighbours.
    embedding_list_ : list of arrays
        Snapshots, when `n_epochs` is a list: those that the layout reached, if it stopped early.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import UMAP
    >>> rows = np.random.default_rng(0).normal(size=(100, 5))
    >>> model = UMAP(random_state=0).fit(rows)
    >>> model.embedding_.shape
    (100, 2)
    >>> bool(np.array_equal(model.transform(rows[7:8]), model.embedding_[7:8]))
    True
    """

    def __init__(
        self,
        n_neighbors: int = 15,
        *,
        n_components: int = 2,
        output_metric: str = "euclidean",
        output_metric_kwds: Mapping[str, Any] | None = None,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        n_epochs: int | Sequence[int] | None = None,
        learning_rate: float = 1.0,
        init: Literal["spectral", "pca", "random"] | ArrayLike | BaseEstimator = "spectral",
        min_dist: float = 0.1,
        spread: float = 1.0,
        set_op_mix_ratio: float = 1.0,
        local_connectivity: float = 1.0,
        repulsion_strength: float = 1.0,
        negative_sample_rate: float = 5,
        densmap: bool = False,
        dens_lambda: float = 2.0,
        dens_frac: float = 0.3,
        dens_var_shift: float = 0.1,
        output_dens: bool = False,
        a: float | None = None,
        b: float | None = None,
        random_state: Any = None,
        target_metric: TargetMetric = "categorical",
        target_weight: float = 0.5,
        target_n_neighbors: int | None = None,
        supervision: Literal["intersection", "cross_entropy", "triplet"] = "intersection",
        supervision_weight: float = 1.0,
        supervision_margin: float = 1.0,
        supervision_period: tuple[int, int] | None = None,
        disconnection_distance: float | None = None,
        precomputed_knn: Neighbors | Sequence[Any] | None = None,
        neighbors: Literal["auto", "exact", "descent"] = "auto",
        optimizer: Optimizer = "sampled",
        tol: float | None = None,
        observers: Observer | Iterable[Observer] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.output_metric = output_metric
        self.output_metric_kwds = output_metric_kwds
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.min_dist = min_dist
        self.spread = spread
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.repulsion_strength = repulsion_strength
        self.negative_sample_rate = negative_sample_rate
        self.densmap = densmap
        self.dens_lambda = dens_lambda
        self.dens_frac = dens_frac
        self.dens_var_shift = dens_var_shift
        self.output_dens = output_dens
        self.a = a
        self.b = b
        self.random_state = random_state
        self.target_metric = target_metric
        self.target_weight = target_weight
        self.target_n_neighbors = target_n_neighbors
        self.supervision = supervision
        self.supervision_weight = supervision_weight
        self.supervision_margin = supervision_margin
        self.supervision_period = supervision_period
        self.disconnection_distance = disconnection_distance
        self.precomputed_knn = precomputed_knn
        self.neighbors = neighbors
        self.optimizer = optimizer
        self.tol = tol
        self.observers = observers
        self.checkpoint = checkpoint
        self.memory = memory
        self.verbose = verbose
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None, *, graph: Any = None) -> Self:
        """Make the map of `X`.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows: array, sparse matrix, data frame, ...; see `umapkit.data.as_rows`. A
            C-contiguous float32 array is kept for `transform`, not copied: do not write to it.
            With ``metric="precomputed"``: distances, shape (n, n).
        y : array of shape (n,) or (n, t), optional
            Targets; what is missing (NaN, None; for classes, texts and counts also -1 and empty
            strings) is unknown. Equal rows with different targets are one point: of unknown class
            or text, of the mean number, of the lower median place or count.
        graph : sparse or dense matrix of shape (n, n), optional
            Symmetric memberships to lay out, instead of those of the neighbours of `X`.

        Returns
        -------
        UMAP
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        LayoutInterrupted
            On Ctrl-C during the layout (a KeyboardInterrupt); `embedding_` is the last map.
        """
        self._check_parameters(graph=graph)
        if graph is not None and self.set_op_mix_ratio != 1:
            msg = (
                f"set_op_mix_ratio={self.set_op_mix_ratio!r} would do nothing: graph= was given, "
                "whose edges have no two directions to mix. Leave it at 1, or leave graph= out."
            )
            raise ValueError(msg)
        rows = self._rows(X, reset=True)
        forget(self)
        if is_model(self.init):
            check_warm(self.init, self, n_columns=rows.shape[1])
        self.seed_ = resolve_seed(self.random_state)
        everyone = find_equals(rows, self.n_jobs)
        # A graph or a table of neighbours from outside is about all rows, copies included.
        given = graph is not None or self._given_neighbors() is not None or self._is_given()
        self._told = told(self, y=y, graph=graph)
        copies = Copies.of(everyone.first, keep_all=given)
        self._places = copies
        self._finder = find_kept(everyone, rows, copies)
        self._index: NeighborIndex | GivenIndex | None = given_index(self, rows)
        self._mean_distance: float | None = None
        self._inverse_number = None
        self._lists = self._radii = self._radius_rule = None
        self._keeper = GroundKeeper()
        # Before the long search:
        labels = None if y is None else Labels.read(self, y, copies)
        check_places(self, len(rows))

        memberships = find_memberships(self, self._finder.rows if not given else rows, graph)
        self.graph_ = copies.expand_graph(memberships)
        self.disconnected_ = disconnected(self.graph_)
        if labels is not None:
            memberships = labels.intersect(self, memberships)
            self.graph_ = copies.expand_graph(memberships)
        lay_out(self, memberships, rows, labels)
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

    def transform(
        self, X: Any, *, return_score: bool = False
    ) -> NDArray[np.float32] | tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Place rows on the finished map.

        A row that equals a training row takes that row's place. Any other row starts among its
        nearest training rows and settles while the map stays as it is. Its place depends on the
        row and the fitted model only: not on the rest of `X`, its order, or threads.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``. With ``metric="precomputed"``: distances to the n
            rows of ``fit``, shape (m, n).
        return_score : bool, default False
            Whether to return also how far outside the data each row lies.

        Returns
        -------
        places : float32 array of shape (m, n_components)
            NaN, with a warning, for rows with no training row within `disconnection_distance`.
        score : float32 array of shape (m,)
            With `return_score`: mean distance to the nearest training rows over the same mean of
            those rows themselves. About 1 inside the data, larger outside.

        Raises
        ------
        ValueError
            If the data cannot be used, or has other columns than in ``fit``.
        """
        rows = self._rows(X, reset=False)
        n_jobs = resolve_n_jobs(self.n_jobs)
        found = self._finder.find(rows, n_jobs=n_jobs)
        known = found >= 0
        copies = self._places
        places = np.empty((len(rows), self.embedding_.shape[1]), dtype=np.float32)
        places[known] = self.embedding_[copies.kept[found[known]]]
        if not return_score and known.all():
            return places
        new = new_rows(self, rows[~known] if known.any() else rows, n_jobs)
        places[~known], near = place_new_rows(new)
        lost = int(np.isnan(places[:, 0]).sum())
        if lost:
            msg = (
                f"{lost} of {len(rows)} rows have no training row within the disconnection "
                f"distance {self._resolved_disconnection():g}; their places are NaN. A larger "
                "disconnection_distance would place them."
            )
            warnings.warn(msg, UserWarning, stacklevel=2)
        if not return_score:
            return places
        return places, new.scores(near, found, known)

    @classmethod
    def from_parts(
        cls,
        data: Any,
        graph: Any,
        embedding: ArrayLike,
        *,
        model: UMAP | None = None,
    ) -> UMAP:
        """Make a fitted model out of a finished map, so that new rows can be placed on it.

        Parameters
        ----------
        data : table of shape (n, n_features)
            The rows.
        graph : sparse or dense matrix of shape (n, n)
            Symmetric memberships.
        embedding : array of shape (n, n_components)
            The map, finite.
        model : UMAP, optional
            Unfitted model whose parameters are taken; by default those of ``UMAP()``.

        Returns
        -------
        UMAP
            Fitted. The map is taken as it is, except that rows equal to an earlier one take its
            place. Neighbours are searched at the first `transform`.

        Raises
        ------
        ValueError
            If shapes do not fit or a coordinate is not finite.
        """
        from umapkit.models._parts import fitted_from_parts

        return fitted_from_parts(model or cls(), data, graph, embedding)

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
        from umapkit.models._load import save_umap

        save_umap(self, path)

    def _search_index(self) -> NeighborIndex | GivenIndex:
        """Index of the different training rows; searched now if the fit did not need one."""
        return search_index(self)
