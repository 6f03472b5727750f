"""Write a map as one self-contained HTML page.

The page obeys a Content-Security-Policy of its own that forbids every request and every script and
style but the two in the file, which it names by their SHA-256. Data travel as JSON in a script
element of type application/json with ``<``, ``>``, ``&`` and the two line separators escaped, so
that no value can close the element; the page shows text by ``textContent`` only.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from umapkit._pictures import (
    BLUES,
    VIRIDIS,
    Background,
    as_map,
    distinct_colors,
    drawing_order,
    unlabelled_color,
)

from ._columns import encode_column, packed

_SCRIPTS = ("data.js", "canvas.js", "webgl.js", "colors.js", "panel.js", "page.js")
_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
# Categories beyond this share one colour on the page, "other", chosen by size.
_MOST_LEVELS = 60


def write_page(
    path: str | os.PathLike[str],
    coords: Any,
    *,
    columns: Mapping[str, Any] | None = None,
    labels: ArrayLike | Sequence[Any] | None = None,
    hover: Sequence[str] | None = None,
    color_by: str | None = None,
    title: str = "Map",
    note: str | None = None,
    point_size: float | None = None,
    background: Literal["auto", "white", "black"] = "auto",
) -> Path:
    """Write an interactive map to one HTML file.

    The file works offline and from ``file://`` in any browser with WebGL 2 (without it, a slower
    plain canvas, which the page says). It pans, zooms, shows the columns of a point under the
    pointer, colours by any column, filters by the legend and searches text. Smooth at 70,000
    points; meant for up to 1,000,000, of which the coordinates take 11 MB in the file and each
    column 1.3 to 11 MB.

    Parameters
    ----------
    path : path-like
        File to write; one that exists is replaced once the new one is complete.
    coords : array-like of shape (n, 2), or a fitted model
        Positions, or an object with ``embedding_``; kept as float32. Rows with NaN are left out
        of the picture, with a warning.
    columns : mapping of name to sequence of n entries, or data frame, optional
        What is known about the rows: a dict, or a pandas, polars or pyarrow table. Floats are
        numbers; integers too, or categories where they take at most 20 values or have more
        digits than a number of the page holds (beyond 2**53); dates are times; everything else
        is a category by its ``str``. None and NaN are missing. Turn a column into text to force
        a category, into floats to force a number.
    labels : array-like of shape (n,), optional
        A category for each row, shown as a column "label" and coloured first; -1, None and NaN
        mean unlabelled.
    hover : sequence of str, optional
        Columns that the tooltip shows, in this order. By default all.
    color_by : str, optional
        Column that the page opens with. By default `labels`, else the first column.
    title : str, default "Map"
        Heading and title of the page.
    note : str, optional
        A line at the foot of the panel: quality figures, source of the data.
    point_size : float, optional
        Diameter of a point in CSS pixels at the first zoom; the reader can change it. By default
        chosen from n and the window.
    background : "auto", "white" or "black", default "auto"
        "auto" follows the reader's system; the page has a switch either way.

    Returns
    -------
    pathlib.Path
        Where the page was written.

    Raises
    ------
    ValueError
        If lengths do not fit, names are not known or not unique, or `coords` is not a map.
    TypeError
        If `columns` is no mapping or the model was not fitted.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> page = write_page(folder + "/map.html", [[0, 0], [1, 2]], columns={"name": ["a", "b"]})
    >>> page.name
    'map.html'
    """
    positions = as_map(coords, name="coords")
    n = positions.shape[0]
    encoded = _encoded(columns, labels, n)
    names = [column["name"] for column in encoded]
    if background not in ("auto", "white", "black"):
        msg = f"background={background!r} is not known. Give 'auto', 'white' or 'black'."
        raise ValueError(msg)
    if point_size is not None and not (np.isfinite(point_size) and point_size > 0):
        msg = f"point_size={point_size!r} is no diameter. Give a positive number, or None."
        raise ValueError(msg)
    if color_by is not None:
        _known("color_by", [color_by], names)
    if hover is not None:
        if isinstance(hover, str):
            msg = f"hover={hover!r} is one text. Give a list of column names, [{hover!r}]."
            raise TypeError(msg)
        _known("hover", hover, names)
    with np.errstate(over="ignore"):
        single = positions.astype(np.float32)
    if not np.isfinite(single[~np.isnan(positions).any(axis=1)]).all():
        msg = "coords holds numbers beyond float32 (about 3e38). Scale the map down."
        raise ValueError(msg)
    themes: tuple[Background, Background] = ("white", "black")
    data = {
        "title": str(title),
        "note": None if note is None else str(note),
        "n": n,
        "xy": packed(single, "f4"),
        "order": packed(drawing_order(n), "u4"),
        "columns": encoded,
        "hover": names if hover is None else list(hover),
        "colorBy": color_by if color_by is not None else (names[0] if names else None),
        "pointSize": point_size,
        "background": background,
        "mostLevels": _MOST_LEVELS,
        "palettes": {b: distinct_colors(_MOST_LEVELS, b) for b in themes},
        "plain": BLUES,
        "missing": {b: unlabelled_color(b) for b in themes},
        "scale": VIRIDIS,
    }
    target = Path(path)
    _replace(target, _assembled(str(title), data))
    return target


def _encoded(columns: Any, labels: Any, n: int) -> list[dict[str, Any]]:
    encoded = []
    if labels is not None:
        encoded.append(encode_column("label", labels, n, category=True))
    if columns is None:
        return encoded
    columns = _as_mapping(columns)
    for key in columns:
        name = str(key)
        if any(column["name"] == name for column in encoded):
            more = " (labels takes the name 'label')" if labels is not None else ""
            msg = f"Two columns are called {name!r}{more}. Rename one of them."
            raise ValueError(msg)
        encoded.append(encode_column(name, columns[key], n))
    return encoded


def _as_mapping(columns: Any) -> Any:
    if hasattr(columns, "keys") and hasattr(columns, "__getitem__"):
        return columns
    import narwhals

    frame = narwhals.from_native(columns, eager_only=True, pass_through=True)
    if isinstance(frame, narwhals.DataFrame):
        return {name: frame[name].to_numpy() for name in frame.columns}
    msg = (
        f"columns is a {type(columns).__name__}. Give a mapping of names to sequences, "
        "{'name': [...], ...}, or a data frame (pandas, polars, pyarrow)."
    )
    raise TypeError(msg)


def _known(argument: str, given: Sequence[str], names: list[str]) -> None:
    for name in given:
        if name not in names:
            msg = f"{argument} names the column {name!r}; the page has {names or 'no columns'}."
            raise ValueError(msg)


def _assembled(title: str, data: dict[str, Any]) -> str:
    folder = resources.files("umapkit.view") / "static"

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    style = part("page.css")
    script = '"use strict";\n(() => {\n' + "\n".join(part(name) for name in _SCRIPTS) + "})();\n"
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate, which a file name read by Python may hold, has no UTF-8.
    text = text.encode("utf-8", "replace").decode("utf-8")
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; "
        f"style-src 'sha256-{_digest(style)}'; base-uri 'none'; form-action 'none'"
    )
    pieces = {
        "POLICY": policy,
        "TITLE": html.escape(title.encode("utf-8", "replace").decode("utf-8")),
        "STYLE": style,
        "DATA": text,
        "SCRIPT": script,
    }
    # One pass, so that a piece that holds a marker is never filled in again.
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda match: pieces[match[1]], part("page.html"))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _replace(target: Path, text: str) -> None:
    """Write beside the target, then rename: a failed write leaves no half page."""
    if not target.parent.is_dir():
        msg = f"There is no folder {str(target.parent)!r} to write {target.name!r} into. Create it."
        raise FileNotFoundError(msg)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
