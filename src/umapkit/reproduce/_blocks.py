"""What a page is made of, and the two ways to write it: one HTML file, Markdown with pictures."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from umapkit.reproduce._findings import Cell


@dataclass(frozen=True)
class Heading:
    """A heading."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table; entries are text, or cells with two numbers."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]


@dataclass(frozen=True)
class Picture:
    """A picture, as the bytes of a PNG."""

    name: str
    png: bytes = field(repr=False)
    text: str


Block = Heading | Text | Points | Grid | Picture
_MARKS = {"within": "", "better": " ▲", "worse": " ▼", "artefact": " ★", "alone": "", "empty": ""}
SMALLER = "°"

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: right;
  vertical-align: top }
th:first-child, td:first-child, td.words { text-align: left }
td small { color: #666; display: block }
td.better { background: #e4f2e7 } td.worse { background: #fbe3df }
td.artefact { background: #f2eefa }
td.empty { color: #777 }
img { max-width: 100% }
.wide { overflow-x: auto }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818 } th, td { border-color: #444 }
  td small { color: #aaa }
  td.better { background: #1d3a25 } td.worse { background: #4a211b }
  td.artefact { background: #332a4a }
  img { background: #fff }
}
"""


def number(value: float, metric: str) -> str:
    """Write a number: four places, or three digits of a time."""
    if not metric.endswith("_ms"):
        return f"{value:.4f}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


class Reasons:
    """Footnotes of a table: equal reasons get one letter."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def letter(self, reason: str) -> str:
        """Return the letter of a reason."""
        if reason not in self.known:
            n = len(self.known)
            self.known[reason] = chr(97 + n % 26) * (1 + n // 26)
        return self.known[reason]

    def lines(self) -> list[str]:
        """List the footnotes."""
        return [f"({letter}) {reason}" for reason, letter in self.known.items()]


def _two(cell: Cell, reasons: Reasons) -> tuple[str, str]:
    """Return what stands above and below in a cell."""
    below = "" if cell.published is None else number(cell.published.value, cell.metric)
    if cell.measured is None:
        return f"– ({reasons.letter(cell.reason)})", below
    above = number(cell.measured, cell.metric)
    if cell.spread is not None:
        above += f" ± {number(cell.spread, cell.metric)}"
    return above + (SMALLER if cell.size else "") + _MARKS[cell.state], below


def as_html(title: str, blocks: Sequence[Block]) -> str:
    """Write one file that needs no other."""
    out = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{html.escape(title)}</h1>",
    ]
    for block in blocks:
        if isinstance(block, Heading):
            out.append(f"<h{block.level}>{html.escape(block.text)}</h{block.level}>")
        elif isinstance(block, Text):
            out.append(f"<p>{html.escape(block.text)}</p>")
        elif isinstance(block, Points):
            items = "".join(f"<li>{html.escape(line)}</li>" for line in block.lines)
            out.append(f"<ul>{items}</ul>")
        elif isinstance(block, Picture):
            coded = base64.b64encode(block.png).decode("ascii")
            text = html.escape(block.text, quote=True)
            out.append(f'<p><img alt="{text}" src="data:image/png;base64,{coded}"></p>')
        else:
            out.append(_html_grid(block))
    return "\n".join(out) + "\n"


def _html_grid(grid: Grid) -> str:
    reasons = Reasons()
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in grid.headers)
    rows = []
    for row in grid.rows:
        cells = []
        for entry in row:
            if isinstance(entry, str):
                cells.append(f"<td class=words>{html.escape(entry)}</td>")
                continue
            above, below = (html.escape(part) for part in _two(entry, reasons))
            hint = html.escape(entry.reason or entry.size, quote=True)
            cells.append(
                f'<td class={entry.state} title="{hint}">{above}<small>{below}</small></td>'
            )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    notes = "".join(f"<li>{html.escape(line)}</li>" for line in reasons.lines())
    return f"<div class=wide><table><tr>{heads}</tr>{''.join(rows)}</table></div>" + (
        f"<ul>{notes}</ul>" if notes else ""
    )


def as_markdown(title: str, blocks: Sequence[Block], folder: str) -> str:
    """Write Markdown whose pictures lie in a folder beside."""
    out = [f"# {title}"]
    for block in blocks:
        if isinstance(block, Heading):
            out.append(f"{'#' * block.level} {block.text}")
        elif isinstance(block, Text):
            out.append(block.text)
        elif isinstance(block, Points):
            out.append("\n".join(f"- {line}" for line in block.lines))
        elif isinstance(block, Picture):
            out.append(f"![{block.text}]({folder}/{block.name}.png)")
        else:
            out.append(_markdown_grid(block))
    return "\n\n".join(out) + "\n"


def _markdown_grid(grid: Grid) -> str:
    reasons = Reasons()
    lines = [_line(grid.headers), _line(["---"] * len(grid.headers))]
    for row in grid.rows:
        cells = []
        for entry in row:
            if isinstance(entry, str):
                cells.append(entry)
            else:
                above, below = _two(entry, reasons)
                cells.append(f"{above} [{below}]" if below else above)
        lines.append(_line(cells))
    notes = reasons.lines()
    return "\n".join(lines) + ("\n\n" + "\n".join(f"- {note}" for note in notes) if notes else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
