"""spectral, layouts, validation and sparse against what umap-learn answers, kept in a file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances

import umapkit.compat.umap_learn as umap
from umapkit import find_neighbors

from .rows import random_rows

ANSWERS = dict(
    np.load(Path(__file__).parents[1] / "reference" / "umap_learn_modules.npz", allow_pickle=False)
)
A, B = 1.577, 0.895


def with_signs_of(found, theirs):
    """Turn axes the way of umap-learn's: an eigenvector has no sign of its own."""
    return found * np.where((found * theirs).sum(axis=0) < 0, -1, 1)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_components_lie_where_umap_learn_puts_them(metric):
    rows, labels = ANSWERS["island_rows"], ANSWERS["island_labels"]
    theirs = ANSWERS[f"centres_{metric}"]
    found = umap.spectral.component_layout(rows, 6, labels, 2, 0, metric=metric)
    np.testing.assert_allclose(with_signs_of(found, theirs), theirs, atol=2e-3)


@pytest.mark.parametrize("linkage", ["average", "complete", "single"])
def test_components_of_distances_lie_where_umap_learn_puts_them(linkage):
    distances, labels = pairwise_distances(ANSWERS["island_rows"]), ANSWERS["island_labels"]
    theirs = ANSWERS[f"centres_{linkage}"]
    keywords = {"linkage": linkage}
    found = umap.spectral.component_layout(distances, 6, labels, 2, 0, "precomputed", keywords)
    np.testing.assert_allclose(with_signs_of(found, theirs), theirs, atol=2e-3)


def test_linkages_differ():
    """umap-learn's test_component_layout_options."""
    distances = pairwise_distances(np.random.default_rng(42).uniform(size=(1000, 5)))
    labels = np.repeat(np.arange(5), 200)
    found = [
        umap.spectral.component_layout(
            distances, 5, labels, 2, np.random, "precomputed", {"linkage": linkage}
        )
        for linkage in ("single", "average", "complete")
    ]
    assert [len(one) for one in found] == [5, 5, 5]
    assert not np.all(found[0] == found[1])
    assert not np.all(found[0] == found[2])
    assert not np.all(found[1] == found[2])


def test_components_far_apart_still_have_an_order():
    """umap-learn's weights exp(-d²) vanish there: it warns, and the order is lost."""
    rows = 100.0 * np.arange(7.0)[:, None]
    found = umap.spectral.component_layout(rows, 7, np.arange(7), 1, 0)[:, 0]
    assert np.abs(found).max() == pytest.approx(1)
    steps = np.diff(found)
    assert (steps > 0).all() or (steps < 0).all()
    apart = np.full((7, 7), np.inf)
    np.fill_diagonal(apart, 0)
    found = umap.spectral.component_layout(apart, 7, np.arange(7), 2, 0, "precomputed")
    assert np.isfinite(found).all()


def test_components_without_rows_and_what_is_refused():
    place = umap.spectral.component_layout
    one = place(None, 7, np.arange(7), 2, 5)
    assert one.shape == (7, 2)
    assert ((one >= 0) & (one < 10)).all()
    assert np.array_equal(one, place(None, 7, np.arange(7), 2, 5))
    assert not np.array_equal(one, place(None, 7, np.arange(7), 2, 6))
    assert place(np.eye(3), 3, np.arange(3), 2, 0).tolist() == [[1, 0], [0, 1], [-1, 0]]
    with pytest.raises(ValueError, match="linkage='ward' is not known"):
        place(np.ones((7, 7)), 7, np.arange(7), 2, 0, "precomputed", {"linkage": "ward"})
    with pytest.raises(ValueError, match="0 or more"):
        place(-np.ones((7, 7)), 7, np.arange(7), 2, 0, "precomputed")
    with pytest.raises(ValueError, match="3 components were announced, and the labels name 2"):
        place(np.eye(4), 3, np.array([0, 0, 1, 1]), 2, 0)
    with pytest.raises(NotImplementedError, match="sparse matrix of distances"):
        place(csr_matrix(np.ones((7, 7))), 7, np.arange(7), 2, 0, "precomputed")


