"""umap-learn's thresholds on iris, through its own names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score, pairwise_distances
from sklearn.neighbors import KDTree

import umapkit.compat.umap_learn as umap

SEED = {"n_neighbors": 10, "min_dist": 0.01, "random_state": 42}


def test_the_map_is_trustworthy(iris, iris_model):
    assert trustworthiness(iris.data, iris_model.embedding_, n_neighbors=10) >= 0.97


def test_a_given_start_does_as_well(iris):
    start = np.array(iris.data[:, 2:])
    model = umap.UMAP(n_neighbors=10, min_dist=0.01, init=start, n_epochs=200, random_state=42)
    assert trustworthiness(iris.data, model.fit_transform(iris.data), n_neighbors=10) >= 0.97


def test_a_map_on_the_sphere(iris):
    model = umap.UMAP(**SEED, n_epochs=200, output_metric="haversine").fit(iris.data)
    rows = model.embedding_
    sphere = np.stack(
        [
            np.sin(rows[:, 0]) * np.cos(rows[:, 1]),
            np.sin(rows[:, 0]) * np.sin(rows[:, 1]),
            np.cos(rows[:, 0]),
        ],
        axis=1,
    )
    found = trustworthiness(iris.data, sphere, n_neighbors=10, metric="cosine")
    assert found >= 0.65


def test_new_rows_land_well(iris, chosen, part_model):
    new = iris.data[~chosen]
    assert trustworthiness(new, part_model.transform(new), n_neighbors=10) >= 0.80


def test_new_rows_land_well_by_approximate_search(iris, chosen):
    model = umap.UMAP(**SEED, force_approximation_algorithm=True).fit(iris.data[chosen])
    assert model.model_.neighbors == "descent"
    new = iris.data[~chosen]
    assert trustworthiness(new, model.transform(new), n_neighbors=10) >= 0.85


def test_new_rows_land_well_on_a_map_of_float64(iris, chosen):
    model = umap.UMAP(**SEED).fit(iris.data[chosen])
    model.embedding_ = model.embedding_.astype(np.float64)
    new = iris.data[~chosen]
    assert trustworthiness(new, model.transform(new), n_neighbors=10) >= 0.80


@pytest.mark.parametrize("forced", [False, True])
def test_sparse_rows_fit_and_land_well(iris, chosen, forced):
    options = {"n_epochs": 100, "force_approximation_algorithm": forced}
    model = umap.UMAP(**SEED, **options).fit(csr_matrix(iris.data[chosen]))
    new = iris.data[~chosen]
    assert trustworthiness(new, model.transform(csr_matrix(new)), n_neighbors=10) >= 0.80


@pytest.mark.parametrize("sparse", [False, True])
def test_distances_fit_and_land_well(iris, chosen, sparse):
    distances = pairwise_distances(iris.data[chosen])
    to_new = pairwise_distances(iris.data[~chosen], iris.data[chosen])
    if sparse:
        distances, to_new = csr_matrix(distances), csr_matrix(to_new)
    model = umap.UMAP(**SEED, metric="precomputed").fit(distances)
    found = model.transform(to_new)
    assert trustworthiness(iris.data[~chosen], found, n_neighbors=10) >= 0.85


def test_labels_part_the_kinds(iris):
    places = umap.UMAP(n_neighbors=10, random_state=42).fit_transform(iris.data, iris.target)
    kinds = KMeans(3, n_init=10, random_state=0).fit_predict(places)
    assert adjusted_rand_score(iris.target, kinds) >= 0.95


def test_the_way_back_leads_among_the_neighbours(iris, iris_model):
    above, below = KDTree(iris.data), KDTree(iris_model.embedding_)
    for i in range(1, 150, 20):
        near = below.query(iris_model.embedding_[i][None], k=5, return_distance=False)[0]
        middle = iris_model.embedding_[near].mean(axis=0, keepdims=True)
        back = above.query(iris_model.inverse_transform(middle), k=10, return_distance=False)[0]
        assert len(np.intersect1d(near, back)) >= 3


def test_neighbours_from_before_give_the_same_graph(iris):
    rows = iris.data
    searched = umap.UMAP(**SEED).fit(rows)
    knn = umap.umap_.nearest_neighbors(rows, 10, "euclidean", None, False, 42)
    with_index = umap.UMAP(**SEED, precomputed_knn=knn).fit(rows)
    gap = (searched.graph_ - with_index.graph_).toarray()
    assert np.sqrt(np.mean(gap**2)) < 0.005
    assert np.sqrt(np.mean(gap**2)) < 1e-6  # the flower that is there twice included
    without = umap.UMAP(**SEED, precomputed_knn=knn[:2]).fit(rows)
    assert np.array_equal(without.embedding_, with_index.embedding_)
    # umap-learn cannot place new rows without an index; this searches one.
    new = rows[:20] + 0.01
    assert np.array_equal(without.transform(new), with_index.transform(new))
    assert np.isfinite(without.transform(new)).all()


@pytest.mark.parametrize("supervised", [False, True])
def test_density_maps_are_trustworthy(iris, supervised):
    model = umap.UMAP(n_neighbors=10, min_dist=0.01, random_state=42, densmap=True)
    places = model.fit_transform(iris.data, iris.target if supervised else None)
    assert trustworthiness(iris.data, places, n_neighbors=10) >= 0.97
