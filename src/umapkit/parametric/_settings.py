"""ParametricUMAP's parameters, checked before the long search."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from umapkit.parametric._checks import (
    check_choice,
    check_metric,
    check_number,
    check_whole,
    curve_of,
)
from umapkit.parametric._losses import LOSSES
from umapkit.parametric._more_losses import RECONSTRUCTIONS

if TYPE_CHECKING:
    from umapkit.parametric._umap import ParametricUMAP

_CHOICES = {
    "batches": ("edges", "schedule", "points"),
    "negatives": ("batch", "uniform"),
    "loss": LOSSES,
    "reconstruction": ("detached", "joint", None),
    "reconstruction_loss": RECONSTRUCTIONS,
    "supervision": ("intersection", "cross_entropy", "triplet"),
}
# Least value, and whether that itself is allowed.
_NUMBERS = {
    "repulsion_strength": (0.0, True),
    "reconstruction_weight": (0.0, False),
    "correlation_weight": (0.0, True),
    "dens_lambda": (0.0, True),
    "dens_frac": (0.0, True),
    "dens_var_shift": (0.0, True),
    "target_weight": (0.0, True),
    "supervision_weight": (0.0, True),
    "supervision_margin": (0.0, False),
    "landmark_weight": (0.0, False),
    "held_out": (0.0, True),
    "min_delta": (0.0, True),
    "set_op_mix_ratio": (0.0, True),
    "local_connectivity": (0.0, True),
    "min_dist": (0.0, True),
    "spread": (0.0, False),
}
_AT_MOST_1 = ("dens_frac", "target_weight", "set_op_mix_ratio")
# Parameters that do nothing unless another one is as said.
_NEEDS = {
    "dens_lambda": ("densmap", True, 0.5),
    "dens_frac": ("densmap", True, 0.5),
    "dens_var_shift": ("densmap", True, 0.1),
    "target_weight": ("supervision", "intersection", 0.5),
    "supervision_margin": ("supervision", "triplet", 1.0),
}


def check_umap_parameters(model: ParametricUMAP) -> None:
    """Refuse what cannot be used, or would do nothing; sets `a_` and `b_`."""
    model._check_network_parameters()
    for name, allowed in _CHOICES.items():
        check_choice(name, getattr(model, name), allowed)
    for name, (least, included) in _NUMBERS.items():
        most = 1.0 if name in _AT_MOST_1 else math.inf
        check_number(name, getattr(model, name), least=least, most=most, included=included)
    if model.input_variance is not None:
        check_number("input_variance", model.input_variance, least=0, most=1, included=False)
    if model.disconnection_distance is not None:
        distance = model.disconnection_distance
        check_number("disconnection_distance", distance, least=0, included=False, infinite=True)
    if model.held_out >= 1:
        msg = f"held_out={model.held_out!r} leaves no edge to learn from. Give less than 1."
        raise ValueError(msg)
    for name in ("densmap", "warm_start"):
        if not isinstance(getattr(model, name), bool):
            msg = f"{name}={getattr(model, name)!r} is not allowed. Give True or False."
            raise TypeError(msg)
    check_whole("n_neighbors", model.n_neighbors, 2)
    for name, least in (
        ("negative_sample_rate", 0),
        ("n_landmarks", 1),
        ("check_every", 1),
        ("n_steps", 0),
        ("n_epochs", 1),
        ("patience", 1),
    ):
        value = getattr(model, name)
        if value is not None or name in ("negative_sample_rate", "n_landmarks", "check_every"):
            check_whole(name, value, least)
    _check_pairs(model)
    check_metric(model)
    model.a_, model.b_ = curve_of(model)
    as_observers(model.observers)


def _check_pairs(model: ParametricUMAP) -> None:
    if model.n_steps is not None and model.n_epochs is not None:
        msg = (
            f"n_steps={model.n_steps!r} and n_epochs={model.n_epochs!r} both say how long. Give "
            "one of them."
        )
        raise ValueError(msg)
    if model.patience is not None and not model.held_out:
        msg = (
            f"patience={model.patience!r} waits for the loss of held-out edges, and held_out=0 "
            "keeps none. Give held_out=0.05, say."
        )
        raise ValueError(msg)
    for name, other, idle, default in (
        ("check_every", "held_out", 0, 200),
        ("min_delta", "patience", None, 0.0),
    ):
        if getattr(model, name) != default and getattr(model, other) == idle:
            value = getattr(model, name)
            msg = (
                f"{name}={value!r} does nothing with {other}={idle!r}. "
                f"Leave it out, or give {other}=."
            )
            raise ValueError(msg)
    if model.held_out and model.batches == "points":
        msg = (
            f"held_out={model.held_out!r} keeps edges out of batches of edges; "
            "batches='points' has none. Give batches='edges', or held_out=0."
        )
        raise ValueError(msg)
    if model.negatives == "uniform" and model.batches == "points":
        msg = (
            "negatives='uniform' draws from the data; batches='points' takes points of the batch "
            "(Algorithm 2). Give negatives='batch', or batches='edges'."
        )
        raise ValueError(msg)
    for name, (other, needed, default) in _NEEDS.items():
        value = getattr(model, name)
        if value != default and getattr(model, other) != needed:
            msg = (
                f"{name}={value!r} does nothing with {other}={getattr(model, other)!r}. Leave it "
                f"out, or give {other}={needed!r}."
            )
            raise ValueError(msg)
    if model.supervision == "intersection":
        for name, default in (("supervision_weight", 1.0), ("supervision_period", None)):
            if getattr(model, name) != default:
                msg = (
                    f"{name}={getattr(model, name)!r} does nothing with "
                    "supervision='intersection'. Leave it out, or give 'cross_entropy' or "
                    "'triplet'."
                )
                raise ValueError(msg)
    period: Any = model.supervision_period
    if period is not None:
        whole = isinstance(period, (tuple, list)) and len(period) == 2
        if not whole or not all(hasattr(p, "__index__") and p >= 1 for p in period):
            msg = (
                f"supervision_period={period!r} is not allowed. Give two whole numbers of steps, 1 "
                "or more: UMAP's, then the classification cost's."
            )
            raise ValueError(msg)
    if model.reconstruction is None and model.decoder is None:
        for name, default in (("reconstruction_loss", "mse"), ("reconstruction_weight", 1.0)):
            if getattr(model, name) != default:
                msg = (
                    f"{name}={getattr(model, name)!r} does nothing without a decoder. Give "
                    "decoder='mlp', or leave it out."
                )
                raise ValueError(msg)


def as_observers(observers: Any) -> tuple[Any, ...]:
    """Return a tuple of callables; one, several or none may be given."""
    if observers is None:
        return ()
    found = (observers,) if callable(observers) else observers
    if isinstance(found, Iterator):
        msg = (
            f"observers={observers!r} can be read once only, and every fit reads them. Give a list "
            "of functions of (step, terms)."
        )
        raise TypeError(msg)
    if not isinstance(found, Iterable) or not all(callable(one) for one in found):
        msg = f"observers={observers!r} is not allowed. Give functions of (step, terms)."
        raise TypeError(msg)
    return tuple(found)
