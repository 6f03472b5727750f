"""ParametricUMAP: UMAP whose map is a network's function of the row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit.distances import Metric
from umapkit.neighbors import Neighbors
from umapkit.parametric._decoding import Decoding
from umapkit.parametric._fit import fit_umap, learn_more
from umapkit.parametric._losses import LossForm
from umapkit.parametric._more_losses import Reconstruction
from umapkit.parametric._predict import ClassPredictor
from umapkit.parametric._settings import check_umap_parameters
from umapkit.parametric._state import extra_state, restore_state
from umapkit.parametric._train import Schedule, TrainingObserver
from umapkit.parametric._undo import undone_on_error


class ParametricUMAP(ClassPredictor, Decoding):
    """UMAP by a network (Sainburg, McInnes, Gentner 2021).

    The network is trained on UMAP's own loss: edges of the fuzzy graph pull the places of their
    two rows together, other rows push. Afterwards any row has a place, at the cost of one pass
    through the network, and with a decoder any place has a row.

    Parameters
    ----------
    encoder : str or torch.nn.Module, default "mlp"
        Network from rows to places: "mlp" (three layers of 100 units) or another name of
        `umapkit.parametric.networks`, or a module, which is copied.
    decoder : str or torch.nn.Module, optional
        Network from places to rows. ``None``: none, or "mlp" where `reconstruction` is given.
    n_components : int, default 2
        Dimensions of the map, at least 1.
    n_neighbors : int, default 15
        Size of the local neighbourhood, the row itself included; at least 2.
    min_dist : float, default 0.1
        How tight points may pack, in units of the map; 0 to `spread`.
    spread : float, default 1.0
        Scale of the map, in its units.
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`. The network may be of any kind: the graph alone
        knows the metric.
    metric_kwds : dict, optional
        Keywords of the metric.
    a, b : float, optional
        Curve of closeness; both or none. By default fitted to `min_dist` and `spread`.
    set_op_mix_ratio : float, default 1.0
        1: fuzzy union of the two directions of an edge; 0: intersection.
    local_connectivity : float, default 1.0
        How many nearest neighbours are fully connected.
    disconnection_distance : float, optional
        Neighbours at this distance or farther are not connected; by default the largest value of a
        bounded metric.
    precomputed_knn : Neighbors or (indices, distances), optional
        Neighbours of the rows, found elsewhere.
    input_shape : tuple of int, optional
        Shape in which a row is given to a module, such as (1, 28, 28). ``None``: flat.
    scaling : {"global", "features", "none"}, default "global"
        What the networks see: columns centred and all divided by one number; every column brought
        to mean 0 and variance 1; or the rows as they are.
    input_variance : float, optional, default 0.95
        The network "mlp" is trained in those principal axes of the rows that hold this share of
        their variance, which takes less time and fewer steps, and is folded back into their
        columns at the end of ``fit``; it does not see the other axes. Larger values keep finer
        detail. Where little is gained (fewer than 128 columns or over 2,048, or more than half as
        many axes), with labels, a decoder, the global correlation or `compile`, and with metrics
        other than euclidean, cosine and correlation, all columns are used as they are, as with
        ``None``.
    batches : {"edges", "schedule", "points"}, default "edges"
        "edges": edges drawn by their memberships. "schedule": umap-learn's literal epochs, an edge
        once every ``w_max / w`` of them. "points": Algorithm 2 of the tutorial, batches of rows and
        the edges among them; much fewer edges a step.
    batch_size : int, optional
        Edges (or points) of a step, 1 or more. ``None``: chosen by the size of the graph, at most
        4,096. Where time is short, more steps of 1,024 get further; fewer, larger ones end better.
    n_steps : int, optional
        Steps of the optimiser. ``None``: as many as process the edges of 60 of umap-learn's
        epochs, but 1,000 at least; where those are more than 6,000 steps, 6,000, or 15 epochs. An
        epoch of ``batches="points"`` is one pass over the rows, which has far fewer edges.
    n_epochs : int, optional
        With ``batches="schedule"``: umap-learn's epochs. With "edges": as many steps as process
        the same number of edges. With "points": passes over the rows. Give `n_steps` or
        `n_epochs`, not both.
    learning_rate : float, default 0.01
        Largest step size of Adam.
    schedule : {"warm", "cosine", "linear", "constant"}, default "warm"
        Of the step size; see `umapkit.parametric.TrainOptions`.
    clip : float, optional, default 4.0
        Bound of every component of the gradient; None: none.
    negative_sample_rate : int, default 5
        Negatives of an edge.
    negatives : {"batch", "uniform"}, default "batch"
        Tails of the batch's other edges, as in the paper, or rows drawn uniformly from the data;
        see `umapkit.parametric.EdgeSource`.
    repulsion_strength : float, default 1.0
        Weight of the repulsion.
    loss : {"cross_entropy", "capped"}, default "cross_entropy"
        The paper's loss, or that of the released umap-learn, whose repulsion never exceeds log 2
        a pair.
    reconstruction : {"detached", "joint"}, optional
        "detached": the decoder learns without touching the encoder (the paper's P. UMAP of Table
        7). "joint": its loss reaches the encoder (UMAP/AE). ``None``: no decoder, or "detached"
        where one is given.
    reconstruction_loss : {"mse", "bce"}, default "mse"
        Squared error of the scaled rows, or cross-entropy of rows brought to [0, 1] (the paper's,
        for images).
    reconstruction_weight : float, default 1.0
        Weight of that loss.
    correlation_weight : float, default 0.0
        Weight of minus the correlation of large distances, data against map. Larger values keep
        the global shape, and neighbourhoods worse.
    densmap : bool, default False
        Keep densities, too, by minus the correlation of log radii.
    dens_lambda : float, default 0.5
        Weight of the densities.
    dens_frac : float, default 0.5
        Share of the steps, the last ones, in which densities count.
    dens_var_shift : float, default 0.1
        Added to the variance of the map's log radii. Larger values damp the term.
    supervision : {"intersection", "cross_entropy", "triplet"}, default "intersection"
        What `y` does: weaken ties between unlike classes; train a soft-max classifier on the map
        with it (for `predict`); or push places nearer to another class than to their own.
    target_weight : float, default 0.5
        With "intersection": weight of the labels, 0 to 1.
    supervision_weight : float, default 1.0
        Weight of a classification cost.
    supervision_margin : float, default 1.0
        For "triplet": how much farther other classes shall be, in units of the map.
    supervision_period : (int, int), optional
        Steps of UMAP's loss, then of the classification cost, in turns. ``None``: both in every
        step.
    landmark_weight : float, default 1.0
        How much places that shall stay count; see `fit` and `partial_fit`.
    n_landmarks : int, default 1000
        How many rows `partial_fit` keeps as landmarks.
    warm_start : bool, default False
        Whether another `fit` goes on with the networks of the last.
    held_out : float, default 0.0
        Share of the edges that is kept out of training, for the held-out loss; 0 to below 1.
        `patience` needs some.
    patience : int, optional
        Stop after so many looks at the held-out loss without a better one.
    min_delta : float, default 0.0
        By how much it must be lower to be better, nats.
    check_every : int, default 200
        Steps between two looks.
    device : str or torch.device, default "auto"
        "auto": an accelerator if there is one.
    amp : bool, default False
        Train in half precision (bfloat16) where torch deems it safe.
    compile : bool, default False
        Compile the networks for training (`torch.compile`).
    random_state : int, Generator, RandomState or None, default None
        Seed; ``None`` draws one. `seed_` keeps it.
    observers : callable or several, optional
        Called as ``f(step, terms)`` after every tenth step of the training, every look at the
        held-out loss, and the last step; a true answer stops it. Not an iterator.
    verbose : bool, default False
        Progress bar on standard error.
    n_jobs : int or None, default None
        Threads; ``None``: all cores that the process may use.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map: the encoder's answers for the rows of ``fit``.
    graph_ : csr_array of shape (n, n), float32
        Symmetric memberships.
    networks_ : torch.nn.ModuleDict
        "scaling", "encoder", and where there are such "decoder" and "head".
    history_ : dict of str to list of float
        Steps, seconds, running and held-out loss, every term, step size.
    n_steps_ : int
        Steps made, over all calls of `partial_fit`.
    loss_ : float
        Running loss at the end, nats.
    seed_ : int
        Seed that repeats the fit.
    neighbor_recall_ : float
        Share of the true neighbours that the search found; NaN when the graph was given.
    a_, b_ : float
        The curve.
    classes_ : array of shape (n_classes,)
        With ``supervision="cross_entropy"``: the labels, sorted.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Notes
    -----
    The same seed gives the same bits on the CPU for the same number of threads (`n_jobs`); other
    numbers of threads round sums differently.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit import ParametricUMAP
    >>> rows = np.random.default_rng(0).normal(size=(100, 5))
    >>> model = ParametricUMAP(n_steps=20, random_state=0).fit(rows)
    >>> model.embedding_.shape
    (100, 2)
    >>> bool(np.array_equal(model.transform(rows[7:8]), model.embedding_[7:8]))
    True
    """

    _CHOOSES_BATCH_SIZE = True

    # What a fit sets.
    a_: float
    b_: float
    graph_: csr_array
    loss_: float
    neighbor_recall_: float
    _landmark_places: NDArray[np.float32]
    _landmark_rows: NDArray[np.float32]
    _optimizer: Any
    loss: LossForm
    reconstruction_loss: Reconstruction

    def __init__(
        self,
        encoder: Any = "mlp",
        decoder: Any = None,
        *,
        n_components: int = 2,
        n_neighbors: int = 15,
        min_dist: float = 0.1,
        spread: float = 1.0,
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        a: float | None = None,
        b: float | None = None,
        set_op_mix_ratio: float = 1.0,
        local_connectivity: float = 1.0,
        disconnection_distance: float | None = None,
        precomputed_knn: Neighbors | Sequence[Any] | None = None,
        input_shape: tuple[int, ...] | None = None,
        scaling: Literal["global", "features", "none"] = "global",
        input_variance: float | None = 0.95,
        batches: Literal["edges", "schedule", "points"] = "edges",
        batch_size: int | None = None,
        n_steps: int | None = None,
        n_epochs: int | None = None,
        learning_rate: float = 1e-2,
        schedule: Schedule = "warm",
        clip: float | None = 4.0,
        negative_sample_rate: int = 5,
        negatives: Literal["batch", "uniform"] = "batch",
        repulsion_strength: float = 1.0,
        loss: LossForm = "cross_entropy",
        reconstruction: Literal["detached", "joint"] | None = None,
        reconstruction_loss: Literal["mse", "bce"] = "mse",
        reconstruction_weight: float = 1.0,
        correlation_weight: float = 0.0,
        densmap: bool = False,
        dens_lambda: float = 0.5,
        dens_frac: float = 0.5,
        dens_var_shift: float = 0.1,
        supervision: Literal["intersection", "cross_entropy", "triplet"] = "intersection",
        target_weight: float = 0.5,
        supervision_weight: float = 1.0,
        supervision_margin: float = 1.0,
        supervision_period: tuple[int, int] | None = None,
        landmark_weight: float = 1.0,
        n_landmarks: int = 1000,
        warm_start: bool = False,
        held_out: float = 0.0,
        patience: int | None = None,
        min_delta: float = 0.0,
        check_every: int = 200,
        device: Any = "auto",
        amp: bool = False,
        compile: bool = False,
        random_state: Any = None,
        observers: TrainingObserver | Iterable[TrainingObserver] | None = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.encoder = encoder
        self.decoder = decoder
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.spread = spread
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.a = a
        self.b = b
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.disconnection_distance = disconnection_distance
        self.precomputed_knn = precomputed_knn
        self.input_shape = input_shape
        self.scaling = scaling
        self.input_variance = input_variance
        self.batches = batches
        self.batch_size = batch_size
        self.n_steps = n_steps
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.negative_sample_rate = negative_sample_rate
        self.negatives = negatives
        self.repulsion_strength = repulsion_strength
        self.loss = loss
        self.reconstruction = reconstruction
        self.reconstruction_loss = reconstruction_loss
        self.reconstruction_weight = reconstruction_weight
        self.correlation_weight = correlation_weight
        self.densmap = densmap
        self.dens_lambda = dens_lambda
        self.dens_frac = dens_frac
        self.dens_var_shift = dens_var_shift
        self.supervision = supervision
        self.target_weight = target_weight
        self.supervision_weight = supervision_weight
        self.supervision_margin = supervision_margin
        self.supervision_period = supervision_period
        self.landmark_weight = landmark_weight
        self.n_landmarks = n_landmarks
        self.warm_start = warm_start
        self.held_out = held_out
        self.patience = patience
        self.min_delta = min_delta
        self.check_every = check_every
        self.device = device
        self.amp = amp
        self.compile = compile
        self.random_state = random_state
        self.observers = observers
        self.verbose = verbose
        self.n_jobs = n_jobs

    def fit(
        self, X: Any, y: Any = None, *, graph: Any = None, landmarks: ArrayLike | None = None
    ) -> Self:
        """Make the graph of `X` and train the networks.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows. A C-contiguous float32 array, also a memory map, is read in place.
        y : array of shape (n,), optional
            Classes; NaN, None, -1 and empty strings are unknown.
        graph : sparse or dense matrix of shape (n, n), optional
            Symmetric memberships, instead of those of the neighbours of `X`.
        landmarks : array of shape (n, n_components), optional
            Places that rows shall keep, NaN for rows that are free.

        Returns
        -------
        ParametricUMAP
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        KeyboardInterrupt
            On Ctrl-C during training; the model is fitted with the state of that moment.
        """
        check_umap_parameters(self)
        goes_on = self.warm_start and hasattr(self, "embedding_")
        with undone_on_error(self):
            rows = self._rows(X, reset=not goes_on)
            if not goes_on:
                self.seed_ = self._draw_seed()
            fit_umap(self, rows, y, graph=graph, landmarks=landmarks)
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None, *, graph: Any = None, landmarks: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Train and return the map of `X`; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        return self.fit(X, y, graph=graph, landmarks=landmarks).embedding_

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn further rows, and keep the earlier ones where they are.

        The first call is `fit`. A later one makes the graph of `X` together with `n_landmarks`
        rows of the earlier calls, whose places are held by a squared distance of weight
        `landmark_weight`. `embedding_` and `graph_` are then of these rows, `X` first.

        Parameters
        ----------
        X : table of shape (n, n_features)
            New rows.
        y : array of shape (n,), optional
            Their classes.

        Returns
        -------
        ParametricUMAP
            Itself.
        """
        if not hasattr(self, "embedding_"):
            return self.fit(X, y)
        check_umap_parameters(self)
        learn_more(self, self._rows(X, reset=False), y)
        return self

    def _decoder_network(self) -> Any:
        if self.decoder is None and self.reconstruction is not None:
            return "mlp"
        return self.decoder

    def _extra_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return extra_state(self)

    def _restore(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        restore_state(self, config, arrays)