@pytest.mark.parametrize("count", [3, 6])
def test_every_component_has_its_eigenvectors_in_the_room_that_umap_learn_gives(count):
    """There, the second and third are missed on these chains: ARPACK stops at the next two."""
    n = 30 * count
    rows, labels = ANSWERS["island_rows"][:n], ANSWERS["island_labels"][:n]
    graph = ANSWERS[f"graph_{count}"]
    found = umap.spectral.multi_component_layout(rows, csr_matrix(graph), count, labels, 2, 0)
    assert found.dtype == np.float32
    centres = umap.spectral.component_layout(rows, count, labels, 2, 0)
    theirs = np.array([[1, 0], [0, 1], [-1, 0]]) if count == 3 else ANSWERS["centres_euclidean"]
    scale = 1 / np.sqrt(graph[:30, :30].sum(axis=0))
    smooth = np.linalg.eigh(scale[:, None] * graph[:30, :30] * scale)[1][:, [-2, -3]]
    for label in range(count):
        mine = found[labels == label] - centres[label]
        its = ANSWERS[f"islands_{count}"][labels == label] - theirs[label]
        assert np.abs(mine).max() == pytest.approx(np.abs(its).max(), rel=0.02)
        share = np.abs(np.sum(mine / np.linalg.norm(mine, axis=0) * smooth, axis=0))
        np.testing.assert_allclose(share, 1, atol=1e-4)


def test_both_spectral_layouts_are_one():
    """umap-learn's test_tsw_spectral_init."""
    graph = np.random.default_rng(42).standard_normal((20, 20)) ** 2
    graph = graph.T * graph
    one = umap.spectral.spectral_layout(None, graph, 2, random_state=42**2)
    other = umap.spectral.tswspectral_layout(None, graph, 2, random_state=42**2, tol=1e-8)
    assert np.mean(np.sum((one - other) ** 2, axis=1)) < 1e-6


def roughness(coordinates, graph):
    """Sum of Rayleigh quotients of the normalised Laplacian, and the least there is."""
    scale = 1 / np.sqrt(graph.sum(axis=0))
    laplacian = np.eye(len(graph)) - scale[:, None] * graph * scale
    basis = np.linalg.qr(coordinates.astype(np.float64))[0]
    least = np.linalg.eigvalsh(laplacian)[1 : 1 + basis.shape[1]].sum()
    return np.trace(basis.T @ laplacian @ basis), least


