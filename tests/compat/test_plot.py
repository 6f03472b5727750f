"""The names of umap.plot."""

from __future__ import annotations

import inspect
import sys
import types

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import matplotlib.pyplot as plt

import umapkit.compat.umap_learn as umap
import umapkit.compat.umap_learn.plot as umap_plot
from umapkit.plot import diagnostic_values

from .rows import random_rows

ROWS = random_rows(60, 4)
LABELS = np.repeat(["a", "b", "c"], 20)
# Parameters of umap-learn 0.5.12, in order.
SIGNATURES = {
    "points": "umap_object points labels values theme cmap color_key color_key_cmap background "
    "width height show_legend subset_points ax alpha",
    "connectivity": "umap_object edge_bundling edge_cmap show_points labels values theme cmap "
    "color_key color_key_cmap background width height",
    "diagnostic": "umap_object diagnostic_type nhood_size local_variance_threshold ax cmap "
    "point_size background width height return_diagnostics plot_result",
    "interactive": "umap_object labels values hover_data tools theme cmap color_key "
    "color_key_cmap background width height point_size subset_points interactive_text_search "
    "interactive_text_search_columns interactive_text_search_alpha_contrast alpha",
    "nearest_neighbour_distribution": "umap_object bins ax",
    "show": "plot_to_show",
}


@pytest.fixture(scope="module")
def model():
    return umap.UMAP(n_neighbors=5, n_epochs=5, random_state=0).fit(ROWS)


@pytest.fixture(autouse=True)
def quiet_figures():
    before = plt.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def test_the_parameters_are_umap_learns():
    for name, theirs in SIGNATURES.items():
        assert list(inspect.signature(getattr(umap.plot, name)).parameters) == theirs.split()
    assert umap_plot.points is umap.plot.points


def test_points(model):
    axes = umap.plot.points(model, labels=LABELS, color_key_cmap="Spectral", width=400, height=300)
    assert axes.figure.get_size_inches().tolist() == [4.0, 3.0]
    assert plt.fignum_exists(axes.figure.number)
    axes = umap.plot.points(None, points=model.embedding_, values=ROWS[:, 0], background="black")
    assert axes.get_facecolor() == (0, 0, 0, 1)
    kept = umap.plot.points(model, subset_points=np.arange(60) < 10, show_legend=False)
    assert kept.get_legend() is None
    own = plt.subplots()[1]
    assert umap.plot.points(model, ax=own) is own


@pytest.mark.parametrize(
    "theme",
    ["fire", "viridis", "inferno", "blue", "red", "green", "darkblue", "darkred", "darkgreen"],
)
def test_themes(model, theme):
    dark = theme in ("fire", "viridis", "inferno") or theme.startswith("dark")
    for coloured in ({"labels": LABELS}, {"values": ROWS[:, 1]}, {}):
        axes = umap.plot.points(model, theme=theme, **coloured)
        assert axes.get_facecolor()[:3] == ((0, 0, 0) if dark else (1, 1, 1))
        colors = np.unique(axes.collections[0].get_facecolors()[:, :3], axis=0)
        assert len(colors) == {"labels": 3, "values": len(colors)}.get(next(iter(coloured), ""), 1)
        assert len(colors) > 20 or "values" not in coloured
        plt.close("all")
    with pytest.raises(ValueError, match=r"fire.*darkgreen"):
        umap.plot.points(model, theme="foobar")


def test_connectivity(model):
    lines = umap.plot.connectivity(model).collections
    assert len(lines) == 1
    assert len(lines[0].get_segments()) == model.graph_.nnz // 2
    both = umap.plot.connectivity(
        model, show_points=True, labels=LABELS, theme="fire", edge_cmap="viridis"
    )
    assert len(both.collections) == 2
    assert both.get_facecolor()[:3] == (0, 0, 0)
    colored = umap.plot.connectivity(model, edge_cmap="viridis", labels=LABELS).collections
    assert len(colored) == 1
    assert len(np.unique(colored[0].get_colors(), axis=0)) > 20
    with pytest.raises(NotImplementedError, match="hammer"):
        umap.plot.connectivity(model, edge_bundling="hammer")


