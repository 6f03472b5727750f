"""Exact or approximate search: what the user asks for, or what is cheaper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal


def choose_method(
    method: str, *, metric: str, descends: bool, cheap: Callable[[], bool]
) -> Literal["exact", "descent"]:
    """Resolve `method` for rows under a metric.

    Parameters
    ----------
    method : {"auto", "exact", "descent"}
        What the user asks for.
    metric : str
        Name of the metric, for the message.
    descends : bool
        Whether approximate search is offered for it.
    cheap : callable
        Says whether looking at all rows takes no longer; asked for "auto" only.

    Returns
    -------
    {"exact", "descent"}

    Raises
    ------
    ValueError
        If `method` is not known, or not offered for the metric.
    """
    if method == "exact":
        return "exact"
    if method == "descent":
        if not descends:
            msg = (
                f"method='descent' is not offered for metric={metric!r}. Give method='exact' or "
                "'auto'."
            )
            raise ValueError(msg)
        return "descent"
    if method == "auto":
        return "descent" if descends and not cheap() else "exact"
    msg = f"method={method!r} is not known. Give 'auto', 'exact' or 'descent'."
    raise ValueError(msg)
