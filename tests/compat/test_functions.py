"""The functions of umap-learn's modules against what umap-learn answers, kept in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix, issparse
from sklearn.manifold import trustworthiness

import umapkit.compat.umap_learn as umap
from umapkit import find_neighbors

from .rows import random_rows

ANSWERS = dict(
    np.load(
        Path(__file__).parents[1] / "reference" / "umap_learn_functions.npz", allow_pickle=False
    )
)
umap_ = umap.umap_


def close(graph, name, tolerance=1e-5):
    assert issparse(graph)
    np.testing.assert_allclose(graph.toarray(), ANSWERS[name], rtol=0, atol=tolerance)


def table():
    return ANSWERS["indices"], ANSWERS["distances"]


def graph():
    return csr_matrix(ANSWERS["graph"])


def test_neighbours_are_umap_learns():
    indices, distances, index = umap_.nearest_neighbors(
        ANSWERS["rows"], 8, "euclidean", {}, False, np.random.RandomState(0)
    )
    np.testing.assert_array_equal(indices, ANSWERS["indices"])
    np.testing.assert_allclose(distances, ANSWERS["distances"], rtol=1e-6)
    assert index.query(ANSWERS["rows"][:3] + 0.01, 2).indices[:, 0].tolist() == [0, 1, 2]


def test_neighbours_out_of_a_matrix_of_distances():
    far = np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))
    far[0, 1:] = np.inf
    indices, distances, index = umap_.nearest_neighbors(far, 3, "precomputed", {}, False, None)
    assert index is None
    assert indices[0].tolist() == [0, -1, -1]
    assert indices[3].tolist() == [3, 2, 4]
    assert distances[3].tolist() == [0, 1, 1]


def test_the_curve():
    found = [umap_.find_ab_params(s, d) for s, d in ((1.0, 0.1), (1.0, 0.5), (2.0, 0.0))]
    np.testing.assert_allclose(found, ANSWERS["ab"], rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "connectivity", "k"), [("one", 1.0, 8.0), ("more", 1.75, 8.0), ("few", 1.0, 5.0)]
)
def test_bandwidths(name, connectivity, k):
    sigmas, rhos = umap_.smooth_knn_dist(ANSWERS["distances"], k, local_connectivity=connectivity)
    np.testing.assert_allclose(sigmas, ANSWERS[f"sigmas_{name}"], rtol=1e-4)
    np.testing.assert_allclose(rhos, ANSWERS[f"rhos_{name}"], rtol=1e-6)


def test_another_number_of_bisections_is_refused():
    with pytest.raises(NotImplementedError, match="n_iter=3"):
        umap_.smooth_knn_dist(ANSWERS["distances"], 8.0, n_iter=3)


def test_membership_strengths():
    indices, distances = table()
    part = np.where(distances > 2, np.int32(-1), indices)
    sigmas, rhos = ANSWERS["sigmas_one"], ANSWERS["rhos_one"]
    found = umap_.compute_membership_strengths(part, distances, sigmas, rhos, True)
    for name, values in zip(("heads", "tails", "values", "dists"), found, strict=True):
        np.testing.assert_allclose(values, ANSWERS[f"strengths_{name}"], rtol=1e-5)
    assert umap_.compute_membership_strengths(part, distances, sigmas, rhos)[3] is None
    own = umap_.compute_membership_strengths(part, distances, sigmas, rhos, bipartite=True)
    assert (own[2].reshape(part.shape)[:, 0] == 1).all()


def test_fuzzy_sets():
    indices, distances = table()
    rows = ANSWERS["rows"]
    options = {"knn_indices": indices, "knn_dists": distances}
    found = umap_.fuzzy_simplicial_set(rows, 8, None, None, return_dists=True, **options)
    assert len(found) == 4
    close(found[0], "graph")
    close(found[3], "graph_dists")
    np.testing.assert_allclose(found[1], ANSWERS["sigmas_one"], rtol=1e-4)
    half = umap_.fuzzy_simplicial_set(rows, 8, None, None, set_op_mix_ratio=0.5, **options)
    assert len(half) == 3
    close(half[0], "graph_half")
    one_way = umap_.fuzzy_simplicial_set(rows, 8, None, None, apply_set_operations=False, **options)
    close(one_way[0], "graph_directed")
    assert umap_.fuzzy_simplicial_set(rows, 8, None, None, return_dists=False, **options)[3] is None
    # scanpy gives an empty matrix for its number of rows only.
    empty = coo_matrix((40, 1))
    close(umap_.fuzzy_simplicial_set(empty, 8, None, None, **options)[0], "graph")
    close(umap_.fuzzy_simplicial_set(rows, 8, 0, "euclidean")[0], "graph")


def test_set_operations():
    other = csr_matrix(ANSWERS["other"])
    close(umap_.reset_local_connectivity(graph()), "reset")
    close(umap_.reset_local_connectivity(graph(), reset_local_metric=True), "reset_metric", 1e-4)
    found = umap_.discrete_metric_simplicial_set_intersection(graph(), ANSWERS["labels"])
    close(found, "labelled")
    close(umap_.general_simplicial_set_union(graph(), other), "union")
    mix = umap_.general_simplicial_set_intersection
    close(mix(graph(), other), "intersection_mean")
    close(mix(graph(), other, weight=0.2), "intersection_low")
    close(mix(graph(), other, right_complement=True), "intersection_not")
    with pytest.raises(NotImplementedError, match="ordinal"):
        umap_.discrete_metric_simplicial_set_intersection(
            graph(), ANSWERS["labels"], metric="ordinal"
        )


def test_the_schedule_of_edges():
    found = umap_.make_epochs_per_sample(np.array([1.0, 0.5, 0.1, 0.0]), 200)
    np.testing.assert_allclose(found, ANSWERS["epochs"])


def test_scaled_coordinates():
    given = np.array([[1.0, -4.0], [2.0, 0.0]])
    found = umap_.noisy_scale_coords(given, np.random.RandomState(0))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, given * 2.5, atol=1e-3)
    assert not np.array_equal(found, (given * 2.5).astype(np.float32))


def test_places_of_new_rows():
    places = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0]], dtype=np.float32)
    found = umap_.init_transform(
        np.array([[0, 1], [1, 2]]), np.array([[0.5, 0.5], [0.25, 0.75]]), places
    )
    np.testing.assert_allclose(found, [[1, 0], [0.5, 3]])
    graph = csr_matrix(np.array([[0.5, 0.0, 0.5], [0.2, 1.0, 0.1], [0, 0, 0]]))
    found = umap_.init_graph_transform(graph, places)
    np.testing.assert_allclose(found[:2], [[0, 2], [2, 0]])
    assert np.isnan(found[2]).all()


def call(graph, **more):
    options = {
        "n_components": 2,
        "initial_alpha": 1.0,
        "a": 1.577,
        "b": 0.895,
        "gamma": 1.0,
        "negative_sample_rate": 5,
        "n_epochs": 50,
        "init": "spectral",
        "random_state": 0,
        "metric": "euclidean",
        "metric_kwds": {},
        "densmap": False,
        "densmap_kwds": {},
        "output_dens": False,
        **more,
    }
    return umap_.simplicial_set_embedding(options.pop("data", None), graph, **options)


def test_a_graph_is_laid_out():
    rows = random_rows(200, 6)
    knn = find_neighbors(rows)
    options = {"knn_indices": knn.indices, "knn_dists": knn.distances}
    weights = umap_.fuzzy_simplicial_set(rows, 15, None, None, **options)[0]
    places, more = call(weights.tocoo(), n_epochs=None, data=rows)
    assert places.shape == (200, 2)
    assert more == {}
    assert trustworthiness(rows, places, n_neighbors=10) > 0.75
    again, _ = call(weights, n_epochs=None, data=csr_matrix(rows), random_state=np.int64(0))
    assert np.array_equal(places, again)
    # Only the ratios of the weights count.
    scaled, _ = call(4 * weights, n_epochs=None, data=rows)
    assert trustworthiness(rows, scaled, n_neighbors=10) > 0.75
    snapshots, more = call(weights, n_epochs=[0, 20])
    assert len(more["embedding_list"]) == 2
    assert np.array_equal(more["embedding_list"][1], snapshots)
    for init in ("random", "pca", "tswspectral", np.array(rows[:, :2])):
        assert np.isfinite(call(weights, init=init, data=rows, verbose=False)[0]).all()
    for refused in ({"densmap": True}, {"output_dens": True}, {"euclidean_output": False}):
        with pytest.raises(NotImplementedError, match=next(iter(refused))):
            call(weights, **refused)


def test_spectral_layouts():
    rows = random_rows(100, 4)
    weights = umap_.fuzzy_simplicial_set(rows, 10, 0, "euclidean")[0]
    one = umap.spectral.spectral_layout(rows, weights, 2, 0)
    assert one.shape == (100, 2)
    assert np.array_equal(one, umap.spectral.tswspectral_layout(rows, weights, 2, 0))
    assert np.array_equal(one, umap.spectral.spectral_layout(None, weights, 2, 0))


def test_small_helpers():
    far = np.array([[0.0, 3, 1, 1], [5, 4, 3, 2]])
    near = umap.utils.fast_knn_indices(far, 2)
    assert near.tolist() == [[0, 2], [3, 2]]
    assert umap.utils.submatrix(far, near, 2).tolist() == [[0, 1], [2, 3]]
    rows = csr_matrix(np.array([[1, 0], [0, 2], [1, 0], [0, 0], [0, 0]]))
    index, inverse, counts = umap.utils.csr_unique(rows)
    assert (rows[index][inverse] != rows).nnz == 0
    assert sorted(counts) == [1, 2, 2]
    assert len(umap.utils.csr_unique(rows, return_counts=False)) == 2
    with pytest.warns(UserWarning, match="2 rows are disconnected"):
        means = umap.utils.average_nn_distance(rows)
    assert means[:3].tolist() == [1, 2, 1]
    assert np.isnan(means[3:]).all()


def test_trustworthiness_for_many_neighbours():
    rows = random_rows(60, 5)
    found = umap.validation.trustworthiness_vector(rows, rows[:, :2], 6)
    assert found.shape == (7,)
    assert found[0] == 1.0
    for k in range(1, 7):
        assert found[k] == pytest.approx(trustworthiness(rows, rows[:, :2], n_neighbors=k))


def test_distances_are_functions_of_two_rows():
    x, y = np.array([1.0, 2, 3]), np.array([2.0, 0, 3])
    distances = umap.distances
    assert distances.euclidean(x, y) == pytest.approx(np.sqrt(5))
    assert distances.named_distances["l1"](x, y) == 3
    assert distances.named_distances["taxicab"] is distances.named_distances["manhattan"]
    assert "chebyshev" in dir(distances)
    with pytest.raises(AttributeError, match="has no 'foobar'"):
        distances.foobar  # noqa: B018  (the attribute access is the test)
