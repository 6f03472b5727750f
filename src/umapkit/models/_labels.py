"""What `y` says: read before the search, merged where rows are equal, used by graph or layout."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.graph import (
    Targets,
    check_target_metric,
    intersect_targets,
    read_targets,
)
from umapkit.layout import (
    LabelledLayout,
    LabelOptions,
    Layout,
    LayoutOptions,
    check_period,
    check_turns,
    class_probabilities,
    resolve_epochs,
)
from umapkit.models._copies import Copies

if TYPE_CHECKING:
    from umapkit.models._settings import Settings
    from umapkit.models._umap import UMAP

# Parameters of the classification cost, as they are without one.
NO_COST = {
    "supervision": "intersection",
    "supervision_weight": 1.0,
    "supervision_margin": 1.0,
    "supervision_period": None,
}
SUPERVISIONS = ("intersection", "cross_entropy", "triplet")


@dataclass(frozen=True, eq=False)
class Labels:
    """Targets of the layout's points.

    Attributes
    ----------
    targets : Targets
        One a point.
    classes : array of shape (C,), optional
        The labels that the codes of `targets` number, where there is a classification cost.
    """

    targets: Targets
    classes: NDArray[Any] | None = None

    @classmethod
    def read(cls, model: UMAP, y: Any, copies: Copies) -> Labels:
        """Read `y` of all n rows, and give every point of the layout its target.

        Raises
        ------
        ValueError
            If `y` cannot be used; the message says why.
        """
        targets = read_targets(y, metric=model.target_metric)
        n = len(copies.slot)
        if len(targets) != n:
            msg = f"y has {len(targets)} labels, X has {n} rows. Give one label a row."
            raise ValueError(msg)
        if model.target_metric == "categorical":
            _warn_of_fractions(y, model.target_metric)
        if not copies.none:
            targets = targets.merged(copies.slot, len(copies.kept))
            if copies.keeps_all:
                slot = copies.slot
                targets = replace(targets, values=targets.values[slot], known=targets.known[slot])
        if model.supervision == "intersection":
            return cls(targets)
        if targets.values.shape[1] != 1:
            msg = (
                f"y has {targets.values.shape[1]} columns; supervision={model.supervision!r} takes "
                "one label a row. Give one column, or supervision='intersection'."
            )
            raise ValueError(msg)
        codes = targets.values[:, 0].copy()
        left, codes[codes >= 0] = np.unique(codes[codes >= 0], return_inverse=True)
        if len(left) < 2:
            msg = (
                f"y has {len(left)} known classes; supervision={model.supervision!r} separates "
                "two or more. (Equal rows with different labels count as unknown.) Give labels "
                "of more classes, or fit without y."
            )
            raise ValueError(msg)
        epochs, _ = resolve_epochs(model.n_epochs, len(codes))
        check_turns(model.supervision_period, epochs)
        return cls(replace(targets, values=codes[:, None]), targets.classes[0][left])

    def intersect(self, model: UMAP, graph: csr_array) -> csr_array:
        """Intersect the graph with the targets, unless they come in with the layout."""
        if self.classes is not None:
            return graph
        wanted = model.target_n_neighbors
        return intersect_targets(
            graph,
            self.targets,
            target_weight=model.target_weight,
            n_neighbors=model.n_neighbors if wanted is None or wanted == -1 else wanted,
            n_jobs=model.n_jobs,
        )

    def guide_the_layout(self, model: UMAP) -> bool:
        """Whether there is a classification cost."""
        return self.classes is not None and model.supervision_weight != 0

    def layout(
        self, model: UMAP, graph: csr_array, start: NDArray[Any], options: LayoutOptions
    ) -> Layout:
        """Make the layout with the classification cost."""
        return LabelledLayout(
            graph,
            start,
            options,
            codes=self.targets.values[:, 0],
            labels=label_options(model),
            n_jobs=model.n_jobs,
        )


def keep_labels(model: UMAP, layout: Layout, labels: Labels | None) -> None:
    """Set what a fit with a classification cost promises besides the map."""
    if not isinstance(layout, LabelledLayout) or labels is None:
        return
    model.loss_ = layout.umap_loss()
    if layout.labels.cost == "cross_entropy" and labels.classes is not None:
        model.classes_ = labels.classes
        model.head_ = layout.head()
    model.supervision_loss_ = layout.classification_cost()


def label_options(model: Settings) -> LabelOptions:
    """Numbers of the classification cost."""
    period = model.supervision_period
    return LabelOptions(
        cost=model.supervision,
        weight=model.supervision_weight,
        margin=model.supervision_margin,
        period=None if period is None else (period[0], period[1]),
    )


def check_labels(model: Settings) -> None:
    """Refuse parameters about labels that no stage could use, or that would do nothing."""
    check_target_metric(model.target_metric)
    if not 0 <= model.target_weight <= 1:
        msg = (
            f"target_weight={model.target_weight!r} is not allowed. Give a number from 0 (ignore "
            "the labels) to 1 (labels decide)."
        )
        raise ValueError(msg)
    wanted = model.target_n_neighbors
    whole = hasattr(wanted, "__index__") and not isinstance(wanted, bool)
    if wanted is not None and wanted != -1 and not (whole and wanted >= 2):
        msg = (
            f"target_n_neighbors={wanted!r} is not allowed. Give a whole number, 2 or more, or "
            "None for n_neighbors."
        )
        raise ValueError(msg)
    if model.supervision not in SUPERVISIONS:
        allowed = ", ".join(repr(name) for name in SUPERVISIONS)
        msg = f"supervision={model.supervision!r} is not known. Give one of {allowed}."
        raise ValueError(msg)
    check_period(model.supervision_period, "supervision_period")
    for name in ("supervision_weight", "supervision_margin"):
        value = getattr(model, name)
        if not np.isfinite(value) or value < 0 or (value == 0 and name == "supervision_margin"):
            msg = f"{name}={value!r} is not allowed. Give a number above 0 (a weight may be 0)."
            raise ValueError(msg)
    by_cost = model.supervision != "intersection"
    if by_cost and (model.densmap or not model._output().flat):
        other = "densmap=True" if model.densmap else f"output_metric={model.output_metric!r}"
        msg = (
            f"supervision={model.supervision!r} and {other} exclude each other: the classification "
            "cost moves points on the plane, beside UMAP's forces alone. Give "
            "supervision='intersection'."
        )
        raise ValueError(msg)
    theirs = {
        "target_metric": (model.target_metric, "categorical"),
        "target_weight": (model.target_weight, 0.5),
        "target_n_neighbors": (-1 if wanted is None else wanted, -1),
    }
    ours = {
        "supervision_weight": (model.supervision_weight, 1.0),
        "supervision_margin": (model.supervision_margin, 1.0),
        "supervision_period": (model.supervision_period, None),
    }
    if model.supervision == "cross_entropy":
        theirs["supervision_margin"] = ours["supervision_margin"]
    for name, (value, default) in (theirs if by_cost else ours).items():
        if value != default:
            msg = (
                f"{name}={value!r} does nothing with supervision={model.supervision!r}. Leave it "
                "out, or give another supervision."
            )
            raise ValueError(msg)


def head_of(model: UMAP) -> NDArray[np.float64]:
    """Return the head of a fitted model.

    Raises
    ------
    AttributeError
        If the fit had no classification cost with a head.
    """
    head = getattr(model, "head_", None)
    if head is None:
        msg = (
            "This model has no classifier: it was fitted without y, or not with "
            "supervision='cross_entropy' (and a weight above 0)."
        )
        raise AttributeError(msg)
    return head


def probabilities(model: UMAP, places: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities of the classes at places of the map."""
    return class_probabilities(places, head_of(model), n_jobs=model.n_jobs)


def _warn_of_fractions(y: Any, metric: Any) -> None:
    values = np.asarray(y)
    if values.dtype.kind != "f":
        return
    known = values[np.isfinite(values)]
    if (known % 1 != 0).any():
        msg = (
            f"y holds fractions such as {known[known % 1 != 0][0]!r}, and target_metric="
            f"{metric!r} takes every number for the name of a class. To compare numbers, give "
            "target_metric='euclidean' or 'ordinal'."
        )
        warnings.warn(msg, UserWarning, stacklevel=4)


def plain_classes(classes: NDArray[Any]) -> dict[str, Any]:
    """Labels as JSON values, with their type."""
    kind = classes.dtype
    values = classes.astype(str) if kind.kind in "mM" else classes
    plain = [v.item() if isinstance(v, np.generic) else v for v in values.tolist()]
    return {"dtype": kind.str, "values": plain}


def classes_back(plain: dict[str, Any]) -> NDArray[Any]:
    """Labels out of what `plain_classes` made of them."""
    if plain["dtype"] == "|O":
        found = np.empty(len(plain["values"]), dtype=object)
        found[:] = plain["values"]
        return found
    return np.array(plain["values"], dtype=np.dtype(plain["dtype"]))
