"""LargeVis, as a scikit-learn estimator."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from umapkit.distances import Metric
from umapkit.layout import Observer, resolve_epochs
from umapkit.layout.contrast import MEAN_DEGREE, ContrastOptions, check_number
from umapkit.models._member import FamilyMember
from umapkit.models._members import Plan

# Epochs where nothing is asked for: by the parallel optimiser, and by the serial one,
# whose single draws are noisier.
_SAMPLED, _LITERAL = 500, 1000


class LargeVis(FamilyMember):
    """LargeVis (Tang, Liu, Zhang, Mei 2016).

    Edges between near rows are drawn in proportion to their probabilities and shortened, and
    strangers, drawn by degree^0.75, are pushed away. The same `random_state` gives the same bits
    for any `n_jobs`, and `transform` is a function: a row's place does not depend on the others.

    Parameters
    ----------
    perplexity : float, default 50
        Effective number of neighbours of a row; three times as many are searched (150, as
        published). Larger values show coarser structure and take longer. More than a third of
        the rows is lowered, with a warning.
    n_components : int, default 2
        Dimensions of the map.
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`.
    metric_kwds : dict, optional
        Keywords of the metric.
    repulsion_strength : float, default 7.0
        gamma, the weight of a stranger. Larger values spread the map out.
    negative_sample_rate : float, default 5
        Strangers of an edge. Larger values repel more and cost more.
    learning_rate : float, default 1.0
        First step size; fades to 0.
    n_epochs : int or sequence of int, optional
        Length of the layout; an epoch draws 10 edges a row. ``None``: 500, or what `n_samples`
        asks for; 1,000 for the serial optimizer. A list keeps the map at each of its epochs in
        `embedding_list_`.
    n_samples : int, optional
        Number of edges drawn, instead of `n_epochs`. Published: 10^9 up to 10,000 rows, 1.5 10^9
        for 70,000 (by the serial optimizer some ten minutes).
    init : {"spectral", "pca", "random"}, array or fitted model, default "spectral"
        Where points begin; scaled to [0, 10] on every axis, but the map of a model other than
        `PCA` and `LaplacianEigenmaps`.
    optimizer : {"sampled", "literal"}, default "sampled"
        "sampled": parallel, every point moves once an epoch by the expected attraction of all its
        edges. "literal": edge by edge, as published, but on one thread.
    random_state : int, Generator, RandomState or None
        Seed; ``None`` draws one and keeps it as `seed_`.
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
        Joint probabilities of the u different rows, in the order in which they first occur; the
        weights of all n rows where `graph` was given.
    loss_ : float
        Mean cost of a drawn edge and its strangers, in nats, estimated
        (`umapkit.quality.sampled_edge_cost` evaluates all pairs).
    neighbor_recall_ : float
        Share of the true neighbours that were found, estimated on a sample; NaN with a given graph.
    n_epochs_ : int
        Epochs that were run.
    seed_ : int
        Seed that repeats the fit.
    embedding_list_ : list of arrays
        Snapshots, when `n_epochs` is a list.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    See Also
    --------
    NeighborEmbedding : LargeVis and its relatives by one description.

    References
    ----------
    Tang, Liu, Zhang, Mei, "Visualizing large-scale and high-dimensional data", WWW 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import LargeVis
    >>> rows = np.random.default_rng(0).normal(size=(120, 5))
    >>> model = LargeVis(perplexity=10, random_state=0).fit(rows)
    >>> model.embedding_.shape
    (120, 2)
    >>> bool(np.array_equal(model.transform(rows[7:8]), model.embedding_[7:8]))
    True
    """

    def __init__(
        self,
        perplexity: float = 50.0,
        *,
        n_components: int = 2,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        repulsion_strength: float = 7.0,
        negative_sample_rate: float = 5,
        learning_rate: float = 1.0,
        n_epochs: int | Sequence[int] | None = None,
        n_samples: int | None = None,
        init: Literal["spectral", "pca", "random"] | ArrayLike | BaseEstimator = "spectral",
        optimizer: Literal["sampled", "literal"] = "sampled",
        random_state: Any = None,
        neighbors: Literal["auto", "exact", "descent"] = "auto",
        observers: Observer | Iterable[Observer] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.perplexity = perplexity
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.repulsion_strength = repulsion_strength
        self.negative_sample_rate = negative_sample_rate
        self.learning_rate = learning_rate
        self.n_epochs = n_epochs
        self.n_samples = n_samples
        self.init = init
        self.optimizer: Literal["sampled", "literal"] = optimizer
        self.random_state = random_state
        self.neighbors = neighbors
        self.observers = observers
        self.checkpoint = checkpoint
        self.memory = memory
        self.verbose = verbose
        self.n_jobs = n_jobs

    def _start(self) -> Any:
        return self.init

    def _plan(self, n: int) -> Plan:
        check_number("perplexity", self.perplexity, 1.0, 1e6)
        length, wanted = self._epochs(n)
        options = ContrastOptions(
            cost="largevis",
            n_epochs=length,
            repulsion_strength=self.repulsion_strength,
            learning_rate=self.learning_rate,
            negative_sample_rate=self.negative_sample_rate,
            optimizer=self.optimizer,
            seed=getattr(self, "seed_", 0),
        )
        return Plan(
            affinities="perplexity",
            n_neighbors=0,
            perplexity=self.perplexity,
            options=options,
            wanted=wanted,
        )

    def _epochs(self, n: int) -> tuple[int, list[int]]:
        """Length of the schedule for n rows, and its snapshots."""
        if self.n_samples is None:
            if self.n_epochs is None:
                return largevis_epochs(self.optimizer), []
            return resolve_epochs(self.n_epochs, n)
        if self.n_epochs is not None:
            msg = (
                f"Both n_epochs={self.n_epochs!r} and n_samples={self.n_samples!r} were given; "
                f"an epoch is {MEAN_DEGREE:g} samples a row. Give one of them."
            )
            raise ValueError(msg)
        value = self.n_samples
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < 0:
            msg = f"n_samples={value!r} is not allowed. Give a whole number, 0 or more."
            raise ValueError(msg)
        return math.ceil(value / (MEAN_DEGREE * n)), []


def largevis_epochs(optimizer: str) -> int:
    """Epochs when none are asked for."""
    return _LITERAL if optimizer == "literal" else _SAMPLED
