from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances

import umapkit
from umapkit import UMAP
from umapkit.layout import Callback, LayoutInterrupted
from umapkit.quality import knn_accuracy, trustworthiness


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return rows.astype(np.float32), labels


@pytest.fixture(scope="module")
def grown(digits):
    """A model of 600 rows to which 300 were added, and its map before."""
    model = UMAP(random_state=0).fit(digits[0][:600])
    before = model.embedding_.copy()
    assert model.update(digits[0][600:900]) is model
    return model, before


def test_an_updated_map_is_as_good_as_a_fresh_one(digits, grown):
    rows, labels = digits[0][:900], digits[1][:900]
    fresh = UMAP(random_state=0).fit(rows)
    model = grown[0]
    new, old = (trustworthiness(rows, m.embedding_, n_neighbors=10) for m in (model, fresh))
    assert new >= old - 0.01
    accuracy = [knn_accuracy(m.embedding_, labels, n_neighbors=5) for m in (model, fresh)]
    assert accuracy[0] >= accuracy[1] - 0.01


def test_an_update_really_optimises(digits):
    rows = digits[0]
    model = UMAP(random_state=0).fit(rows[:600])
    only_placed = np.concatenate([model.embedding_, model.transform(rows[600:900])])
    model.update(rows[600:900])
    placed = UMAP.from_parts(rows[:900], model.graph_, only_placed, model=UMAP(random_state=0))
    assert model.loss_ < placed.loss_


def test_old_rows_move_little_in_an_update(grown):
    model, before = grown
    moved = np.linalg.norm(model.embedding_[:600] - before, axis=1)
    extent = float(np.ptp(before, axis=0).max())
    assert np.median(moved) < 0.1 * extent


def test_the_graph_of_an_updated_model_is_that_of_a_fresh_fit(digits):
    """The thresholds of umap-learn are 2.10 (few rows) and 3.0 (approximate neighbours)."""
    rows = digits[0]
    for search, limit in (("exact", 0.0), ("descent", 3.0)):
        model = UMAP(random_state=0, n_epochs=3, neighbors=search).fit(rows[:500])
        model.update(rows[500:700])
        fresh = UMAP(random_state=0, n_epochs=3, neighbors=search).fit(rows[:700])
        assert abs(model.graph_ - fresh.graph_).sum() <= limit


def test_an_updated_model_is_one_of_all_rows(digits, grown, tmp_path):
    rows, model = digits[0], grown[0]
    assert model.embedding_.shape == (900, 2)
    assert model.graph_.shape == (900, 900)
    assert model.disconnected_.shape == (900,)
    assert np.array_equal(model.transform(rows[:900]), model.embedding_)
    new = rows[900:930]
    together = model.transform(new)
    assert np.array_equal(np.concatenate([model.transform(r[None]) for r in new]), together)
    model.save(tmp_path)
    assert np.array_equal(umapkit.load(tmp_path).transform(new), together)
    again = umapkit.load(tmp_path).update(new).embedding_
    direct = UMAP(random_state=0).fit(rows[:600]).update(rows[600:900]).update(new).embedding_
    assert np.array_equal(again, direct)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 3))
def test_an_update_gives_the_same_bits_for_any_number_of_threads(digits, grown, jobs):
    model = UMAP(random_state=0, n_jobs=jobs).fit(digits[0][:600]).update(digits[0][600:900])
    assert np.array_equal(model.embedding_, grown[0].embedding_)


def test_equal_rows_take_the_place_of_the_first_in_an_update(digits):
    rows = digits[0]
    model = UMAP(random_state=0, n_epochs=30).fit(rows[:200])
    model.update(np.concatenate([rows[50:60], rows[200:210], rows[200:210]]))
    assert np.array_equal(model.embedding_[200:210], model.embedding_[50:60])
    assert np.array_equal(model.embedding_[210:220], model.embedding_[220:230])
    assert len(model._places.kept) == 210
    fresh = UMAP(random_state=0, n_epochs=30)
    fresh.fit(np.concatenate([rows[:200], rows[50:60], rows[200:210], rows[200:210]]))
    assert abs(fresh.graph_ - model.graph_).max() == 0


def test_models_that_were_told_more_than_rows_refuse_an_update(digits, tmp_path):
    rows, labels = digits[0][:120], digits[1][:120]
    base = UMAP(random_state=0, n_epochs=3)
    plain = clone(base).fit(rows)
    knn = umapkit.find_neighbors(rows)
    for model, words in (
        (clone(base).fit(rows, labels), "labels"),
        (clone(base).fit(rows, graph=plain.graph_), "graph"),
        (clone(base).set_params(precomputed_knn=knn).fit(rows), "precomputed_knn"),
        (UMAP.from_parts(rows, plain.graph_, plain.embedding_), "graph"),
    ):
        before = model.embedding_.copy()
        for one in (model, clone_by_saving(model, tmp_path)):
            with pytest.raises(ValueError, match=words):
                one.update(digits[0][120:130])
        assert np.array_equal(model.embedding_, before)


def clone_by_saving(model, path):
    model.save(path)
    return umapkit.load(path)


