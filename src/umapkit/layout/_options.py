"""What a layout is asked to do, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from umapkit import _kernels

Optimizer = Literal["sampled", "schedule", "bernoulli"]
# The part of the schedule in which side steps grow; what docs/labels.md tells was measured with it.
_SIDE_RISE = 0.6


@dataclass(frozen=True, kw_only=True)
class LayoutOptions:
    """Numbers of a layout; they and the seed determine it to the bit.

    Parameters
    ----------
    a, b : float
        Curve of closeness q = 1 / (1 + a d^(2b)); see `find_ab`. Positive.
    n_epochs : int
        Length of the schedule, in epochs. 0 leaves the start as it is.
    learning_rate : float, default 1.0
        First step size; fades linearly to 0. Larger values move farther and settle more coarsely.
    negative_sample_rate : float, default 5
        Negatives per attracted edge. Larger values repel more and cost more; 0 means no repulsion.
    repulsion_strength : float, default 1.0
        Factor gamma on the repulsion.
    optimizer : {"sampled", "schedule", "bernoulli"}, default "sampled"
        "sampled": parallel, every vertex moves once an epoch. "schedule": Algorithm 1 move by
        move with umap-learn's edge schedule, serial. "bernoulli": Algorithm 1 as printed, a coin
        for every edge, serial.
    push_tail : bool, default False
        Whether a negative is pushed as well (Algorithm 1, line 18). Serial optimisers only.
    seed : int
        Seed of all draws, in [0, 2**64).

    Raises
    ------
    ValueError
        If a number is out of range, or `push_tail` is asked of the parallel optimiser.
    """

    a: float
    b: float
    n_epochs: int
    learning_rate: float = 1.0
    negative_sample_rate: float = 5.0
    repulsion_strength: float = 1.0
    optimizer: Optimizer = "sampled"
    push_tail: bool = False
    seed: int = 0

    @property
    def rise(self) -> float:
        """Epochs over which steps grow: kRise of the schedule in the parallel optimiser, else 0.

        (``cpp/tables/layout.hpp``. With densities and on curved maps they grow for fewer.)
        """
        return _kernels.RISE * self.n_epochs if self.optimizer == "sampled" else 0.0

    def side_step(self, epoch: int) -> float:
        """Size of a step that is taken beside the layout's own: of labels, or between slices.

        It is the learning rate, which fades linearly to 0, and in the parallel optimiser grows
        over the first 0.6 of the schedule: there about half of the layout's own step (0.42 to
        0.5 of it), later more, from 0.8 of the schedule on the larger of the two.
        """
        size = self.learning_rate * max(1 - epoch / self.n_epochs, 0.0)
        if self.optimizer != "sampled":
            return size
        return size * min(1.0, (epoch + 1) / (_SIDE_RISE * self.n_epochs))

    def __post_init__(self) -> None:
        for name in ("a", "b"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                msg = f"{name}={value!r} must be a positive number; find_ab() gives a and b."
                raise ValueError(msg)
        for name in ("learning_rate", "negative_sample_rate", "repulsion_strength"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                msg = f"{name}={value!r} must be a number that is not negative."
                raise ValueError(msg)
        if self.n_epochs < 0:
            msg = f"n_epochs={self.n_epochs!r} must be 0 or more."
            raise ValueError(msg)
        if self.optimizer not in get_args(Optimizer):
            allowed = ", ".join(repr(name) for name in get_args(Optimizer))
            msg = f"optimizer={self.optimizer!r} is not known. Give one of {allowed}."
            raise ValueError(msg)
        if self.optimizer == "bernoulli" and self.negative_sample_rate % 1:
            msg = (
                f"negative_sample_rate={self.negative_sample_rate!r} must be a whole number with "
                "optimizer='bernoulli', which draws that many negatives per edge."
            )
            raise ValueError(msg)
        if self.push_tail and self.optimizer == "sampled":
            msg = (
                "push_tail=True needs a serial optimizer, because the parallel one writes no place "
                "but a vertex's own. Give optimizer='schedule' or 'bernoulli', or push_tail=False."
            )
            raise ValueError(msg)
