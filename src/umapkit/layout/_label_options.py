"""What a classification cost beside UMAP's is asked to do, checked once."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

LabelCost = Literal["cross_entropy", "triplet"]


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """Numbers of a classification cost; with those of the layout they determine it to the bit.

    Parameters
    ----------
    cost : {"cross_entropy", "triplet"}
        "cross_entropy": of a soft-max head on the map, learned with it. "triplet": a point of
        another class nearer than one of its own, or farther by less than `margin`, is pushed off.
    weight : float, default 1.0
        How much a label counts, in units of the mean degree of a vertex: at 1 about as much as its
        edges. Larger values separate classes more and keep less of the data's shape. 0: nothing.
    margin : float, default 1.0
        For "triplet", in units of the map. Larger values push classes farther apart.
    period : (int, int), optional
        Epochs of UMAP's cost alone, then epochs of the classification cost alone, in turns.
        ``None``: both in every epoch.

    Raises
    ------
    ValueError
        If a number is out of range or a name is not known.
    """

    cost: LabelCost
    weight: float = 1.0
    margin: float = 1.0
    period: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.cost not in get_args(LabelCost):
            msg = f"cost={self.cost!r} is not known. Give 'cross_entropy' or 'triplet'."
            raise ValueError(msg)
        if not (np.isfinite(self.weight) and self.weight >= 0):
            msg = f"weight={self.weight!r} must be a number that is not negative."
            raise ValueError(msg)
        if not (np.isfinite(self.margin) and self.margin > 0):
            msg = f"margin={self.margin!r} must be a positive number, in units of the map."
            raise ValueError(msg)
        check_period(self.period, "period")


def check_period(period: Any, name: str) -> None:
    """Raise ValueError unless `period` is None or two whole numbers from 1."""
    if period is None:
        return
    parts = list(period) if isinstance(period, (tuple, list)) else []
    whole = all(isinstance(p, numbers.Integral) and not isinstance(p, bool) for p in parts)
    if len(parts) != 2 or not whole or min(parts) < 1:
        msg = (
            f"{name}={period!r} is not allowed. Give two whole numbers from 1, the epochs of "
            "UMAP's cost and those of the classification cost in turns, or None for both at once."
        )
        raise ValueError(msg)
