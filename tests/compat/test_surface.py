"""Names, parameters and attributes that others read, and what importing them costs."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, isspmatrix_csr
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

import umapkit
import umapkit.compat.umap_learn as umap
from umapkit import find_neighbors

from .rows import random_rows

FILE = Path(__file__).parents[1] / "reference" / "umap_learn_functions.npz"


def test_the_parameters_and_defaults_are_umap_learns():
    theirs = np.load(FILE, allow_pickle=False)["parameters"].tolist()
    ours = [f"{p.name}={p.default!r}" for p in inspect.signature(umap.UMAP).parameters.values()]
    assert ours == theirs
    assert len(ours) == 39


def test_importing_umapkit_does_not_load_this_room():
    code = (
        "import sys, umapkit; umapkit.UMAP; "
        "print(*[m for m in sys.modules if m.startswith('umapkit.compat')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    assert answer.stdout.strip() == ""


def test_importing_it_loads_nothing_heavy_and_leaves_the_process_alone():
    """umap-learn sets the locale for all, and loads numba, torch and Keras where they are."""
    heavy = ("numba", "torch", "matplotlib", "scanpy", "anndata", "umap", "tensorflow", "keras")
    code = (
        "import locale, sys; locale.setlocale(locale.LC_NUMERIC, 'C.UTF-8'); "
        "import umapkit.compat.umap_learn, umapkit.compat.scanpy; "
        f"print(*[m for m in {heavy!r} if m in sys.modules]); "
        "print(locale.setlocale(locale.LC_NUMERIC))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    assert answer.stdout.splitlines() == ["", "C.UTF-8"]


def test_missing_names_say_what_is_there():
    with pytest.raises(AttributeError, match=r"has no 'DensMAP'; it has: .*ParametricUMAP"):
        umap.DensMAP  # noqa: B018  (the attribute access is the test)
    modules = (umap.aligned_umap, umap.layouts, umap.sparse, umap.spectral, umap.umap_)
    for module in (*modules, umap.utils, umap.validation):
        for name in module.__all__:
            assert getattr(module, name) is not None


@pytest.fixture(scope="module")
def rows():
    found = random_rows(80, 5)
    found[70:] = found[:10]
    return found


@pytest.fixture(scope="module")
def model(rows):
    return umap.UMAP(n_neighbors=6, n_epochs=30, random_state=1).fit(rows)


def test_attributes_that_others_read(rows, model):
    """scanpy, BERTopic, embedding-atlas, umap.plot and users' own code read these."""
    assert model.embedding_.dtype == np.float32
    assert isspmatrix_csr(model.graph_)
    assert model.graph_.shape == (80, 80)
    assert np.shares_memory(model._raw_data, rows)
    assert model._n_neighbors == 6
    assert model.n_features_in_ == 5
    assert model._initial_alpha == 1.0
    assert model._a == pytest.approx(1.577, abs=1e-3)
    assert model._b == pytest.approx(0.895, abs=1e-3)
    assert model._small_data
    assert not model._sparse_data
    assert not model._supervised
    assert model._disconnection_distance == np.inf
    assert model._knn_indices.shape == model._knn_dists.shape == (80, 6)
    assert np.array_equal(model._knn_indices[:, 0], np.arange(80))
    assert model._sigmas.shape == model._rhos.shape == (80,)
    assert np.isfinite(model._sigmas).all()
    assert (model._rhos[:60] > 0).all()
    assert model._knn_search_index.query(rows[:2], 1).indices[:, 0].tolist() == [0, 1]
    assert model.knn_indices is model.knn_dists is model.knn_search_index is None
    assert isinstance(model.model_, umapkit.UMAP)


