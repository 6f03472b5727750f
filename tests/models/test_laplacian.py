from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.manifold import SpectralEmbedding
from sklearn.utils.estimator_checks import check_estimator

import umapkit
from umapkit import LaplacianEigenmaps
from umapkit.graph import intersect_labels
from umapkit.init import eigenmap
from umapkit.quality import knn_accuracy


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.data.astype(np.float32), found.target


@pytest.fixture(scope="module")
def model(digits):
    return LaplacianEigenmaps(random_state=0).fit(digits[0][:1500])


def sine(ours, theirs):
    """Largest sine of an angle between two planes."""
    a, b = (np.linalg.qr(np.asarray(x, dtype=np.float64))[0] for x in (ours, theirs))
    return np.sqrt(max(0.0, 1 - np.linalg.svd(a.T @ b)[1].min() ** 2))


def test_the_map_is_scikit_learns_of_the_same_graph(digits):
    found = LaplacianEigenmaps(random_state=0, solver="exact").fit(digits[0])
    theirs = SpectralEmbedding(affinity="precomputed", random_state=0)
    expected = theirs.fit_transform(scipy.sparse.csr_matrix(found.graph_.astype(np.float64)))
    assert sine(found.embedding_, expected) < 1e-3
    np.testing.assert_allclose(np.sqrt((found.embedding_**2).mean(axis=0)), 1, rtol=1e-5)
    quickly = LaplacianEigenmaps(random_state=0).fit(digits[0])
    np.testing.assert_allclose(quickly.eigenvalues_, found.eigenvalues_, rtol=0.01)
    assert sine(quickly.embedding_, found.embedding_) < 0.05


def test_places_solve_the_equation(model):
    w = scipy.sparse.csr_array(model.graph_, dtype=np.float64)
    degree = w @ np.ones(1500)
    f = model.embedding_.astype(np.float64)
    gap = (degree[:, None] * f - w @ f) - model.eigenvalues_ * degree[:, None] * f
    assert np.linalg.norm(gap) < 0.03 * np.linalg.norm(degree[:, None] * f - w @ f)
    assert (np.diff(model.eigenvalues_) > -1e-6).all()
    assert (model.eigenvalues_ > 0).all()


def test_new_rows_stand_by_their_class_whatever_stands_beside_them(digits, model):
    rows, target = digits
    places = model.transform(rows[1500:])
    new = knn_accuracy(model.embedding_, target[:1500], test_embedding=places, test_y=target[1500:])
    # Two coordinates tell few classes apart, new rows hardly less than those of the fit.
    assert new > knn_accuracy(model.embedding_, target[:1500]) - 0.08
    for n_jobs in (1, 3):
        model.set_params(n_jobs=n_jobs)
        np.testing.assert_array_equal(model.transform(rows[1505:1507]), places[5:7])
    np.testing.assert_array_equal(model.transform(rows[3:9]), model.embedding_[3:9])


def test_a_row_beside_a_training_row_comes_to_lie_beside_it(digits, model):
    rows = digits[0][:1500]
    places = model.transform(rows + np.float32(0.01))
    off = np.linalg.norm(places - model.embedding_, axis=1)
    assert np.median(off) < 0.05  # the map's root mean square is 1 an axis


@pytest.mark.parametrize("solver", ["filter", "exact"])
def test_same_seed_same_map_for_any_thread_count(digits, solver):
    one = LaplacianEigenmaps(random_state=0, solver=solver, n_jobs=1).fit(digits[0]).embedding_
    for n_jobs in (2, 3):
        other = LaplacianEigenmaps(random_state=0, solver=solver, n_jobs=n_jobs).fit(digits[0])
        np.testing.assert_array_equal(other.embedding_, one)


def test_parts_lie_side_by_side(digits):
    rows = np.concatenate([digits[0][:300], digits[0][:300] + 1000])
    found = LaplacianEigenmaps(random_state=0).fit(rows)
    assert np.isnan(found.eigenvalues_).all()
    here, there = found.embedding_[:300], found.embedding_[300:]
    low, high = here.min(axis=0), here.max(axis=0)
    assert not ((there >= low) & (there <= high)).all(axis=1).any()
    new = found.transform(rows[:5] + np.float32(0.5))
    assert ((new >= low) & (new <= high)).all()


def test_the_entry_of_largest_magnitude_is_positive():
    rng = np.random.default_rng(0)
    for seed in range(20):
        weights = np.triu(rng.random((60, 60)) * (rng.random((60, 60)) < 0.2), 1)
        weights += np.diag(np.full(59, 0.01), 1)  # connected
        graph = scipy.sparse.csr_array((weights + weights.T).astype(np.float32))
        places, _ = eigenmap(graph, seed=seed)
        assert (places[np.abs(places).argmax(axis=0), [0, 1]] > 0).all()


