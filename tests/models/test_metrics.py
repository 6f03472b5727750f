from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.sparse
from scipy.spatial.distance import cdist
from sklearn.base import clone

import umapkit
from umapkit import UMAP


def blobs(n=90, d=5, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.random((3, d)) * 8
    return np.abs(centres[np.arange(n) % 3] + rng.normal(size=(n, d))).astype(np.float32)


X, NEW = blobs(), blobs(20, seed=0)[:, ::1] + np.float32(0.25)


def fitted(rows=X, **parameters):
    options = {"n_neighbors": 8, "n_epochs": 30, "random_state": 0} | parameters
    return UMAP(**options).fit(rows)


def check_promises(model, rows, new):
    """A training row takes its own place; a new row's place is its own, also after saving."""
    np.testing.assert_array_equal(model.transform(rows), model.embedding_)
    places = model.transform(new)
    assert np.isfinite(places).all()
    np.testing.assert_array_equal(model.transform(new[::-1])[::-1], places)
    for i in (0, 7):
        np.testing.assert_array_equal(model.transform(new[i : i + 1]), places[i : i + 1])
    model.n_jobs = 3
    np.testing.assert_array_equal(model.transform(new), places)
    return places


FAMILY = [
    ("minkowski", {"p": 3}),
    ("minkowski", {"p": np.inf}),
    ("wminkowski", {"w": np.arange(5.0), "p": 1}),
    ("seuclidean", None),
    ("seuclidean", {"V": np.arange(1.0, 6)}),
    ("mahalanobis", None),
    ("canberra", None),
    ("hellinger", None),
    ("symmetric_kl", {"z": 1e-6}),
    ("true_angular", None),
    ("gower", {"categorical": [False] * 5}),
    ("jaccard", None),
    ("dtw", {"shape": (5, 1), "cost": "path_mse"}),
]


@pytest.mark.parametrize(("metric", "keywords"), FAMILY)
def test_any_metric_makes_a_map_that_is_a_function(metric, keywords, tmp_path):
    rows, new = X, NEW
    if metric == "jaccard":
        rng = np.random.default_rng(0)
        rows, new = (rng.random((n, 30)) < 0.4 for n in (90, 20))
    model = fitted(rows, metric=metric, metric_kwds=keywords)
    again = fitted(rows, metric=metric, metric_kwds=keywords, n_jobs=1)
    np.testing.assert_array_equal(model.embedding_, again.embedding_)
    places = check_promises(model, rows, new)
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    np.testing.assert_array_equal(loaded.transform(new), places)
    np.testing.assert_array_equal(loaded.transform(rows), model.embedding_)
    np.testing.assert_array_equal(clone(loaded).fit(rows).embedding_, model.embedding_)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).transform(new), places)


def test_keywords_reach_the_search():
    plain, other = fitted(metric="minkowski", metric_kwds={"p": 1}), fitted(metric="manhattan")
    np.testing.assert_array_equal(plain.embedding_, other.embedding_)
    assert (fitted(metric="minkowski", metric_kwds={"p": 4}).embedding_ != other.embedding_).any()


def farthest(x, y, *, scale=1.0):
    """Chebyshev distance of the user."""
    return scale * float(np.abs(x - y).max())


def test_a_function_makes_the_map_of_its_metric(tmp_path):
    model, named = fitted(metric=farthest), fitted(metric="chebyshev")
    np.testing.assert_array_equal(model.embedding_, named.embedding_)
    places = check_promises(model, X, NEW)
    np.testing.assert_array_equal(places, named.transform(NEW))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).transform(NEW), places)
    with pytest.raises(ValueError, match="'farthest' is a function"):
        model.save(tmp_path)
    doubled = fitted(metric=farthest, metric_kwds={"scale": 2.0})
    np.testing.assert_allclose(doubled.graph_.toarray(), named.graph_.toarray(), atol=1e-4)


