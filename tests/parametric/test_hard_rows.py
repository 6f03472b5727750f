"""Rows that are hard or wrong, threads, half precision, progress: each of the six estimators."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP  # noqa: E402
from umapkit.parametric import (  # noqa: E402
    VAE,
    Autoencoder,
    DirectUMAP,
    ParametricTSNE,
    SemiSupervisedUMAP,
)

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}
MODELS = [
    ParametricUMAP(n_steps=10, batch_size=64, **KINDS),
    ParametricTSNE(n_epochs=5, perplexity=5, **KINDS),
    Autoencoder(n_epochs=3, batch_size=32, **KINDS),
    VAE(n_epochs=3, batch_size=32, **KINDS),
    DirectUMAP(n_epochs=5, **KINDS),
    SemiSupervisedUMAP(n_steps=10, batch_size=32, width=0.2, **KINDS),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)


def rows_of(n: int = 60) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)


def fit(model, rows, **change):
    """Fit a fresh copy; every fourth row is of the one class or the other."""
    n = rows.shape[0] if hasattr(rows, "shape") else len(rows)
    y = np.where(np.arange(n) % 4 < 2, np.arange(n) % 2, -1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_neighbors=15 is more")
        warnings.filterwarnings("ignore", message="perplexity=")
        return clone(model).set_params(**change).fit(rows, y)


@every_model
def test_rows_in_any_clothes_are_the_same_rows(model):
    rows = rows_of()
    wanted = fit(model, rows).embedding_
    locked = rows.copy()
    locked.flags.writeable = False
    wide = np.zeros((120, 10), dtype=np.float32)
    wide[::2, ::2] = rows
    for clothes in (
        rows.astype(np.float64),
        np.asfortranarray(rows),
        wide[::2, ::2],
        locked,
        csr_array(rows),
        rows.astype(object),
        rows.tolist(),
        pd.DataFrame(rows, columns=list("abcde")),
    ):
        np.testing.assert_array_equal(fit(model, clothes).embedding_, wanted)
    np.testing.assert_array_equal(rows, rows_of())


@every_model
@pytest.mark.parametrize(
    "kind",
    ["few", "constant column", "one place", "duplicates", "two worlds", "tiny", "large", "whole"],
)
def test_hard_rows_give_finite_places(model, kind):
    rows = rows_of()
    if kind == "few":  # fewer than neighbours
        rows = rows[:7]
    elif kind == "constant column":
        rows[:, 2] = 7.0
    elif kind == "one place":
        rows[:] = rows[0]
    elif kind == "duplicates":
        rows[20:] = rows[0]
    elif kind == "two worlds":  # a disconnected graph
        rows[30:] += 1e4
    elif kind == "tiny":
        rows *= np.float32(1e-10)
    elif kind == "large":
        rows *= np.float32(1e15)
    else:
        rows = np.arange(300).reshape(60, 5)
    fitted = fit(model, rows)
    assert fitted.embedding_.shape == (len(rows), 2)
    assert np.isfinite(fitted.embedding_).all()
    if hasattr(fitted, "transform"):
        np.testing.assert_array_equal(fitted.transform(rows), fitted.embedding_)


@every_model
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.where(np.arange(300).reshape(60, 5) == 17, np.nan, 1.0), "NaN"),
        (np.where(np.arange(300).reshape(60, 5) == 17, np.inf, 1.0), "inf"),
        (np.empty((0, 5)), r"0 sample|0 rows"),
        (np.empty((60, 0)), r"0 feature|0 columns"),
        (np.arange(60.0), "1D|shape"),
        (np.zeros((3, 4, 5)), "dim 3|shape|3"),
        (np.full((60, 5), "text", dtype=object), "text"),
        (np.full((60, 5), 1e300), "float32"),
    ],
    ids=["nan", "inf", "no rows", "no columns", "1-D", "3-D", "text", "beyond float32"],
)
def test_what_is_no_table_of_finite_numbers_is_refused(model, rows, said):
    with pytest.raises((ValueError, TypeError), match=said):
        fit(model, rows)


@every_model
def test_one_row_makes_no_map_but_an_autoencoder(model):
    if isinstance(model, Autoencoder):
        assert np.isfinite(fit(model, rows_of(1)).embedding_).all()
        return
    with pytest.raises(ValueError, match=r"1 sample.* minimum of (2|4)"):
        fit(model, rows_of(1))


@every_model
def test_rows_of_another_width_have_no_place(model):
    if isinstance(model, DirectUMAP):
        pytest.skip("DirectUMAP places no new rows")
    fitted = fit(model, rows_of())
    with pytest.raises(ValueError, match=r"4 features, but .* expecting 5"):
        fitted.transform(rows_of()[:, :4])
    with pytest.raises(ValueError, match="NaN"):
        fitted.transform(np.full((2, 5), np.nan))
    assert fitted.transform(csr_array(rows_of(3))).shape == (3, 2)


@every_model
def test_two_threads_repeat_themselves_and_agree_with_one_but_for_rounding(model):
    rows = rows_of(200)
    one = fit(model, rows).embedding_
    two, again = (fit(model, rows, n_jobs=2).embedding_ for _ in range(2))
    np.testing.assert_array_equal(two, again)
    # No loss of pairs sees a shift of the whole map, so rounding moves it freely.
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    np.testing.assert_allclose(one, two, atol=1e-3 * np.ptp(one))


@every_model
def test_distances_are_no_rows(model):
    if not hasattr(model, "metric"):
        pytest.skip("knows no metric")
    with pytest.raises(ValueError, match="learns from rows"):
        fit(model, np.zeros((60, 60)), metric="precomputed")


@pytest.mark.parametrize("model", [MODELS[0], MODELS[4]], ids=["ParametricUMAP", "DirectUMAP"])
def test_rows_without_neighbours_are_left_out_of_the_loss_but_have_places(model):
    rows = rows_of()
    rows[:3] += 100 * np.arange(1, 4)[:, None]
    fitted = fit(model, rows, disconnection_distance=20.0)
    assert np.diff(fitted.graph_.indptr)[:3].tolist() == [0, 0, 0]
    assert np.isfinite(fitted.embedding_).all()
    with pytest.raises(ValueError, match="no edge"):
        fit(model, rows, disconnection_distance=1e-9)


@every_model
def test_half_precision_trains_to_another_rounding(model):
    if not hasattr(model, "amp"):
        pytest.skip("no network, so nothing to make quick")
    full, half = fit(model, rows_of()), fit(model, rows_of(), amp=True)
    assert np.isfinite(half.embedding_).all()
    assert half.embedding_.dtype == np.float32
    assert not np.array_equal(half.embedding_, full.embedding_)
    assert half.history_["loss"][-1] == pytest.approx(full.history_["loss"][-1], rel=0.05)


@every_model
def test_progress_is_shown_on_standard_error_when_asked_for(model, capfd):
    fit(model, rows_of())
    assert capfd.readouterr() == ("", "")
    fit(model, rows_of(), verbose=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "training" in err
