"""umap-learn's interactive picture, as an HTML page, and what shows pictures."""

from __future__ import annotations

import html
import importlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from umapkit._pictures import as_map, same_length
from umapkit.compat.umap_learn._parameters import refuse

# Where `show` puts pages: None for a browser, "notebook", or the name of a file. bokeh, whose
# functions umap-learn passes on, keeps such a state, too.
_where: dict[str, str | None] = {"page": None}


class Page:
    """A map as an HTML page; a notebook shows it as the last value of a cell."""

    def __init__(self, coords: Any, options: Mapping[str, Any], width: int, height: int) -> None:
        self._coords, self._options = coords, dict(options)
        self._size = (width, height)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file; see `umapkit.view.write_page`."""
        from umapkit.view import write_page

        return write_page(path, self._coords, **self._options)

    def _repr_html_(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            page = self.save(Path(folder) / "map.html").read_text(encoding="utf-8")
        width, height = self._size
        return (
            f'<iframe width="{width}" height="{height}" style="border: 0" '
            f'srcdoc="{html.escape(page)}"></iframe>'
        )


def interactive(
    umap_object: Any,
    labels: ArrayLike | None = None,
    values: ArrayLike | None = None,
    hover_data: Any = None,
    tools: Any = None,
    theme: str | None = None,
    cmap: Any = None,
    color_key: Any = None,
    color_key_cmap: Any = None,
    background: str = "white",
    width: int = 800,
    height: int = 800,
    point_size: float | None = None,
    subset_points: ArrayLike | None = None,
    interactive_text_search: bool = False,
    interactive_text_search_columns: Any = None,
    interactive_text_search_alpha_contrast: float = 0.95,
    alpha: float | None = None,
) -> Page:
    """Make a page to explore; see `umapkit.view.write_page`, whose page it is.

    Parameters
    ----------
    umap_object : fitted model
        With `embedding_` of two dimensions.
    labels, values : array of shape (n,), optional
        Categories or numbers that colour the points, not both.
    hover_data : data frame or mapping, optional
        Columns that the tooltip shows.
    background : "white" or "black", default "white"
        Colour behind the points.
    width, height : int, default 800
        Pixels in a notebook.
    point_size : float, optional
        Diameter of a point in pixels.
    subset_points : bool array of shape (n,), optional
        Show only these.
    interactive_text_search : bool
        The page has a search over all columns either way.
    tools, theme, cmap, color_key, color_key_cmap, interactive_text_search_columns, \
interactive_text_search_alpha_contrast, alpha
        bokeh's; only their defaults are taken.

    Returns
    -------
    Page
        To be shown by a notebook or `show`, or written by its ``save(path)``.

    Raises
    ------
    NotImplementedError
        For what the page cannot do.
    ValueError
        If lengths do not fit or labels and values are both given.
    """
    for name, given, default in (
        ("tools", tools, None),
        ("theme", theme, None),
        ("cmap", cmap, None),
        ("color_key", color_key, None),
        ("color_key_cmap", color_key_cmap, None),
        ("interactive_text_search_columns", interactive_text_search_columns, None),
        (
            "interactive_text_search_alpha_contrast",
            interactive_text_search_alpha_contrast,
            0.95,
        ),
        ("alpha", alpha, None),
    ):
        if given is not default and given != default:
            refuse(f"interactive({name}=...)")
    if labels is not None and values is not None:
        msg = "labels and values were both given, but a point has one colour. Give one of them."
        raise ValueError(msg)
    coords = as_map(umap_object, name="umap_object")
    kept = np.arange(len(coords))
    if subset_points is not None:
        kept = kept[same_length(subset_points, len(coords), name="subset_points").astype(bool)]
    columns: dict[str, Any] = {}
    if values is not None:
        columns["value"] = same_length(values, len(coords), name="values")[kept].astype(float)
    hover = None
    if hover_data is not None:
        hover = [str(name) for name in hover_data]
        for name in hover_data:
            columns[str(name)] = same_length(
                np.asarray(hover_data[name]), len(coords), name=f"hover_data[{name!r}]"
            )[kept]
    options: dict[str, Any] = {
        "columns": columns,
        "labels": None if labels is None else same_length(labels, len(coords), name="labels")[kept],
        "hover": hover,
        "color_by": "value" if values is not None else None,
        "background": background,
        "point_size": point_size,
    }
    return Page(coords[kept], options, width, height)


def show(plot_to_show: Any) -> None:
    """Show a picture (matplotlib Axes) in a window, or a page where `output_file` said.

    Parameters
    ----------
    plot_to_show : matplotlib Axes or page
        What `points`, `connectivity`, `diagnostic` or `interactive` returned.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if isinstance(plot_to_show, Page):
        _show_page(plot_to_show)
        return
    from matplotlib.axes import Axes

    if not isinstance(plot_to_show, Axes):
        msg = f"A {type(plot_to_show).__name__} is no picture of this module. Give what it returns."
        raise TypeError(msg)
    import matplotlib.pyplot as plt

    plt.show()


def output_file(filename: str | os.PathLike[str]) -> None:
    """Let `show` write pages to this file and open it in a browser."""
    _where["page"] = os.fspath(filename)


def output_notebook() -> None:
    """Let `show` put pages into the notebook."""
    _where["page"] = "notebook"


def _show_page(page: Page) -> None:
    where = _where["page"]
    if where == "notebook":
        # Whoever calls this in a notebook has IPython; no one else needs it.
        importlib.import_module("IPython.display").display(page)
        return
    if where is None:
        where = str(Path(tempfile.mkdtemp(prefix="umapkit-")) / "map.html")
    import webbrowser

    webbrowser.open(page.save(where).absolute().as_uri())