@pytest.mark.parametrize(("n", "n_components"), [(3, 2), (9, 5)])
def test_places_at_random_have_no_eigenvalues(n, n_components):
    for rows, known in ((n, False), (n + 1, True)):
        graph = scipy.sparse.csr_array(np.ones((rows, rows), dtype=np.float32) - np.eye(rows))
        places, eigenvalues = eigenmap(graph.astype(np.float32), n_components=n_components, seed=0)
        assert np.isfinite(places).all()
        if known:  # all of the complete graph's are n / (n - 1)
            np.testing.assert_allclose(eigenvalues, rows / (rows - 1), rtol=1e-5)
        else:
            assert np.isnan(eigenvalues).all()


def test_equal_rows_are_one_point(digits):
    rows = np.concatenate([digits[0][:300], digits[0][:100]])
    found = LaplacianEigenmaps(random_state=0).fit(rows)
    np.testing.assert_array_equal(found.embedding_[300:], found.embedding_[:100])
    assert found.graph_.shape == (300, 300)


def test_labels_shape_the_map_through_the_graph(digits):
    rows, target = digits[0][:600], digits[1][:600]
    plain = LaplacianEigenmaps(random_state=0).fit(rows)
    told = LaplacianEigenmaps(random_state=0)
    told.fit(rows, graph=intersect_labels(plain.graph_, target))
    assert knn_accuracy(told.embedding_, target) > knn_accuracy(plain.embedding_, target)
    assert np.isfinite(told.transform(rows[:5] + np.float32(0.5))).all()
    again = LaplacianEigenmaps(random_state=0).fit(rows, graph=plain.graph_)
    np.testing.assert_array_equal(again.embedding_, plain.embedding_)


def test_other_metrics_dimensions_and_sparse_rows(digits):
    rows = digits[0][:300]
    for more in ({"metric": "cosine"}, {"n_components": 1}, {"n_components": 5}):
        found = LaplacianEigenmaps(random_state=0, **more).fit(rows)
        assert found.embedding_.shape == (300, more.get("n_components", 2))
        assert np.isfinite(found.transform(rows[:3] + np.float32(1))).all()
    sparse = LaplacianEigenmaps(random_state=0).fit(scipy.sparse.csr_array(rows))
    plain = LaplacianEigenmaps(random_state=0).fit(rows)
    np.testing.assert_array_equal(sparse.embedding_, plain.embedding_)


def test_saved_and_pickled_models_place_alike(digits, model, tmp_path):
    new = digits[0][1500:1530]
    model.save(tmp_path / "model")
    for other in (umapkit.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        assert type(other) is LaplacianEigenmaps
        np.testing.assert_array_equal(other.transform(new), model.transform(new))
        np.testing.assert_array_equal(other.eigenvalues_, model.eigenvalues_)
        assert other.get_params() == model.get_params()
    given = LaplacianEigenmaps(random_state=0).fit(digits[0][:300], graph=np.ones((300, 300)))
    given.save(tmp_path / "given")
    np.testing.assert_array_equal(
        umapkit.load(tmp_path / "given").transform(new), given.transform(new)
    )
    with pytest.raises(ValueError, match="function"):
        LaplacianEigenmaps(metric=lambda x, y: abs(x - y).sum()).fit(new).save(tmp_path / "no")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_components": 0}, "whole number from 1"),
        ({"n_neighbors": 1}, "whole number from 2"),
        ({"n_neighbors": 2.5}, "whole number from 2"),
        ({"solver": "arpack"}, "not known"),
        ({"neighbors": "annoy"}, "not known"),
        ({"metric": "precomputed"}, "not offered"),
        ({"metric": "nearness"}, "nearness"),
    ],
)
def test_what_cannot_be_used_is_refused(digits, change, said):
    with pytest.raises(ValueError, match=said):
        LaplacianEigenmaps(**change).fit(digits[0][:50])


def test_bad_rows_are_refused_and_few_rows_said(digits):
    with pytest.raises(ValueError, match="NaN"):
        LaplacianEigenmaps().fit(np.full((30, 2), np.nan))
    with pytest.raises(ValueError, match="minimum of 2"):
        LaplacianEigenmaps().fit(digits[0][:1])
    with pytest.raises(ValueError, match="All rows of X are equal"):
        LaplacianEigenmaps().fit(np.ones((9, 3)))
    with pytest.warns(UserWarning, match="different rows, 9; 9 is used"):
        assert np.isfinite(LaplacianEigenmaps(random_state=0).fit(digits[0][:9]).embedding_).all()


def test_check_estimator_finds_no_failure():
    with warnings.catch_warnings():
        # Tables of ten rows cut n_neighbors down; that is said by a warning.
        warnings.simplefilter("ignore")
        results = check_estimator(LaplacianEigenmaps(), on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    assert len(results) > 40
