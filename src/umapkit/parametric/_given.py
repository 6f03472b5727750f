"""What `SemiSupervisedUMAP` is given: parameters, labels, validation rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from umapkit.data import as_rows
from umapkit.distances import resolve_metric
from umapkit.graph import label_codes
from umapkit.parametric._augment import AUGMENTATIONS
from umapkit.parametric._base import check_whole
from umapkit.parametric._checks import check_choice, check_number
from umapkit.parametric._direct import curve_of
from umapkit.parametric._train import SCHEDULES

if TYPE_CHECKING:
    from umapkit.parametric._semi_supervised import SemiSupervisedUMAP


def read_labels(model: SemiSupervisedUMAP, y: Any, n: int) -> NDArray[np.int64]:
    """Give known labels their numbers, others -1; sets `classes_`."""
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
    model.classes_, inside = np.unique(known, return_inverse=True)
    codes[codes >= 0] = inside
    return codes


def read_validation(
    model: SemiSupervisedUMAP, X: Any, y: Any
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Check validation rows; number their classes, -1 for one that is not known."""
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


def check_parameters(model: SemiSupervisedUMAP, *, validated: bool) -> None:
    """Refuse what cannot be used, or would do nothing; sets `a_` and `b_`."""
    model._check_network_parameters()
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
    check_choice("schedule", model.schedule, SCHEDULES)
    check_number("width", model.width, least=0, included=False)
    check_number("learning_rate", model.learning_rate, least=0, included=False)
    for name in ("umap_weight", "repulsion_strength", "consistency"):
        check_number(name, getattr(model, name), least=0)
    for name in ("target_weight", "label_smoothing"):
        check_number(name, getattr(model, name), least=0, most=1)
    check_number("averaging", model.averaging, least=0, most=1 - 1e-9)
    if model.clip is not None:
        check_number("clip", model.clip, least=0, included=False)
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
    if model.patience is not None:
        check_whole("patience", model.patience, 1)
        if not validated:
            msg = (
                f"patience={model.patience!r} waits for fewer errors on validation rows, and "
                "there are none. Give fit(X, y, validation=(X, y))."
            )
            raise ValueError(msg)
    resolve_metric(model.metric, model.metric_kwds)
    model.a_, model.b_ = curve_of(model)
