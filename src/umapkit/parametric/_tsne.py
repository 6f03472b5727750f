"""Parametric t-SNE: t-SNE by a network."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from umapkit._threads import one_blas_thread
from umapkit.distances import Metric
from umapkit.graph import exact_affinities, perplexity_graph
from umapkit.neighbors import find_neighbors
from umapkit.parametric._base import NetworkEmbedding
from umapkit.parametric._checks import check_choice, check_metric, check_number, check_whole
from umapkit.parametric._group import shared_steps
from umapkit.parametric._history import last_loss
from umapkit.parametric._networks import build_network
from umapkit.parametric._rows import RowSource
from umapkit.parametric._shuffled import ShuffledRows
from umapkit.parametric._torch import Tensor, compiled, nn, torch
from umapkit.parametric._train import Schedule, Training, TrainOptions, train
from umapkit.parametric._tsne_loss import Freedom, kl_divergence
from umapkit.parametric._undo import undone_on_error

_PRETRAINING_BATCH = 256


class ParametricTSNE(NetworkEmbedding):
    """t-SNE by a network (van der Maaten 2009).

    The network is trained on the Kullback-Leibler divergence between the probabilities of pairs
    in the data and on the map, batch by batch.

    Parameters
    ----------
    encoder : str or torch.nn.Module, default "mlp"
        Network from rows to places; see `umapkit.parametric.networks`. (Van der Maaten's has hidden
        layers of 500, 500 and 2000.)
    n_components : int, default 2
        Dimensions of the map.
    perplexity : float, default 30.0
        Effective number of neighbours; larger values show coarser structure. More than a third of
        a batch is not possible: it is then lowered, with a warning.
    degrees_of_freedom : float or {"dimensions", "learned"}, default "dimensions"
        Of Student's t distribution on the map; more make lighter tails. "dimensions":
        ``n_components - 1``, at least 1; 1 is t-SNE; "learned": by the gradient, from the value of
        "dimensions" on.
    metric : str or callable, default "euclidean"
        Distance between rows; see `umapkit.UMAP`.
    metric_kwds : dict, optional
        Keywords of the metric.
    affinities : {"batch", "graph"}, default "batch"
        Probabilities of the data: "batch": of all pairs of a batch, searched in the batch alone
        (the paper's); "graph": those of the whole data's nearest neighbours (three times the
        perplexity) that lie within the batch, brought to the sum 1.
    batches : {"fixed", "reshuffled"}, default "fixed"
        "fixed": the rows are shuffled once and cut; the probabilities of all batches are then
        found once and kept (4 * n * batch_size bytes). "reshuffled": cut anew in every epoch.
    batch_size : int, default 5000
        Rows of a step, at most; batches are of equal size. Larger ones see more of the data's
        structure; a step's time and memory grow with the square.
    n_epochs : int, default 1000
        How often every row is seen.
    learning_rate : float, default 0.01
        Step size of Adam.
    schedule : {"constant", "linear", "cosine", "warm"}, default "constant"
        Of the step size.
    clip : float, optional
        Bound of every component of the gradient; ``None``: none.
    pretraining_epochs : int, default 0
        Epochs in which the encoder first learns, as half of an autoencoder, to keep what the rows
        hold. It takes the place of van der Maaten's stack of restricted Boltzmann machines.
    input_shape : tuple of int, optional
        Shape of a row for networks that see images.
    scaling : {"global", "features", "none"}, default "global"
        Of the network's input; distances are those of the rows as given.
    device, amp, compile, random_state, verbose, n_jobs
        As for `umapkit.ParametricUMAP`.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        Places of the rows of ``fit``.
    degrees_of_freedom_ : float
        Those that were used or learned.
    perplexity_ : float
        The one that was used.
    kl_divergence_ : float
        Running mean of the divergence, in nats a batch.
    networks_, history_, seed_, n_steps_
        As for `umapkit.parametric.Autoencoder`; "freedom" is the logarithm that is learned.

    References
    ----------
    van der Maaten, "Learning a parametric embedding by preserving local structure", AISTATS 2009.
    Sainburg, McInnes, Gentner, "Parametric UMAP", appendix A.2, for batches and rates.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit.parametric import ParametricTSNE
    >>> rows = np.random.default_rng(0).normal(size=(200, 10))
    >>> model = ParametricTSNE(n_epochs=5, random_state=0).fit(rows)
    >>> model.transform(rows[:3]).shape
    (3, 2)
    """

    def __init__(
        self,
        encoder: Any = "mlp",
        *,
        n_components: int = 2,
        perplexity: float = 30.0,
        degrees_of_freedom: float | Literal["dimensions", "learned"] = "dimensions",
        metric: str | Metric | Callable[..., Any] = "euclidean",
        metric_kwds: Mapping[str, Any] | None = None,
        affinities: Literal["batch", "graph"] = "batch",
        batches: Literal["fixed", "reshuffled"] = "fixed",
        batch_size: int = 5000,
        n_epochs: int = 1000,
        learning_rate: float = 1e-2,
        schedule: Schedule = "constant",
        clip: float | None = None,
        pretraining_epochs: int = 0,
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
        self.n_components = n_components
        self.perplexity = perplexity
        self.degrees_of_freedom = degrees_of_freedom
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.affinities = affinities
        self.batches = batches
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.pretraining_epochs = pretraining_epochs
        self.input_shape = input_shape
        self.scaling = scaling
        self.device = device
        self.amp = amp
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train the network on `X`.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows, at least 4.
        y : ignored
            There for scikit-learn's pipelines.

        Returns
        -------
        ParametricTSNE
            Itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        KeyboardInterrupt
            On Ctrl-C; the model is fitted with the state of that moment.
        """
        self._check_parameters()
        with undone_on_error(self):
            self._learn(X)
        return self

    def _learn(self, X: Any) -> None:
        rows = self._rows(X, reset=True)
        if len(rows) < 4:
            msg = f"Found array with {len(rows)} sample(s); t-SNE needs a minimum of 4 rows."
            raise ValueError(msg)
        self.seed_ = self._draw_seed()
        everyone = np.arange(len(rows), dtype=np.int64)
        order = ShuffledRows(
            everyone,
            batch_size=max(4, self.batch_size),
            seed=self.seed_,
            fixed=self.batches == "fixed",
        )
        self.perplexity_ = self._possible(len(rows) // order.n_batches)
        self._make_networks(rows)
        source = RowSource(rows, self._scaling, self._device())
        if self.pretraining_epochs:
            self._pretrain(source, rows)
        joint = _Joint(self, rows, order)
        encoder = compiled(self.networks_["encoder"], wanted=self.compile)
        freedom = self.networks_["freedom"]

        def batch(step: int) -> tuple[Tensor, Tensor]:
            chosen = order.batch(step)
            return source.take(chosen), joint.of(step, chosen)

        def loss(given: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
            places = encoder(given[0])
            with torch.autocast(places.device.type, enabled=False):
                return {"kl": kl_divergence(given[1], places, freedom())}

        with self._threads():
            training = train(self.networks_, batch, loss, self._options(order.n_batches))
        self.kl_divergence_ = last_loss(training.history)
        self.degrees_of_freedom_ = float(freedom().detach())
        self._finish(training, rows)

    def _options(self, n_batches: int) -> TrainOptions:
        return TrainOptions(
            n_steps=shared_steps(self.n_epochs * n_batches),
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            clip=self.clip,
            amp=self.amp,
            verbose=self.verbose,
            seed=self.seed_,
        )

    def _pretrain(self, source: RowSource, rows: NDArray[np.float32]) -> None:
        n, d = source.rows.shape
        decoder = build_network(
            "mlp",
            role="decoder",
            n_features=d,
            n_components=self.n_components,
            input_shape=None,
            seed=self.seed_,
        ).to(self._device())
        both = nn.ModuleDict({"encoder": self.networks_["encoder"], "decoder": decoder})
        order = ShuffledRows(
            np.arange(n, dtype=np.int64), batch_size=_PRETRAINING_BATCH, seed=self.seed_
        )

        def loss(x: Tensor) -> dict[str, Tensor]:
            return {"reconstruction": (decoder(both["encoder"](x)) - x).square().mean()}

        options = TrainOptions(
            n_steps=shared_steps(self.pretraining_epochs * order.n_batches),
            verbose=self.verbose,
            description="pretraining",
            seed=self.seed_,
        )
        with self._threads():
            done = train(both, lambda step: source.take(order.batch(step)), loss, options)
        if done.interrupt is not None:
            # No step on the divergence was made.
            self.kl_divergence_ = math.nan
            self.degrees_of_freedom_ = float(self.networks_["freedom"]().detach())
            self._finish(Training(interrupt=done.interrupt), rows)

    def _make_networks(self, rows: NDArray[np.float32], **kinds: Any) -> nn.ModuleDict:
        networks = super()._make_networks(rows, **kinds)
        wanted = self.degrees_of_freedom
        start = max(1.0, self.n_components - 1.0) if isinstance(wanted, str) else float(wanted)
        networks["freedom"] = Freedom(start, learned=wanted == "learned").to(self._device())
        return networks

    def _possible(self, size: int) -> float:
        """Perplexity that a batch of `size` rows allows."""
        most = max(1.0, (size - 1) / 3)
        if self.perplexity <= most:
            return float(self.perplexity)
        msg = (
            f"perplexity={self.perplexity:g} is more than a third of the neighbours in a batch of "
            f"{size} rows; {most:g} is used."
        )
        warnings.warn(msg, UserWarning, stacklevel=4)
        return most

    def _check_parameters(self) -> None:
        self._check_network_parameters()
        check_number("perplexity", self.perplexity, least=1)
        wanted = self.degrees_of_freedom
        if isinstance(wanted, str):
            check_choice("degrees_of_freedom", wanted, ("dimensions", "learned"))
        else:
            check_number("degrees_of_freedom", wanted, least=0, included=False)
        check_choice("affinities", self.affinities, ("batch", "graph"))
        check_choice("batches", self.batches, ("fixed", "reshuffled"))
        check_whole("n_epochs", self.n_epochs, 1)
        check_whole("pretraining_epochs", self.pretraining_epochs, 0)
        check_metric(self)

    def _extra_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        names = ("n_steps_", "kl_divergence_", "degrees_of_freedom_", "perplexity_")
        return {name: getattr(self, name) for name in names}, {}

    def _restore(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        for name, value in config.items():
            setattr(self, name, value)


class _Joint:
    """Probabilities of the pairs of a batch."""

    def __init__(
        self, model: ParametricTSNE, rows: NDArray[np.float32], order: ShuffledRows
    ) -> None:
        self.model, self.rows, self.order = model, rows, order
        self.kept: dict[int, Tensor] = {}
        self.graph = None
        if model.affinities == "graph":
            k = min(len(rows), math.ceil(3 * model.perplexity_) + 1)
            neighbors = find_neighbors(
                rows,
                n_neighbors=k,
                metric=model.metric,
                metric_kwds=model.metric_kwds,
                random_state=0,
                n_jobs=model.n_jobs,
            )
            self.graph = perplexity_graph(neighbors, perplexity=model.perplexity_)

    def of(self, step: int, chosen: NDArray[np.int64]) -> Tensor:
        number = step % self.order.n_batches
        if not self.order.fixed:
            return self._found(chosen)
        if number not in self.kept:
            self.kept[number] = self._found(chosen)
        return self.kept[number]

    def _found(self, chosen: NDArray[np.int64]) -> Tensor:
        if self.graph is not None:
            joint = self.graph[chosen][:, chosen].toarray()
            total = joint.sum()
            if not total:
                msg = (
                    f"A batch of {len(chosen)} rows holds no pair of neighbours. Give a larger "
                    "batch_size, or affinities='batch'."
                )
                raise ValueError(msg)
            joint /= total
        else:
            joint = exact_affinities(self._squares(chosen), perplexity=self.model.perplexity_)
        return torch.from_numpy(joint.astype(np.float32)).to(self.model._device())

    def _squares(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        part = np.ascontiguousarray(self.rows[chosen])
        if self.model.metric == "euclidean":
            wide = part - part.mean(axis=0, dtype=np.float64)
            norms = (wide * wide).sum(axis=1)
            with one_blas_thread():
                products = wide @ wide.T
            return np.maximum(norms[:, None] + norms[None] - 2 * products, 0)
        found = find_neighbors(
            part,
            n_neighbors=len(part),
            metric=self.model.metric,
            metric_kwds=self.model.metric_kwds,
            method="exact",
            n_jobs=self.model.n_jobs,
        )
        squares = np.zeros((len(part), len(part)))
        np.put_along_axis(squares, found.indices, found.distances.astype(np.float64) ** 2, axis=1)
        return squares
