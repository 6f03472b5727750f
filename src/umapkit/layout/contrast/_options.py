"""What a contrastive layout does: its costs as one curve, its schedule."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from umapkit import _kernels

Cost = Literal["umap", "largevis", "neg_tsne", "infonc_tsne"]

# Weights are scaled to this mean degree: an epoch draws so many edges a vertex.
MEAN_DEGREE = 10.0


class Curve(NamedTuple):
    """Numbers of a pair's forces; see ``cpp/include/umapkit/force.hpp``."""

    a: float
    b: float
    gamma: float
    shift: float
    clip: float


@dataclass(frozen=True, kw_only=True)
class ContrastOptions:
    """Numbers of a contrastive layout; they and the seed determine it to the bit.

    Parameters
    ----------
    cost : {"umap", "largevis", "neg_tsne", "infonc_tsne"}
        What a sampled edge costs. With q = 1 / (1 + d^2) of the edge and of its negatives,
        "largevis": ``-ln q - gamma sum ln(1 - q)``; "neg_tsne": the same of ``q / (q + c)`` with
        gamma 1 and c the exaggeration; "infonc_tsne": ``-rho ln q + ln(q + sum q)``; "umap":
        LargeVis's with UMAP's curve.
    n_epochs : int
        Length of the schedule; an epoch draws `MEAN_DEGREE` edges a vertex.
    exaggeration : float, default 1.0
        Factor of attraction against repulsion. Larger values draw clusters together. For
        "infonc_tsne" 1 or more.
    repulsion_strength : float, default 1.0
        gamma of "umap" and "largevis", whose own value is 7.
    a, b : float, default 1.0
        UMAP's curve; 1 for all others.
    learning_rate : float, default 1.0
        First step size; fades linearly.
    negative_sample_rate : float, default 5
        Negatives of an edge. A whole number for "infonc_tsne" and for "literal".
    optimizer : {"sampled", "literal"}, default "sampled"
        "sampled": parallel, every vertex moves once an epoch. "literal": edge by edge, serial,
        as LargeVis was published; for "largevis" and "neg_tsne".
    seed : int
        Seed of all draws, in [0, 2**64).

    Raises
    ------
    ValueError
        If a number is out of its range or does not go with another.
    TypeError
        If a value is no number.
    """

    cost: Cost
    n_epochs: int
    exaggeration: float = 1.0
    repulsion_strength: float = 1.0
    a: float = 1.0
    b: float = 1.0
    learning_rate: float = 1.0
    negative_sample_rate: float = 5.0
    optimizer: Literal["sampled", "literal"] = "sampled"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cost not in get_args(Cost):
            allowed = ", ".join(map(repr, get_args(Cost)))
            msg = f"cost={self.cost!r} is not known. Give one of {allowed}."
            raise ValueError(msg)
        if isinstance(self.n_epochs, bool) or not hasattr(self.n_epochs, "__index__"):
            msg = f"n_epochs={self.n_epochs!r} is not allowed. Give a whole number, 0 or more."
            raise TypeError(msg)
        if self.n_epochs < 0:
            msg = f"n_epochs={self.n_epochs!r} is not allowed. Give a whole number, 0 or more."
            raise ValueError(msg)
        check_number("exaggeration", self.exaggeration, 1e-6, 1e4)
        if self.cost == "infonc_tsne" and self.exaggeration < 1:
            msg = (
                f"exaggeration={self.exaggeration!r} is not allowed for cost='infonc_tsne', which "
                "is then lowest where all points are infinitely far apart. Give 1 or more; a "
                "larger negative_sample_rate repels more."
            )
            raise ValueError(msg)
        check_number("repulsion_strength", self.repulsion_strength, 0.0, 1e6)
        check_number("a", self.a, 1e-6, 1e6)
        check_number("b", self.b, 1e-6, 1e3)
        check_number("learning_rate", self.learning_rate, 0.0, 1e6)
        check_number("negative_sample_rate", self.negative_sample_rate, 0.0, 1e3)
        if self.cost != "umap" and (self.a, self.b) != (1.0, 1.0):
            msg = f"a={self.a!r} and b={self.b!r} belong to cost='umap'. Leave them out."
            raise ValueError(msg)
        if self.cost in ("neg_tsne", "infonc_tsne") and self.repulsion_strength != 1.0:
            msg = (
                f"repulsion_strength={self.repulsion_strength!r} belongs to cost='umap' and "
                "'largevis'. Give exaggeration=."
            )
            raise ValueError(msg)
        if self.optimizer not in ("sampled", "literal"):
            msg = f"optimizer={self.optimizer!r} is not known. Give 'sampled' or 'literal'."
            raise ValueError(msg)
        if self.optimizer == "literal" and self.cost not in ("largevis", "neg_tsne"):
            msg = (
                f"optimizer='literal' is LargeVis's and does not know cost={self.cost!r}. Give "
                "optimizer='sampled'."
            )
            raise ValueError(msg)
        counted = self.cost == "infonc_tsne" or self.optimizer == "literal"
        if counted and (self.negative_sample_rate % 1 or self.negative_sample_rate < 1):
            msg = (
                f"negative_sample_rate={self.negative_sample_rate!r} is not allowed here: every "
                "edge draws that many. Give a whole number, 1 or more."
            )
            raise ValueError(msg)

    @property
    def curve(self) -> Curve:
        """The forces of a pair. Of attraction and repulsion the ratio alone shapes the map."""
        rho = float(self.exaggeration)
        if self.cost == "umap":
            return Curve(self.a, self.b, self.repulsion_strength / rho, 0.0, 4.0)
        if self.cost == "largevis":
            return Curve(1.0, 1.0, self.repulsion_strength / rho, 0.1, 5.0)
        return Curve(rho / (1.0 + rho), 1.0, 1.0 / (1.0 + rho), 1.0, 4.0)

    @property
    def by_degree(self) -> bool:
        """Whether negatives are drawn by degree^0.75, as LargeVis does, or all alike."""
        return self.cost == "largevis"

    @property
    def rise(self) -> float:
        """Epochs over which the steps grow."""
        return _kernels.RISE * self.n_epochs if self.optimizer == "sampled" else 0.0


def check_number(name: str, value: object, least: float, most: float) -> None:
    """Raise unless `value` is a number from `least` to `most`."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        msg = f"{name}={value!r} is not allowed. Give a number."
        raise TypeError(msg)
    if not math.isfinite(float(value)) or not least <= float(value) <= most:
        msg = f"{name}={value!r} is not allowed. Give a number from {least:g} to {most:g}."
        raise ValueError(msg)