def test_densities_are_neither_updated_nor_combined(digits):
    rows = digits[0][:120]
    model = UMAP(random_state=0, n_epochs=3).set_params(densmap=True).fit(rows)
    with pytest.raises(ValueError, match="densmap"):
        model.update(digits[0][120:130])
    assert not (model + model).model.get_params()["densmap"]
    with pytest.raises(ValueError, match="densmap"):
        umapkit.CombinedUMAP(model=clone(model)).fit(rows)


def test_a_failed_update_leaves_the_model_as_it_was(digits):
    model = UMAP(random_state=0, n_epochs=3).fit(digits[0][:100])
    before = model.embedding_.copy()
    with pytest.raises(ValueError, match="features"):
        model.update(digits[0][100:110, :5])
    with pytest.raises(ValueError, match="NaN"):
        model.update(np.full((2, 64), np.nan))
    assert np.array_equal(model.embedding_, before)
    assert np.array_equal(model.transform(digits[0][:100]), before)
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        UMAP().update(digits[0][:10])


def test_an_interrupted_update_keeps_the_last_map_of_all_rows(digits):
    def stop(epoch, _):
        if epoch == 5:
            raise KeyboardInterrupt

    rows = digits[0]
    model = UMAP(random_state=0, n_epochs=60).fit(rows[:200])
    model.observers = Callback(stop)
    with pytest.raises(LayoutInterrupted):
        model.update(rows[200:260])
    assert model.n_epochs_ == 5
    assert np.array_equal(model.transform(rows[:260]), model.embedding_)


def test_rows_far_from_all_old_ones_get_a_place_among_each_other():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 3))
    model = UMAP(random_state=0, n_epochs=30, disconnection_distance=20.0).fit(rows)
    model.update(rng.normal(size=(30, 3)) + 1000)
    assert np.isfinite(model.embedding_).all()
    assert not model.disconnected_.any()
    middle = model.embedding_[80:].mean(axis=0)
    inside = np.linalg.norm(model.embedding_[80:] - middle, axis=1)
    others = np.linalg.norm(model.embedding_[:80] - middle, axis=1)
    assert np.median(inside) < np.median(others)


def test_a_warm_start_begins_at_the_places_of_a_model(digits):
    rows = digits[0]
    first = UMAP(random_state=0).fit(rows[:600])
    start = UMAP(random_state=1, init=first, n_epochs=0).fit(rows[:900])
    assert np.array_equal(start.embedding_[:600], first.embedding_)
    assert np.array_equal(start.embedding_[600:], first.transform(rows[600:900]))
    warm = UMAP(random_state=1, init=first, n_epochs=50, learning_rate=0.25).fit(rows[:900])
    moved = np.linalg.norm(warm.embedding_[:600] - first.embedding_, axis=1)
    assert np.median(moved) < 0.1 * np.ptp(first.embedding_, axis=0).max()
    assert trustworthiness(rows[:900], warm.embedding_, n_neighbors=10) > 0.95


@pytest.mark.parametrize("kind", [umapkit.PCA, umapkit.LaplacianEigenmaps])
@pytest.mark.parametrize("made", [UMAP, umapkit.LargeVis, umapkit.CombinedUMAP])
def test_a_start_of_axes_is_scaled_whatever_the_units_of_the_data(digits, kind, made):
    rows = digits[0][:300] * 1000
    begun = kind(random_state=0).fit(rows)
    keywords = {"n_epochs": 0, "random_state": 0}
    if made is umapkit.CombinedUMAP:
        parts = [(slice(0, 32), "euclidean"), (slice(32, 64), "euclidean")]
        models = [
            made(parts, model=UMAP(init=init, **keywords)) for init in (begun, begun.embedding_)
        ]
    else:
        models = [made(init=init, **keywords) for init in (begun, begun.embedding_)]
    by_model, by_array = (model.fit(rows).embedding_ for model in models)
    assert np.array_equal(by_model, by_array)
    assert np.allclose([by_model.min(axis=0), by_model.max(axis=0)], [[0, 0], [10, 10]])


def test_a_warm_start_survives_clone_save_and_load(digits, tmp_path):
    rows = digits[0]
    first = UMAP(random_state=0, n_epochs=30).fit(rows[:300])
    model = UMAP(random_state=1, init=first, n_epochs=20).fit(rows[100:400])
    again = clone(model).fit(rows[100:400])
    assert np.array_equal(again.embedding_, model.embedding_)
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert np.array_equal(loaded.transform(rows[400:420]), model.transform(rows[400:420]))
    assert np.array_equal(loaded.fit(rows[100:400]).embedding_, model.embedding_)


def test_models_that_cannot_be_a_start_are_refused(digits):
    from sklearn.decomposition import PCA

    rows = digits[0][:100]
    flat = UMAP(random_state=0, n_epochs=3).fit(rows)
    narrow = UMAP(random_state=0, n_epochs=3).fit(rows[:, :10])
    for init, words in (
        (UMAP(), "no fitted map"),
        (PCA(2).fit(rows), "no fitted map"),
        (narrow, "10 columns"),
    ):
        with pytest.raises(ValueError, match=words):
            UMAP(init=init).fit(rows)
    with pytest.raises(ValueError, match="2 axes"):
        UMAP(init=flat, n_components=3).fit(rows)


