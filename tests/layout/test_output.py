from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from umapkit.layout import OUTPUT_METRICS, nearest_places, resolve_output_metric

COMPONENTS = {card.name: card.n_components or 3 for card in OUTPUT_METRICS.values()}
CURVED = [name for name in OUTPUT_METRICS if name != "euclidean"]


def points(name, n, seed=0):
    """Points in the coordinates of an output metric."""
    rng = np.random.default_rng(seed)
    if name == "haversine":
        return np.stack([rng.uniform(0.2, 2.9, n), rng.uniform(-3.1, 3.1, n)], axis=1)
    if name == "hyperboloid":
        return rng.normal(scale=3.0, size=(n, 2))
    if name == "torus":
        return rng.uniform(0, 2 * np.pi, (n, 2))
    x = rng.normal(scale=2.0, size=(n, COMPONENTS[name]))
    if name.endswith("energy"):
        x[:, 2:4] = rng.uniform(0.3, 2.0, (n, x[:, 2:4].shape[1]))
    return x


@pytest.mark.parametrize("name", OUTPUT_METRICS)
def test_gradients_agree_with_finite_differences(name):
    card = OUTPUT_METRICS[name]
    x, y = points(name, 300), points(name, 300, seed=1)
    distance, gradient = card.gradient(x, y)
    step = 1e-6
    for axis in range(x.shape[1]):
        move = np.zeros(x.shape[1])
        move[axis] = step
        slope = (card.gradient(x + move, y)[0] - card.gradient(x - move, y)[0]) / (2 * step)
        smooth = np.ones(len(x), dtype=bool)
        if name == "torus":  # the cut locus: both ways around are as long
            smooth = np.abs(np.abs(x[:, axis] - y[:, axis]) - np.pi) > 1e-4
        np.testing.assert_allclose(gradient[smooth, axis], slope[smooth], atol=1e-5, rtol=1e-5)
    assert np.isfinite(distance).all()


@pytest.mark.parametrize("name", OUTPUT_METRICS)
def test_a_point_and_itself_give_finite_numbers(name):
    x = points(name, 20)
    distance, gradient = OUTPUT_METRICS[name].gradient(x, x)
    assert np.isfinite(gradient).all()
    if not name.endswith("energy"):
        assert np.array_equal(distance, np.zeros(20))
        assert np.array_equal(gradient, np.zeros_like(x))


def test_distances_are_those_of_geometry():
    x, y = points("haversine", 40), points("haversine", 50, seed=1)

    def vectors(p):
        level = np.sin(p[:, 0])
        around = [level * np.cos(p[:, 1]), level * np.sin(p[:, 1]), np.cos(p[:, 0])]
        return np.stack(around, axis=1)

    angle = np.arccos(np.clip(vectors(x) @ vectors(y).T, -1, 1))
    np.testing.assert_allclose(OUTPUT_METRICS["haversine"].formula(x, y), angle, atol=1e-7)
    x, y = points("hyperboloid", 40), points("hyperboloid", 50, seed=1)
    lift = [np.sqrt(1 + (p**2).sum(axis=1)) for p in (x, y)]
    product = np.multiply.outer(*lift) - x @ y.T
    found = OUTPUT_METRICS["hyperboloid"].formula(x, y)
    np.testing.assert_allclose(found, np.arccosh(product), atol=1e-6)
    x, y = points("torus", 40), points("torus", 50, seed=1)
    turns = 2 * np.pi * np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)])
    nearest = np.min([cdist(x, y + turn) for turn in turns], axis=0)
    np.testing.assert_allclose(OUTPUT_METRICS["torus"].formula(x, y), nearest, atol=1e-9)


