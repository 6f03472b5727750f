from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

from umapkit import UMAP
from umapkit.layout import History


def fit_quietly(rows, **parameters):
    """Fit where few rows are expected to cut n_neighbors down."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_neighbors=.* is more than")
        return UMAP(random_state=0, **{"n_epochs": 30, **parameters}).fit(rows)


@pytest.mark.parametrize("n", range(1, 21))
@pytest.mark.parametrize("init", ["spectral", "pca", "random"])
def test_few_rows_give_a_finite_map(n, init):
    rows = np.random.default_rng(n).normal(size=(n, 4))
    model = fit_quietly(rows, init=init)
    assert model.embedding_.shape == (n, 2)
    assert np.isfinite(model.embedding_).all()
    assert np.array_equal(model.transform(rows), model.embedding_)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_neighbors=.* is more than")
        assert np.isfinite(model.transform(rows + 0.5)).all()


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        UMAP().fit(np.empty((0, 3)))


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match=r"0 feature\(s\)"):
        UMAP().fit(np.empty((30, 0)))


def test_too_many_neighbours_are_cut_down_aloud():
    rows = np.random.default_rng(0).normal(size=(10, 3))
    with pytest.warns(UserWarning, match=r"n_neighbors=15 is more than .* rows, 10"):
        UMAP(n_epochs=5).fit(rows)


def test_all_equal_rows_share_one_finite_place():
    model = fit_quietly(np.ones((40, 3)))
    assert np.isfinite(model.embedding_).all()
    assert np.array_equal(model.embedding_, np.repeat(model.embedding_[:1], 40, axis=0))


def test_half_duplicates_are_no_trouble():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 5))
    rows[200:] = rows[7]
    model = fit_quietly(rows, n_epochs=200)
    assert np.isfinite(model.embedding_).all()
    assert np.array_equal(model.embedding_[200:], np.repeat(model.embedding_[7:8], 200, axis=0))
    # The other rows keep a map of their own: they do not collapse onto the copies.
    assert np.ptp(model.embedding_[:200], axis=0).min() > 1.0
    assert model.graph_.shape == (400, 400)
    assert abs(model.graph_ - model.graph_.T).max() == 0


def test_constant_columns_are_no_trouble():
    rows = np.random.default_rng(0).normal(size=(100, 5))
    rows[:, 2] = 3.0
    assert np.isfinite(fit_quietly(rows).embedding_).all()
    for metric in ("cosine", "correlation"):
        assert np.isfinite(fit_quietly(rows, metric=metric).embedding_).all()


def test_three_islands_stay_three():
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(0)
    island = np.repeat([0, 1, 2], 100)
    rows = rng.normal(size=(300, 4)) + 100.0 * island[:, None]
    model = fit_quietly(rows, n_epochs=200)
    assert np.isfinite(model.embedding_).all()
    found = KMeans(3, n_init=10, random_state=0).fit_predict(model.embedding_)
    assert all(len(set(found[island == i])) == 1 for i in range(3))
    assert len(set(found)) == 3


def test_disconnected_rows_are_named_and_finite():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(100, 3))
    rows[5] = 1e4
    model = fit_quietly(rows, disconnection_distance=50.0)
    assert list(np.flatnonzero(model.disconnected_)) == [5]
    assert np.isfinite(model.embedding_).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.tolist(),
        lambda x: x.astype(np.float64),
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        csr_matrix,
        csr_array,
        lambda x: x.astype(object),
    ],
    ids=["list", "float64", "fortran", "strided", "csr_matrix", "csr_array", "object"],
)
def test_every_container_gives_the_same_bits(make):
    rows = np.random.default_rng(0).integers(0, 5, size=(120, 7)).astype(np.float32)
    plain = fit_quietly(rows)
    assert np.array_equal(fit_quietly(make(rows)).embedding_, plain.embedding_)
    assert np.array_equal(plain.transform(make(rows + 0.5)), plain.transform(rows + 0.5))


def test_read_only_rows_and_memory_maps_are_read(tmp_path):
    rows = np.random.default_rng(0).normal(size=(120, 7)).astype(np.float32)
    plain = fit_quietly(rows)
    frozen = rows.copy()
    frozen.flags.writeable = False
    assert np.array_equal(fit_quietly(frozen).embedding_, plain.embedding_)
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert np.array_equal(fit_quietly(mapped).embedding_, plain.embedding_)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_row_and_column(value):
    rows = np.random.default_rng(0).normal(size=(50, 4))
    rows[17, 2] = value
    with pytest.raises(ValueError, match=r"row 17.*column 2"):
        UMAP().fit(rows)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_neighbors": 1}, "n_neighbors=1"),
        ({"n_neighbors": 0.5}, "n_neighbors=0.5"),
        ({"n_components": 0}, "n_components=0"),
        ({"n_components": "2"}, "n_components='2'"),
        ({"metric": "foobar"}, "foobar"),
        ({"metric": 45}, "45"),
        ({"min_dist": 2.0}, "min_dist"),
        ({"min_dist": -1}, "min_dist"),
        ({"spread": -1.0}, "spread"),
        ({"set_op_mix_ratio": 1.5}, "set_op_mix_ratio"),
        ({"set_op_mix_ratio": -1.0}, "set_op_mix_ratio"),
        ({"learning_rate": -1.5}, "learning_rate"),
        ({"repulsion_strength": -0.5}, "repulsion_strength"),
        ({"negative_sample_rate": -1}, "negative_sample_rate"),
        ({"init": "foobar"}, "foobar"),
        ({"init": np.zeros((50, 3))}, r"\(50, 2\)"),
        ({"n_epochs": -2}, "n_epochs"),
        ({"a": 1.0}, "give both"),
        ({"local_connectivity": -1.0}, "local_connectivity"),
        ({"random_state": "seed"}, "random_state"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"target_metric": "foobar"}, "categorical"),
        ({"neighbors": "foobar"}, "foobar"),
        ({"optimizer": "adam"}, "adam"),
        ({"precomputed_knn": (np.zeros((3, 2)), np.zeros((3, 2)))}, "50"),
        ({"tol": -1.0}, "tol"),
        ({"disconnection_distance": -1.0}, "disconnection_distance"),
    ],
)
def test_parameters_that_make_no_sense_are_named(parameters, text):
    rows = np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises((ValueError, TypeError), match=text):
        UMAP(**parameters).fit(rows)


def test_labels_of_another_length_are_refused():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises(ValueError, match="49 labels"):
        UMAP().fit(rows, np.zeros(49))


def test_equal_rows_with_different_labels_count_as_unknown():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 3))
    rows[30:] = rows[:30]
    labels = np.repeat([0, 1], 30)
    conflicting = fit_quietly(rows, n_neighbors=5).fit(rows, labels)
    unknown = fit_quietly(rows, n_neighbors=5).fit(rows, np.full(60, -1))
    assert np.array_equal(conflicting.embedding_, unknown.embedding_)


def test_hub_heavy_data_settles_near_the_serial_loss():
    """5,000 rows in 100 dimensions: a few rows are neighbours of very many."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 100)) * rng.uniform(0.5, 2.0, size=(5000, 1))
    history = History(every=10)
    ours = UMAP(random_state=0, observers=history).fit(rows)
    degrees = np.diff(ours.graph_.indptr)
    assert degrees.max() > 20 * np.median(degrees)
    serial = UMAP(random_state=0, optimizer="schedule").fit(rows)
    losses = np.array(history.losses)
    assert losses[-1] < losses[0]
    assert np.max(np.diff(losses[len(losses) // 2 :])) < 0.01 * losses[-1]
    assert losses[-1] < 1.03 * serial.loss_


@pytest.mark.parametrize(
    "name",
    ["min_dist", "spread", "learning_rate", "local_connectivity", "tol", "disconnection_distance"],
)
def test_what_is_no_number_is_named(name):
    rows = np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises(TypeError, match=f"{name}='a'.*Give a number"):
        UMAP(**{name: "a"}).fit(rows)


def test_conflicting_arguments_raise():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises(ValueError, match="Give one pair"):
        UMAP(a=1.0, b=1.0, min_dist=0.7).fit(rows)
    with pytest.raises(ValueError, match="needs a random_state"):
        UMAP(checkpoint="somewhere").fit(rows)


def test_neighbours_of_another_metric_are_noticed():
    from umapkit import find_neighbors

    rows = np.random.default_rng(0).normal(size=(400, 4)) * [1, 100, 1, 1]
    other = find_neighbors(np.random.default_rng(1).normal(size=(400, 4)))
    with pytest.warns(UserWarning, match="name that metric"):
        UMAP(precomputed_knn=other, n_epochs=5, random_state=0).fit(rows)
    nothing = UMAP(precomputed_knn=(None, None, None), n_epochs=5, random_state=0).fit(rows)
    assert nothing.neighbor_recall_ == 1.0