def test_models_that_take_distances_are_neither_updated_nor_started_from(digits):
    rows = digits[0][:120]
    given = pairwise_distances(rows)
    base = UMAP(random_state=0, n_epochs=3)
    model = clone(base).set_params(metric="precomputed").fit(given)
    with pytest.raises(ValueError, match="precomputed"):
        model.update(given[:5])
    plain = clone(base).fit(rows)
    for init, metric, data in ((model, "euclidean", rows), (plain, "precomputed", given)):
        with pytest.raises(ValueError, match="metric='precomputed'"):
            clone(base).set_params(init=init, metric=metric).fit(data)


@pytest.mark.parametrize(
    ("metric", "keywords"),
    [("minkowski", {"p": 3.0}), ("seuclidean", None), ("correlation", None)],
)
def test_an_update_keeps_the_keywords_of_the_metric(digits, metric, keywords):
    rows = digits[0][:300] + np.float32(0.01) * np.arange(64, dtype=np.float32)
    base = UMAP(metric=metric, metric_kwds=keywords, random_state=0, n_epochs=30)
    model = clone(base).fit(rows[:200]).update(rows[200:])
    fresh = clone(base).fit(rows)
    assert abs(model.graph_ - fresh.graph_).max() == 0
    assert np.array_equal(model.transform(rows), model.embedding_)


def test_rows_with_gaps_are_added_and_started_from(digits, tmp_path):
    rows = digits[0][:300].copy()
    rows[np.random.default_rng(0).uniform(size=rows.shape) < 0.1] = np.nan
    base = UMAP(metric="nan_euclidean", random_state=0, n_epochs=30)
    model = clone(base).fit(rows[:200])
    first = model.embedding_.copy()
    start = clone(base).set_params(init=model, n_epochs=0).fit(rows)
    assert np.array_equal(start.embedding_[:200], first)
    assert np.array_equal(start.embedding_[200:], model.transform(rows[200:]))
    model.update(rows[200:])
    assert np.array_equal(model.transform(rows), model.embedding_)
    assert abs(model.graph_ - clone(base).fit(rows).graph_).max() == 0
    full = UMAP(random_state=0, n_epochs=3).fit(digits[0][:200])
    with pytest.raises(ValueError, match="NaN"):
        clone(base).set_params(init=full).fit(rows)


@pytest.mark.parametrize("output", ["haversine", "hyperboloid", "torus"])
def test_maps_on_surfaces_are_updated_and_started_from(digits, output):
    rows = digits[0][:400]
    base = UMAP(output_metric=output, random_state=0, n_epochs=100)
    model = clone(base).fit(rows[:300])
    before = model.embedding_.copy()
    start = clone(base).set_params(init=model, n_epochs=0).fit(rows)
    np.testing.assert_allclose(start.embedding_[:300], before, atol=1e-4)
    fresh = clone(base).fit(rows)
    model.update(rows[300:])
    assert model.embedding_.shape == (400, 2)
    assert np.array_equal(model.transform(rows), model.embedding_)
    assert abs(model.graph_ - fresh.graph_).max() == 0
    assert model.loss_ < start.loss_
    assert np.isfinite(model.embedding_).all()
    with pytest.raises(ValueError, match="output metric"):
        UMAP(init=model, random_state=0).fit(rows)


def test_rows_are_made_out_of_places_of_an_updated_map(digits):
    rows = digits[0]
    model = UMAP(random_state=0, n_epochs=60).fit(rows[:200])
    model.inverse_transform(model.embedding_[:2])
    model.update(rows[200:400])
    made = model.inverse_transform(model.embedding_[200:260])
    guess = np.square(rows[200:260] - rows[:400].mean(axis=0)).mean()
    assert np.square(made - rows[200:260]).mean() < 0.5 * guess


def test_a_combination_is_a_start_too(digits):
    rows = digits[0][:200]
    base = UMAP(random_state=0, n_epochs=30)
    both = clone(base).fit(rows) + clone(base).set_params(n_neighbors=30).fit(rows)
    started = clone(base).set_params(init=both, n_epochs=0).fit(rows)
    assert np.array_equal(started.embedding_, both.embedding_)


def test_data_frames_are_added_and_started_from_in_silence(digits):
    """Warnings are errors here."""
    table = pd.DataFrame(digits[0][:150, :10]).rename(columns=str)
    model = UMAP(random_state=0, n_epochs=5).fit(table[:100])
    UMAP(random_state=0, n_epochs=5, init=model).fit(table)
    model.update(table[100:])
    assert model.embedding_.shape == (150, 2)
    assert model.feature_names_in_.tolist() == [str(i) for i in range(10)]
    with pytest.raises(ValueError, match="feature names"):
        model.update(table.rename(columns={"3": "z"}))
    assert model.embedding_.shape == (150, 2)
