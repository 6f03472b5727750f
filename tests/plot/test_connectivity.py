from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

pytest.importorskip("matplotlib")

from matplotlib.collections import LineCollection, PathCollection

from umapkit import find_neighbors, fuzzy_graph
from umapkit.plot import connectivity
from umapkit.plot._edges import crossings


def _rows(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)


def _graph(rows):
    return fuzzy_graph(find_neighbors(rows, n_neighbors=5))


class _Model:
    embedding_ = _rows(40)
    graph_ = _graph(embedding_)


def test_every_edge_is_one_line_between_its_points():
    ax = connectivity(_Model())
    (lines,) = ax.collections
    assert isinstance(lines, LineCollection)
    drawn = {tuple(np.sort(np.asarray(s), axis=0).ravel().round(5)) for s in lines.get_segments()}
    graph = _Model.graph_.tocoo()
    ends = zip(*graph.coords, strict=True)
    places = np.float64(_Model.embedding_)
    meant = {tuple(np.sort(places[[i, j]], axis=0).ravel().round(5)) for i, j in ends if i < j}
    assert drawn == meant
    opacity = lines.get_colors()[:, 3]
    assert (np.diff(opacity) >= 0).all()
    assert opacity[-1] == pytest.approx(0.7)


def test_points_lie_over_the_edges_where_asked_for():
    plain = connectivity(_Model())
    assert len(plain.collections) == 1
    with_points = connectivity(_Model(), labels=np.arange(40) % 2, background="black")
    dots = [c for c in with_points.collections if isinstance(c, PathCollection)]
    lines = [c for c in with_points.collections if isinstance(c, LineCollection)]
    assert len(dots) == len(lines) == 1
    assert lines[0].get_zorder() < dots[0].get_zorder()
    assert [t.get_text() for t in with_points.get_legend().get_texts()] == ["0", "1"]
    assert len(connectivity(_Model(), show_points=True).collections) == 2


def test_many_edges_are_one_image():
    rows = _rows(9000)
    ax = connectivity(rows, graph=_graph(rows), edge_color="red")
    assert not ax.collections
    (image,) = ax.images
    pixels = np.asarray(image.get_array())
    inked = pixels[pixels[:, :, 3] > 0]
    assert 0.02 < len(inked) / (pixels.shape[0] * pixels.shape[1]) < 0.9
    assert np.array_equal(np.unique(inked[:, :3], axis=0), [[1, 0, 0]])
    assert inked[:, 3].max() == 1


def test_cells_of_an_edge_are_those_it_crosses():
    """Against the exact crossing of a line with a grid of unit squares, for random edges."""
    rng = np.random.default_rng(3)
    coords = rng.uniform(0, 10, size=(12, 2))
    ends = rng.integers(0, 12, size=(9, 2))
    weights = rng.uniform(0.1, 1, size=9)
    found = crossings(coords, ends, weights, (0.0, 10.0, 0.0, 10.0), (10, 10)).reshape(10, 10)
    share = np.linspace(0, 1, 4001)[:, None]
    most = np.zeros((10, 10))
    for (i, j), weight in zip(ends, weights, strict=True):
        line = coords[i] + share * (coords[j] - coords[i])
        column, row = np.minimum(line.astype(int), 9).T
        touched = np.zeros((10, 10), dtype=bool)
        touched[row, column] = True
        most += weight * touched
    # Steps of a cell may pass over a corner, but never leave a row or a column out.
    assert (found <= most + 1e-9).all()
    assert ((found > 0).any(axis=0) == (most > 0).any(axis=0)).all()
    assert ((found > 0).any(axis=1) == (most > 0).any(axis=1)).all()
    assert found.sum() > 0.7 * most.sum()


def test_rows_without_a_place_have_no_edges():
    places = np.float64(_Model.embedding_)
    places[7] = np.nan
    with pytest.warns(UserWarning, match="NaN"):
        ax = connectivity(places, graph=_Model.graph_, show_points=True)
    lines, dots = sorted(ax.collections, key=lambda c: c.get_zorder())
    lost = csr_array(_Model.graph_)[[7]].nnz
    assert len(lines.get_segments()) == _Model.graph_.nnz // 2 - lost
    assert len(dots.get_offsets()) == 39


def test_colours_of_the_edges():
    by_weight = connectivity(_Model(), edge_cmap="viridis").collections[0].get_colors()
    assert len(np.unique(by_weight, axis=0)) > 20
    with pytest.raises(ValueError, match="both given"):
        connectivity(_Model(), edge_cmap="viridis", edge_color="red")
    with pytest.raises(ValueError, match="no colour map"):
        connectivity(_Model(), edge_cmap="foobar")


def test_what_does_not_fit_is_refused():
    places = _Model.embedding_
    with pytest.raises(ValueError, match="no graph"):
        connectivity(places)
    with pytest.raises(ValueError, match=r"\(39, 40\)"):
        connectivity(places, graph=csr_array(np.ones((39, 40))))
    with pytest.raises(ValueError, match="ndarray"):
        connectivity(places, graph=np.ones((40, 40)))
    with pytest.raises(ValueError, match="show_points"):
        connectivity(_Model(), size=3.0)


def test_a_graph_without_edges_is_an_empty_picture():
    ax = connectivity(_Model.embedding_, graph=csr_array((40, 40)))
    assert ax.collections[0].get_segments() == []
    ax.figure.canvas.draw()
