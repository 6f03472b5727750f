"""The incumbent's ParametricUMAP over `umapkit.ParametricUMAP`: torch in place of Keras."""

from __future__ import annotations

import os
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import NotFittedError

import umapkit
from umapkit._seed import Stage, draw, key
from umapkit.compat.umap_learn._parametric_parameters import our_network_parameters
from umapkit.data import as_rows


class ParametricUMAP(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """umap-learn 0.5.12's class: its parameters, defaults and methods, with networks in torch.

    The map is made by `umapkit.ParametricUMAP`, which the fitted model keeps in `model_`. On
    purpose different: the loss is the paper's cross-entropy, not that of the released code, whose
    repulsion ends at log 2; `repulsion_strength` counts; a saved model can be trained further; all
    parameters can be read and cloned.

    Parameters
    ----------
    batch_size : int, optional
        Edges of a step; ``None``: 1,000, or as many as rows.
    dims : tuple of int, optional
        Shape in which the networks take a row: channels first, as torch has it.
    encoder, decoder : torch.nn.Module, optional
        Networks; ``None``: three layers of 100 units. They are copied, and the trained ones are in
        `parametric_model`. With modules the rows are given as they are; otherwise scaled.
    parametric_reconstruction : bool, default False
        Train a decoder.
    parametric_reconstruction_loss_fcn : {"binary_crossentropy", "mse"}, optional
        Keras' names; ``None``: cross-entropy of numbers brought to [0, 1].
    parametric_reconstruction_loss_weight : float, default 1.0
        Weight of that loss.
    autoencoder_loss : bool, default False
        Let that loss reach the encoder.
    reconstruction_validation : None
        Not here: score `inverse_transform` of held-out rows.
    global_correlation_loss_weight : float, default 0
        Weight of minus the correlation of large distances.
    landmark_loss_fn : None
        Not here: the loss of landmarks is the squared distance.
    landmark_loss_weight : float, default 1.0
        How much landmarks count.
    keras_fit_kwargs : dict, optional
        Not here, unless empty.
    n_training_epochs : int, default 1
        How often all edges are gone through, each of them as often as `n_epochs` says. (In
        umap-learn an attribute only.)
    loss_report_frequency : int, default 10
        Entries of `_history` for each of these. (In umap-learn an attribute only.)
    n_neighbors, n_components, metric, metric_kwds, n_epochs, min_dist, spread, n_jobs, \
set_op_mix_ratio, local_connectivity, repulsion_strength, negative_sample_rate, a, b, \
random_state, target_weight, verbose, disconnection_distance, precomputed_knn
        As `umapkit.compat.umap_learn.UMAP`.
    target_metric : {"categorical"}, default "categorical"
        Of `y`; other ones are not here.
    learning_rate, init, low_memory, transform_queue_size, angular_rp_forest, transform_seed
        Accepted and without effect, as in umap-learn's ParametricUMAP.

    Attributes
    ----------
    embedding_ : float32 array of shape (n, n_components)
        The map.
    graph_ : csr_matrix of shape (n, n)
        Symmetric memberships.
    parametric_model : torch.nn.ModuleDict
        The trained networks, "encoder" and "decoder".
    model_ : umapkit.ParametricUMAP
        The fitted model.
    """

    model_: umapkit.ParametricUMAP
    prev_epoch_X: NDArray[np.float32] | None

    def __init__(
        self,
        batch_size: int | None = None,
        dims: tuple[int, ...] | None = None,
        encoder: Any = None,
        decoder: Any = None,
        parametric_reconstruction: bool = False,
        parametric_reconstruction_loss_fcn: str | None = None,
        parametric_reconstruction_loss_weight: float = 1.0,
        autoencoder_loss: bool = False,
        reconstruction_validation: Any = None,
        global_correlation_loss_weight: float = 0,
        landmark_loss_fn: Any = None,
        landmark_loss_weight: float = 1.0,
        keras_fit_kwargs: dict[str, Any] | None = None,
        *,
        n_training_epochs: int = 1,
        loss_report_frequency: int = 10,
        n_neighbors: float = 15,
        n_components: int = 2,
        metric: Any = "euclidean",
        metric_kwds: dict[str, Any] | None = None,
        n_epochs: int | None = None,
        learning_rate: float = 1.0,
        init: Any = "spectral",
        min_dist: float = 0.1,
        spread: float = 1.0,
        low_memory: bool = True,
        n_jobs: int = -1,
        set_op_mix_ratio: float = 1.0,
        local_connectivity: float = 1.0,
        repulsion_strength: float = 1.0,
        negative_sample_rate: int = 5,
        transform_queue_size: float = 4.0,
        a: float | None = None,
        b: float | None = None,
        random_state: Any = None,
        angular_rp_forest: bool = False,
        target_metric: str = "categorical",
        target_weight: float = 0.5,
        transform_seed: int = 42,
        verbose: bool = False,
        disconnection_distance: float | None = None,
        precomputed_knn: Any = (None, None, None),
    ) -> None:
        self.batch_size = batch_size
        self.dims = dims
        self.encoder = encoder
        self.decoder = decoder
        self.parametric_reconstruction = parametric_reconstruction
        self.parametric_reconstruction_loss_fcn = parametric_reconstruction_loss_fcn
        self.parametric_reconstruction_loss_weight = parametric_reconstruction_loss_weight
        self.autoencoder_loss = autoencoder_loss
        self.reconstruction_validation = reconstruction_validation
        self.global_correlation_loss_weight = global_correlation_loss_weight
        self.landmark_loss_fn = landmark_loss_fn
        self.landmark_loss_weight = landmark_loss_weight
        self.keras_fit_kwargs = keras_fit_kwargs
        self.n_training_epochs = n_training_epochs
        self.loss_report_frequency = loss_report_frequency
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.metric = metric
        self.metric_kwds = metric_kwds
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.init = init
        self.min_dist = min_dist
        self.spread = spread
        self.low_memory = low_memory
        self.n_jobs = n_jobs
        self.set_op_mix_ratio = set_op_mix_ratio
        self.local_connectivity = local_connectivity
        self.repulsion_strength = repulsion_strength
        self.negative_sample_rate = negative_sample_rate
        self.transform_queue_size = transform_queue_size
        self.a = a
        self.b = b
        self.random_state = random_state
        self.angular_rp_forest = angular_rp_forest
        self.target_metric = target_metric
        self.target_weight = target_weight
        self.transform_seed = transform_seed
        self.verbose = verbose
        self.disconnection_distance = disconnection_distance
        self.precomputed_knn = precomputed_knn

    def fit(
        self,
        X: Any,
        y: Any = None,
        precomputed_distances: Any = None,
        landmark_positions: Any = None,
    ) -> Self:
        """Train the networks on `X`; a second call trains them further, as in umap-learn.

        Parameters
        ----------
        X : array of shape (n, n_features)
            Rows.
        y : array of shape (n,), optional
            Classes.
        precomputed_distances : array of shape (n, n), optional
            Distances of the rows, with ``metric="precomputed"``.
        landmark_positions : array of shape (n, n_components), optional
            Places that rows shall keep, NaN for the others. After `add_landmarks` the landmarks
            are appended to `X`, to stay where they are.

        Returns
        -------
        ParametricUMAP
            Itself.

        Raises
        ------
        TypeError
            If a network is a Keras model.
        ValueError
            If data or parameters cannot be used.
        NotImplementedError
            If a parameter has a value that umap-learn takes and umapkit does not.
        """
        rows = as_rows(X, n_jobs=self._threads())
        held = vars(self).get("prev_epoch_X")
        if held is not None and landmark_positions is None:
            if y is not None:
                msg = (
                    "y was given, and landmarks have no classes. Give landmark_positions=, or no y."
                )
                raise ValueError(msg)
            free = np.full((len(rows), int(self.n_components)), np.nan, dtype=np.float32)
            landmark_positions = np.concatenate([free, self.transform(held)])
            rows = np.concatenate([rows, held])
        parameters, graph = our_network_parameters(self, rows, precomputed_distances)
        if "model_" in vars(self):
            model = self.model_.set_params(**parameters, warm_start=True)
        else:
            model = umapkit.ParametricUMAP(**parameters)
        landmarks = None if landmark_positions is None else np.asarray(landmark_positions)
        before = len(getattr(model, "history_", {}).get("step", []))
        model.fit(rows, y, graph=graph, landmarks=landmarks)
        self._raw_data = rows
        self._take(model)
        self._add_history(before)
        return self

    def fit_transform(  # pyright: ignore[reportIncompatibleMethodOverride] # umap-learn's
        self,
        X: Any,
        y: Any = None,
        precomputed_distances: Any = None,
        landmark_positions: Any = None,
    ) -> NDArray[np.float32]:
        """Train on `X` and return `embedding_`; parameters and errors as for `fit`."""
        return self.fit(X, y, precomputed_distances, landmark_positions).embedding_

    def transform(self, X: Any, batch_size: int | None = None) -> NDArray[np.float32]:
        """Place rows; `batch_size` changes nothing, and is accepted as umap-learn's."""
        del batch_size
        return self._fitted().transform(X)

    def inverse_transform(self, X: Any) -> NDArray[np.float32]:
        """Make rows of places, with ``parametric_reconstruction=True``."""
        return self._fitted().inverse_transform(X)

    @property
    def embedding_(self) -> NDArray[np.float32]:
        """The map."""
        return self._fitted().embedding_

    @property
    def graph_(self) -> csr_matrix:
        """Symmetric memberships."""
        return csr_matrix(self._fitted().graph_)

    @property
    def parametric_model(self) -> Any:
        """The trained networks; None before ``fit``."""
        return self.model_.networks_ if "model_" in vars(self) else None

    @property
    def _n_features_out(self) -> int:
        return self.embedding_.shape[1]

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a fit has come to its end."""
        return "model_" in vars(self)

    def add_landmarks(
        self,
        X: Any,
        sample_pct: float = 0.01,
        sample_mode: str = "uniform",
        landmark_loss_weight: float = 0.01,
        idx: Any = None,
        reset_optimizer: bool = True,
    ) -> None:
        """Choose rows that keep their places in the next `fit`.

        Parameters
        ----------
        X : array of shape (m, n_features)
            Rows to choose from.
        sample_pct : float, default 0.01
            Share that is chosen, with ``sample_mode="uniform"``.
        sample_mode : {"uniform", "predetermined"}, default "uniform"
            At random, from the model's seed, or those of `idx`.
        landmark_loss_weight : float, default 0.01
            How much they count; it becomes the parameter of this name.
        idx : array of int, optional
            Which rows, with ``sample_mode="predetermined"``.
        reset_optimizer : bool, default True
            Forget the optimiser's moments.

        Raises
        ------
        ValueError
            If no row is chosen.
        """
        model = self._fitted()
        rows = as_rows(X)
        if sample_mode == "uniform":
            size = int(len(rows) * sample_pct)
            bits = draw(key(model.seed_, Stage.SAMPLE, model.n_steps_, np.arange(len(rows))), 1)
            chosen = np.sort(np.argsort(bits, kind="stable")[:size])
        elif sample_mode == "predetermined" and idx is not None:
            chosen = np.asarray(idx)
        else:
            msg = (
                f"sample_mode={sample_mode!r}, idx={idx!r}. Give 'uniform', or 'predetermined' and "
                "the numbers of the rows."
            )
            raise ValueError(msg)
        if not len(chosen):
            msg = (
                f"sample_pct={sample_pct!r} of {len(rows)} rows is none. Give a larger share, or "
                "more rows."
            )
            raise ValueError(msg)
        self.landmark_loss_weight = landmark_loss_weight
        self.prev_epoch_idx = chosen.tolist()
        self.prev_epoch_X = rows[chosen]
        if reset_optimizer:
            vars(model).pop("_optimizer", None)

    def remove_landmarks(self) -> None:
        """Let all rows move in the next `fit`."""
        self.prev_epoch_X = None

    def save(
        self,
        save_location: str | os.PathLike[str],
        verbose: bool = True,
        exclude_raw_data: bool = False,
    ) -> None:
        """Write a folder of JSON and safetensors; nothing is pickled.

        Parameters
        ----------
        save_location : path-like
            The folder; made if needed.
        verbose, exclude_raw_data
            Without effect: nothing is printed, and the rows are never written.
        """
        del verbose, exclude_raw_data
        from umapkit.compat.umap_learn._parametric_files import save_parametric

        save_parametric(self, save_location)

    def to_ONNX(self, save_location: str | os.PathLike[str]) -> None:
        """Write the encoder as ONNX; see `umapkit.ParametricUMAP.export_onnx`."""
        self._fitted().export_onnx(save_location)

    def _take(self, model: umapkit.ParametricUMAP) -> None:
        self.model_ = model
        self.n_features_in_ = model.n_features_in_
        self._a, self._b = model.a_, model.b_

    def _add_history(self, before: int) -> None:
        """Losses of this training in as many slices as umap-learn reports."""
        losses = np.array(self.model_.history_["loss"][before:])
        count = self.loss_report_frequency * self.n_training_epochs
        ends = np.ceil(np.arange(1, count + 1) * len(losses) / count).astype(int) - 1
        kept = vars(self).setdefault("_history", {"loss": []})
        kept["loss"] += losses[ends].tolist() if len(losses) else []

    def _threads(self) -> int | None:
        return None if self.n_jobs == -1 else int(self.n_jobs)

    def _fitted(self) -> umapkit.ParametricUMAP:
        if "model_" not in vars(self):
            msg = "This ParametricUMAP is not fitted yet. Call fit with the rows of the map first."
            raise NotFittedError(msg)
        return self.model_
