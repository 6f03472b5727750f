"""Metrics as functions of two rows, and of two labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from umapkit.data import as_rows
from umapkit.distances import METRICS, TARGET_METRICS, Metric, resolve_metric

DISCRETE_METRICS = (
    "categorical",
    "hierarchical_categorical",
    "ordinal",
    "count",
    "string",
    "myers",
)


def _with_values(card: Metric, values: tuple[Any, ...]) -> Metric:
    """Keywords by their order, as umap-learn passes them."""
    names = [keyword.name for keyword in card.keywords if not keyword.hidden]
    if len(values) > len(names):
        msg = (
            f"{card.name} takes {len(names)} values beside two rows ({', '.join(names) or 'none'});"
            f" {len(values)} were given."
        )
        raise TypeError(msg)
    return card.with_keywords(dict(zip(names, values, strict=False)))


def pairwise_special_metric(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    metric: str | Callable[..., Any] = "hellinger",
    kwds: dict[str, Any] | None = None,
    ensure_all_finite: Any = True,
) -> NDArray[np.float64]:
    """Measure all pairs of rows.

    Parameters
    ----------
    X, Y : tables of shape (m, d) and (n, d)
        Rows; without `Y`, those of `X` among each other.
    metric : str or callable, default "hellinger"
        Any metric of umapkit.
    kwds : dict, optional
        Its keywords.
    ensure_all_finite : True, False or "allow-nan", default True
        False and "allow-nan" leave the check of the values to the metric.

    Returns
    -------
    float64 array of shape (m, n)
    """
    free = ensure_all_finite not in (True, None)
    rows, others = (
        np.asarray(table, dtype=np.float64) if free else as_rows(table)
        for table in (X, X if Y is None else Y)
    )
    card = resolve_metric(metric, kwds)
    return card.learned(as_rows(rows) if card.keywords else rows).between(rows, others)


def _of_two_rows(card: Metric) -> Callable[..., float]:
    def distance(x: ArrayLike, y: ArrayLike, *values: Any) -> float:
        one = np.atleast_2d(np.asarray(x, dtype=np.float64))
        other = np.atleast_2d(np.asarray(y, dtype=np.float64))
        return float(_with_values(card, values).between(one, other)[0, 0])

    distance.__name__ = distance.__qualname__ = card.name
    distance.__doc__ = (
        f"Distance {card.name!r} of two rows of shape (d,), its keywords by position; a float."
    )
    return distance


def _with_slope(card: Metric) -> Callable[..., tuple[float, NDArray[np.float64]]]:
    def distance_grad(
        x: ArrayLike, y: ArrayLike, *values: Any
    ) -> tuple[float, NDArray[np.float64]]:
        one, other = (np.asarray(row, dtype=np.float64) for row in (x, y))
        far, slope = _with_values(card, values).with_gradient(one, other)
        return float(far), np.asarray(slope)

    distance_grad.__name__ = distance_grad.__qualname__ = f"{card.name}_grad"
    distance_grad.__doc__ = (
        f"Distance {card.name!r} of two rows of shape (d,), and its gradient by the first."
    )
    return distance_grad


def _of_two_labels(name: str) -> Callable[..., float]:
    formula = TARGET_METRICS[name]

    def distance(x: Any, y: Any, **keywords: Any) -> float:
        return float(formula([x], [y], **keywords)[0, 0])

    distance.__name__ = distance.__qualname__ = name
    distance.__doc__ = f"Distance {name!r} of two labels, its keywords by name; a float."
    return distance


def _all() -> dict[str, Callable[..., float]]:
    found: dict[str, Callable[..., float]] = {}
    for card in METRICS.values():
        function = _of_two_rows(card)
        found |= dict.fromkeys((card.name, *card.aliases), function)
    return found | {name: _of_two_labels(name) for name in DISCRETE_METRICS}


def _all_with_slopes() -> dict[str, Callable[..., tuple[float, NDArray[np.float64]]]]:
    found: dict[str, Callable[..., tuple[float, NDArray[np.float64]]]] = {}
    for card in METRICS.values():
        if card.gradient is not None:
            function = _with_slope(card)
            found |= dict.fromkeys((card.name, *card.aliases), function)
    return found


named_distances = _all()
named_distances_with_gradients = _all_with_slopes()

# Functions that umap-learn calls otherwise than their metrics.
_CALLED = {
    "bray_curtis": "braycurtis",
    "rogers_tanimoto": "rogerstanimoto",
    "sokal_michener": "sokalmichener",
    "sokal_sneath": "sokalsneath",
    "categorical_distance": "categorical",
    "hierarchical_categorical_distance": "hierarchical_categorical",
    "ordinal_distance": "ordinal",
    "count_distance": "count",
    "levenshtein": "string",
}

functions: dict[str, Callable[..., Any]] = {
    **named_distances,
    **{f"{name}_grad": function for name, function in named_distances_with_gradients.items()},
    **{name: named_distances[metric] for name, metric in _CALLED.items()},
    "bray_curtis_grad": named_distances_with_gradients["braycurtis"],
}