def test_a_start_that_umap_learn_gives_up_does_not_fail():
    """umap-learn's test_ensure_fallback_to_random_on_spectral_failure: it warns, and draws.

    "Spectral initialisation failed!" has nothing to tell here. On its graph any coordinates are
    about as smooth as others (a draw is within 1%); on a path, where umap-learn's solver is
    stopped as early, the same call finds the eigenvectors.
    """
    path = np.eye(1000, k=1) + np.eye(1000, k=-1)
    near = np.random.default_rng(0).random((1000, 100))
    for graph, above in ((path + near @ near.T, 0.01), (path, 1e-4)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = umap.spectral.tswspectral_layout(
                near, graph, 10, random_state=42, maxiter=2, method="lobpcg"
            )
        np.testing.assert_allclose(found.T @ found, np.eye(10), atol=1e-4)
        rough, least = roughness(found, graph)
        assert rough < (1 + above) * least
    drawn = np.random.default_rng(1).uniform(-10, 10, size=(1000, 10))
    assert roughness(drawn, path)[0] > 1000 * least


def test_small_functions_of_points():
    pairs = ANSWERS["pairs"]
    found = [umap.layouts.rdist(x, y) for x, y in pairs]
    np.testing.assert_allclose(found, ANSWERS["rdist"], rtol=1e-5)
    np.testing.assert_allclose([umap.utils.norm(x) for x, _ in pairs], ANSWERS["norm"], rtol=1e-6)
    found = [umap.layouts.clip(x) for x in (-5.0, -4.0, 0.5, 3.9, 7.0)]
    assert found == ANSWERS["clip"].tolist()


def laid_out(seed=0, n_epochs=200, **more):
    places = ANSWERS["start"].copy()
    state = np.random.RandomState(seed).randint(-1000, 1000, 3).astype(np.int64)
    edges = (ANSWERS["head"], ANSWERS["tail"], n_epochs, 300, ANSWERS["periods"])
    options = {"move_other": True, **more}
    found = umap.layouts.optimize_layout_euclidean(places, places, *edges, A, B, state, **options)
    return places, found


def test_edges_and_periods_are_laid_out_as_well_as_by_umap_learn():
    scores = []
    for seed in range(3):
        places, found = laid_out(seed)
        assert found is places
        scores.append(trustworthiness(ANSWERS["layout_rows"], places, n_neighbors=10))
    assert np.mean(scores) > ANSWERS["layout_trustworthiness"].mean() - 0.01
    assert np.array_equal(laid_out(2)[0], places)
    assert not np.array_equal(laid_out(1)[0], places)
    assert not np.array_equal(laid_out(2, gamma=3.0)[0], places)


def test_a_list_of_epochs_gives_the_maps_on_the_way(capfd):
    places, found = laid_out(n_epochs=[5, 20], verbose=True)
    assert "20/20" in capfd.readouterr().err
    assert len(found) == 2
    assert np.array_equal(found[1], places)
    assert not np.array_equal(found[0], places)


def test_new_points_go_to_their_neighbours_on_a_finished_map():
    finished = laid_out()[0]
    before = finished.copy()
    rows = ANSWERS["layout_rows"]
    near = find_neighbors(rows, n_neighbors=6).indices[:40, 1:]
    start = np.full((40, 2), finished.mean(axis=0), dtype=np.float32)
    edges = (np.repeat(np.arange(40), 5), near.ravel(), 100, 300, np.ones(200))
    state = np.array([1, 2, 3])
    found = umap.layouts.optimize_layout_euclidean(start, finished, *edges, A, B, state)
    assert found is start
    assert np.array_equal(finished, before)
    gaps = np.linalg.norm(found - finished[:40], axis=1)
    assert np.median(gaps) < 0.1 * np.linalg.norm(np.ptp(finished, axis=0))


def test_what_a_layout_of_edges_refuses():
    for more, match in (
        ({"densmap": True}, "densmap in optimize_layout_euclidean"),
        ({"move_other": False}, "move_other=False with one array"),
    ):
        with pytest.raises(NotImplementedError, match=match):
            laid_out(**more)
    places = ANSWERS["start"].copy()
    edges = (ANSWERS["head"], ANSWERS["tail"])
    more = (ANSWERS["periods"], A, B, np.arange(3))
    optimize = umap.layouts.optimize_layout_euclidean
    with pytest.raises(ValueError, match="n_vertices=7, but tail_embedding has 300 rows"):
        optimize(places, places, *edges, 5, 7, *more, move_other=True)
    with pytest.raises(NotImplementedError, match="a list of epochs for new points"):
        optimize(places, places.copy(), *edges, [5], 300, *more)
    with pytest.raises(NotImplementedError, match="move_other=True with two arrays"):
        optimize(places, places.copy(), *edges, 5, 300, *more, move_other=True)


def nearest_on_map():
    return np.argsort(pairwise_distances(ANSWERS["score_rows"][:, :2]), axis=1)[:, 1:9]


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "canberra"])
def test_trustworthiness_of_every_size_is_umap_learns(metric):
    rows, near = ANSWERS["score_rows"], nearest_on_map()
    order = np.argsort(pairwise_distances(rows, metric=metric), axis=1)
    found = umap.validation.trustworthiness_vector_bulk(order, near, 8)
    np.testing.assert_allclose(found[1:], ANSWERS[f"bulk_{metric}"][1:], rtol=1e-12)
    function = umap.distances.named_distances[metric]
    for given in (metric, function, lambda x, y: function(x, y)):
        found = umap.validation.make_trustworthiness_calculator(given)(rows, near, 8)
        np.testing.assert_allclose(found, ANSWERS[f"calculated_{metric}"], rtol=1e-12)


