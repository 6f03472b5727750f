"""UMAP's loss over the places themselves: no network, the optimiser moves the points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import validate_data

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.data import as_rows
from umapkit.distances import Metric
from umapkit.init import make_start
from umapkit.neighbors import Neighbors
from umapkit.parametric._checks import (
    check_choice,
    check_metric,
    check_number,
    check_whole,
    curve_of,
)
from umapkit.parametric._edges import EdgeSource, Negatives, TensorBatch
from umapkit.parametric._fit import find_memberships
from umapkit.parametric._group import shared_seed, shared_steps
from umapkit.parametric._history import last_loss
from umapkit.parametric._losses import umap_loss
from umapkit.parametric._torch import Tensor, choose_device, nn, threads, torch
from umapkit.parametric._train import TrainOptions, train

_LARGEST_BATCH = 60_000  # edges, as in the paper
_SMALLEST_BATCH = 256


class _Points(nn.Module):
    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.places = nn.Parameter(start)


class DirectUMAP(ClassNamePrefixFeaturesOutMixin, BaseEstimator):
    """UMAP's loss, minimised over the places by torch: the paper's "UMAP (TF)".

    The same loss and batches as `ParametricUMAP`, without a network; so it shows what a network
    costs. It has no `transform`; `umapkit.UMAP` is faster and has one.

    Parameters
    ----------
    n_components : int, default 2
        Dimensions of the map.
    n_neighbors : int, default 15
        Size of the local neighbourhood, the row itself included; at least 2.
    min_dist, spread : float, default 0.1 and 1.0
        How tight points may pack, and the scale of the map.
    a, b : float, optional
        Curve of closeness; both or none.
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`.
    metric_kwds : dict, optional
        Keywords of the metric.
    set_op_mix_ratio, local_connectivity, disconnection_distance, precomputed_knn
        Of the graph; see `umapkit.UMAP`.
    init : {"spectral", "pca", "random"} or array (n, n_components), default "spectral"
        Start.
    optimizer : {"adadelta", "adam"}, default "adadelta"
        The paper's Adadelta, or Adam.
    learning_rate : float, optional
        ``None``: 50 for Adadelta (the paper's), 0.1 for Adam.
    batch_size : int, optional
        Edges of a step; ``None``: as many as rows, 256 to 60,000.
    n_epochs : int, optional
        Epochs of umap-learn's schedule, in which the strongest edge is drawn about once; ``None``:
        500 up to 10,000 rows, 200 above.
    negative_sample_rate : int, default 5
        Repelled points an edge.
    negatives : {"batch", "uniform"}, default "batch"
        Where they come from; see `ParametricUMAP`.
    repulsion_strength : float, default 1.0
        Weight of the repulsion.
    device, random_state, verbose, n_jobs
        As for `ParametricUMAP`.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map.
    graph_ : csr_array of shape (n, n)
        Memberships.
    history_, loss_, seed_, a_, b_, neighbor_recall_, n_steps_
        As for `ParametricUMAP`.

    References
    ----------
    Sainburg, McInnes, Gentner, "Parametric UMAP", section 2 and Figs. 4 and 10.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit.parametric import DirectUMAP
    >>> rows = np.random.default_rng(0).normal(size=(100, 5))
    >>> DirectUMAP(n_epochs=5, random_state=0).fit_transform(rows).shape
    (100, 2)
    """

    negatives: Negatives

    def __init__(
        self,
        *,
        n_components: int = 2,
        n_neighbors: int = 15,
        min_dist: float = 0.1,
        spread: float = 1.0,
        a: float | None = None,
        b: float | None = None,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        set_op_mix_ratio: float = 1.0,
        local_connectivity: float = 1.0,
        disconnection_distance: float | None = None,
        precomputed_knn: Neighbors | Sequence[Any] | None = None,
        init: Literal["spectral", "pca", "random"] | ArrayLike = "spectral",
        optimizer: Literal["adadelta", "adam"] = "adadelta",
        learning_rate: float | None = None,
        batch_size: int | None = None,
        n_epochs: int | None = None,
        negative_sample_rate: int = 5,
        negatives: Negatives = "batch",
        repulsion_strength: float = 1.0,
        device: Any = "auto",
        random_state: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.spread = spread
        self.a = a
        self.b = b
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.disconnection_distance = disconnection_distance
        self.precomputed_knn = precomputed_knn
        self.init = init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.negative_sample_rate = negative_sample_rate
        self.negatives = negatives
        self.repulsion_strength = repulsion_strength
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    @property
    def _n_features_out(self) -> int:
        return self.embedding_.shape[1]

    def __sklearn_tags__(self) -> Any:
        """Say what is accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any = None, *, graph: Any = None) -> Self:
        """Make the map of `X`.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows.
        y : ignored
            There for scikit-learn's pipelines.
        graph : sparse or dense matrix of shape (n, n), optional
            Symmetric memberships, instead of those of the neighbours of `X`.

        Returns
        -------
        DirectUMAP
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        KeyboardInterrupt
            On Ctrl-C; the model is fitted with the places of that moment.
        """
        self._check_parameters()
        rows = as_rows(X, n_jobs=self.n_jobs)
        validate_data(self, X, reset=True, skip_check_array=True)
        self.n_features_in_ = rows.shape[1]
        self.seed_ = shared_seed(resolve_seed(self.random_state), choose_device(self.device))
        self.graph_, _ = find_memberships(self, rows, graph)
        start = make_start(
            self.graph_,
            init=self.init,  # pyright: ignore[reportArgumentType] # checked there
            n_components=self.n_components,
            data=rows,
            seed=self.seed_,
            n_jobs=self.n_jobs,
        )
        device = choose_device(self.device)
        points = _Points(torch.from_numpy(np.array(start, dtype=np.float32)).to(device))
        size = self.batch_size or min(_LARGEST_BATCH, max(_SMALLEST_BATCH, len(rows)))
        source = EdgeSource(
            self.graph_,
            batch_size=size,
            negative_sample_rate=self.negative_sample_rate,
            negatives=self.negatives,
            seed=self.seed_,
        )
        n_epochs = self.n_epochs or (500 if len(rows) <= 10_000 else 200)
        rate = self.learning_rate or (50.0 if self.optimizer == "adadelta" else 0.1)
        cls = torch.optim.Adadelta if self.optimizer == "adadelta" else torch.optim.Adam

        def batch(step: int) -> tuple[Tensor, TensorBatch]:
            drawn = source.batch(step)
            return torch.from_numpy(drawn.rows).to(device), drawn.to(device)

        def loss(drawn: tuple[Tensor, TensorBatch]) -> dict[str, Tensor]:
            # The loss has its own sums by row, so the gather's backward adds each row once or so.
            places = points.places.index_select(0, drawn[0])
            return umap_loss(
                places,
                drawn[1],
                a=self.a_,
                b=self.b_,
                repulsion_strength=self.repulsion_strength,
            )

        options = TrainOptions(
            n_steps=shared_steps(n_epochs * source.steps_per_epoch),
            learning_rate=rate,
            verbose=self.verbose,
            seed=self.seed_,
        )
        with threads(resolve_n_jobs(self.n_jobs)):
            optimizer = cls(points.parameters(), lr=rate)
            training = train(points, batch, loss, options, optimizer=optimizer)
        self.history_ = training.history
        self.n_steps_ = training.n_steps
        self.loss_ = last_loss(training.history)
        self.embedding_ = points.places.detach().cpu().numpy()
        if training.interrupt is not None:
            raise KeyboardInterrupt from training.interrupt
        return self

    def fit_transform(self, X: Any, y: Any = None, *, graph: Any = None) -> NDArray[np.float32]:
        """Make and return the map of `X`; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        return self.fit(X, y, graph=graph).embedding_

    def _check_parameters(self) -> None:
        check_whole("n_components", self.n_components, 1)
        check_whole("n_neighbors", self.n_neighbors, 2)
        check_whole("negative_sample_rate", self.negative_sample_rate, 0)
        for name in ("batch_size", "n_epochs"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), 1)
        check_choice("optimizer", self.optimizer, ("adadelta", "adam"))
        check_choice("negatives", self.negatives, ("batch", "uniform"))
        if self.learning_rate is not None:
            check_number("learning_rate", self.learning_rate, least=0, included=False)
        check_number("repulsion_strength", self.repulsion_strength, least=0)
        choose_device(self.device)
        check_metric(self)
        self.a_, self.b_ = curve_of(self)
