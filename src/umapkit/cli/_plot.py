"""``umapkit plot``: a map as a picture or an interactive page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from umapkit._pictures import categories
from umapkit.cli._options import Debug, Quiet
from umapkit.cli._report import say
from umapkit.data import MapFile, read_map

_PICTURES = (".png", ".svg", ".pdf")
_PAGES = (".html", ".htm")
_DPI = 150

MapArgument = Annotated[str, typer.Argument(metavar="MAP", help="File that 'umapkit fit' wrote.")]
PictureOut = Annotated[
    str, typer.Option("--output", "-o", help="File to write: .png, .svg, .pdf or .html.")
]
Labels = Annotated[str | None, typer.Option(help="Column of the map's file: colour by category.")]
Values = Annotated[str | None, typer.Option(help="Column of the map's file: colour by number.")]
Title = Annotated[str | None, typer.Option(help="Title.")]


def plot(
    map_file: MapArgument,
    *,
    output: PictureOut,
    labels: Labels = None,
    values: Values = None,
    title: Title = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw a map: a picture, or an interactive page that works without a network."""
    del debug  # read by the wrapper
    ending = Path(output).suffix.lower()
    if ending not in _PICTURES + _PAGES:
        msg = f"{output}: cannot draw this. Its name must end in {', '.join(_PICTURES + _PAGES)}."
        raise ValueError(msg)
    if labels is not None and values is not None:
        msg = "--labels and --values exclude each other: a point has one colour. Give one of them."
        raise ValueError(msg)
    if not Path(output).absolute().parent.is_dir():
        msg = f"The folder {Path(output).absolute().parent} does not exist. Create it first."
        raise FileNotFoundError(msg)
    drawn = read_map(map_file)
    if drawn.embedding.shape[1] != 2:
        msg = (
            f"{map_file} has {drawn.embedding.shape[1]} dimensions; only maps of 2 can be drawn. "
            "Fit with --n-components 2."
        )
        raise ValueError(msg)
    if ending in _PAGES:
        _page(drawn, output, labels, values, title or Path(map_file).stem)
    else:
        _picture(drawn, output, labels, values, title)
    if not quiet:
        say(f"{len(drawn.embedding):,} points drawn in {output}")


def _picture(
    drawn: MapFile, output: str, labels: str | None, values: str | None, title: str | None
) -> None:
    from umapkit.plot import points

    axes = points(
        drawn.embedding,
        labels=None if labels is None else _column(drawn, labels),
        values=None if values is None else _column(drawn, values),
        title=title,
    )
    figure: Any = axes.figure
    figure.savefig(output, dpi=_DPI)


def _page(drawn: MapFile, output: str, labels: str | None, values: str | None, title: str) -> None:
    from umapkit.view import write_page

    columns: dict[str, Any] = dict(drawn.columns)
    if drawn.ids is not None:
        columns["id"] = drawn.ids
    if labels is not None:
        # Names, so that numbers of classes are categories however many there are, as in a picture.
        found = categories(_column(drawn, labels), minus_one_is_missing=True)
        columns[labels] = [None if code < 0 else found.names[code] for code in found.codes]
    if values is not None:
        columns[values] = _column(drawn, values).astype(float)
    write_page(output, drawn.embedding, columns=columns, color_by=labels or values, title=title)


def _column(drawn: MapFile, name: str) -> NDArray[Any]:
    if name == "id" and drawn.ids is not None:
        return drawn.ids
    if name not in drawn.columns:
        have = ", ".join(drawn.columns) or "no further columns"
        msg = f"The map has no column {name!r}. It has: {have}."
        raise ValueError(msg)
    return drawn.columns[name]
