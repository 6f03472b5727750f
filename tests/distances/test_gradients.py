from __future__ import annotations

import numpy as np
import pytest

from umapkit.distances import METRICS, resolve_metric

SLOPES = [name for name, card in METRICS.items() if card.gradient is not None]
KEYWORDS = {
    "minkowski": {"p": 2.5},
    "wminkowski": {"w": np.linspace(0.5, 2, 5), "p": 3},
    "seuclidean": {"V": np.linspace(0.5, 2, 5)},
    "mahalanobis": {"VI": np.diag(np.linspace(0.5, 2, 5)) + 0.1},
}


def pairs(name, seed=0):
    rng = np.random.default_rng(seed)
    d = 2 if name == "haversine" else 5
    x, y = rng.random((4, d)) + 0.2, rng.random((4, d)) + 0.2
    if name == "poincare":
        return x / 4, y / 4
    if name in ("braycurtis", "canberra", "cosine", "euclidean"):
        return x - 0.7, y - 0.7  # of both signs
    return x, y


def test_umap_learns_list_of_gradients_is_there():
    theirs = (
        "euclidean manhattan chebyshev minkowski seuclidean wminkowski mahalanobis canberra cosine "
        "correlation hellinger softmax_hellinger haversine braycurtis symmetric_kl"
    )
    assert set(theirs.split()) <= set(SLOPES)


@pytest.mark.parametrize("name", SLOPES)
def test_gradients_agree_with_finite_differences(name):
    card = resolve_metric(name, KEYWORDS.get(name))
    x, y = pairs(name)
    far, slope = card.with_gradient(x, y)
    np.testing.assert_allclose(far, np.diag(card.between(x, y)), rtol=1e-12)
    for column in range(x.shape[1]):
        step = np.zeros(x.shape[1])
        step[column] = 1e-6
        ahead, behind = (card.with_gradient(x + s, y)[0] for s in (step, -step))
        np.testing.assert_allclose((ahead - behind) / 2e-6, slope[:, column], atol=1e-7)


@pytest.mark.parametrize("name", SLOPES)
def test_gradients_broadcast_and_are_finite_where_a_distance_has_a_kink(name):
    card = resolve_metric(name, KEYWORDS.get(name))
    x, y = pairs(name)
    far, slope = card.with_gradient(x[:, None], y[None])
    assert far.shape == (4, 4)
    assert slope.shape == (4, 4, x.shape[1])
    np.testing.assert_array_equal(slope[2, 3], card.with_gradient(x[2], y[3])[1])
    zero = np.zeros(x.shape[1])
    for one, other in ((x[0], x[0]), (zero, x[0]), (x[0], zero), (zero, zero)):
        with np.errstate(all="raise"):
            far, slope = card.with_gradient(one, other)
        assert np.isfinite(far)
        assert np.isfinite(slope).all()
    np.testing.assert_allclose(card.with_gradient(x[0], x[0])[1], 0, atol=1e-7)


def test_a_metric_without_a_gradient_says_so():
    with pytest.raises(ValueError, match="'jaccard' has no gradient"):
        METRICS["jaccard"].with_gradient([1.0], [0.0])


def test_a_function_may_bring_its_gradient():
    def far(x, y, *, scale):
        gap = x - y
        return scale * float(np.abs(gap).sum()), scale * np.sign(gap)

    card = resolve_metric(far, {"scale": 2.0})
    x = np.array([[1.0, 2.0], [5.0, 0.0]])
    found, slope = card.with_gradient(x[:, None], x[None])
    np.testing.assert_array_equal(found, [[0, 12], [12, 0]])
    np.testing.assert_array_equal(slope[0, 1], [-2, 2])
    with pytest.raises(ValueError, match="returns no gradient"):
        resolve_metric(lambda x, y: 0.0).with_gradient(x[0], x[1])
