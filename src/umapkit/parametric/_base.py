"""What every map by a network has: encoding, directions of attributes, files."""

from __future__ import annotations

import math
import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from umapkit._seed import resolve_seed
from umapkit._threads import resolve_n_jobs
from umapkit.estimator import MapEstimator
from umapkit.parametric._checks import check_choice, check_number, check_whole
from umapkit.parametric._group import shared_seed
from umapkit.parametric._networks import build_network
from umapkit.parametric._scaling import SCALINGS, Scaling, fit_scaling
from umapkit.parametric._steady import SteadyProducts
from umapkit.parametric._torch import Tensor, choose_device, judging, nn, threads, torch
from umapkit.parametric._train import SCHEDULES, Schedule, Training

_BLOCK = 256  # rows that a network is given at once outside of training, always as many


class NetworkEmbedding(MapEstimator):
    """Base of the maps by networks.

    Every subclass has these parameters, and calls `_make_networks` in its ``fit``.

    Attributes
    ----------
    networks_ : torch.nn.ModuleDict
        "scaling", "encoder", and where there are such "decoder" and "head".
    history_ : dict of str to list of float
        Of the training; see `umapkit.parametric.Training`.
    """

    amp: bool
    batch_size: Any  # int, or None where _CHOOSES_BATCH_SIZE
    clip: float | None
    compile: bool
    device: Any
    encoder: Any
    input_shape: tuple[int, ...] | None
    learning_rate: float
    n_components: int
    n_jobs: int | None
    random_state: Any
    scaling: str
    schedule: Schedule
    verbose: bool

    networks_: nn.ModuleDict
    history_: dict[str, list[float]]
    n_steps_: int
    seed_: int
    # Whether batch_size=None is a choice by the size of the data.
    _CHOOSES_BATCH_SIZE = False
    # How the decoder's answers become rows: "mse" or "bce"; None without one.
    _reconstruction: str | None = None

    # --- making ---------------------------------------------------------------------------------

    def _rows(self, X: Any, *, reset: bool) -> NDArray[np.float32]:
        rows = super()._rows(X, reset=reset)
        assert isinstance(rows, np.ndarray)  # networks read dense rows: _keeps_sparse is not set
        return rows

    def _check_network_parameters(self) -> None:
        """Refuse what no network could use."""
        for name in ("compile", "amp", "verbose"):
            value = getattr(self, name)
            if not isinstance(value, (bool, np.bool_)):
                msg = f"{name}={value!r} is not allowed. Give True or False."
                raise TypeError(msg)
        check_whole("n_components", self.n_components, 1)
        if self.batch_size is not None or not self._CHOOSES_BATCH_SIZE:
            check_whole("batch_size", self.batch_size, 1)
        check_choice("scaling", self.scaling, SCALINGS)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_number("learning_rate", self.learning_rate, least=0, included=False)
        if self.clip is not None:
            check_number("clip", self.clip, least=0, included=False)
        choose_device(self.device)
        resolve_n_jobs(self.n_jobs)

    def _check_shape(self, n_features: int) -> tuple[int, ...] | None:
        """Return `input_shape` as a tuple, when it fits the rows."""
        if self.input_shape is None:
            return None
        shape = tuple(int(size) for size in self.input_shape)
        if math.prod(shape) != n_features or min(shape, default=0) < 1:
            msg = (
                f"input_shape={self.input_shape!r} has {math.prod(shape)} numbers, a row of X has "
                f"{n_features}. Give a shape with as many, such as (1, 28, 28) for 784."
            )
            raise ValueError(msg)
        return shape

    def _draw_seed(self) -> int:
        """Seed of a fit, the same for all members of a group of processes."""
        return shared_seed(resolve_seed(self.random_state), choose_device(self.device))

    def _make_networks(
        self, rows: NDArray[np.float32], *, decoder: Any = None, encoder_outputs: int | None = None
    ) -> nn.ModuleDict:
        """Make `networks_` on the device, with first weights of `seed_`.

        `encoder_outputs`: numbers that the encoder gives for a row, if not `n_components`.
        """
        d = rows.shape[1]
        shape = self._check_shape(d)
        networks = nn.ModuleDict({"scaling": fit_scaling(rows, self.scaling)})
        networks["encoder"] = build_network(
            self.encoder,
            role="encoder",
            n_features=d,
            n_components=encoder_outputs or self.n_components,
            input_shape=shape,
            seed=self.seed_,
        )
        if decoder is not None:
            networks["decoder"] = build_network(
                decoder,
                role="decoder",
                n_features=d,
                n_components=self.n_components,
                input_shape=shape,
                seed=self.seed_,
            )
        self.networks_ = networks.to(choose_device(self.device))
        return self.networks_

    @property
    def _scaling(self) -> Scaling:
        found = self.networks_["scaling"]
        assert isinstance(found, Scaling)
        return found

    def _device(self) -> torch.device:
        return self._scaling.shift.device

    def _places(self, given: Tensor) -> Tensor:
        """Return what of the encoder's answer is the place."""
        return given

    def _threads(self) -> AbstractContextManager[None]:
        """Let torch use `n_jobs` threads on the CPU."""
        return threads(resolve_n_jobs(self.n_jobs))

    def _finish(self, training: Training, rows: NDArray[np.float32]) -> None:
        """Set what every fit in one piece promises, also when it was interrupted."""
        self.history_ = training.history
        self.n_steps_ = training.n_steps
        self.embedding_ = self._encode(rows)
        if training.interrupt is not None:
            raise KeyboardInterrupt from training.interrupt

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # no **fit_params
        self, X: Any, y: Any = None
    ) -> NDArray[np.float32]:
        """Train, and return the map of `X`; parameters and errors as for `fit`.

        Returns
        -------
        float32 array of shape (n, n_components)
            `embedding_`.
        """
        model: Any = self
        return model.fit(X, y).embedding_

    # --- using ----------------------------------------------------------------------------------

    def _encode(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Places of checked rows."""
        encoder, scaling = self.networks_["encoder"], self._scaling
        return self._in_blocks(rows, lambda x: self._places(encoder(scaling(x))))

    def _in_blocks(self, rows: NDArray[np.float32], function: Any) -> NDArray[np.float32]:
        """Run a network on blocks of one size, the last one filled up.

        Matrix products round differently for different shapes, and on the CPU for different places
        in a block (`_steady`); so a row's answer does not depend on the others asked for.
        """
        device = self._device()
        parts = []
        steady = SteadyProducts() if device.type == "cpu" else nullcontext()
        with torch.inference_mode(), self._threads(), judging(self.networks_), steady:
            for begin in range(0, len(rows), _BLOCK):
                part = rows[begin : begin + _BLOCK]
                block = torch.zeros((_BLOCK, rows.shape[1]))
                block[: len(part)] = torch.tensor(part)
                parts.append(function(block.to(device))[: len(part)].float().cpu())
        return torch.cat(parts).numpy()

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Place rows on the map, by the encoder.

        Parameters
        ----------
        X : table of shape (m, n_features)
            Rows with the columns of ``fit``.

        Returns
        -------
        float32 array of shape (m, n_components)
            A row's place does not depend on the others: on the CPU to the bit, on accelerators to
            1e-5 of the map's size.

        Raises
        ------
        ValueError
            If the data cannot be used, or has other columns than in ``fit``.
        """
        return self._encode(self._rows(X, reset=False))

    def attribute_vectors(self, attributes: ArrayLike, X: Any = None) -> NDArray[np.float64]:
        """Directions on the map in which attributes grow.

        Ordinary least squares of every coordinate on all attributes and a constant, over all rows
        (Parametric UMAP, section 3.3): the coefficients of an attribute are its vector.

        Parameters
        ----------
        attributes : array of shape (m,) or (m, n_attributes)
            Numbers, or 0 and 1.
        X : table of shape (m, n_features), optional
            The rows that have them; by default those of ``fit``.

        Returns
        -------
        float64 array of shape (n_attributes, n_components)
            One vector an attribute: what the place gains when the attribute gains 1.

        Raises
        ------
        ValueError
            If the numbers of rows differ, or an attribute is not finite.
        """
        check_is_fitted(self)
        places = self.embedding_ if X is None else self._encode(self._rows(X, reset=False))
        table = np.asarray(attributes, dtype=np.float64)
        table = table[:, None] if table.ndim == 1 else table
        if table.ndim != 2 or len(table) != len(places) or not np.isfinite(table).all():
            msg = (
                f"attributes has shape {np.shape(attributes)}; {len(places)} finite numbers (0 and "
                "1, say) an attribute are needed, one a row."
            )
            raise ValueError(msg)
        design = np.column_stack([table, np.ones(len(table))])
        found, *_ = np.linalg.lstsq(design, places.astype(np.float64), rcond=None)
        return np.asarray(found[:-1], dtype=np.float64)

    # --- files ----------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to a folder: JSON and safetensors, no pickle.

        A network that was given as a module is saved as its numbers and the name of its class; to
        load it, `umapkit.load` must be given a module of that class. In a group of processes
        (torchrun) the first member writes, the others do nothing.

        Parameters
        ----------
        path : path-like
            Folder, made if needed; an earlier model in it is replaced.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        """
        from umapkit.parametric._load import save_model

        save_model(self, path)

    def export_onnx(self, path: str | os.PathLike[str], *, part: str = "encoder") -> None:
        """Write the encoder (or decoder) as ONNX, the scaling of its input inside.

        Parameters
        ----------
        path : path-like
            File to write, ``.onnx``.
        part : {"encoder", "decoder"}, default "encoder"
            Which network. The encoder takes rows in the units of the data, float32 (m,
            n_features), named "rows", and gives "places"; the decoder the other way.

        Raises
        ------
        ImportError
            Without the extra ``onnx``.
        AttributeError
            If the model has no decoder.
        """
        from umapkit.parametric._export import export_onnx

        export_onnx(self, path, part=part)

    def _extra_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Further numbers and arrays that a saved model keeps."""
        return {}, {}

    def _restore(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Take back what `_extra_state` gave; `networks_` has its modules but old weights.

        Subclasses add the modules that they have besides encoder and decoder here.
        """

    def _decoder_network(self) -> Any:
        """Return the decoder that the parameters ask for, or None."""
        return getattr(self, "decoder", None)

    def _need_decoder(self) -> None:
        if "decoder" not in self.networks_:
            can = hasattr(self, "decoder")
            hint = " Give decoder='mlp' (or another network) and fit again." if can else ""
            msg = f"This {type(self).__name__} has no decoder.{hint}"
            raise AttributeError(msg)

    def _encoder_outputs(self) -> int | None:
        """Numbers that the encoder gives for a row, where they are not `n_components`."""
        return None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the optimiser's moments out of pickles."""
        state: dict[str, Any] = super().__getstate__()  # pyright: ignore[reportAssignmentType]
        state = dict(state)
        state.pop("_optimizer", None)
        return state