def test_rows_with_missing_values_have_places(tmp_path):
    rows, new = X.copy(), NEW.copy()
    rng = np.random.default_rng(0)
    rows[rng.random(rows.shape) < 0.1], new[rng.random(new.shape) < 0.1] = np.nan, np.nan
    rows[5] = rows[2]  # equal, NaN included
    rows[2, 3] = rows[5, 3] = np.nan
    model = fitted(rows, metric="nan_euclidean")
    np.testing.assert_array_equal(model.embedding_[5], model.embedding_[2])
    places = check_promises(model, rows, new)
    model.save(tmp_path)
    np.testing.assert_array_equal(umapkit.load(tmp_path).transform(new), places)
    with pytest.raises(ValueError, match="contains NaN"):
        fitted(rows)
    with pytest.raises(ValueError, match="init='pca' needs rows of numbers"):
        fitted(rows, metric="nan_euclidean", init="pca")
    complete = fitted(metric="nan_euclidean")
    np.testing.assert_allclose(complete.graph_.toarray(), fitted().graph_.toarray(), atol=1e-5)


def sparse_neighbors(far, k, *, diagonal):
    """The k smallest distances of each row, stored; zeros of a row to itself or not."""
    at = np.argsort(far, axis=1, kind="stable")[:, :k]
    rows = np.repeat(np.arange(len(far)), k)
    values = np.take_along_axis(far, at, axis=1).ravel()
    at = at.ravel()
    kept = np.ones(len(rows), dtype=bool) if diagonal else (rows != at)
    table = scipy.sparse.coo_array((values[kept], (rows[kept], at[kept])), shape=far.shape)
    return table.tocsr()


def test_given_distances_of_another_library_are_left_as_they_are():
    from sklearn.neighbors import NearestNeighbors

    # Its columns are sorted by distance.
    table = NearestNeighbors(n_neighbors=20).fit(X).kneighbors_graph(mode="distance")
    new = NearestNeighbors(n_neighbors=20).fit(X).kneighbors_graph(NEW, mode="distance")
    before, new_before = table.copy(), new.copy()
    model = fitted(table, metric="precomputed", init="random")
    places = model.transform(new)
    for mine, theirs in ((table, before), (new, new_before)):
        np.testing.assert_array_equal(mine.indices, theirs.indices)
        np.testing.assert_array_equal(mine.data, theirs.data)
    ordered = fitted(before.sorted_indices(), metric="precomputed", init="random")
    np.testing.assert_array_equal(model.embedding_, ordered.embedding_)
    np.testing.assert_array_equal(places, ordered.transform(new_before.sorted_indices()))


def test_given_distances_make_the_map_of_their_rows(tmp_path):
    far, new = cdist(X, X), cdist(NEW, X)
    model, plain = fitted(far, metric="precomputed", init="random"), fitted(init="random")
    np.testing.assert_allclose(model.graph_.toarray(), plain.graph_.toarray(), atol=1e-5)
    places = check_promises(model, far, new)
    assert model.neighbor_recall_ == 1.0
    assert model.n_features_in_ == 90
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    np.testing.assert_array_equal(loaded.transform(new), places)
    np.testing.assert_array_equal(loaded.transform(far), model.embedding_)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).transform(new), places)
    _, score = model.transform(new, return_score=True)
    np.testing.assert_allclose(score, plain.transform(NEW, return_score=True)[1], rtol=1e-4)


@pytest.mark.parametrize("diagonal", [True, False])
def test_sparse_given_distances_are_those_that_are_stored(diagonal, tmp_path):
    far, new = cdist(X, X), cdist(NEW, X)
    table = sparse_neighbors(far, 20, diagonal=diagonal)
    model, dense = fitted(table, metric="precomputed"), fitted(far, metric="precomputed")
    np.testing.assert_array_equal(model.embedding_, dense.embedding_)
    np.testing.assert_array_equal(model.transform(table), model.embedding_)
    near = sparse_neighbors(new, 12, diagonal=True)
    places = model.transform(near)
    assert np.isfinite(places).all()
    np.testing.assert_array_equal(model.transform(near[[4]]), places[4:5])
    np.testing.assert_array_equal(model.transform(near.tocoo()), places)
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    np.testing.assert_array_equal(loaded.transform(near), places)
    np.testing.assert_array_equal(loaded.transform(table), model.embedding_)


