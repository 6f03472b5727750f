from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA as Theirs
from sklearn.utils.estimator_checks import check_estimator

import umapkit
from umapkit import PCA
from umapkit.init import pca_start


@pytest.fixture(scope="module")
def digits():
    return load_digits().data.astype(np.float32)


@pytest.fixture(scope="module")
def wide():
    """200 columns, 12 of which say most, far from the origin."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(500, 12)) * np.linspace(9, 3, 12)
    return (signal @ rng.normal(size=(12, 200)) + rng.normal(size=(500, 200)) + 300).astype("f4")


def agrees(model, theirs, rows, tolerance=1e-3):
    ours = model.transform(rows)
    scores = theirs.transform(rows.astype(np.float64))
    turn = np.sign((ours * scores).sum(axis=0))
    np.testing.assert_allclose(ours, scores * turn, atol=tolerance * scores.std())
    np.testing.assert_allclose(
        model.explained_variance_, theirs.explained_variance_, rtol=tolerance
    )
    np.testing.assert_allclose(
        model.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=tolerance
    )


@pytest.mark.parametrize("solver", ["exact", "iterated"])
@pytest.mark.parametrize("shape", ["tall", "wide", "few"])
def test_axes_are_those_of_scikit_learn(digits, wide, solver, shape):
    rows = {"tall": wide, "wide": np.ascontiguousarray(wide[:150]), "few": wide[:40]}[shape]
    model = PCA(5, solver=solver).fit(rows)
    agrees(model, Theirs(5, svd_solver="full").fit(rows.astype(np.float64)), rows)
    agrees(PCA(10).fit(digits), Theirs(10).fit(digits.astype(np.float64)), digits)


def test_training_rows_keep_their_scores_and_rows_do_not_see_each_other(wide):
    model = PCA(3, n_jobs=1).fit(wide)
    np.testing.assert_array_equal(model.transform(wide), model.embedding_)
    np.testing.assert_array_equal(model.fit_transform(wide), model.embedding_)
    model.set_params(n_jobs=3)
    np.testing.assert_array_equal(model.transform(wide[7:8]), model.embedding_[7:8])
    assert np.abs(model.embedding_.mean(axis=0)).max() < 1e-3 * model.embedding_.std()
    np.testing.assert_array_equal(PCA(3, n_jobs=2).fit(wide).embedding_, model.embedding_)


def test_the_start_of_maps_has_the_same_scores(digits):
    np.testing.assert_array_equal(PCA().fit(digits).embedding_, pca_start(digits, seed=0))


def test_the_way_back_is_the_nearest_row_on_the_axes(wide):
    model = PCA(40).fit(wide)
    back = model.inverse_transform(model.embedding_)
    theirs = Theirs(40).fit(wide.astype(np.float64))
    expected = theirs.inverse_transform(theirs.transform(wide.astype(np.float64)))
    np.testing.assert_allclose(back, expected, atol=2e-2)
    np.testing.assert_array_equal(model.inverse_transform(model.embedding_[3:4]), back[3:4])
    assert np.square(back - wide).mean() < 1.0
    with pytest.raises(ValueError, match="Give one score an axis"):
        model.inverse_transform(wide[:, :3])


def test_axes_beyond_the_rank_are_zero():
    rows = np.random.default_rng(0).normal(size=(50, 2)) @ np.ones((2, 4))
    model = PCA(6).fit(rows)
    assert model.embedding_.shape == (50, 6)
    assert not model.embedding_[:, 1:].any()
    assert not model.components_[1:].any()
    assert model.explained_variance_ratio_ == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-6)
    np.testing.assert_allclose(model.inverse_transform(model.embedding_), rows, atol=1e-5)
    same = PCA().fit(np.ones((5, 3)))
    assert not same.embedding_.any()
    np.testing.assert_array_equal(same.inverse_transform(same.embedding_), np.ones((5, 3)))


def test_saved_and_pickled_models_place_alike(wide, tmp_path):
    model = PCA(4).fit(wide)
    model.save(tmp_path / "pca")
    new = wide[:20] * np.float32(1.01)
    for other in (umapkit.load(tmp_path / "pca"), pickle.loads(pickle.dumps(model))):
        assert type(other) is PCA
        np.testing.assert_array_equal(other.transform(new), model.transform(new))
        np.testing.assert_array_equal(
            other.inverse_transform(model.embedding_), model.inverse_transform(model.embedding_)
        )
        np.testing.assert_array_equal(other.explained_variance_, model.explained_variance_)
        assert other.get_params() == model.get_params()


def test_sparse_rows_and_frames_are_welcome(digits):
    plain = PCA().fit(digits)
    sparse = PCA().fit(scipy.sparse.csr_array(digits))
    np.testing.assert_array_equal(sparse.embedding_, plain.embedding_)
    assert list(plain.get_feature_names_out()) == ["pca0", "pca1"]
    start = umapkit.TSNE(init=plain, n_epochs=0, random_state=0).fit(digits).embedding_
    usual = umapkit.TSNE(n_epochs=0, random_state=0).fit(digits).embedding_
    np.testing.assert_array_equal(start, usual)


def test_what_cannot_be_used_is_refused(digits):
    for change, said in (
        ({"n_components": 0}, "whole number from 1"),
        ({"n_components": 1.5}, "whole number from 1"),
        ({"n_components": True}, "whole number from 1"),
        ({"solver": "svd"}, "not known"),
    ):
        with pytest.raises(ValueError, match=said):
            PCA(**change).fit(digits)
    with pytest.raises(ValueError, match="NaN"):
        PCA().fit(np.full((5, 2), np.nan))
    with pytest.raises(ValueError, match="minimum of 2"):
        PCA().fit(digits[:1])
    with pytest.raises(ValueError, match="features"):
        PCA().fit(digits).transform(digits[:, :5])


def test_check_estimator_finds_no_failure():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(PCA(), on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    assert len(results) > 40
