from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from umapkit import UMAP


@pytest.fixture(scope="module")
def split():
    rows, labels = load_digits(return_X_y=True)
    return rows[:1200], labels[:1200], rows[1200:], labels[1200:]


@pytest.fixture(scope="module")
def model(split):
    return UMAP(random_state=0).fit(split[0])


def test_training_rows_take_their_own_places(model, split):
    assert np.array_equal(model.transform(split[0]), model.embedding_)


def test_one_by_one_equals_all_at_once_equals_shuffled(model, split):
    new = split[2][:120]
    together = model.transform(new)
    order = np.random.default_rng(0).permutation(len(new))
    assert np.array_equal(model.transform(new[order]), together[order])
    one_by_one = np.concatenate([model.transform(row[None]) for row in new[:40]])
    assert np.array_equal(one_by_one, together[:40])


def test_rows_do_not_depend_on_what_comes_with_them(model, split):
    new = split[2][:20]
    alone = model.transform(new)
    mixed = np.concatenate([split[0][:50], new, new[::-1], np.full((3, 64), 100.0)])
    assert np.array_equal(model.transform(mixed)[50:70], alone)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 596), min_size=1, max_size=30), st.integers(1, 3))
def test_transform_is_a_function_of_the_row(model, split, chosen, jobs):
    model.n_jobs = jobs
    try:
        found = model.transform(split[2][chosen])
    finally:
        model.n_jobs = None
    assert np.array_equal(found, model.transform(split[2])[chosen])


def test_new_rows_do_not_move_the_map(model, split):
    before = model.embedding_.copy()
    model.transform(split[2])
    assert np.array_equal(before, model.embedding_)


def test_new_rows_land_among_their_class(model, split):
    """Transform, then 5 neighbours, at least .95."""
    from umapkit.quality import knn_accuracy

    found = model.transform(split[2])
    accuracy = knn_accuracy(model.embedding_, split[1], test_embedding=found, test_y=split[3])
    assert accuracy >= 0.95


def test_the_score_tells_outsiders(model, split):
    inside, score_inside = model.transform(split[2], return_score=True)
    noise = np.random.default_rng(0).uniform(0, 16, (50, 64))
    _, score_noise = model.transform(noise, return_score=True)
    assert inside.shape == (597, 2)
    assert 0.8 < np.median(score_inside) < 1.25
    assert score_noise.min() > np.quantile(score_inside, 0.9)
    _, score_training = model.transform(split[0][:100], return_score=True)
    assert 0.8 < np.median(score_training) < 1.25


def test_equal_rows_share_one_place_in_fit_and_transform():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 6)).astype(np.float32)
    rows[150:] = rows[:50]
    model = UMAP(random_state=0).fit(rows)
    assert np.array_equal(model.embedding_[150:], model.embedding_[:50])
    assert np.array_equal(model.transform(rows[::-1]), model.embedding_[::-1])
    new = np.repeat(rng.normal(size=(1, 6)), 3, axis=0)
    placed = model.transform(new)
    assert np.array_equal(placed[0], placed[1])
    assert np.array_equal(placed[0], placed[2])


def test_minus_zero_is_zero(model, split):
    row = split[0][:1].copy()
    row[row == 0] = -0.0
    assert np.array_equal(model.transform(row), model.embedding_[:1])


def test_rows_beyond_the_disconnection_distance_are_nan_with_a_warning():
    rows = np.random.default_rng(0).normal(size=(100, 3))
    model = UMAP(random_state=0, disconnection_distance=10.0, n_epochs=20).fit(rows)
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        placed = model.transform(np.array([[0.1, 0.1, 0.1], [1e3, 0, 0]]))
    assert np.isfinite(placed[0]).all()
    assert np.isnan(placed[1]).all()


def test_what_is_kept_between_calls_belongs_to_the_fit_at_hand(split):
    new = split[2][:20]
    model = UMAP(random_state=0, n_epochs=20).fit(split[0][:300])
    first = model.transform(new)
    model.fit(split[0][300:700])
    again = model.transform(new)
    fresh = UMAP(random_state=0, n_epochs=20).fit(split[0][300:700])
    assert np.array_equal(again, fresh.transform(new))
    assert not np.array_equal(again, first)


def test_a_map_that_was_moved_takes_its_new_rows_along(split):
    new = split[2][:20]
    model = UMAP(random_state=0, n_epochs=20).fit(split[0][:300])
    before = model.transform(new)
    model.embedding_[:] = model.embedding_[:, ::-1].copy()
    assert np.array_equal(model.transform(new), before[:, ::-1])
    model.embedding_ = model.embedding_[:, ::-1]
    assert np.array_equal(model.transform(new), before)


def test_what_is_kept_between_calls_is_not_pickled(split):
    import pickle

    model = UMAP(random_state=0, n_epochs=20).fit(split[0][:300])
    size = len(pickle.dumps(model))
    placed, score = model.transform(split[2][:20], return_score=True)
    stored = pickle.dumps(model)
    assert len(stored) < size + 500
    again, same = pickle.loads(stored).transform(split[2][:20], return_score=True)
    assert np.array_equal(placed, again)
    assert np.array_equal(score, same)


def test_wrong_tables_are_refused(model, split):
    with pytest.raises(ValueError, match=r"63 features.*expecting 64"):
        model.transform(split[2][:, :63])
    broken = split[2][:5].copy()
    broken[2, 7] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.transform(broken)


def test_an_unfitted_model_says_so(split):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError, match="fit"):
        UMAP().transform(split[2])


def test_no_epochs_means_no_settling(split):
    model = UMAP(random_state=0, n_epochs=2).fit(split[0][:300])
    placed = model.transform(split[2][:10])
    assert np.isfinite(placed).all()


@pytest.mark.data
def test_no_new_row_is_left_stranded():
    """Rows that start between two regions reach one of them."""
    import os

    if not os.environ.get("UMAPKIT_DATA"):
        pytest.skip("UMAPKIT_DATA is not set: MNIST is not at hand")
    from scipy.spatial import cKDTree

    from umapkit.data import load

    rows = np.asarray(load("mnist").data, dtype=np.float32).reshape(70_000, -1)
    model = UMAP(random_state=0, n_epochs=None).fit(rows[:12_000])
    placed = model.transform(rows[60_000:64_000])
    far = cKDTree(model.embedding_).query(placed)[0]
    assert (far > 1.0).sum() <= 2
