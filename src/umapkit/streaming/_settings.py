"""What the parameters mean together: checked once, then plain rules."""

from __future__ import annotations

import numbers
from typing import Any, get_args

import numpy as np

from umapkit.distances import resolve_metric
from umapkit.graph import check_weight
from umapkit.layout import LayoutOptions, find_ab
from umapkit.streaming._evict import Evict
from umapkit.streaming._rules import Engine, Move, Placing, Rules

_NUMBERS = (
    "anchor",
    "learning_rate",
    "local_connectivity",
    "min_dist",
    "negative_sample_rate",
    "repulsion_strength",
    "spread",
)
_CHOICES: dict[str, Any] = {"engine": Engine, "move": Move, "place": Placing, "evict": Evict}


def read_rules(model: Any, *, seed: int) -> Rules:
    """Check the parameters of a `ProgressiveUMAP`.

    Raises
    ------
    ValueError, TypeError
        If one cannot be used; the message says what is allowed.
    """
    for name in _NUMBERS:
        value: Any = getattr(model, name)
        if not isinstance(value, numbers.Real) or isinstance(value, bool):
            msg = f"{name}={value!r} is not allowed. Give a number."
            raise TypeError(msg)
        if not 0 <= float(value) < np.inf:
            msg = f"{name}={value!r} must be a number that is not negative."
            raise ValueError(msg)
    for name, least in (("n_neighbors", 2), ("n_components", 1), ("capacity", 2)):
        value = getattr(model, name)
        if name == "capacity" and value is None:
            continue
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
            msg = f"{name}={value!r} is not allowed. Give a whole number, {least} or more."
            raise ValueError(msg)
    for name, kind in _CHOICES.items():
        value = getattr(model, name)
        if value not in get_args(kind):
            allowed = ", ".join(repr(one) for one in get_args(kind))
            msg = f"{name}={value!r} is not known. Give one of {allowed}."
            raise ValueError(msg)
    if not isinstance(model.metric, str):
        msg = (
            f"metric={model.metric!r} is not allowed. A stream keeps distances by name, such as "
            "'euclidean' or 'cosine'."
        )
        raise TypeError(msg)
    if model.capacity is not None and model.capacity <= model.n_neighbors:
        msg = (
            f"capacity={model.capacity!r} holds no more rows than n_neighbors="
            f"{model.n_neighbors!r} asks for. Give a larger capacity."
        )
        raise ValueError(msg)
    check_weight(model.target_weight)
    a, b = find_ab(min_dist=model.min_dist, spread=model.spread)
    distance = model.disconnection_distance
    if distance is None:
        distance = resolve_metric(model.metric).disconnection_distance
    elif not distance > 0:
        msg = (
            f"disconnection_distance={distance!r} is not allowed. Give a positive distance, or "
            "None for the largest value of a bounded metric."
        )
        raise ValueError(msg)
    LayoutOptions(a=a, b=b, n_epochs=0, learning_rate=model.learning_rate)
    return Rules(
        n_components=int(model.n_components),
        metric=model.metric,
        a=a,
        b=b,
        learning_rate=float(model.learning_rate),
        negative_sample_rate=float(model.negative_sample_rate),
        repulsion_strength=float(model.repulsion_strength),
        local_connectivity=float(model.local_connectivity),
        disconnection_distance=float(distance),
        target_weight=float(model.target_weight),
        move=model.move,
        place=model.place,
        anchor=float(model.anchor),
        seed=seed,
    )
