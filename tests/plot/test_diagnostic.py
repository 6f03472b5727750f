from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from umapkit import UMAP
from umapkit.plot import diagnostic, diagnostic_values, points

KINDS = ("neighborhood", "local_dim", "pca", "ica", "vq")


def _rows(n=120, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def _neighbours(rows, k):
    distances = ((rows[:, None].astype(np.float64) - rows[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def test_neighbours_kept_are_counted_as_sets():
    rows, places = _rows(), _rows(d=2, seed=1)
    found = diagnostic_values(rows, places, n_neighbors=7)
    here, there = _neighbours(rows, 7), _neighbours(places, 7)
    for i in range(120):
        one, other = set(here[i]), set(there[i])
        assert found[i] == pytest.approx(len(one & other) / len(one | other))
    assert (diagnostic_values(places, places, n_neighbors=7) == 1).all()


def test_local_dimension_is_that_of_flat_pieces():
    rng = np.random.default_rng(0)
    line = np.outer(rng.uniform(size=60), rng.normal(size=8))
    plane = rng.uniform(size=(60, 2)) @ rng.normal(size=(2, 8)) + 50
    ball = rng.normal(size=(400, 8)) - 80
    rows = np.concatenate([line, plane, ball])
    found = diagnostic_values(rows, rows[:, :2], kind="local_dim", n_neighbors=20, variance=0.999)
    assert (found[:60] == 1).all()
    assert (found[60:120] == 2).all()
    assert (found[120:] == 8).all()
    less = diagnostic_values(rows, rows[:, :2], kind="local_dim", n_neighbors=20, variance=0.5)
    assert (less <= found).all()
    same = diagnostic_values(np.ones((30, 3)), rows[:30, :2], kind="local_dim", n_neighbors=4)
    assert (same == 0).all()


def test_the_local_dimension_does_not_depend_on_blocks(monkeypatch):
    rows = _rows()
    whole = diagnostic_values(rows, rows[:, :2], kind="local_dim")
    monkeypatch.setattr("umapkit.plot._diagnostics._BLOCK", 300)
    assert np.array_equal(diagnostic_values(rows, rows[:, :2], kind="local_dim"), whole)


@pytest.mark.parametrize("kind", ["pca", "ica", "vq"])
def test_colours_follow_the_data(kind):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.laplace(size=(50, 6)) + 20 * np.eye(6)[i] for i in range(3)])
    found = diagnostic_values(rows, rows[:, :2], kind=kind)
    assert found.shape == (150, 3)
    assert found.min() >= 0
    assert found.max() <= 1
    inside = np.mean([found[i : i + 50].std(axis=0).mean() for i in (0, 50, 100)])
    assert found.std(axis=0).mean() > 2 * inside
    assert np.array_equal(found, diagnostic_values(rows, rows[:, :2], kind=kind))


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_model(kind):
    rows = _rows()
    model = UMAP(n_neighbors=5, n_epochs=10, random_state=0, metric="cosine").fit(rows)
    ax = diagnostic(rows, model, kind=kind, background="black")
    (dots,) = ax.collections
    assert len(dots.get_offsets()) == 120
    assert len(np.unique(dots.get_facecolors(), axis=0)) > 1
    assert ax.get_title() != ""
    assert diagnostic(rows, model, kind=kind, title="mine").get_title() == "mine"


def test_the_models_metric_counts():
    rows = _rows()
    rows[:60] *= 30
    model = UMAP(n_neighbors=5, n_epochs=10, random_state=0, metric="cosine").fit(rows)
    by_model = diagnostic_values(rows, model)
    assert np.array_equal(by_model, diagnostic_values(rows, model.embedding_, metric="cosine"))
    assert not np.array_equal(by_model, diagnostic_values(rows, model.embedding_))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [np.ones((20, 4)), _rows(20, 1), _rows(3, 2), _rows(40, 4)[::2]])
def test_poor_data(kind, rows):
    found = diagnostic_values(rows, _rows(len(rows), 2), kind=kind, n_neighbors=2)
    assert np.isfinite(found).all()


def test_rows_without_a_place_are_grey():
    rows, places = _rows(), np.float64(_rows(d=2, seed=1))
    places[4] = np.nan
    with pytest.warns(UserWarning, match="NaN"):
        found = diagnostic_values(rows, places)
    assert np.isnan(found[4])
    assert np.isfinite(np.delete(found, 4)).all()


def test_what_does_not_fit_is_refused():
    rows = _rows()
    with pytest.raises(ValueError, match="neighborhood"):
        diagnostic(rows, rows[:, :2], kind="all")
    with pytest.raises(ValueError, match="share"):
        diagnostic(rows, rows[:, :2], kind="local_dim", variance=80)
    with pytest.raises(ValueError, match="others"):
        diagnostic(rows, rows[:, :2], n_neighbors=120)
    with pytest.raises(ValueError, match="119"):
        diagnostic(rows, rows[:119, :2])
    with pytest.raises(ValueError, match="cmap"):
        diagnostic(rows, rows[:, :2], kind="pca", cmap="viridis")


def test_points_take_colours():
    places = _rows(4, 2)
    ax = points(places, colors=["red", "#00ff00", (0, 0, 1), "white"])
    drawn = ax.collections[0]
    at = {tuple(np.round(p, 4)): tuple(c[:3]) for p, c in
          zip(drawn.get_offsets(), drawn.get_facecolors(), strict=True)}  # fmt: skip
    assert at[tuple(np.round(np.float64(places[1]), 4))] == (0, 1, 0)
    assert points(places, colors=np.zeros((4, 3))).get_legend() is None
    for bad, match in (
        (["red"], "1 entries"),
        (["red", "foobar", "red", "red"], "foobar"),
        (np.zeros((4, 4)), r"\(4, 4\)"),
        (np.full((4, 3), 255), "0 to 1"),
        ("blue", "one a row"),
    ):
        with pytest.raises(ValueError, match=match):
            points(places, colors=bad)
    with pytest.raises(ValueError, match="both given"):
        points(places, colors=np.zeros((4, 3)), labels=[1, 2, 3, 4])