def test_trustworthiness_by_other_metrics_uses_them_in_the_map_too():
    rows = random_rows(50, 4)
    found = umap.validation.trustworthiness_vector(rows, rows[:, :2], 6, metric="manhattan")
    by_rows, by_places = (
        np.argsort(pairwise_distances(x, metric="manhattan"), axis=1) for x in (rows, rows[:, :2])
    )
    expected = umap.validation.trustworthiness_vector_bulk(by_rows, by_places[:, 1:], 6)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_lists_too_short_for_a_trustworthiness_are_refused():
    """There: read past the end of the row."""
    near = nearest_on_map()
    calculate = umap.validation.make_trustworthiness_calculator("euclidean")
    with pytest.raises(ValueError, match="max_k=9 needs that many columns"):
        calculate(ANSWERS["score_rows"], near, 9)
    with pytest.raises(ValueError, match="max_k=4 is not allowed for 8 rows"):
        umap.validation.trustworthiness_vector_bulk(np.eye(8, dtype=int), near[:8], 4)


def sparse_rows():
    table = csr_matrix(ANSWERS["sparse_rows"])
    kept = [slice(*table.indptr[i : i + 2]) for i in range(table.shape[0])]
    return [(table.indices[i], table.data[i]) for i in kept]


@pytest.mark.parametrize("name", sorted(umap.sparse.sparse_named_distances))
def test_distances_of_sparse_rows_are_umap_learns(name):
    function = umap.sparse.sparse_named_distances[name]
    more = (20,) if name in umap.sparse.sparse_need_n_features else ()
    rows = sparse_rows()
    found = [[function(*one, *other, *more) for other in rows] for one in rows]
    theirs = ANSWERS[f"sparse_{name}"]
    if name == "ll_dirichlet":
        # There: the logarithm of the gamma function by a short series, NaN for equal rows.
        np.testing.assert_array_equal(np.diag(found), 0)
        apart = ~np.eye(len(rows), dtype=bool)
        np.testing.assert_allclose(np.array(found)[apart], theirs[apart], rtol=1e-3)
        return
    np.testing.assert_allclose(found, theirs, rtol=1e-5, atol=1e-5)


def test_the_list_of_sparse_distances_is_umap_learns():
    theirs = {name.removeprefix("sparse_") for name in ANSWERS if name.startswith("sparse_")}
    helpers = {f"{op}_{part}" for op in ("sum", "diff", "mul") for part in ("columns", "values")}
    assert set(umap.sparse.sparse_named_distances) == theirs - helpers - {"rows"}


def test_sums_and_products_of_sparse_rows():
    one, other = sparse_rows()[:2]
    for name in ("sparse_sum", "sparse_diff", "sparse_mul"):
        columns, values = getattr(umap.sparse, name)(*one, *other)
        np.testing.assert_array_equal(columns, ANSWERS[f"{name}_columns"])
        np.testing.assert_allclose(values, ANSWERS[f"{name}_values"])
    assert umap.sparse.arr_unique([3, 1, 3]).tolist() == [1, 3]
    assert umap.sparse.arr_union([5, 1], [1, 2]).tolist() == [1, 2, 5]
    assert umap.sparse.arr_intersect([1, 5], [2, 5]).tolist() == [5]


def test_sparse_rows_without_columns_and_what_is_refused():
    assert umap.sparse.sparse_minkowski([0, 3], [3, 4], [], [], 1) == 7
    assert umap.sparse.sparse_euclidean([], [], [], []) == 0
    assert umap.sparse.sparse_hamming([0], [1], [1], [1], 4) == 0.5
    with pytest.raises(TypeError, match="sparse_hamming takes the number of columns, 2 or more"):
        umap.sparse.sparse_hamming([0], [1], [1], [1])
    with pytest.raises(AttributeError, match="has no 'foobar'"):
        umap.sparse.foobar  # noqa: B018  (the attribute access is the test)
    assert "sparse_cosine" in dir(umap.sparse)
    assert set(umap.sparse.SPARSE_SPECIAL_METRICS.values()) == {"hellinger", "ll_dirichlet"}
