"""README's table of speed and quality, out of benchmarks/records.

    python tools/readme_table.py            # rewrite the table in README.md
    python tools/readme_table.py --check    # tell whether it is that of the records

Records are CSV files, one line a measured number: when, on which machine, by which command, of
which data, method and version. A later line replaces an earlier one of the same number.
`benchmarks/side_by_side.py --keep FILE` appends to such a file.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- table: tools/readme_table.py -->", "<!-- end of table -->"
THEIRS, OURS = "umap-learn", "umapkit"

Number = tuple[str, str, str]  # data, method, quantity


def read_records(folder: Path) -> dict[Number, float]:
    """Return the last number of every data, method and quantity."""
    lines = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            lines += list(csv.DictReader(file))
    lines.sort(key=lambda line: line["date"])
    return {(one["data"], one["method"], one["quantity"]): float(one["value"]) for one in lines}


def seconds(value: float) -> str:
    """Three digits or so."""
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def whole_seconds(value: float) -> str:
    """Without places."""
    return f"{value:.0f} s"


def milliseconds(value: float) -> str:
    """Three digits, or whole from 100 on."""
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def megabytes(value: float) -> str:
    """Whole ones."""
    return f"{value:,.0f} MB"


def gigabytes(value: float) -> str:
    """One place, out of megabytes."""
    return f"{value / 1000:.1f} GB"


def score(value: float) -> str:
    """Three places, no zero in front."""
    return f"{value:.3f}".removeprefix("0")


@dataclass(frozen=True)
class Line:
    """A line of the table: quantities of one set, written in one way each."""

    label: str
    data: str
    parts: Sequence[tuple[str, Callable[[float], str]]]
    between: str = ", "
    bold: int = 0  # so many of our parts, the first ones, are set in bold
    suffix: str = ""  # behind both methods' names: "-densmap"
    alone: bool = False  # nobody else was measured


_SCORES = (("trustworthiness(5)", score), ("5-NN accuracy", score), ("silhouette", score))
_DENSE = (("density correlation", score), ("trustworthiness(5)", score), ("5-NN accuracy", score))
LINES = (
    Line("MNIST, 70,000 × 784: warm fit", "mnist", [("warm, s", seconds)], bold=1),
    Line("… peak memory", "mnist", [("peak MB", megabytes)], bold=1),
    Line("… trustworthiness / 5-NN accuracy / silhouette", "mnist", _SCORES, " / "),
    Line("… on 50 principal components", "mnist@50", [("warm, s", seconds)], bold=1),
    Line("… 10,000 new rows: 5-NN accuracy", "mnist", [("new rows: 5-NN accuracy", score)]),
    Line("… time of the first call, of later ones", "mnist",
         [("new rows: first call, s", seconds), ("new rows: later call, s", seconds)], bold=1),
    Line("… one row alone", "mnist", [("one row, ms", milliseconds)], bold=1),
    Line("… densMAP, 30 neighbours", "mnist", [("fit, s", seconds)], bold=1, suffix="-densmap"),
    Line("… density correlation / trustworthiness / 5-NN", "mnist", _DENSE, " / ",
         suffix="-densmap"),
    Line("… half the labels known: 5-NN accuracy of new rows", "mnist",
         [("half the labels: 5-NN accuracy", score),
          ("half the labels, in turns: 5-NN accuracy", score)], " to "),
    Line("… back from the map to a row", "mnist", [("back, ms", milliseconds)], bold=1),
    Line("… its mean squared error, new rows", "mnist", [("back, MSE", score)]),
    Line("Fashion-MNIST: warm fit", "fashion_mnist", [("warm, s", seconds)], bold=1),
    Line("… trustworthiness / 5-NN / silhouette", "fashion_mnist", _SCORES, " / "),
    Line("digits: second fit", "digits", [("warm, s", seconds)], bold=1),
    Line("… fresh process, import and fit", "digits", [("cold, s", seconds)], bold=1),
    Line("10,000 × 50,000 sparse, cosine: warm fit", "texts", [("warm, s", seconds)], bold=1),
    Line("1,000,000 × 50 (made; 107 components in the graph)", "tanh:1000000",
         [("fit, s", whole_seconds), ("peak MB", gigabytes)], bold=1, alone=True),
)  # fmt: skip


def cell(line: Line, method: str, records: dict[Number, float]) -> str:
    """Return one method's cell; what it was not measured for is left out.

    Raises
    ------
    KeyError
        If none of it was measured.
    """
    found = []
    for place, (quantity, written) in enumerate(line.parts):
        value = records.get((line.data, method + line.suffix, quantity))
        if value is not None:
            text = written(value)
            found.append(f"**{text}**" if method == OURS and place < line.bold else text)
    if not found:
        msg = f"The records have no number of {method}{line.suffix} for {line.label!r}."
        raise KeyError(msg)
    return line.between.join(found)


def table(records: dict[Number, float]) -> str:
    """Return the table."""
    out = [f"| | {THEIRS} | {OURS} |", "| --- | --- | --- |"]
    for line in LINES:
        theirs = "" if line.alone else f" {cell(line, THEIRS, records)}"
        out.append(f"| {line.label} |{theirs} | {cell(line, OURS, records)} |")
    return "\n".join(out)


def with_table(text: str, made: str) -> str:
    """Put the table between its two marks.

    Raises
    ------
    ValueError
        If they are not there, once each.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        msg = f"The text needs one line {BEGIN!r}, and one {END!r} below it."
        raise ValueError(msg)
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{rest.split(END)[1]}"


def main() -> int:
    """Rewrite README.md, or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if it differs")
    parser.add_argument("--records", type=Path, default=ROOT / "benchmarks" / "records")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    asked = parser.parse_args()
    text = asked.readme.read_text(encoding="utf-8")
    wanted = with_table(text, table(read_records(asked.records)))
    if asked.check:
        if wanted != text:
            sys.stderr.write(f"{asked.readme}: the table is not that of {asked.records}\n")
        return int(wanted != text)
    asked.readme.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
