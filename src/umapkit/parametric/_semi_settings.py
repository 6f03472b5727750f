"""What SemiSupervisedUMAP begins with: parameters, labels, validation rows, a graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from umapkit.data import as_rows
from umapkit.graph import fuzzy_graph, label_codes
from umapkit.neighbors import find_neighbors
from umapkit.parametric._augment import AUGMENTATIONS
from umapkit.parametric._checks import check_choice, check_metric, check_number, check_whole
from umapkit.parametric._fit import find_memberships

if TYPE_CHECKING:
    from umapkit.parametric._semi_supervised import SemiSupervisedUMAP


def read_labels(y: Any, n: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the code of every label, -1 where unknown, and the sorted classes."""
    if y is None:
        msg = (
            "SemiSupervisedUMAP requires y to be passed, but the target y is None. Give "
            "classes, and -1 where they are not known."
        )
        raise ValueError(msg)
    labels = column_or_1d(y, warn=True)
    codes = label_codes(labels, unknown=-1)
    if len(codes) != n:
        msg = f"y has {len(codes)} labels, X has {n} rows. Give one label a row."
        raise ValueError(msg)
    if not (codes >= 0).any():
        msg = "y has no known class. Give at least one labelled row."
        raise ValueError(msg)
    known = labels[codes >= 0]
    if known.dtype.kind == "O" and all(isinstance(one, str) for one in known.tolist()):
        known = known.astype(str)
    check_classification_targets(known)
    classes, inside = np.unique(known, return_inverse=True)
    codes[codes >= 0] = inside
    return codes, classes


def read_validation(
    model: SemiSupervisedUMAP, X: Any, y: Any
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return validation rows and the codes of their labels, -1 for classes never seen."""
    rows = as_rows(X, name="validation rows", n_jobs=model.n_jobs)
    labels = np.asarray(y)
    if rows.shape[1] != model.n_features_in_ or labels.shape != (len(rows),):
        msg = (
            f"validation has rows of {rows.shape[1]} columns and labels of shape "
            f"{labels.shape}; {model.n_features_in_} columns and a label a row are needed."
        )
        raise ValueError(msg)
    place = {label: code for code, label in enumerate(model.classes_.tolist())}
    return rows, np.array([place.get(label, -1) for label in labels.tolist()], dtype=np.int64)


def check_settings(model: SemiSupervisedUMAP, *, validated: bool) -> None:
    """Raise where a parameter is wrong, before anything long begins."""
    model._check_network_parameters()  # pyright: ignore[reportPrivateUsage]
    for name, least in (
        ("n_neighbors", 2),
        ("graph_steps", 1),
        ("negative_sample_rate", 0),
        ("n_steps", 0),
        ("supervised_steps", 0),
        ("labelled_batch_size", 1),
        ("check_every", 1),
    ):
        check_whole(name, getattr(model, name), least)
    check_choice("graph", model.graph, ("rows", "activations"))
    check_number("width", model.width, least=0, included=False)
    for name in ("umap_weight", "repulsion_strength", "consistency"):
        check_number(name, getattr(model, name), least=0)
    for name in ("target_weight", "label_smoothing"):
        check_number(name, getattr(model, name), least=0, most=1)
    check_number("averaging", model.averaging, least=0, most=1 - 1e-9)
    if isinstance(model.augmentation, str):
        check_choice("augmentation", model.augmentation, tuple(AUGMENTATIONS))
    elif model.augmentation is not None and not callable(model.augmentation):
        msg = f"augmentation={model.augmentation!r} is neither a name nor a function of images."
        raise TypeError(msg)
    if model.consistency and (model.augmentation is None or not model.umap_weight):
        msg = (
            f"consistency={model.consistency!r} compares views of rows on the map, and needs "
            "augmentation and a umap_weight above 0."
        )
        raise ValueError(msg)
    for name, idle, told, default in (
        ("graph_steps", model.graph == "rows", "graph='rows'", 500),
        ("check_every", not validated, "no validation rows", 100),
        ("graph", not model.umap_weight, "umap_weight=0", "rows"),
    ):
        if idle and getattr(model, name) != default:
            msg = f"{name}={getattr(model, name)!r} does nothing with {told}. Leave it out."
            raise ValueError(msg)
    if model.patience is not None:
        check_whole("patience", model.patience, 1)
        if not validated:
            msg = (
                f"patience={model.patience!r} waits for fewer errors on validation rows, and "
                "there are none. Give fit(X, y, validation=(X, y))."
            )
            raise ValueError(msg)
    check_metric(model)


def find_graph(model: SemiSupervisedUMAP, rows: NDArray[np.float32]) -> csr_array:
    """Return the fuzzy graph of the rows, or of what the trunk makes of them."""
    if model.graph == "rows":
        return find_memberships(_Neighbourhood(model), rows, None)[0]
    neighbors = find_neighbors(
        rows,
        n_neighbors=min(model.n_neighbors, len(rows)),
        metric=model.metric,
        metric_kwds=model.metric_kwds,
        random_state=0,
        n_jobs=model.n_jobs,
    )
    return fuzzy_graph(neighbors, n_jobs=model.n_jobs)


class _Neighbourhood:
    """What `find_memberships` asks of a model."""

    set_op_mix_ratio = 1.0
    local_connectivity = 1.0
    disconnection_distance = None
    precomputed_knn = None

    def __init__(self, model: SemiSupervisedUMAP) -> None:
        self.n_neighbors = model.n_neighbors
        self.metric = model.metric
        self.metric_kwds = model.metric_kwds
        self.n_jobs = model.n_jobs
        self.neighbor_recall_ = math.nan
