"""Semi-supervised learning: a classifier and a UMAP loss on one trunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import ClassifierMixin

from umapkit.distances import Metric
from umapkit.graph import intersect_labels
from umapkit.parametric._augment import AUGMENTATIONS, Augmentation
from umapkit.parametric._checks import curve_of
from umapkit.parametric._edges import EdgeSource
from umapkit.parametric._forked import Forked
from umapkit.parametric._history import joined, last_loss
from umapkit.parametric._joint import JointObjective
from umapkit.parametric._rows import RowSource
from umapkit.parametric._semi_settings import (
    check_settings,
    find_graph,
    read_labels,
    read_validation,
)
from umapkit.parametric._train import Schedule, Training, TrainOptions, train
from umapkit.parametric._undo import undone_on_error
from umapkit.parametric.networks._build import image_shape


class SemiSupervisedUMAP(ClassifierMixin, Forked):
    """A classifier of few labels whose network also learns UMAP's loss on all rows.

    One trunk carries two heads: the classifier learns the labelled rows, the embedder draws the
    ends of the graph's edges together, labelled or not. So what is near in the data, or in what the
    classifier makes of it, gets the same class.

    Parameters
    ----------
    encoder : str or torch.nn.Module, default "mlp"
        The trunk. "mlp": four layers of 100, and heads with one hidden layer of 100 (Fig. 3);
        "cnn13": the paper's convolutions for images, and heads with two hidden layers of 256; any
        other name of `umapkit.parametric.networks`, with a last width of 256; or a module that
        gives one vector a row.
    width : float, default 1.0
        Factor on all widths of "mlp" and "cnn13". 0.25 is sixteen times cheaper.
    n_components : int, default 2
        Dimensions of the embedder's map. Two can be looked at (the paper's Fig. 3); many, the
        paper's 1024 for images, serve the classifier better.
    n_neighbors : int, default 15
        Size of the local neighbourhood, the row itself included; at least 2.
    metric, metric_kwds
        Distance between rows, or between activations; see `umapkit.UMAP`.
    min_dist, spread : float, default 0.001 and 1.0
        How tight points may pack, and the scale of the map.
    a, b : float, optional
        Curve of closeness; both or none.
    graph : {"rows", "activations"}, default "rows"
        What neighbours are sought in: "rows", the data (the paper's "Euclidean"); "activations",
        the last hidden layer of the classifier (the paper's "learned metric"), sought again every
        `graph_steps`. Both graphs are intersected with the labels.
    graph_steps : int, default 500
        With ``graph="activations"``: steps between two graphs.
    target_weight : float, default 1.0
        How much labels count in the intersection, 0 to 1; at 1 no edge joins two known classes.
    umap_weight : float, default 1.0
        Weight of UMAP's loss; 0 learns from labels alone, the paper's baseline.
    negative_sample_rate : int, default 5
        Repelled points an edge.
    repulsion_strength : float, default 1.0
        Weight of the repulsion.
    label_smoothing : float, default 0.0
        Share of the target spread over all classes; the paper's 0.2 for images makes the classifier
        less sure.
    augmentation : {"mnist", "fashion", "cifar"} or callable, optional
        Views of images, drawn anew in every step, of labelled rows and both ends of edges: one of
        the paper's policies, or a function ``f(images, generator)`` of images (b, channels, height,
        width) in [0, 1] to images. Graphs are always of the rows as they are.
    consistency : float, default 0.0
        With `augmentation`: weight of UMAP's attraction between two views of one row.
    n_steps : int, default 2000
        Steps with both losses.
    supervised_steps : int, default 0
        Steps before, with labels alone; ``graph="activations"`` needs some, since the first graph
        is made of what they have taught.
    batch_size : int, default 128
        Edges of a step.
    labelled_batch_size : int, default 128
        Labelled rows of a step, at most.
    learning_rate : float, default 0.001
        Step size of Adam.
    schedule : {"constant", "linear", "cosine", "warm"}, default "constant"
        Of the step size, over the steps with both losses (of one graph).
    clip : float, optional, default 4.0
        Bound of every component of the gradient.
    averaging : float, default 0.0
        Decay of a moving average of the weights, which is what is kept; 0: none. The paper
        averages.
    patience : int, optional
        With validation rows in `fit`: stop after so many checks without fewer errors, and keep the
        best state (with `averaging`: the last average).
    check_every : int, default 100
        Steps between two checks.
    input_shape : (channels, height, width), optional
        Shape of a row, for networks that see images and for `augmentation`.
    scaling, device, amp, compile, random_state, verbose, n_jobs
        As for `umapkit.ParametricUMAP`.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Known labels, sorted.
    embedding_ : float32 array of shape (n, n_components)
        Places of the rows of ``fit``.
    graph_ : csr_array of shape (n, n)
        The last graph, intersected with the labels; absent with ``umap_weight=0``.
    networks_ : torch.nn.ModuleDict
        "scaling", "encoder" (trunk and embedder), "head" (classifier).
    history_, loss_, seed_, n_steps_, a_, b_
        As for `umapkit.ParametricUMAP`; "held_out" is the share of errors on validation rows.
    n_graphs_ : int
        Graphs that were made.

    References
    ----------
    Sainburg, McInnes, Gentner, "Parametric UMAP", section 3.4, Figs. 3 and 15 to 18, Table 8.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit.parametric import SemiSupervisedUMAP
    >>> rng = np.random.default_rng(0)
    >>> rows = np.concatenate([rng.normal(size=(50, 3)), 5 + rng.normal(size=(50, 3))])
    >>> labels = np.full(100, -1)
    >>> labels[[0, 99]] = 0, 1
    >>> model = SemiSupervisedUMAP(n_steps=50, random_state=0).fit(rows, labels)
    >>> model.predict(rows[[3, 60]])
    array([0, 1])
    """

    def __init__(
        self,
        encoder: Any = "mlp",
        *,
        width: float = 1.0,
        n_components: int = 2,
        n_neighbors: int = 15,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        min_dist: float = 0.001,
        spread: float = 1.0,
        a: float | None = None,
        b: float | None = None,
        graph: Literal["rows", "activations"] = "rows",
        graph_steps: int = 500,
        target_weight: float = 1.0,
        umap_weight: float = 1.0,
        negative_sample_rate: int = 5,
        repulsion_strength: float = 1.0,
        label_smoothing: float = 0.0,
        augmentation: Literal["mnist", "fashion", "cifar"] | Augmentation | None = None,
        consistency: float = 0.0,
        n_steps: int = 2000,
        supervised_steps: int = 0,
        batch_size: int = 128,
        labelled_batch_size: int = 128,
        learning_rate: float = 1e-3,
        schedule: Schedule = "constant",
        clip: float | None = 4.0,
        averaging: float = 0.0,
        patience: int | None = None,
        check_every: int = 100,
        input_shape: tuple[int, ...] | None = None,
        scaling: Literal["global", "features", "none"] = "global",
        device: Any = "auto",
        amp: bool = False,
        compile: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.encoder = encoder
        self.width = width
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.min_dist = min_dist
        self.spread = spread
        self.a = a
        self.b = b
        self.graph = graph
        self.graph_steps = graph_steps
        self.target_weight = target_weight
        self.umap_weight = umap_weight
        self.negative_sample_rate = negative_sample_rate
        self.repulsion_strength = repulsion_strength
        self.label_smoothing = label_smoothing
        self.augmentation = augmentation
        self.consistency = consistency
        self.n_steps = n_steps
        self.supervised_steps = supervised_steps
        self.batch_size = batch_size
        self.labelled_batch_size = labelled_batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.averaging = averaging
        self.patience = patience
        self.check_every = check_every
        self.input_shape = input_shape
        self.scaling = scaling
        self.device = device
        self.amp = amp
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        """Say what is accepted."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any, *, validation: tuple[Any, Any] | None = None) -> Self:
        """Train on all rows of `X`, labelled or not.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows, labelled and not.
        y : array of shape (n,)
            Classes; -1, NaN, None and empty strings are unknown.
        validation : (X, y), optional
            Labelled rows to judge by, from which nothing is learned.

        Returns
        -------
        SemiSupervisedUMAP
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        KeyboardInterrupt
            On Ctrl-C; the model is fitted with the state of that moment.
        """
        check_settings(self, validated=validation is not None)
        with undone_on_error(self):
            self._learn(X, y, validation)
        return self

    def _learn(self, X: Any, y: Any, validation: tuple[Any, Any] | None) -> None:
        self.a_, self.b_ = curve_of(self)
        rows = self._rows(X, reset=True)
        codes, self.classes_ = read_labels(y, len(rows))
        judged = None if validation is None else read_validation(self, *validation)
        self.seed_ = self._draw_seed()
        self._make_networks(rows)
        self._add_classifier()
        self.__dict__.pop("graph_", None)
        self.history_, self.n_steps_, self.n_graphs_ = {}, 0, 0
        fixed = self._find_graph(rows, codes) if self.umap_weight and self.graph == "rows" else None
        interrupt = None
        for n_steps, with_edges in self._stages():
            graph = None
            if with_edges:
                graph = self._find_graph(rows, codes) if fixed is None else fixed
            training = self._run(rows, codes, graph, judged, n_steps)
            interrupt = training.interrupt
            if interrupt is not None or (with_edges and training.stopped == "patience"):
                break
        self.loss_ = last_loss(self.history_)
        self.embedding_ = self._encode(rows)
        if interrupt is not None:
            raise KeyboardInterrupt from interrupt

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any, *, validation: tuple[Any, Any] | None = None
    ) -> NDArray[np.float32]:
        """Train, and return the map of `X`; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        return self.fit(X, y, validation=validation).embedding_

    # --- stages ---------------------------------------------------------------------------------

    def _stages(self) -> list[tuple[int, bool]]:
        """Numbers of steps, and whether edges take part."""
        stages = [(self.supervised_steps, False)] if self.supervised_steps else []
        if not self.umap_weight or self.graph == "rows":
            return [*stages, (self.n_steps, bool(self.umap_weight))]
        whole, rest = divmod(self.n_steps, self.graph_steps)
        return [*stages, *[(self.graph_steps, True)] * whole, *([(rest, True)] if rest else [])]

    def _run(
        self,
        rows: NDArray[np.float32],
        codes: NDArray[np.int64],
        graph: csr_array | None,
        judged: tuple[NDArray[np.float32], NDArray[np.int64]] | None,
        n_steps: int,
    ) -> Training:
        source = None
        if graph is not None:
            source = EdgeSource(
                graph,
                batch_size=self.batch_size,
                negative_sample_rate=self.negative_sample_rate,
                seed=self.seed_,
            )
        labelled = np.flatnonzero(codes >= 0)
        shape = None
        if self.augmentation is not None:
            shape = image_shape("augmentation", rows.shape[1], self.input_shape)
        augment = self.augmentation
        objective = JointObjective(
            self.networks_,
            RowSource(rows, self._scaling, self._device()),
            labelled,
            codes[labelled],
            source=source,
            labelled_batch_size=self.labelled_batch_size,
            a=self.a_,
            b=self.b_,
            repulsion_strength=self.repulsion_strength,
            umap_weight=self.umap_weight,
            consistency=self.consistency,
            smoothing=self.label_smoothing,
            augment=AUGMENTATIONS[augment] if isinstance(augment, str) else augment,
            shape=shape,
            averaging=self.averaging,
            compile=self.compile,
            seed=self.seed_,
        )
        options = TrainOptions(
            n_steps=n_steps,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            clip=self.clip,
            patience=self.patience,
            check_every=0 if judged is None else self.check_every,
            amp=self.amp,
            verbose=self.verbose,
            description="training" if graph is not None else "labels alone",
            seed=self.seed_,
        )
        with self._threads():
            training = train(
                self.networks_,
                objective.batch,
                objective.loss,
                options,
                held_out=None if judged is None else objective.judged_by(*judged),
                first_step=self.n_steps_,
            )
            objective.settle()
        self.history_ = joined(self.history_, training.history)
        self.n_steps_ += training.n_steps
        return training

    def _find_graph(self, rows: NDArray[np.float32], codes: NDArray[np.int64]) -> csr_array:
        made = find_graph(self, rows if self.graph == "rows" else self._activations(rows))
        self.n_graphs_ += 1
        self.graph_ = intersect_labels(
            made, codes, target_weight=self.target_weight, unknown=-1, n_jobs=self.n_jobs
        )
        return self.graph_