def test_neighbours_and_scales_are_those_of_the_rows():
    rows = random_rows(60, 4)
    model = umap.UMAP(n_neighbors=6, n_epochs=5, random_state=0).fit(rows)
    found = find_neighbors(rows, n_neighbors=6)
    np.testing.assert_array_equal(model._knn_indices, found.indices)
    sigmas, rhos = umap.umap_.smooth_knn_dist(found.distances, 6)
    np.testing.assert_allclose(model._sigmas, sigmas)
    np.testing.assert_allclose(model._rhos, rhos)
    given = umap.UMAP(n_neighbors=4, n_epochs=5, precomputed_knn=(found.indices, found.distances))
    given.fit(rows)
    assert given._knn_indices.shape == (60, 4)
    assert given.knn_dists.shape == (60, 4)


def test_the_graph_speaks_of_every_copy_of_a_row(rows, model):
    """umap-learn's graph; in that of umapkit a copy is tied to the first of its kind alone."""
    knn = umap.umap_.nearest_neighbors(rows, 6, "euclidean", {}, False, 0)
    expected = umap.umap_.fuzzy_simplicial_set(rows, 6, None, None, None, knn[0], knn[1])[0]
    np.testing.assert_array_equal(model._knn_dists, knn[1])
    np.testing.assert_allclose(model.graph_.toarray(), expected.toarray(), atol=1e-6)
    assert (np.diff(model.graph_.indptr) >= 5).all()
    assert np.array_equal(model.embedding_[70:], model.embedding_[:10])
    first = umap.UMAP(n_neighbors=6, n_epochs=30, random_state=1, unique=True).fit(rows)
    assert first.graph_.shape == (70, 70)


def test_the_map_is_that_of_umapkit(rows, model):
    ours = umapkit.UMAP(n_neighbors=6, n_epochs=30, random_state=1).fit(rows)
    assert np.array_equal(ours.embedding_, model.embedding_)
    new = random_rows(7, 5, seed=3)
    assert np.array_equal(ours.transform(new), model.transform(new))


def test_it_is_an_estimator(rows, model):
    twin = clone(model)
    assert not hasattr(twin, "embedding_")
    assert np.array_equal(twin.fit_transform(rows), model.embedding_)
    back = pickle.loads(pickle.dumps(model))
    new = random_rows(5, 5, seed=2)
    assert np.array_equal(back.transform(new), model.transform(new))
    assert np.array_equal(model._knn_indices, back._knn_indices)
    with pytest.raises(NotFittedError):
        umap.UMAP().transform(rows)
    with pytest.raises(NotFittedError):
        umap.UMAP().inverse_transform(rows)


def test_a_second_fit_leaves_nothing_of_the_first(rows):
    model = umap.UMAP(n_neighbors=5, n_epochs=[2, 5], unique=True, random_state=0).fit(rows)
    assert model._knn_indices.shape == (70, 5)
    assert len(model.embedding_list_) == 2
    model.set_params(unique=False, n_epochs=5).fit(rows[:40])
    assert model._knn_indices.shape == (40, 5)
    assert not hasattr(model, "embedding_list_")
    assert not hasattr(model, "_unique_inverse_")


def test_a_moved_map_is_the_map(rows):
    """Users scale and turn `embedding_` and go on."""
    model = umap.UMAP(n_neighbors=5, n_epochs=20, random_state=0).fit(rows)
    new = random_rows(5, 5, seed=4)
    before = model.transform(new)
    model.embedding_ = model.embedding_ + 100
    np.testing.assert_allclose(model.transform(new), before + 100, atol=20)
    assert np.array_equal(model.transform(rows), model.embedding_)


def test_state_can_be_set_from_outside(rows, model):
    """What scanpy's ingest does to a fresh object."""
    made = umap.UMAP(metric="euclidean", random_state=1)
    made._initial_alpha = made.learning_rate
    made._raw_data = rows
    made.knn_dists = None
    made._validate_parameters()
    made.embedding_ = model.embedding_
    made._n_neighbors = made.n_neighbors = 6
    made._knn_search_index = object()
    made._a, made._b = model._a, model._b
    made._input_hash = None
    new = random_rows(9, 5, seed=5)
    found = made.transform(new)
    assert found.shape == (9, 2)
    assert np.abs(found - model.transform(new)).max() < 5
    assert np.array_equal(made.transform(rows), model.embedding_)


