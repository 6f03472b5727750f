"""What a t-SNE layout does: its schedule, its cost, how it repels."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Literal, get_args

Repulsion = Literal["auto", "exact", "tree", "grid"]
# Vertices up to which all pairs are the fastest, by dimensions.
_EXACT_UP_TO = {1: 1500, 2: 2500, 3: 2500}
METHODS = {"exact": 0, "tree": 1, "grid": 2}
# Distance of the grid's nodes, in units of the map; docs/notes/tsne.md tells what it costs.
SPACING = {1: 0.25, 2: 0.4, 3: 0.4}


@dataclass(frozen=True, kw_only=True)
class TsneOptions:
    """Numbers of a t-SNE layout.

    Attributes
    ----------
    n_epochs : int, default 750
        Length of the schedule: steps of gradient descent.
    early_epochs : int, default 250
        Steps at the beginning in which attraction is exaggerated by `early_exaggeration`.
    early_exaggeration : float, default 12
        Factor of the attraction in those steps. Larger values gather neighbours faster.
    exaggeration : float, default 1
        Factor of the attraction afterwards. Larger values draw clusters together; 1 is t-SNE.
    degrees_of_freedom : float, default 1
        Of the similarity of two places, ``(1 + d**2 / f) ** -f``. Below 1 tails are heavier and
        clusters fall apart into finer ones; larger values approach a Gaussian.
    learning_rate : float or "auto", default "auto"
        "auto": the number of vertices over the exaggeration of the step (Belkina et al. 2019).
    early_momentum, momentum : float, default 0.8
        Share of the last step that goes on, in the early epochs and later.
    repulsion : {"auto", "exact", "tree", "grid"}, default "auto"
        "exact": all pairs. "tree": Barnes and Hut. "grid": a potential on a grid, by Fourier
        transforms. "auto": the fastest for the number of vertices and dimensions.
    theta : float, default 0.5
        Of "tree": how large a cell may look that is taken whole. 0 is exact; larger is faster.

    Raises
    ------
    ValueError
        If a number is out of its range, or a name not known.
    TypeError
        If a value is no number.
    """

    n_epochs: int = 750
    early_epochs: int = 250
    early_exaggeration: float = 12.0
    exaggeration: float = 1.0
    degrees_of_freedom: float = 1.0
    learning_rate: float | Literal["auto"] = "auto"
    early_momentum: float = 0.8
    momentum: float = 0.8
    repulsion: Repulsion = "auto"
    theta: float = 0.5

    def __post_init__(self) -> None:
        for name in ("n_epochs", "early_epochs"):
            value = getattr(self, name)
            if isinstance(value, bool) or not hasattr(value, "__index__") or value < 0:
                msg = f"{name}={value!r} is not allowed. Give a whole number, 0 or more."
                raise ValueError(msg)
        _check("early_exaggeration", self.early_exaggeration, 0.0, 1e6)
        _check("exaggeration", self.exaggeration, 0.0, 1e6)
        _check("degrees_of_freedom", self.degrees_of_freedom, 0.01, 1e3)
        _check("theta", self.theta, 0.0, 2.0)
        for name in ("early_momentum", "momentum"):
            _check(name, getattr(self, name), 0.0, 0.999)
        if self.learning_rate != "auto":
            _check("learning_rate", self.learning_rate, 0.0, 1e12)
        if self.repulsion not in get_args(Repulsion):
            allowed = ", ".join(map(repr, get_args(Repulsion)))
            msg = f"repulsion={self.repulsion!r} is not known. Give one of {allowed}."
            raise ValueError(msg)

    @property
    def rise(self) -> float:
        """Epochs in which `tol` does not judge: those of the early exaggeration."""
        return float(self.early_epochs)

    def method(self, n: int, n_components: int) -> Literal["exact", "tree", "grid"]:
        """How points repel each other: what was asked for, or the fastest for n vertices."""
        if self.repulsion != "auto":
            return self.repulsion
        if n <= _EXACT_UP_TO[n_components]:
            return "exact"
        # A map in space is wide and thin: a grid that resolves it has more nodes than points.
        return "tree" if n_components == 3 else "grid"

    def stage(self, epoch: int, n: int) -> tuple[int, float, float, float]:
        """Return the end of the epoch's stage, its exaggeration, learning rate and momentum."""
        early = epoch < self.early_epochs
        end = min(self.early_epochs, self.n_epochs) if early else self.n_epochs
        factor = float(self.early_exaggeration if early else self.exaggeration)
        rate = self.learning_rate
        if rate == "auto":
            rate = n / max(factor, 1e-6)
        return end, factor, float(rate), float(self.early_momentum if early else self.momentum)


def _check(name: str, value: object, least: float, most: float) -> None:
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        msg = f"{name}={value!r} is not allowed. Give a number."
        raise TypeError(msg)
    if not math.isfinite(float(value)) or not least <= float(value) <= most:
        msg = f"{name}={value!r} is not allowed. Give a number from {least:g} to {most:g}."
        raise ValueError(msg)
