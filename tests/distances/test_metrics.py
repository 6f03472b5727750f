from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from umapkit.distances import METRICS, resolve_metric


@pytest.mark.parametrize(
    "name", ["euclidean", "manhattan", "chebyshev", "hamming", "cosine", "correlation"]
)
def test_formulas_agree_with_scipy(name):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, (7, 9)).astype(float), rng.integers(0, 4, (11, 9)).astype(float)
    a[:, 0] += 0.5  # no row is constant
    b[:, 1] += 0.25
    other = {"manhattan": "cityblock"}.get(name, name)
    np.testing.assert_allclose(METRICS[name].formula(a, b), cdist(a, b, other), atol=1e-12)


@pytest.mark.parametrize("name", ["cosine", "correlation"])
def test_rows_without_direction_are_at_one_from_others_and_zero_from_each_other(name):
    a = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 4.0]])
    np.testing.assert_allclose(METRICS[name].formula(a, a), [[0, 1], [1, 0]], atol=1e-12)


def test_inner_product_orders_by_the_product_and_is_never_negative():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(20, 5)) * 10, rng.normal(size=(30, 5))
    distances = METRICS["inner_product"].formula(a, b)
    assert (distances >= 0).all()
    np.testing.assert_array_equal(
        np.argsort(distances, axis=1, kind="stable"), np.argsort(-(a @ b.T), axis=1, kind="stable")
    )
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    np.testing.assert_allclose(METRICS["inner_product"].formula(a, b), 1 - a @ b.T, atol=1e-12)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("l2", "euclidean"),
        ("l1", "manhattan"),
        ("taxicab", "manhattan"),
        ("linf", "chebyshev"),
        ("linfty", "chebyshev"),
        ("linfinity", "chebyshev"),
        ("dot", "inner_product"),
    ],
)
def test_aliases_mean_what_umap_learn_means(alias, name):
    assert resolve_metric(alias) is METRICS[name]


def test_an_unknown_name_is_refused_with_the_names_that_exist():
    with pytest.raises(ValueError, match="Did you mean 'euclidean'") as caught:
        resolve_metric("euclidian")
    for name in METRICS:
        assert repr(name) in str(caught.value)
    with pytest.raises(TypeError, match="not a name"):
        resolve_metric(3)


def test_only_bounded_metrics_have_a_disconnection_distance():
    finite = {
        n: m.disconnection_distance
        for n, m in METRICS.items()
        if np.isfinite(m.disconnection_distance)
    }
    angles = {"cosine": 2.0, "correlation": 2.0}
    assert finite == angles | dict.fromkeys(["hellinger", "jaccard", "bit_jaccard", "dice"], 1.0)
