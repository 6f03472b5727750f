"""Where a map lies, and how badly: the rows' own scores over the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from umapkit._pictures import Background

from ._axes import INK
from ._points import points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from umapkit.quality import Report

# The colour scale ends where so many of the worst rows are: few failures must not hide the rest.
_WORST = 0.02


def quality(
    report: Report,
    *,
    size: float | None = None,
    alpha: float | None = None,
    background: Background = "white",
    figsize: tuple[float, float] = (13.0, 6.2),
) -> Figure:
    """Draw a report's map twice: where neighbours are false, and where they are missing.

    Left, trustworthiness of every judged row: dark points have neighbours on the map that are far
    in the data, so do not believe what lies next to them. Right, the share of its neighbours that
    a row kept: dark points lost theirs to elsewhere. Rows that were not judged are grey. Under
    the maps stand the figures of the whole.

    Parameters
    ----------
    report : Report
        Of ``umapkit.quality.report``, of a map of two dimensions.
    size, alpha : float, optional
        Of the points; see `points`.
    background : "white" or "black", default "white"
        Colour of the axes and the figure.
    figsize : (width, height), default (13, 6.2)
        Inches.

    Returns
    -------
    matplotlib Figure
        Save it by ``figure.savefig("quality.png")``.

    Raises
    ------
    ValueError
        If the map has other than two dimensions.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from umapkit.quality import report
    >>> rows = np.random.default_rng(0).normal(size=(60, 3))
    >>> figure = quality(report(rows[:, :2], rows))
    >>> [ax.get_title() for ax in figure.axes[:2]]
    ['False neighbours: trustworthiness of each row', 'Lost neighbours: share kept by each row']
    """
    if report.embedding.shape[1] != 2:
        msg = (
            f"The report is on a map of {report.embedding.shape[1]} dimensions; only maps of 2 can "
            "be drawn. print(report) has its figures."
        )
        raise ValueError(msg)
    from matplotlib.figure import Figure

    figure = Figure(figsize=figsize, facecolor=background, layout="constrained")
    left, right = figure.subplots(1, 2)
    k = report.facts["n_neighbors"]
    for ax, values, title, name in (
        (left, report.trustworthiness, "False neighbours: trustworthiness of each row", "trust"),
        (right, report.preservation, "Lost neighbours: share kept by each row", "kept"),
    ):
        points(
            report.embedding,
            values=_without_extremes(values),
            ax=ax,
            size=size,
            alpha=alpha,
            title=title,
            background=background,
        )
        ax.set_xlabel(_under(report, name, k), color=INK[background])
    return figure


def _without_extremes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    judged = values[np.isfinite(values)]
    return np.maximum(values, np.quantile(judged, _WORST)) if len(judged) else values


def _under(report: Report, name: str, k: int) -> str:
    line = f"trustworthiness ({k})" if name == "trust" else f"neighbours kept ({k})"
    score: Any = report[line]
    text = f"whole map: {line} {float(score):.4f}"
    if not score.exact:
        text += f" ({score.low:.4f} to {score.high:.4f})"
    worst = report.trustworthiness if name == "trust" else report.preservation
    low = np.nanquantile(worst, _WORST)
    return f"{text}\nthe worst {_WORST:.0%} of the rows, below {low:.2f}, share one colour"