def test_the_energy_is_that_of_the_product_of_two_gaussians():
    from scipy.stats import multivariate_normal

    for name in ("spherical_gaussian_energy", "diagonal_gaussian_energy", "gaussian_energy"):
        x, y = points(name, 5), points(name, 5, seed=1)

        def covariance(p, name=name):
            first = p[2]
            second = p[3] if name != "spherical_gaussian_energy" else first
            angle = p[4] if name == "gaussian_energy" else 0.0
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            return turn @ np.diag([first, second]) @ turn.T

        found = OUTPUT_METRICS[name].formula(x, y)
        for i in range(5):
            for j in range(5):
                both = covariance(x[i]) + covariance(y[j])
                log = multivariate_normal(y[j, :2], both).logpdf(x[i, :2])
                assert found[i, j] == pytest.approx(-log, abs=1e-9)


@pytest.mark.parametrize("name", OUTPUT_METRICS)
def test_the_kernels_distances_agree_with_numpy(name):
    card = OUTPUT_METRICS[name]
    x = points(name, 70).astype(np.float32)
    q = points(name, 9, seed=2).astype(np.float32)
    indices, distances = nearest_places(x, q, 70, output_metric=card)
    expected = card.formula(q, x)
    np.testing.assert_allclose(
        distances, np.take_along_axis(expected, indices.astype(np.int64), axis=1), atol=2e-6
    )
    assert (np.diff(distances, axis=1) >= 0).all()
    few, near = nearest_places(x, q, 5, output_metric=card, n_jobs=2)
    assert np.array_equal(few, indices[:, :5])
    assert np.array_equal(near, distances[:, :5])
    others, _ = nearest_places(x, x, 6, output_metric=card, own=np.arange(70))
    assert not (others == np.arange(70)[:, None]).any()


@pytest.mark.parametrize("name", CURVED)
def test_coordinates_survive_the_way_to_the_surface_and_back(name):
    card = OUTPUT_METRICS[name]
    x = points(name, 200).astype(np.float32)
    if name == "gaussian_energy":
        x[:, 4] = np.random.default_rng(0).uniform(-1.5, 1.5, 200)
    np.testing.assert_allclose(card.to_coordinates(card.to_places(x)), x, atol=1e-5)


def test_poles_and_far_places_are_places():
    card = OUTPUT_METRICS["haversine"]
    poles = np.array([[0.0, 0.0], [np.pi, 1.0], [0.0, 2.0]], dtype=np.float32)
    places = card.to_places(poles)
    np.testing.assert_allclose(places, [[0, 0, 1], [0, 0, -1], [0, 0, 1]], atol=1e-6)
    assert np.isfinite(card.to_coordinates(places)).all()
    far = np.array([[1e6, 0.0], [-1e6, 3.0]], dtype=np.float32)
    found = OUTPUT_METRICS["hyperboloid"].formula(far, far)
    assert found[0, 1] == pytest.approx(2 * np.arcsinh(1e6), rel=1e-6)


def test_the_periods_of_the_torus_are_its_own():
    card = resolve_output_metric("torus", {"periods": (1.0, 10.0)}, n_components=2)
    assert card.formula([[0.1, 0.0]], [[0.9, 9.0]])[0, 0] == pytest.approx(np.hypot(0.2, 1.0))
    same = resolve_output_metric("torus", {"periods": 3}, n_components=2)
    assert same.periods == (3.0, 3.0)


def test_what_cannot_be_is_refused_with_what_can():
    with pytest.raises(ValueError, match=r"Did you mean 'haversine'\?"):
        resolve_output_metric("haversin", n_components=2)
    with pytest.raises(ValueError, match="Give n_components=5"):
        resolve_output_metric("gaussian_energy", n_components=2)
    with pytest.raises(TypeError, match="not a name"):
        resolve_output_metric(3, n_components=2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'radius'.*It takes none"):
        resolve_output_metric("haversine", {"radius": 1}, n_components=2)
    with pytest.raises(ValueError, match="two positive lengths"):
        resolve_output_metric("torus", {"periods": (1.0, -1.0)}, n_components=2)
    with pytest.raises(TypeError, match="not a dict"):
        resolve_output_metric("torus", [1.0], n_components=2)  # type: ignore[arg-type]
