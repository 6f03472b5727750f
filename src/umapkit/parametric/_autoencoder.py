"""Autoencoders, plain and variational: the paper's baselines, with the same methods."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from umapkit._seed import Stage
from umapkit.parametric._checks import check_choice, check_number, check_whole
from umapkit.parametric._decoding import Decoding
from umapkit.parametric._group import shared_steps
from umapkit.parametric._history import last_loss
from umapkit.parametric._more_losses import RECONSTRUCTIONS, Reconstruction, reconstruction_loss
from umapkit.parametric._rows import RowSource
from umapkit.parametric._shuffled import ShuffledRows, split_rows
from umapkit.parametric._torch import Tensor, compiled, generator, torch
from umapkit.parametric._train import Schedule, TrainOptions, train
from umapkit.parametric._undo import undone_on_error

_JUDGED = 4096  # held-out rows that a check looks at, at most


class Autoencoder(Decoding):
    """A network to few numbers and back, trained to give its input again.

    Parameters
    ----------
    encoder, decoder : str or torch.nn.Module, default "mlp"
        Networks from rows to places and back; see `umapkit.parametric.networks`.
    n_components : int, default 2
        Dimensions of the map.
    input_shape : tuple of int, optional
        Shape of a row for networks that see images, such as (1, 28, 28).
    scaling : {"global", "features", "none"}, default "global"
        Of the input; see `umapkit.ParametricUMAP`.
    reconstruction_loss : {"bce", "mse"}, default "bce"
        Cross-entropy of numbers brought to [0, 1] (the paper's), or the squared error of scaled
        rows.
    batch_size : int, default 256
        Rows of a step.
    n_epochs : int, default 50
        How often every row is seen. More epochs reconstruct better.
    learning_rate : float, default 0.001
        Step size of Adam.
    schedule : {"constant", "linear", "cosine", "warm"}, default "constant"
        Of the step size.
    clip : float, optional
        Bound of every component of the gradient; ``None``: none, as in the paper.
    held_out : float, default 0.0
        Share of the rows that is not learned from; the history then has the loss on it, once an
        epoch.
    patience : int, optional
        Stop after so many epochs without a better held-out loss, and keep the best state.
    device : str, default "auto"
        Where the networks are; "auto": the first accelerator, else the CPU.
    amp : bool, default False
        Half precision where torch deems it safe.
    compile : bool, default False
        Compile the networks for training by `torch.compile`.
    random_state : int, Generator, RandomState or None, default None
        Seed; `seed_` keeps it. The same seed gives the same bits on a CPU with as many threads.
    verbose : bool, default False
        Progress bar on standard error.
    n_jobs : int or None, default None
        Threads.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        Places of the rows of ``fit``.
    networks_ : torch.nn.ModuleDict
        "scaling", "encoder" and "decoder".
    history_ : dict of str to list of float
        Losses of the training.
    loss_ : float
        Running loss at the end.
    n_steps_ : int
        Steps made.
    seed_ : int
        The seed.

    References
    ----------
    Sainburg, McInnes, Gentner, "Parametric UMAP", section 2 and appendix A.2.

    Examples
    --------
    >>> import numpy as np
    >>> from umapkit.parametric import Autoencoder
    >>> rows = np.random.default_rng(0).random((200, 10))
    >>> model = Autoencoder(n_epochs=2, random_state=0).fit(rows)
    >>> model.inverse_transform(model.transform(rows[:3])).shape
    (3, 10)
    """

    reconstruction_loss: Reconstruction

    def __init__(
        self,
        encoder: Any = "mlp",
        decoder: Any = "mlp",
        *,
        n_components: int = 2,
        input_shape: tuple[int, ...] | None = None,
        scaling: Literal["global", "features", "none"] = "global",
        reconstruction_loss: Literal["mse", "bce"] = "bce",
        batch_size: int = 256,
        n_epochs: int = 50,
        learning_rate: float = 1e-3,
        schedule: Schedule = "constant",
        clip: float | None = None,
        held_out: float = 0.0,
        patience: int | None = None,
        device: Any = "auto",
        amp: bool = False,
        compile: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.encoder = encoder
        self.decoder = decoder
        self.n_components = n_components
        self.input_shape = input_shape
        self.scaling = scaling
        self.reconstruction_loss = reconstruction_loss
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.held_out = held_out
        self.patience = patience
        self.device = device
        self.amp = amp
        self.compile = compile
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train the networks on `X`.

        Parameters
        ----------
        X : table of shape (n, n_features)
            Rows.
        y : ignored
            There for scikit-learn's pipelines.

        Returns
        -------
        Autoencoder
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
            self._learn(self._rows(X, reset=True))
        return self

    def _learn(self, rows: NDArray[np.float32]) -> None:
        self.seed_ = self._draw_seed()
        learned, judged = split_rows(len(rows), held_out=self.held_out, seed=self.seed_)
        if self.held_out and not len(judged):
            msg = (
                f"held_out={self.held_out!r} keeps none of {len(rows)} rows out of training. Give "
                "a larger share, or 0."
            )
            raise ValueError(msg)
        outputs = self._encoder_outputs()
        self._make_networks(rows, decoder=self.decoder, encoder_outputs=outputs)
        self._reconstruction = self.reconstruction_loss
        source = RowSource(rows, self._scaling, self._device())
        order = ShuffledRows(learned, batch_size=self.batch_size, seed=self.seed_)
        encoder = compiled(self.networks_["encoder"], wanted=self.compile)
        decoder = compiled(self.networks_["decoder"], wanted=self.compile)

        def loss(batch: tuple[int, Tensor]) -> dict[str, Tensor]:
            return self._terms(encoder(batch[1]), batch[1], decoder, batch[0])

        def look() -> dict[str, float]:
            x = source.take(judged[:_JUDGED])
            found = self._terms(encoder(x), x, decoder, None)
            return {name: float(term) for name, term in found.items()}

        options = TrainOptions(
            n_steps=shared_steps(self.n_epochs * order.n_batches),
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            clip=self.clip,
            patience=self.patience,
            check_every=shared_steps(order.n_batches) if len(judged) else 0,
            amp=self.amp,
            verbose=self.verbose,
            seed=self.seed_,
        )
        with self._threads():
            training = train(
                self.networks_,
                lambda step: (step, source.take(order.batch(step))),
                loss,
                options,
                held_out=look if len(judged) else None,
            )
        self.loss_ = last_loss(training.history)
        self._finish(training, rows)

    def _terms(self, given: Tensor, x: Tensor, decoder: Any, step: int | None) -> dict[str, Tensor]:
        """Loss of the encoder's answers; `step` is None where nothing is drawn."""
        return {"reconstruction": self._cost(decoder(given), x)}

    def _cost(self, answers: Tensor, x: Tensor) -> Tensor:
        return reconstruction_loss(answers, x, self._scaling, self.reconstruction_loss)

    def _check_parameters(self) -> None:
        self._check_network_parameters()
        check_whole("n_epochs", self.n_epochs, 1)
        check_choice("reconstruction_loss", self.reconstruction_loss, RECONSTRUCTIONS)
        check_number("held_out", self.held_out, least=0, most=0.9)
        if self.patience is not None:
            check_whole("patience", self.patience, 1)
            if not self.held_out:
                msg = (
                    f"patience={self.patience!r} waits for the loss of held-out rows, and "
                    "held_out=0 keeps none. Give held_out=0.1, say."
                )
                raise ValueError(msg)
        if self.decoder is None:
            msg = "decoder=None leaves nothing to learn by. Give a name or a torch.nn.Module."
            raise ValueError(msg)

    def _extra_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"n_steps_": self.n_steps_, "loss_": float(self.loss_)}, {}

    def _restore(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.n_steps_, self.loss_ = config["n_steps_"], config["loss_"]


class VAE(Autoencoder):
    """Variational autoencoder (Kingma, Welling 2014): places are means of Gaussians.

    The encoder gives a mean and a log variance an axis; while training, the decoder sees a draw.
    The loss is `reconstruction_weight` times the mean reconstruction cost of a number, plus
    `kl_weight` times ``-mean(1 + log var - mean^2 - var) / 2`` over rows and axes.

    Parameters
    ----------
    encoder, decoder : str or torch.nn.Module, default "mlp"
        As for `Autoencoder`, but an encoder that is a module gives 2 * n_components numbers:
        means, then log variances.
    reconstruction_weight : float, default 784.0
        Larger values reconstruct better and mind the prior less. 784 is the paper's, for all of
        its data. Both costs are means, so ``n_features`` divided by `n_components` is the
        textbook's ratio to `kl_weight`.
    kl_weight : float, default 1.0
        Weight of the distance to the standard normal prior.
    batch_size : int, default 128
        Rows of a step.
    n_epochs : int, default 30
        How often every row is seen.
    n_components, input_shape, scaling, reconstruction_loss, learning_rate, schedule, clip, \
held_out, patience, device, amp, compile, random_state, verbose, n_jobs
        As for `Autoencoder`, with the same attributes.

    References
    ----------
    Sainburg, McInnes, Gentner, "Parametric UMAP", appendix A.2, for the weights.
    """

    def __init__(
        self,
        encoder: Any = "mlp",
        decoder: Any = "mlp",
        *,
        n_components: int = 2,
        input_shape: tuple[int, ...] | None = None,
        scaling: Literal["global", "features", "none"] = "global",
        reconstruction_loss: Literal["mse", "bce"] = "bce",
        reconstruction_weight: float = 784.0,
        kl_weight: float = 1.0,
        batch_size: int = 128,
        n_epochs: int = 30,
        learning_rate: float = 1e-3,
        schedule: Schedule = "constant",
        clip: float | None = None,
        held_out: float = 0.0,
        patience: int | None = None,
        device: Any = "auto",
        amp: bool = False,
        compile: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            encoder,
            decoder,
            n_components=n_components,
            input_shape=input_shape,
            scaling=scaling,
            reconstruction_loss=reconstruction_loss,
            batch_size=batch_size,
            n_epochs=n_epochs,
            learning_rate=learning_rate,
            schedule=schedule,
            clip=clip,
            held_out=held_out,
            patience=patience,
            device=device,
            amp=amp,
            compile=compile,
            random_state=random_state,
            verbose=verbose,
            n_jobs=n_jobs,
        )
        self.reconstruction_weight = reconstruction_weight
        self.kl_weight = kl_weight

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_number("reconstruction_weight", self.reconstruction_weight, least=0, included=False)
        check_number("kl_weight", self.kl_weight, least=0)

    def _encoder_outputs(self) -> int:
        return 2 * self.n_components

    def _places(self, given: Tensor) -> Tensor:
        return given[:, : self.n_components]

    def _terms(self, given: Tensor, x: Tensor, decoder: Any, step: int | None) -> dict[str, Tensor]:
        mean, log_variance = given.float().chunk(2, dim=1)
        z = mean
        if step is not None:
            draws = generator(self.seed_, Stage.SAMPLE, step, device=given.device)
            noise = torch.randn(mean.shape, generator=draws, device=given.device)
            z = mean + noise * (log_variance / 2).exp()
        prior = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).mean()
        return {
            "reconstruction": self.reconstruction_weight * self._cost(decoder(z), x),
            "kl": self.kl_weight * prior,
        }
