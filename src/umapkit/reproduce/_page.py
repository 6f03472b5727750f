"""The page: published and measured numbers side by side."""

from __future__ import annotations

import math
import os
import platform
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from umapkit.reproduce._blocks import (
    Block,
    Grid,
    Heading,
    Picture,
    Points,
    Text,
    as_html,
    as_markdown,
)
from umapkit.reproduce._figures import draw_figure
from umapkit.reproduce._findings import Cell, Findings
from umapkit.reproduce._methods import METHODS
from umapkit.reproduce._notes import ARTEFACTS, FURTHER, REMARKS
from umapkit.reproduce._published import DATA, TABLES
from umapkit.reproduce._relations import Outcome, relations
from umapkit.reproduce._sets import SETS
from umapkit.reproduce._tasks import DIMENSIONS, LOSS_DATA, VARIANTS, table_methods, table_title

_TITLE = "Parametric UMAP: published and measured"
_LABELS = ("4", "64", "256", "1024", "full")
_FEW = ("mnist", "fashion_mnist", "cifar10")


def write_pages(findings: Findings) -> tuple[Path, Path]:
    """Write the page as HTML and as Markdown into the folder of the results; return both."""
    folder, blocks = findings.store.folder, page(findings)
    (folder / "pictures").mkdir(exist_ok=True)
    for block in blocks:
        if isinstance(block, Picture):
            (folder / "pictures" / f"{block.name}.png").write_bytes(block.png)
    page_file, text_file = folder / "index.html", folder / "report.md"
    for file, text in (
        (page_file, as_html(_TITLE, blocks)),
        (text_file, as_markdown(_TITLE, blocks, "pictures")),
    ):
        part = file.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    return page_file, text_file


def page(findings: Findings) -> list[Block]:
    """Put the page together."""
    tables: list[tuple[int, list[list[str | Cell]]]] = [
        (table, few_rows(findings) if table == 8 else table_rows(findings, table))
        for table in findings.wanted.tables
    ]
    cells = [
        entry for _, rows in tables for row in rows for entry in row if isinstance(entry, Cell)
    ]
    blocks: list[Block] = [*_opening(findings, cells)]
    for table, rows in tables:
        blocks.append(Heading(table_title(table)))
        if table == 8:
            headers = ["data", "variant", *(f"{count} labels" for count in _LABELS)]
        else:
            headers = ["data", "dim.", *(METHODS[name].title for name in table_methods(table))]
        blocks.append(Grid(headers, rows) if rows else Text("No set of this table was asked for."))
    if findings.wanted.tables:
        blocks += _order(findings)
    for figure in findings.wanted.figures:
        blocks += _figure(findings, figure)
    blocks += [
        Heading("What is odd in the published tables, and what differs here"),
        Points([*ARTEFACTS.values(), *FURTHER, *REMARKS.values()]),
    ]
    return blocks


def table_rows(findings: Findings, table: int) -> list[list[str | Cell]]:
    """Return the rows of one of Tables 2 to 7."""
    return [
        [SETS[name].title, str(dimensions)]
        + [
            findings.cell(name, method, dimensions, "", TABLES[table])
            for method in table_methods(table)
        ]
        for name in _rows_of(findings)
        for dimensions in DIMENSIONS
    ]


def few_rows(findings: Findings) -> list[list[str | Cell]]:
    """Return the rows of Table 8."""
    return [
        [SETS[name].title, title]
        + [findings.cell(name, variant, 0, labels, "accuracy") for labels in _LABELS]
        for name in _few_sets(findings)
        for variant, title in VARIANTS.items()
    ]


def _few_sets(findings: Findings) -> list[str]:
    own = findings.store.budget.few_data
    return [name for name in dict.fromkeys([*_FEW, *own]) if name in findings.wanted.data]


def _rows_of(findings: Findings) -> list[str]:
    """Return the sets that were asked for, in the paper's order."""
    return [name for name in SETS if SETS[name].tables and name in findings.wanted.data]


def _opening(findings: Findings, cells: Iterable[Cell]) -> list[Block]:
    import umapkit

    counts = Counter(cell.state for cell in cells)
    compared = counts["within"] + counts["better"] + counts["worse"]
    budget = findings.store.budget
    blocks: list[Block] = [
        Text(
            "Above, what was measured; below it (in Markdown in brackets), the number of Sainburg, "
            "McInnes and Gentner, Parametric UMAP. ▲ better and ▼ worse than published by more "
            "than the tolerance; ★ the published number is not to be compared; ° something was "
            "smaller than in the paper."
        ),
        Text(
            f"Of {sum(counts.values())} cells {compared} are compared: {counts['within']} within "
            f"the tolerance, {counts['better']} better, {counts['worse']} worse. "
            f"{counts['alone'] + counts['artefact']} have nothing to be compared with, "
            f"{counts['empty']} are empty, each with its reason."
        ),
        Text(
            f"Budget {budget.name}, seeds {', '.join(map(str, findings.wanted.seeds))}; umapkit "
            f"{umapkit.__version__}, Python {platform.python_version()}, {_processor()}."
        ),
        Text(
            "Tolerances: trustworthiness .01 in 2 dimensions, .005 in 64; accuracies of neighbours "
            ".015 (CIFAR-10 .02); silhouette and NMI .06 (Retina's NMI .10); error 10 % (UMAP "
            "15 %); Table 8 .05 at 4 labels, else .01; losses of Fig. 10 10 %."
        ),
    ]
    absent = [SETS[name].title for name in DATA if name not in findings.wanted.data]
    if absent:
        blocks.append(Text(f"Sets of the paper that were not asked for: {', '.join(absent)}."))
    blocks.append(Heading("Sizes"))
    different = budget.compared()
    if different:
        blocks += [
            Text("What is smaller than in the paper, in all cells with °:"),
            Grid(["", "paper", "here"], [list(line) for line in different]),
        ]
    else:
        blocks.append(Text("All sizes are the paper's."))
    rows = []
    for name, (n, paper, new, columns, split) in findings.sizes.items():
        rows.append(
            [SETS[name].title, f"{n:,}", f"{paper:,}" if paper else "not in the paper", f"{new:,}",
             f"{columns:,}", split]
        )  # fmt: skip
    rows += [[SETS[name].title, why, "", "", "", ""] for name, why in findings.missing.items()]
    headers = ["data", "training rows", "in the paper", "test rows", "columns", "parts"]
    blocks.append(Grid(headers, rows))
    return [*blocks, *_times(findings)]


