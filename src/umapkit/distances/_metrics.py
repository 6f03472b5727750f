"""The registry of metrics: one card each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from umapkit.distances._card import Metric
from umapkit.distances._cards import CARDS
from umapkit.distances._given import PRECOMPUTED
from umapkit.distances._targets import TARGET_METRICS
from umapkit.distances._user import metric_of_function

METRICS: Mapping[str, Metric] = MappingProxyType({card.name: card for card in CARDS})
_BY_ANY_NAME = {name: card for card in (*CARDS, PRECOMPUTED) for name in (card.name, *card.aliases)}


def resolve_metric(
    metric: str | Metric | Callable[..., Any], metric_kwds: Mapping[str, Any] | None = None
) -> Metric:
    """Find a metric's card by its name or an alias, or make one for a function.

    Parameters
    ----------
    metric : str, Metric or callable
        A name or alias out of :data:`METRICS`; "precomputed"; a card, returned as it is; or a
        function ``f(x, y, **metric_kwds)`` of two rows (plain Python or compiled by numba) that
        returns the distance, or a pair of distance and gradient.
    metric_kwds : mapping, optional
        Keywords of the metric.

    Returns
    -------
    Metric
        The card, with the keywords.

    Raises
    ------
    ValueError
        If no metric has this name; the message lists those that exist. If a keyword is not known
        or wrong.
    TypeError
        If `metric` is neither a string nor a card nor a function.

    Examples
    --------
    >>> resolve_metric("l2").name
    'euclidean'
    >>> resolve_metric("minkowski", {"p": 3}).given
    {'p': 3.0}
    """
    if isinstance(metric, Metric):
        return metric.with_keywords(metric_kwds)
    if callable(metric):
        return metric_of_function(metric, metric_kwds)
    if not isinstance(metric, str):
        msg = f"metric={metric!r} is not a name. Give one of {_allowed()}, or a function."
        raise TypeError(msg)
    card = _BY_ANY_NAME.get(metric)
    if card is None:
        if metric in TARGET_METRICS:
            msg = (
                f"metric={metric!r} compares labels, not rows: it is for target_metric. Give one "
                f"of {_allowed()}."
            )
            raise ValueError(msg)
        close = difflib.get_close_matches(metric.lower(), _BY_ANY_NAME, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        msg = f"metric={metric!r} is not known.{hint} Give one of {_allowed()}."
        raise ValueError(msg)
    return card.with_keywords(metric_kwds)


def _allowed() -> str:
    return ", ".join(
        f"{card.name!r}" + (f" ({', '.join(card.aliases)})" if card.aliases else "")
        for card in (*CARDS, PRECOMPUTED)
    )
