"""The stages of a fit: graph, networks, batches, training."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import Stage, draw, key
from umapkit.distances import resolve_metric
from umapkit.graph import check_graph, fuzzy_graph, input_radii, intersect_targets, read_targets
from umapkit.neighbors import Neighbors, build_index, check_precomputed, estimate_recall
from umapkit.parametric._edges import EdgeSource, PointSource, ScheduleSource
from umapkit.parametric._group import shared_steps
from umapkit.parametric._history import joined, last_loss
from umapkit.parametric._narrow import narrowed
from umapkit.parametric._objective import DensityTarget, LabelTerm, LandmarkTerm, Objective
from umapkit.parametric._rows import RowSource
from umapkit.parametric._settings import as_observers
from umapkit.parametric._state import make_head
from umapkit.parametric._torch import torch
from umapkit.parametric._train import TrainOptions, train

if TYPE_CHECKING:
    from umapkit.parametric._umap import ParametricUMAP

# The neighbour search draws from this seed whatever random_state is, as in umapkit.UMAP.
_SEARCH_SEED = 0
_HELD_OUT_EDGES = 20_000


def fit_umap(
    model: ParametricUMAP,
    rows: NDArray[np.float32],
    y: Any,
    *,
    graph: Any,
    landmarks: Any,
) -> None:
    """Fit `model` on checked rows."""
    targets = None if y is None else _read_labels(model, y, len(rows))
    fixed = None if landmarks is None else _check_landmarks(model, landmarks, len(rows))
    if graph is not None and (model.precomputed_knn is not None or model.densmap):
        other = "densmap=True" if model.densmap else "precomputed_knn="
        msg = f"graph= and {other} were both given; the graph alone knows no distances. Give one."
        raise ValueError(msg)
    known = model.warm_start and hasattr(model, "embedding_")
    if known:
        _check_same_networks(model)
    memberships, lists = find_memberships(model, rows, graph)
    if not known:
        for name in ("embedding_", "history_", "networks_", "classes_", "_optimizer"):
            if hasattr(model, name):
                delattr(model, name)
        model._make_networks(rows, decoder=model._decoder_network())
        model.n_steps_ = 0
    _descend(model, rows, memberships, lists, targets=targets, fixed=fixed)


def _check_same_networks(model: ParametricUMAP) -> None:
    made = model.embedding_.shape[1]
    if model.n_components != made:
        msg = (
            f"n_components={model.n_components!r}, and the networks that go on make maps of "
            f"{made} dimensions. Give {made}, or fit anew with warm_start=False."
        )
        raise ValueError(msg)
    if model._decoder_network() is not None and "decoder" not in model.networks_:
        msg = (
            f"decoder={model.decoder!r} with reconstruction={model.reconstruction!r} asks for a "
            "decoder, and the networks that go on have none. Leave both out, or fit anew with "
            "warm_start=False."
        )
        raise ValueError(msg)


def learn_more(model: ParametricUMAP, rows: NDArray[np.float32], y: Any) -> None:
    """Train a fitted model on new rows and its landmarks."""
    _check_same_networks(model)
    kept, places = model._landmark_rows, model._landmark_places
    together = np.concatenate([rows, kept])
    fixed = np.full((len(together), places.shape[1]), np.nan, dtype=np.float32)
    fixed[len(rows) :] = places
    targets = None
    if y is not None:
        labels = np.asarray(y)
        unknown = np.full(len(kept), None, dtype=object)
        targets = _read_labels(
            model, np.concatenate([labels.astype(object), unknown]), len(together)
        )
    if model.precomputed_knn is not None:
        msg = (
            "precomputed_knn= holds neighbours of the first rows only: partial_fit searches those "
            "of the new ones. set_params(precomputed_knn=None) first."
        )
        raise ValueError(msg)
    memberships, lists = find_memberships(model, together, None)
    _descend(model, together, memberships, lists, targets=targets, fixed=fixed)


def find_memberships(
    model: Any, rows: NDArray[np.float32], graph: Any
) -> tuple[csr_array, Neighbors | None]:
    """Fuzzy graph of the rows: given, or by neighbours given or searched; sets neighbor_recall_."""
    if graph is not None:
        model.neighbor_recall_ = float("nan")
        return check_graph(graph, n_rows=len(rows)), None
    n = len(rows)
    if n < 2:
        msg = f"Found array with {n} sample(s); a map needs a minimum of 2 rows."
        raise ValueError(msg)
    k = min(model.n_neighbors, n)
    if k < model.n_neighbors:
        msg = f"n_neighbors={model.n_neighbors} is more than the number of rows, {n}; {n} is used."
        warnings.warn(msg, UserWarning, stacklevel=4)
    given = model.precomputed_knn
    if given is not None:
        neighbors = check_precomputed(given, n=n, n_neighbors=k)
        model.neighbor_recall_ = estimate_recall(
            rows, neighbors, metric=model.metric, metric_kwds=model.metric_kwds, n_jobs=model.n_jobs
        )
    else:
        index = build_index(
            rows,
            n_neighbors=k,
            metric=model.metric,
            metric_kwds=model.metric_kwds,
            random_state=_SEARCH_SEED,
            n_jobs=model.n_jobs,
        )
        neighbors = index.neighbors
        model.neighbor_recall_ = float(index.recall)
    far = model.disconnection_distance
    if far is None:
        far = float(resolve_metric(model.metric, model.metric_kwds).disconnection_distance)
    made = fuzzy_graph(
        neighbors,
        set_op_mix_ratio=model.set_op_mix_ratio,
        local_connectivity=model.local_connectivity,
        disconnection_distance=far,
        n_jobs=model.n_jobs,
    )
    return made, neighbors


def _read_labels(model: ParametricUMAP, y: Any, n: int) -> Any:
    targets = read_targets(y, metric="categorical")
    if len(targets) != n:
        msg = f"y has {len(targets)} labels, X has {n} rows. Give one label a row."
        raise ValueError(msg)
    if model.supervision != "intersection":
        if targets.values.shape[1] != 1:
            msg = f"y has {targets.values.shape[1]} columns; one label a row is needed."
            raise ValueError(msg)
        if len(np.unique(targets.values[targets.known])) < 2:
            msg = (
                f"supervision={model.supervision!r} separates two or more known classes. Give "
                "labels of more classes, or fit without y."
            )
            raise ValueError(msg)
    return targets


def _check_landmarks(model: ParametricUMAP, landmarks: Any, n: int) -> NDArray[np.float32]:
    places = np.asarray(landmarks, dtype=np.float32)
    whole = np.isfinite(places).all(axis=-1) | np.isnan(places).all(axis=-1)
    if places.shape != (n, model.n_components) or not whole.all():
        msg = (
            f"landmarks has shape {places.shape}; {(n, model.n_components)} is needed, every row "
            "finite numbers, or NaN throughout for a row that is free."
        )
        raise ValueError(msg)
    return places if np.isfinite(places).any() else None  # pyright: ignore[reportReturnType]


def _descend(
    model: ParametricUMAP,
    rows: NDArray[np.float32],
    graph: csr_array,
    lists: Neighbors | None,
    *,
    targets: Any,
    fixed: NDArray[np.float32] | None,
) -> None:
    """Train, and set what `fit` promises, also when interrupted."""
    labels = None
    if targets is not None:
        if model.supervision == "intersection":
            graph = intersect_targets(
                graph,
                targets,
                target_weight=model.target_weight,
                n_neighbors=model.n_neighbors,
                n_jobs=model.n_jobs,
            )
        elif model.supervision_weight > 0:
            labels = _label_term(model, targets)
    model.graph_ = graph
    source = _source(model, graph)
    n_steps = _length(model, source)
    first = model.n_steps_
    options = TrainOptions(
        n_steps=n_steps,
        learning_rate=model.learning_rate,
        schedule=model.schedule,
        clip=model.clip,
        patience=model.patience,
        min_delta=model.min_delta,
        check_every=model.check_every if model.held_out else 0,
        amp=model.amp,
        verbose=model.verbose,
        observers=as_observers(model.observers),
        seed=model.seed_,
    )
    new = not first and targets is None
    with model._threads(), narrowed(model, rows) if new else nullcontext():
        objective = _objective(model, rows, source, lists, n_steps, labels, fixed)
        training = train(
            model.networks_,
            objective.batch,
            objective.loss,
            options,
            held_out=objective.held_out(_HELD_OUT_EDGES) if model.held_out else None,
            optimizer=getattr(model, "_optimizer", None),
            first_step=first,
        )
        model._optimizer = training.optimizer
    model._reconstruction = (
        model.reconstruction_loss if model._decoder_network() is not None else None
    )
    model.n_steps_ = first + training.n_steps
    model.history_ = joined(getattr(model, "history_", {}), training.history)
    model.loss_ = last_loss(model.history_)
    model.embedding_ = model._encode(rows)
    _keep_landmarks(model, rows)
    if training.interrupt is not None:
        raise KeyboardInterrupt from training.interrupt


def _objective(
    model: ParametricUMAP,
    rows: NDArray[np.float32],
    source: Any,
    lists: Neighbors | None,
    n_steps: int,
    labels: LabelTerm | None,
    fixed: NDArray[np.float32] | None,
) -> Objective:
    device = model._device()
    densities = None
    if model.densmap and lists is not None and model.dens_lambda > 0:
        densities = DensityTarget(
            graph=model.graph_,
            radii=input_radii(model.graph_, lists, n_jobs=model.n_jobs).astype(np.float32),
            weight=model.dens_lambda,
            var_shift=model.dens_var_shift,
            first_step=model.n_steps_ + round(n_steps * (1.0 - model.dens_frac)),
        )
    landmarks = None
    if fixed is not None:
        held = np.flatnonzero(np.isfinite(fixed[:, 0])).astype(np.int64)
        landmarks = LandmarkTerm(
            rows=held,
            places=torch.from_numpy(np.ascontiguousarray(fixed[held])).to(device),
            weight=model.landmark_weight,
        )
    decoding = model.reconstruction
    if decoding is None and model.decoder is not None:
        decoding = "detached"
    return Objective(
        source,
        RowSource(rows, model._scaling, device),
        model.networks_,
        a=model.a_,
        b=model.b_,
        repulsion_strength=model.repulsion_strength,
        form=model.loss,
        reconstruction=decoding,
        reconstruction_loss=model.reconstruction_loss,
        reconstruction_weight=model.reconstruction_weight,
        correlation_weight=model.correlation_weight,
        labels=labels,
        densities=densities,
        landmarks=landmarks,
        seed=model.seed_,
        compile=model.compile,
    )


def _source(model: ParametricUMAP, graph: csr_array) -> Any:
    size = model.batch_size
    if size is None:
        size = default_batch_size(graph)
    if model.batches == "points":
        return PointSource(
            graph,
            batch_size=model.batch_size or 1024,
            negative_sample_rate=model.negative_sample_rate,
            seed=model.seed_,
        )
    common: dict[str, Any] = {
        "batch_size": size,
        "negative_sample_rate": model.negative_sample_rate,
        "negatives": model.negatives,
        "seed": model.seed_,
        "held_out": model.held_out,
    }
    if model.batches == "schedule":
        n_epochs = model.n_epochs or (500 if len(graph.indptr) <= 10_001 else 200)
        return ScheduleSource(graph, n_epochs=n_epochs, **common)
    return EdgeSource(graph, **common)


def default_batch_size(graph: csr_array) -> int:
    """Edges of a step: a sixteenth of the edges, 256 to 4096."""
    return int(min(4096, max(256, graph.nnz // 16)))


def default_steps(source: Any) -> int:
    """Choose how many steps: 60 epochs, but 1,000 at least, and from 6,000 on 15 epochs."""
    epoch = source.steps_per_epoch
    return max(1000, min(60 * epoch, 6000), 15 * epoch)


def _length(model: ParametricUMAP, source: Any) -> int:
    if model.n_steps is not None:
        return int(model.n_steps)
    if isinstance(source, ScheduleSource):
        return shared_steps(source.n_steps)
    if model.n_epochs is not None:
        return shared_steps(int(model.n_epochs) * source.steps_per_epoch)
    return shared_steps(default_steps(source))


def _label_term(model: ParametricUMAP, targets: Any) -> LabelTerm:
    codes = targets.values[:, 0]
    labelled = np.flatnonzero(codes >= 0).astype(np.int64)
    left, own = np.unique(codes[labelled], return_inverse=True)
    classes = np.asarray(targets.classes[0])[left]
    if model.supervision == "cross_entropy":
        known = getattr(model, "classes_", None)
        if known is None or "head" not in model.networks_:
            model.classes_ = classes
            model.networks_["head"] = make_head(model, len(classes))
            model.__dict__.pop("_optimizer", None)  # it does not know the head
        else:
            place = {label: number for number, label in enumerate(known.tolist())}
            strange = [label for label in classes.tolist() if label not in place]
            if strange:
                msg = f"y has classes that the model does not know: {strange}. Fit again."
                raise ValueError(msg)
            own = np.array([place[label] for label in classes.tolist()])[own]
    period = model.supervision_period
    return LabelTerm(
        rows=labelled,
        codes=own.astype(np.int64),
        cost=model.supervision,
        weight=model.supervision_weight,
        margin=model.supervision_margin,
        period=None if period is None else (int(period[0]), int(period[1])),
    )


def _keep_landmarks(model: ParametricUMAP, rows: NDArray[np.float32]) -> None:
    """Keep some rows and their places for `partial_fit`: those with the smallest hashes."""
    size = model.n_landmarks
    if len(rows) > size:
        bits = draw(key(model.seed_, Stage.SAMPLE, model.n_steps_, np.arange(len(rows))), 0)
        chosen = np.sort(np.argpartition(bits, size)[:size])
    else:
        chosen = np.arange(len(rows))
    model._landmark_rows = np.ascontiguousarray(rows[chosen])
    model._landmark_places = model.embedding_[chosen]