def _times(findings: Findings) -> list[Block]:
    """Tell how long the fits took, by method."""
    spent: dict[str, list[float]] = {}
    for task in findings.wanted.tasks(findings.store.budget):
        result = findings.store.read(task)
        if result is not None:
            name = "Table 8" if task.few else METHODS[task.method].title
            one = spent.setdefault(name, [0.0, 0.0, 0.0, 0.0])
            one[0] += 1
            one[1] += float(result.facts["fit_s"])
            one[2] += float(result.facts["score_s"])
            one[3] += float(result.facts["cpu_s"])
    if not spent:
        return []
    spent["all"] = [sum(part) for part in zip(*spent.values(), strict=True)]
    rows = [[name, *(f"{part:,.0f}" for part in parts)] for name, parts in spent.items()]
    headers = ["method", "fits", "seconds of fits", "seconds of scores", "seconds of all threads"]
    return [Grid(headers, rows)]


def _processor() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores"


def _order(findings: Findings) -> list[Block]:
    outcomes = relations(findings.measured, _rows_of(findings))
    known = [outcome for outcome in outcomes if outcome.holds is not None]
    kept = sum(bool(outcome.holds) for outcome in known)
    rows = [
        [
            SETS[o.data].title,
            o.where,
            o.text,
            "holds" if o.holds else why_not(findings, o),
            o.numbers,
        ]
        for o in known
    ]
    text = (
        f"Relations that hold in every row of the paper's tables: {kept} of {len(known)} hold "
        f"here, {len(outcomes) - len(known)} lack a number. One that does not hold says which "
        "numbers are on the wrong side, what of them was smaller than in the paper, and whether "
        "the gap is more than chance."
    )
    headers = ["data", "where", "relation", "here", "left | right"]
    return [Heading("Order of the methods"), Text(text), Grid(headers, rows)]


def why_not(findings: Findings, outcome: Outcome) -> str:
    """Say what may be the reason that a relation does not hold; empty where it does."""
    if outcome.holds:
        return ""
    reasons = []
    for one in outcome.breaking:
        cell = findings.cell(outcome.data, one.method, one.dimensions, one.labels, one.metric)
        title = VARIANTS[one.method] if one.labels else METHODS[one.method].title
        reasons.append(f"{title} ({cell.size})" if cell.size else title)
    said = f"DOES NOT HOLD by {outcome.gap:.4f}: {'; '.join(reasons)}"
    first = outcome.breaking[0]
    few, sizes = findings.store.budget.few_new, findings.sizes.get(outcome.data)
    if first.metric not in ("knn1", "knn5", "accuracy") or sizes is None or first.value is None:
        return said
    judged = sizes[2] if not first.labels or few is None else min(few, sizes[2])
    chance = 2 * math.sqrt(2 * first.value * (1 - first.value) / judged)
    word = "within" if outcome.gap <= chance else "beyond"
    return f"{said}. {word} chance: two standard errors of {judged:,} test rows are {chance:.4f}"


def _figure(findings: Findings, figure: int) -> list[Block]:
    heading, text, png = draw_figure(findings, figure)
    blocks: list[Block] = [Heading(f"Fig. {figure}. {heading}"), Text(text)]
    if png is not None:
        blocks.append(Picture(f"figure{figure}", png, heading))
    if figure == 10:
        rows = [
            [SETS[name].title]
            + [
                findings.cell(name, m, 2, "", "edge_loss")
                for m in ("umap", "parametric_umap", "direct_umap")
            ]
            for name in LOSS_DATA
            if name in findings.wanted.data
        ]
        titles = [METHODS[m].title for m in ("umap", "parametric_umap", "direct_umap")]
        if rows:
            blocks.append(Grid(["loss at the end", *titles], rows))
    if figure in (11, 12):
        metric = "embed_ms" if figure == 11 else "round_trip_ms"
        methods = [m for m in METHODS if m in _timed(figure)]
        rows = [
            [SETS[name].title, str(dimensions)]
            + [findings.cell(name, m, dimensions, "", metric) for m in methods]
            for name in _rows_of(findings)
            for dimensions in DIMENSIONS
        ]
        headers = ["ms a row", "dim.", *(METHODS[m].title for m in methods)]
        if rows:
            blocks.append(Grid(headers, rows))
    return blocks


def _timed(figure: int) -> tuple[str, ...]:
    return ("tsne", "umap", "parametric_umap", "pca") if figure == 11 else (
        "umap", "parametric_umap", "pca"
    )  # fmt: skip