@pytest.mark.parametrize("kind", ["pca", "ica", "vq", "local_dim", "neighborhood"])
def test_diagnostics(model, kind):
    axes, found = umap.plot.diagnostic(model, kind, return_diagnostics=True)
    meant = diagnostic_values(ROWS, model.embedding_, kind=kind)
    assert np.array_equal(found, meant)
    assert len(axes.collections[0].get_offsets()) == 60
    only = umap.plot.diagnostic(model, kind, return_diagnostics=True, plot_result=False)
    assert np.array_equal(only, meant)
    assert umap.plot.diagnostic(model, kind, plot_result=False) is None
    own = plt.subplots()[1]
    assert umap.plot.diagnostic(model, kind, ax=own, point_size=3) is own


def test_all_diagnostics_at_once(model):
    axes, found = umap.plot.diagnostic(model, "all", return_diagnostics=True)
    assert [ax.get_title() for ax in axes] == list(found)
    assert len(axes[0].figure.axes) == 7  # five maps, two colour bars
    # umap-learn fails here.
    values = umap.plot.diagnostic(model, "all", return_diagnostics=True, plot_result=False)
    assert list(values) == ["pca", "ica", "vq", "local_dim", "neighborhood"]
    with pytest.raises(ValueError, match="five"):
        umap.plot.diagnostic(model, "all", ax=axes[0])
    with pytest.raises(ValueError, match="foobar"):
        umap.plot.diagnostic(model, "foobar")


def test_distribution_of_the_ties(model):
    axes = umap.plot.nearest_neighbour_distribution(model, bins=7)
    assert len(axes.patches) == 7
    assert sum(bar.get_height() for bar in axes.patches) == 60


def test_a_page_to_explore(model, tmp_path):
    page = umap.plot.interactive(
        model, labels=LABELS, hover_data={"word": [f"w{i}" for i in range(60)]}, point_size=4
    )
    text = page.save(tmp_path / "map.html").read_text(encoding="utf-8")
    assert "w17" in text
    assert page._repr_html_().startswith('<iframe width="800" height="800"')
    assert "&lt;html" in page._repr_html_()
    few = umap.plot.interactive(model, values=ROWS[:, 0], subset_points=np.arange(60) < 7)
    assert len(few._coords) == len(few._options["columns"]["value"]) == 7
    pd = pytest.importorskip("pandas")
    frame = umap.plot.interactive(model, hover_data=pd.DataFrame({"x": range(60)}))
    assert frame._options["hover"] == ["x"]
    with pytest.raises(ValueError, match="both given"):
        umap.plot.interactive(model, labels=LABELS, values=ROWS[:, 0])
    with pytest.raises(ValueError, match="60 rows"):
        umap.plot.interactive(model, labels=LABELS[:5])


@pytest.mark.parametrize(
    "given",
    [{"tools": ["pan"]}, {"theme": "fire"}, {"color_key": {"a": "red"}}, {"alpha": 0.5},
     {"interactive_text_search_columns": ["x"]}],
)  # fmt: skip
def test_what_the_page_cannot_do_is_refused(model, given):
    with pytest.raises(NotImplementedError, match=next(iter(given))):
        umap.plot.interactive(model, **given)


def test_showing(model, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(plt, "show", lambda: calls.append("window"))
    umap.plot.show(umap.plot.points(model))
    monkeypatch.setattr("webbrowser.open", calls.append)
    page = umap.plot.interactive(model)
    where = umap_plot.interactive.__globals__["_where"]
    monkeypatch.setitem(where, "page", None)
    umap.plot.output_file(tmp_path / "here.html")
    umap.plot.show(page)
    assert calls == ["window", (tmp_path / "here.html").as_uri()]
    shown = types.ModuleType("IPython.display")
    shown.display = calls.append
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    umap.plot.output_notebook()
    umap.plot.show(page)
    assert calls[2] is page
    with pytest.raises(TypeError, match="no picture"):
        umap.plot.show(3)
