"""umap-learn's tests of what a fit does: components, isolated rows, transform, update, algebra."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score, pairwise_distances
from sklearn.preprocessing import normalize

import umapkit.compat.umap_learn as umap

from .rows import random_rows


def test_blobs_stay_blobs():
    rows, labels = make_blobs(n_samples=500, n_features=10, centers=5, random_state=42)
    places = umap.UMAP(n_epochs=100, random_state=0).fit_transform(rows)
    kinds = KMeans(5, n_init=10, random_state=0).fit_predict(places)
    assert adjusted_rand_score(labels, kinds) == 1.0


def islands():
    return make_blobs(100, 2, centers=5, cluster_std=0.5, center_box=(-20, 20), random_state=42)


def centroids(places, labels):
    return normalize(np.stack([places[labels == k].mean(axis=0) for k in range(5)]))


@pytest.mark.parametrize("precomputed", [False, True])
def test_components_are_arranged(precomputed):
    rows, labels = islands()
    given = pairwise_distances(rows) if precomputed else rows
    model = umap.UMAP(
        n_neighbors=4, metric="precomputed" if precomputed else "euclidean", random_state=42
    )
    places = model.fit_transform(given)
    assert np.sum((centroids(rows, labels) - centroids(places, labels)) ** 2) < 15


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize(("isolated", "words"), [(1, "A few"), (5, "A large number")])
@pytest.mark.parametrize("metric", ["jaccard", "hellinger", "euclidean"])
def test_isolated_rows_warn_once_and_have_no_place(metric, isolated, words, forced):
    n = 40
    if metric == "euclidean":
        rows = np.random.default_rng(0).normal(scale=0.1, size=(n, 40))
        rows[:isolated] += 100 * np.eye(40)[:isolated]
        more = {"disconnection_distance": 50.0}
    else:
        rows = (np.random.default_rng(0).uniform(size=(n, 40)) < 0.5).astype(np.float64)
        rows[:, :isolated] = 0
        rows[:, isolated] = 1
        rows[:isolated] = np.eye(40)[:isolated]
        more = {}
    model = umap.UMAP(
        n_neighbors=7,
        metric=metric,
        n_epochs=10,
        random_state=0,
        force_approximation_algorithm=forced,
        **more,
    )
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model.fit(rows)
    about = [w for w in seen if "disconnected" in str(w.message)]
    assert len(about) == 1
    assert words in str(about[0].message)
    lost = umap.utils.disconnected_vertices(model)
    assert np.flatnonzero(lost).tolist() == list(range(isolated))
    assert np.isnan(model.embedding_[:isolated]).all()
    assert np.isfinite(model.embedding_[isolated:]).all()
    assert model.graph_[:isolated].nnz == 0
    again = model.transform(rows)
    assert np.array_equal(again, model.embedding_, equal_nan=True)


@pytest.mark.parametrize("sparse", [False, True])
def test_isolated_rows_of_a_distance_matrix(sparse):
    rows = np.random.default_rng(0).uniform(size=(30, 2)) / 3
    distances = pairwise_distances(rows)
    distances[0, 1:] = distances[1:, 0] = 1.0
    given = csr_matrix(distances) if sparse else distances
    model = umap.UMAP(
        n_neighbors=5, metric="precomputed", disconnection_distance=1, n_epochs=10, random_state=0
    )
    with pytest.warns(UserWarning, match="A few of your vertices"):
        model.fit(given)
    assert np.flatnonzero(umap.utils.disconnected_vertices(model)).tolist() == [0]
    assert np.isnan(model.embedding_[0]).all()


def test_one_row_has_a_place_and_no_transform():
    model = umap.UMAP().fit(np.ones((1, 3)))
    assert np.array_equal(model.embedding_, np.zeros((1, 2)))
    with pytest.raises(ValueError, match="one single row"):
        model.transform(np.zeros((2, 3)))


def test_transform_leaves_the_map_alone():
    """umap-learn's issue 217: as many new rows as were fitted were written over the map."""
    rows = random_rows(100, 5)
    model = umap.UMAP(n_epochs=100, random_state=42)
    returned = model.fit_transform(rows)
    before = returned.copy()
    model.transform(random_rows(100, 5, seed=1))
    assert np.array_equal(before, model.embedding_)
    assert np.array_equal(before, returned)
    with pytest.raises(ValueError, match="10 features"):
        model.transform(random_rows(100, 10))


@pytest.mark.parametrize(("forced", "most"), [(False, 2.10), (True, 3.0)])
def test_update_gives_the_graph_of_all_rows(iris, chosen, forced, most):
    options = {"n_neighbors": 10, "min_dist": 0.01, "random_state": 42}
    options["force_approximation_algorithm"] = forced
    model = umap.UMAP(**options).fit(iris.data[chosen])
    model.update(iris.data[~chosen])
    order = np.concatenate([np.flatnonzero(chosen), np.flatnonzero(~chosen)])
    whole = umap.UMAP(**options).fit(iris.data[order])
    assert abs(whole.graph_ - model.graph_).sum() < most


def test_the_graph_alone_can_be_had():
    rows, labels = make_blobs(n_samples=500, n_features=10, centers=5, random_state=42)
    model = umap.UMAP(n_epochs=100, transform_mode="graph", random_state=0)
    graph = model.fit_transform(rows)
    assert graph.shape == (500, 500)
    count, parts = connected_components(graph)
    assert count == 5
    assert adjusted_rand_score(labels, parts) == 1.0
    assert not hasattr(model, "embedding_")
    new = model.transform(rows[:10] + np.random.default_rng(0).normal(0, 0.1, (10, 10)))
    assert new.shape == (10, 500)
    assert (new.max(axis=1).toarray() == 1).all()
    named = [labels[row.indices] == label for row, label in zip(new, labels[:10], strict=True)]
    assert all(part.all() for part in named)


@pytest.mark.parametrize("init", ["spectral", "random"])
def test_products_and_sums_of_models(init):
    rows = random_rows(50, 5)
    options = {"min_dist": 0.01, "random_state": 42, "n_epochs": 50}
    one = umap.UMAP(n_neighbors=10, init=init, **options).fit(rows)
    start = one.embedding_ if init == "spectral" else init
    two = umap.UMAP(n_neighbors=30, init=start, **options).fit(rows)
    for made in (one * two, one + two):
        assert trustworthiness(rows, made.embedding_, n_neighbors=10) >= 0.80


@pytest.mark.parametrize("sign", ["*", "+", "-"])
def test_iris_put_together_from_halves(iris, sign):
    one, two = (
        umap.UMAP(n_neighbors=10, min_dist=0.01, random_state=42).fit(iris.data[:, half])
        for half in (slice(0, 2), slice(2, 4))
    )
    made = {"*": one.__mul__, "+": one.__add__, "-": one.__sub__}[sign](two)
    least = 0.75 if sign == "-" else 0.82
    assert trustworthiness(iris.data, made.embedding_, n_neighbors=10) >= least


def test_models_of_other_rows_do_not_mix():
    one, two = (
        umap.UMAP(n_neighbors=5, n_epochs=5, random_state=0).fit(random_rows(n, 3))
        for n in (20, 30)
    )
    for verb in (one.__add__, one.__mul__, one.__sub__):
        with pytest.raises(ValueError, match="same rows"):
            verb(two)
