"""What parameters look like in files, and which of them cannot be there."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP, find_neighbors, load  # noqa: E402
from umapkit.distances import resolve_metric  # noqa: E402
from umapkit.parametric import SemiSupervisedUMAP  # noqa: E402

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)


def saved(model, rows, path, y=None):
    fitted = model.fit(rows, y)
    fitted.save(path)
    again = load(path)
    np.testing.assert_array_equal(again.transform(rows), fitted.embedding_)
    return again


@pytest.mark.parametrize("kind", ["neighbors", "tables"])
def test_given_neighbours_are_kept(rows, tmp_path, kind):
    found = find_neighbors(rows, n_neighbors=5)
    given = found if kind == "neighbors" else (found.indices, found.distances)
    model = ParametricUMAP(n_neighbors=5, precomputed_knn=given, n_steps=3, **KINDS)
    again = saved(model, rows, tmp_path / "map")
    kept = again.precomputed_knn
    kept = (kept.indices, kept.distances) if kind == "neighbors" else kept
    for one, two in zip(kept, (found.indices, found.distances), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(again.fit(rows).embedding_, model.embedding_)


def test_keywords_with_arrays_and_infinite_numbers_are_kept(rows, tmp_path):
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    model = ParametricUMAP(
        metric="wminkowski", metric_kwds={"p": 3, "w": weights}, disconnection_distance=np.inf,
        n_steps=3, **KINDS,
    )  # fmt: skip
    again = saved(model, rows, tmp_path / "map")
    assert again.metric_kwds["p"] == 3
    np.testing.assert_array_equal(again.metric_kwds["w"], weights)
    assert again.disconnection_distance == np.inf
    np.testing.assert_array_equal(again.fit(rows).embedding_, model.embedding_)


def test_a_model_of_no_step_has_no_loss_and_can_be_saved(rows, tmp_path):
    for model, y in (
        (ParametricUMAP(n_steps=0, **KINDS), None),
        (SemiSupervisedUMAP(n_steps=0, **KINDS), np.arange(40) % 2),
    ):
        again = saved(model, rows, tmp_path / type(model).__name__, y)
        assert np.isnan(again.loss_)
        assert again.n_steps_ == 0


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (lambda x, y: float(np.abs(x - y).sum()), "is a function"),
        (resolve_metric("manhattan"), "cannot hold"),
    ],
    ids=["function", "card"],
)
def test_code_is_not_saved(rows, tmp_path, metric, said):
    fitted = ParametricUMAP(metric=metric, n_steps=1, **KINDS).fit(rows)
    with pytest.raises(ValueError, match=said):
        fitted.save(tmp_path / "map")


def test_classes_that_are_no_names_are_not_saved(rows, tmp_path):
    y = np.array([("a", 1), ("b", 2)] * 20, dtype="S1,i4")["f0"]
    fitted = ParametricUMAP(supervision="cross_entropy", n_steps=1, **KINDS).fit(rows, y)
    with pytest.raises(ValueError, match="classes_ of dtype"):
        fitted.save(tmp_path / "map")
