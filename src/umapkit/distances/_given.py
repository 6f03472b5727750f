"""The card that stands for distances that the user brings along."""

from __future__ import annotations

from typing import NoReturn

from numpy.typing import ArrayLike

from umapkit.distances._card import Metric


def _no_formula(a: ArrayLike, b: ArrayLike) -> NoReturn:
    """Refuse: given distances are looked up, not computed."""
    del a, b
    msg = (
        "metric='precomputed' has no formula: its distances are given, not computed from rows. "
        "Give the matrix to UMAP(metric='precomputed').fit, or give rows and a metric of rows."
    )
    raise ValueError(msg)


PRECOMPUTED = Metric("precomputed", (), _no_formula)