def test_what_embedding_atlas_does():
    rows = random_rows(60, 8)
    knn = umap.umap_.nearest_neighbors(
        rows, n_neighbors=15, metric="cosine", metric_kwds=None, angular=False, random_state=7
    )
    model = umap.UMAP(random_state=7, n_epochs=20, precomputed_knn=knn, metric="cosine")
    assert model.fit_transform(rows).shape == (60, 2)


def test_neighbours_that_do_not_fit_are_passed_over_aloud(rows):
    other = find_neighbors(random_rows(20, 5), n_neighbors=6)
    few = find_neighbors(rows, n_neighbors=3)
    for given in (other, few):
        knn = (given.indices, given.distances)
        model = umap.UMAP(n_neighbors=6, n_epochs=30, random_state=1, precomputed_knn=knn)
        with pytest.warns(UserWarning, match="It is not used"):
            model.fit(rows)
        assert model.knn_indices is None
    for bad in (
        (few.indices,),
        (few.indices.tolist(), few.distances),
        (few.indices, other.distances),
    ):
        with pytest.raises(ValueError, match="precomputed_knn"):
            umap.UMAP(n_neighbors=3, precomputed_knn=bad).fit(rows)


def test_forcing_what_is_not_there_warns():
    model = umap.UMAP(
        n_neighbors=5, n_epochs=3, metric="chebyshev", force_approximation_algorithm=True
    )
    with pytest.warns(UserWarning, match="no approximate search"):
        model.fit(random_rows(30, 4))


def test_the_bar_takes_the_users_keywords(capfd):
    model = umap.UMAP(
        n_neighbors=5, n_epochs=4, verbose=True, tqdm_kwds={"desc": "onwards", "mininterval": 0}
    )
    model.fit(random_rows(30, 4))
    assert "onwards" in capfd.readouterr().err
    assert model.tqdm_kwds == {"desc": "onwards", "mininterval": 0}


def test_sparse_state_stays_sparse():
    rows = csr_matrix(random_rows(40, 6) * (random_rows(40, 6, seed=1) < 0.5))
    model = umap.UMAP(n_neighbors=5, n_epochs=5, random_state=0).fit(rows)
    assert isspmatrix_csr(model._raw_data)
    assert model._sparse_data
    assert np.array_equal(model.transform(rows), model.embedding_)


def test_a_metric_set_from_outside_has_its_keywords(rows):
    """What scanpy's ingest does after neighbours with `metric_kwds`."""
    places = random_rows(len(rows), 2)
    found = []
    for outside in (True, False):
        made = umap.UMAP(metric="minkowski", random_state=1, n_neighbors=6)
        made._raw_data, made.embedding_ = rows, places
        if outside:
            made._metric_kwds = {"p": 1.0}
        else:
            made.metric_kwds = {"p": 1.0}
        found.append(made.transform(random_rows(9, 5, seed=5)))
        assert made.model_.metric_kwds == {"p": 1.0}
    assert np.array_equal(*found)


def test_a_fit_that_fails_leaves_no_model(rows):
    made = umap.UMAP(n_epochs=5, random_state=0).fit(rows)
    with pytest.raises(NotImplementedError):
        made.set_params(output_metric="manhattan").fit(rows)
    with pytest.raises(NotFittedError):
        check_is_fitted(made)
    for verb in (made.transform, made.inverse_transform, made.update):
        with pytest.raises(NotFittedError, match="Call fit"):
            verb(rows)


def test_rows_of_the_other_kind_can_be_appended(rows):
    new = random_rows(9, 5, seed=5)
    for first, second in ((csr_matrix(rows), new), (rows, csr_matrix(new))):
        made = umap.UMAP(n_epochs=5, random_state=0).fit(first)
        made.update(second)
        assert type(made._raw_data) is type(first)
        assert made._raw_data.shape == (len(rows) + 9, 5)
        assert np.array_equal(made.transform(second), made.embedding_[-9:])
