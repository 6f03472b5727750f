"""The paper's figures out of the results, by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from umapkit._pictures import VIRIDIS, distinct_colors
from umapkit.reproduce._findings import Findings
from umapkit.reproduce._methods import METHODS
from umapkit.reproduce._published import TABLES
from umapkit.reproduce._sets import SETS
from umapkit.reproduce._tasks import LOSS_DATA, LOSS_METHODS, VARIANTS, Task, table_methods

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn = tuple[str, str, bytes | None]
_COLORS = {2: "#0072b2", 64: "#d55e00"}
_TABLES = {5: 2, 6: 3, 7: 4, 8: 5, 9: 6, 13: 7}
_FEW = {
    15: ("baseline", "umap"),
    16: ("baseline", "aug", "umap", "aug_umap"),
    18: ("baseline", "aug", "learned", "aug_learned"),
}
_COUNTS = ("4", "64", "256", "1024", "full")
_NOTHING = "Not drawn: no number of it was measured; the tables say why."


def draw_figure(findings: Findings, figure: int) -> Drawn:
    """Draw a figure.

    Returns
    -------
    heading, text : str
        What it shows, and why something is missing.
    png : bytes or None
        The picture, if there is anything to show.
    """
    if figure == 4:
        return _gallery(findings)
    if figure in _TABLES:
        return _table(findings, _TABLES[figure])
    if figure == 10:
        return _losses(findings)
    if figure in (11, 12):
        return _speeds(findings, figure)
    return _few(findings, figure)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return out.getvalue()


def _plain(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)


def _gallery(findings: Findings) -> Drawn:
    """Fig. 4: maps of two dimensions, a row a set, a column a method."""
    heading = "Maps of two dimensions"
    seed = findings.wanted.seeds[0]
    names = list(findings.wanted.data)
    methods = [name for name in METHODS if name in findings.wanted.methods]
    maps = {
        (name, method): findings.store.arrays(Task(name, method, 2, "", seed))
        for name in names
        for method in methods
    }
    names = [name for name in names if any(maps[name, m] for m in methods)]
    missing = [f"{SETS[n].title}: {why}" for n, why in findings.missing.items()]
    if not names:
        return heading, _NOTHING, None
    methods = [m for m in methods if any(maps[name, m] for name in names)]
    figure = _figure(1.5 * len(methods) + 0.6, 1.55 * len(names))
    axes = figure.subplots(len(names), len(methods), squeeze=False)
    for line, name in zip(axes, names, strict=True):
        for axis, method in zip(line, methods, strict=True):
            _scatter(axis, maps[name, method])
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(SETS[name].title, fontsize=8)
    for axis, method in zip(axes[0], methods, strict=True):
        axis.set_title(METHODS[method].title, fontsize=9)
    lacks = [
        f"{SETS[n].title}, {METHODS[m].title}: {_why(findings, n, m)}"
        for n in names
        for m in methods
        if not maps[n, m]
    ]
    missing += lacks
    text = "Colours are classes, or a coordinate. At most 10,000 points of each."
    if missing:
        text += " Missing: " + "; ".join(missing) + "."
    return heading, text, _png(figure)


def _why(findings: Findings, name: str, method: str) -> str:
    return findings.cell(name, method, 2, "", "trustworthiness").reason


def _scatter(axis: Any, arrays: dict[str, Any]) -> None:
    if not arrays:
        axis.text(0.5, 0.5, "–", ha="center", va="center", transform=axis.transAxes, color="0.5")
        return
    points = arrays["embedding"]
    size = max(0.3, min(6.0, 6000 / len(points)))
    if "labels" in arrays:
        codes = np.unique(arrays["labels"], return_inverse=True)[1]
        colors = np.asarray(distinct_colors(int(codes.max()) + 1))[codes]
        axis.scatter(*points.T, s=size, c=colors, lw=0, rasterized=True)
    else:
        values = arrays["values"]
        ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        table = np.asarray(VIRIDIS)
        colors = table[(ranks * len(table)) // len(ranks)]
        axis.scatter(*points.T, s=size, c=colors, lw=0, rasterized=True)
    axis.set_aspect("equal", adjustable="datalim")


def _table(findings: Findings, table: int) -> Drawn:
    """Figs. 5 to 9 and 13: a table as points, published ones hollow."""
    metric = TABLES[table]
    heading = f"Table {table} as a picture"
    methods = [m for m in table_methods(table) if m != "direct_umap"]
    names = [n for n in findings.wanted.data if SETS[n].tables and n not in findings.missing]
    if not any(_known(findings, n, m, metric) for n in names for m in methods):
        return heading, _NOTHING, None
    figure = _figure(2.6 * len(names) + 0.8, 3.0)
    axes = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axis, name in zip(axes, names, strict=True):
        for place, method in enumerate(methods):
            for dimensions, color in _COLORS.items():
                cell = findings.cell(name, method, dimensions, "", metric)
                at = place + (0.15 if dimensions == 64 else -0.15)
                if cell.published is not None:
                    value = cell.published.value
                    axis.plot(value, at, "o", mfc="none", mec=color, ms=7)
                if cell.measured is not None:
                    axis.plot(cell.measured, at, "o", color=color, ms=4)
        axis.set_title(SETS[name].title, fontsize=9)
        axis.set_xlabel(metric, fontsize=8)
        axis.tick_params(labelsize=8)
        axis.grid(axis="y", color="0.92")
        _plain(axis)
    axes[0].set_yticks(range(len(methods)), [METHODS[m].title for m in methods])
    axes[0].invert_yaxis()
    text = "Blue: 2 dimensions; orange: 64. Rings are published, dots are measured."
    return heading, text, _png(figure)


def _known(findings: Findings, name: str, method: str, metric: str) -> bool:
    cells = (findings.measured(name, method, d, "", metric) for d in (2, 64))
    return any(value is not None for value in cells)


def _losses(findings: Findings) -> Drawn:
    """Fig. 10: cross-entropy against seconds of optimisation."""
    heading = "Loss against seconds of optimisation"
    seed = findings.wanted.seeds[0]
    names = [n for n in LOSS_DATA if n in findings.wanted.data and n not in findings.missing]
    curves = {
        (n, m): findings.store.arrays(Task(n, m, 2, "", seed)).get("curve")
        for n in names
        for m in LOSS_METHODS
    }
    names = [n for n in names if any(curves[n, m] is not None for m in LOSS_METHODS)]
    if not names:
        return heading, _NOTHING, None
    figure = _figure(3.6 * len(names), 3.0)
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    styles = {"parametric_umap": "#0072b2", "direct_umap": "#e69f00", "umap": "#222222"}
    for axis, name in zip(axes, names, strict=True):
        for method, color in styles.items():
            curve = curves[name, method]
            if curve is not None:
                axis.plot(curve[:, 0], curve[:, 1], color=color, label=METHODS[method].title)
            end = findings.measured(name, method, 2, "", "edge_loss")
            if end is not None:
                label = f"{METHODS[method].title}, at the end"
                axis.axhline(end, color=color, lw=0.8, ls=":", label=label)
        axis.set(xscale="log", ylim=(0, 0.5), xlabel="seconds")
        axis.set_title(SETS[name].title, fontsize=9)
        _plain(axis)
    axes[0].set_ylabel("cross-entropy, nats a pair")
    axes[-1].legend(frameon=False, fontsize=7)
    text = (
        "Lines: mean since the start, as in the paper. Dotted: one fixed sample of 100,000 edges "
        "and five shuffled tails each on the finished map. The graph is not counted."
    )
    return heading, text, _png(figure)


def _speeds(findings: Findings, figure_number: int) -> Drawn:
    """Figs. 11 and 12: milliseconds a row."""
    embed = figure_number == 11
    heading = "Time to place a new row" if embed else "Time to place a new row, and back"
    metric = "embed_ms" if embed else "round_trip_ms"
    methods = [m for m in ("tsne", "umap", "parametric_umap", "pca") if embed or m != "tsne"]
    names = [n for n in findings.wanted.data if SETS[n].tables and n not in findings.missing]
    if not any(_known(findings, n, m, metric) for n in names for m in methods):
        return heading, _NOTHING, None
    figure = _figure(2.8 * len(names) + 0.8, 2.4)
    axes = figure.subplots(1, len(names), squeeze=False, sharey=True, sharex=True)[0]
    for axis, name in zip(axes, names, strict=True):
        for place, method in enumerate(methods):
            for dimensions, color in _COLORS.items():
                value = findings.measured(name, method, dimensions, "", metric)
                at = place + (0.2 if dimensions == 64 else -0.2)
                if value is not None:
                    axis.barh(at, value, height=0.36, color=color)
                    axis.text(value * 1.1, at, f"{value:.2g}", va="center", fontsize=7)
        axis.set(xscale="log", xlabel="milliseconds")
        axis.margins(x=0.3)
        axis.set_title(SETS[name].title, fontsize=9)
        _plain(axis)
    axes[0].set_yticks(range(len(methods)), [METHODS[m].title for m in methods])
    axes[0].invert_yaxis()
    text = (
        "Blue: 2 dimensions; orange: 64. All test rows at once, the median of several calls; the "
        "way back is that of all test rows, for UMAP of a part of them."
    )
    return heading, text, _png(figure)


def _few(findings: Findings, figure_number: int) -> Drawn:
    """Figs. 15, 16, 18: accuracy against labels a class."""
    variants = _FEW[figure_number]
    heading = "Accuracy of classifiers of few labels: " + ", ".join(VARIANTS[v] for v in variants)
    look: Callable[..., float | None] = findings.measured
    names = [
        n
        for n in findings.store.budget.few_data
        if any(look(n, v, 0, c, "accuracy") is not None for v in variants for c in _COUNTS)
    ]
    if not names:
        return heading, _NOTHING, None
    figure = _figure(3.4 * len(names) + 1.6, 3.0)
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    colors = dict(zip(VARIANTS, ("#222222", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9"),
                      strict=True))  # fmt: skip
    for axis, name in zip(axes, names, strict=True):
        for variant in variants:
            cells = [findings.cell(name, variant, 0, count, "accuracy") for count in _COUNTS]
            told = [np.nan if c.published is None else c.published.value for c in cells]
            mine = [np.nan if c.measured is None else c.measured for c in cells]
            color = colors[variant]
            axis.plot(range(5), told, "-", color=color, lw=1, alpha=0.6)
            axis.plot(range(5), mine, "o", color=color, ms=5, label=VARIANTS[variant])
        axis.set_xticks(range(5), _COUNTS)
        axis.set(xlabel="labels a class")
        axis.set_title(SETS[name].title, fontsize=9)
        _plain(axis)
    axes[0].set_ylabel("accuracy")
    axes[-1].legend(frameon=False, fontsize=7, loc="lower right")
    text = "Lines are published, dots are measured."
    return heading, text, _png(figure)