def test_rows_at_distance_zero_share_a_place(tmp_path):
    rows = X.copy()
    rows[[10, 40]] = rows[3]
    far, new = cdist(rows, rows), cdist(NEW, rows)
    model = fitted(far, metric="precomputed")
    np.testing.assert_array_equal(model.embedding_[[10, 40]], model.embedding_[[3, 3]])
    places = check_promises(model, far, new)
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    np.testing.assert_array_equal(loaded.transform(new), places)
    np.testing.assert_array_equal(loaded.transform(far), model.embedding_)


def test_new_rows_without_known_distances_have_no_place():
    table = sparse_neighbors(cdist(X, X), 20, diagonal=True)
    model = fitted(table, metric="precomputed")
    lonely = scipy.sparse.csr_array((1, 90))
    with pytest.warns(UserWarning, match="1 of 1 rows have no training row"):
        assert np.isnan(model.transform(lonely)).all()


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (np.zeros((4, 5)), {}, "has shape .4, 5.. Give the square matrix"),
        (-1 + np.eye(4), {}, "holds -1.0"),
        (np.full((4, 4), np.nan), {}, "holds nan"),
        (np.ones((4, 4)), {}, "row 0 of X is at distance 1.0 from itself"),
        (np.full((4, 4), "a"), {}, "no matrix of numbers"),
        (1 - np.eye(9), {"init": "pca"}, "init='pca' needs rows of numbers"),
        (1 - np.eye(9), {"metric_kwds": {"p": 1}}, "has no keyword 'p'"),
        (
            1 - np.eye(9),
            {"precomputed_knn": (np.zeros((9, 8), int), np.zeros((9, 8)))},
            "two sources of neighbours",
        ),
        (scipy.sparse.csr_array((9, 9)), {}, "row 0 has 0 known distances to other rows"),
    ],
)
def test_what_is_no_matrix_of_distances_is_refused(given, options, message):
    with pytest.raises(ValueError, match=message):
        fitted(given, metric="precomputed", **options)


def test_new_distances_must_be_to_the_training_rows():
    model = fitted(cdist(X, X), metric="precomputed")
    with pytest.raises(ValueError, match=r"has 20 columns.* to the 90 rows of fit"):
        model.transform(cdist(NEW, NEW))


@pytest.mark.parametrize(
    ("metric", "keywords", "message"),
    [
        ("minkowski", {"q": 1}, "has no keyword 'q'"),
        ("euclidean", {"p": 1}, "has no keyword 'p'"),
        ("ordinal", None, "for target_metric"),
        ("wminkowski", None, "needs the keyword 'w'"),
    ],
)
def test_bad_keywords_are_refused_before_the_search(metric, keywords, message):
    with pytest.raises(ValueError, match=message):
        fitted(metric=metric, metric_kwds=keywords)


def test_the_tags_say_what_the_metric_takes():
    assert UMAP(metric="precomputed").__sklearn_tags__().input_tags.pairwise
    assert UMAP(metric="nan_euclidean").__sklearn_tags__().input_tags.allow_nan
    tags = UMAP(metric="no such").__sklearn_tags__().input_tags
    assert (tags.pairwise, tags.allow_nan) == (False, False)


def test_neighbours_from_elsewhere_are_judged_by_the_metric_and_its_keywords():
    from umapkit.neighbors import find_neighbors

    found = find_neighbors(X, n_neighbors=8, metric="minkowski", metric_kwds={"p": 4})
    model = fitted(precomputed_knn=found, metric="minkowski", metric_kwds={"p": 4})
    assert model.neighbor_recall_ == 1.0
    np.testing.assert_array_equal(
        model.graph_.toarray(), fitted(metric="minkowski", metric_kwds={"p": 4}).graph_.toarray()
    )
