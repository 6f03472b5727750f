"""umap-learn's refusals: the same values raise ValueError here."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import umapkit.compat.umap_learn as umap
from umapkit.compat.umap_learn._parameters import our_parameters

from .rows import random_rows


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("set_op_mix_ratio", -1.0),
        ("set_op_mix_ratio", 1.5),
        ("min_dist", 2.0),
        ("min_dist", -1.0),
        ("n_components", -1),
        ("n_components", 1.5),
        ("n_components", 2.3),
        ("n_components", "23"),
        ("n_components", np.float64(2.3)),
        ("n_neighbors", 0.5),
        ("n_neighbors", -1),
        ("metric", 45),
        ("metric", 2.75),
        ("metric", "foobar"),
        ("learning_rate", -1.5),
        ("repulsion_strength", -0.5),
        ("negative_sample_rate", -1),
        ("init", "foobar"),
        ("init", 42),
        ("init", np.zeros((50, 3))),
        ("init", np.zeros((2, 3))),
        ("n_epochs", -2),
        ("n_epochs", [5, -1]),
        ("target_n_neighbors", 1),
        ("output_metric", "foobar"),
        ("output_metric", "precomputed"),
        ("output_metric", "hamming"),
        ("output_metric", 2.75),
        ("metric", "haversine"),
        ("n_jobs", -2),
        ("n_jobs", 0),
        ("tqdm_kwds", 3),
        ("disconnection_distance", "far"),
        ("transform_mode", "foobar"),
    ],
)
def test_what_umap_learn_refuses_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        umap.UMAP(**{name: value}).fit(random_rows(50, 4))


@pytest.mark.parametrize(
    "parameters",
    [
        {"densmap": True, "dens_lambda": -1.0},
        {"densmap": True, "dens_var_shift": -1.0},
        {"densmap": True, "dens_frac": -1.0},
        {"densmap": True, "dens_frac": 2.0},
        {"unique": True, "metric": "precomputed"},
        {"densmap": True, "output_metric": "haversine"},
        {"output_metric": "haversine", "n_components": 3},
    ],
)
def test_what_does_not_go_together_is_refused(parameters):
    with pytest.raises(ValueError, match=r"dens|unique|haversine"):
        umap.UMAP(**parameters).fit(random_rows(50, 50))


def test_hellinger_refuses_negative_values():
    with pytest.raises(ValueError, match="hellinger"):
        umap.UMAP(metric="hellinger").fit(-random_rows(30, 4))


def test_an_output_function_without_gradient_is_refused():
    def flat(x, y):
        return float(np.abs(x - y).sum())

    with pytest.raises(ValueError, match=r"output_metric=.*flat.*gradient"):
        umap.UMAP(output_metric=flat, n_epochs=3).fit(random_rows(30, 4))


def test_output_metrics_that_umapkit_has_not_are_said_to_be_umap_learns():
    def city(x, y):
        return float(np.abs(x - y).sum()), np.sign(x - y)

    for metric in (city, "manhattan", "cosine", "mahalanobis"):
        with pytest.raises(NotImplementedError, match=r"output_metric=.*umap-learn's"):
            umap.UMAP(output_metric=metric, n_epochs=3).fit(random_rows(30, 4))


def test_update_needs_rows_without_labels():
    rows = random_rows(30, 4)
    model = umap.UMAP(n_neighbors=5, n_epochs=3, random_state=0).fit(rows, np.arange(30) % 2)
    with pytest.raises(ValueError, match="labels"):
        model.update(rows)


def test_update_needs_rows_and_not_distances():
    distances = np.abs(np.subtract.outer(np.arange(30.0), np.arange(30.0)))
    model = umap.UMAP(n_neighbors=5, n_epochs=3, metric="precomputed", random_state=0)
    with pytest.raises(ValueError, match="precomputed"):
        model.fit(distances).update(distances)


@pytest.mark.parametrize("labels", [29, 31, 0])
def test_labels_of_another_length_are_refused(labels):
    for y in (np.zeros(labels), [0] * labels):
        with pytest.raises(ValueError, match=f"y has {labels} labels"):
            umap.UMAP().fit(random_rows(30, 4), y)


def test_no_way_back_by_a_metric_without_gradient():
    rows = random_rows(100, 5)
    for given in (rows, rows > 0.5):
        model = umap.UMAP(metric="dice", n_epochs=11, random_state=0)
        with warnings.catch_warnings():  # rows without zeros are all equal, and few differ else
            warnings.simplefilter("ignore")
            model.fit(given)
        with pytest.raises(ValueError, match="'dice' has none"):
            model.inverse_transform(model.embedding_[:10])


def test_the_way_back_of_sparse_rows_is_that_of_dense_ones():
    """There: refused."""
    rows = random_rows(40, 16) * (random_rows(40, 16, seed=1) < 0.6)
    options = {"n_neighbors": 5, "n_epochs": 20, "random_state": 0}
    sparse, dense = (umap.UMAP(**options).fit(given) for given in (csr_matrix(rows), rows))
    np.testing.assert_array_equal(sparse.embedding_, dense.embedding_)
    places = dense.embedding_[:9] + np.float32(0.1)
    back = sparse.inverse_transform(places)
    assert back.shape == (9, 16)
    np.testing.assert_allclose(back, dense.inverse_transform(places), atol=1e-5)


def test_too_many_neighbours_only_warn():
    with pytest.warns(UserWarning, match="n_neighbors is larger than the dataset size") as seen:
        model = umap.UMAP(n_neighbors=20, n_epochs=3, random_state=0).fit(random_rows(10, 3))
    assert len(seen) == 1
    assert model._n_neighbors == 9


def test_a_and_b_are_kept():
    model = umap.UMAP(a=1.2, b=1.75, min_dist=0.3, n_epochs=3).fit(random_rows(30, 4))
    assert (model._a, model._b) == (1.2, 1.75)
    with pytest.warns(UserWarning, match="Give both"):
        model = umap.UMAP(a=1.2, n_epochs=3).fit(random_rows(30, 4))
    assert model._a == pytest.approx(1.577, abs=1e-3)


def test_fit_returns_the_model_and_leaves_parameters_alone():
    model = umap.UMAP(random_state=3, n_epochs=3, metric="cosine", verbose=False)
    before = model.get_params()
    assert model.fit(random_rows(30, 4)) is model
    assert model.get_params() == before


def test_a_function_as_metric_warns_at_most_once(recwarn):
    def city(x, y):
        return float(np.abs(x - y).sum())

    def with_gradient(x, y):
        gap = x - y
        return float(np.abs(gap).sum()), np.sign(gap)

    for metric in (city, with_gradient):
        recwarn.clear()
        model = umap.UMAP(metric=metric, n_neighbors=5, n_epochs=3, random_state=0)
        model.fit(random_rows(30, 4))
        assert len(recwarn) <= 1
    assert np.isfinite(model.inverse_transform(model.embedding_[:2])).all()


@pytest.mark.parametrize("parameters", [{"metric": "ordinal"}, {"metric": "string"}])
def test_what_is_not_there_says_so(parameters):
    with pytest.raises(NotImplementedError, match="umap-learn's and not in umapkit"):
        umap.UMAP(**parameters).fit(random_rows(30, 4))


def test_the_weight_of_densities_is_in_umap_learns_unit():
    model = umap.UMAP(densmap=True, dens_lambda=1.5)
    assert our_parameters(model, n_neighbors=15, supervised=False)["dens_lambda"] == 3.0
