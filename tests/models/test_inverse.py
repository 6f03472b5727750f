from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.neighbors import NearestNeighbors

from umapkit import UMAP, load
from umapkit.distances import METRICS, resolve_metric


@pytest.fixture(scope="module")
def rows():
    return load_digits().data.astype(np.float32)


@pytest.fixture(scope="module")
def model(rows):
    return UMAP(random_state=0).fit(rows[:1500])


def test_new_rows_come_back_closer_than_by_their_nearest_neighbour(model, rows):
    new = rows[1500:]
    placed = model.transform(new)
    back = model.inverse_transform(placed)
    assert back.dtype == np.float32
    assert back.shape == new.shape
    error = ((back - new) ** 2).mean()
    nearest = NearestNeighbors(n_neighbors=1).fit(model.embedding_).kneighbors(placed)[1][:, 0]
    assert error < 0.75 * ((rows[nearest] - new) ** 2).mean()
    assert error < 0.6 * ((rows[:1500].mean(axis=0) - new) ** 2).mean()


def test_the_incumbents_test_on_iris():
    """umap-learn's own threshold: 3 of 10 neighbours shared, for 8 points of the map."""
    iris = load_iris().data.astype(np.float32)
    model = UMAP(n_neighbors=10, min_dist=0.01, random_state=42).fit(iris)
    rng = np.random.default_rng(42)
    low, high = model.embedding_.min(axis=0), model.embedding_.max(axis=0)
    near_map = NearestNeighbors(n_neighbors=5).fit(model.embedding_)
    chosen = rng.choice(len(iris), 8, replace=False)
    places = np.clip(model.embedding_[chosen] + rng.normal(scale=0.05, size=(8, 2)), low, high)
    back = model.inverse_transform(places)
    high_d = NearestNeighbors(n_neighbors=10).fit(iris).kneighbors(back)[1]
    low_d = near_map.kneighbors(places)[1]
    for a, b in zip(high_d, low_d, strict=True):
        assert len(np.intersect1d(a, b)) >= 3


def test_a_place_comes_back_alone_as_in_any_batch(model):
    places = np.random.default_rng(0).uniform(-2, 14, (60, 2)).astype(np.float32)
    together = model.inverse_transform(places)
    order = np.random.default_rng(1).permutation(60)
    assert np.array_equal(model.inverse_transform(places[order]), together[order])
    for i in range(0, 60, 13):
        assert np.array_equal(model.inverse_transform(places[i : i + 1])[0], together[i])
    model.n_jobs = 1
    try:
        assert np.array_equal(model.inverse_transform(places), together)
    finally:
        model.n_jobs = None


def test_a_saved_model_gives_the_same_bits(model, tmp_path):
    places = model.embedding_[:40] + 0.1
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.inverse_transform(places), model.inverse_transform(places))


def test_another_fit_asks_anew(rows):
    start = np.random.default_rng(0).normal(size=(300, 2))
    model = UMAP(random_state=0, n_epochs=0, init=start).fit(rows[:300])
    first = model.inverse_transform(start[:5])
    again = model.fit(rows[300:600]).inverse_transform(start[:5])
    fresh = UMAP(random_state=0, n_epochs=0, init=start).fit(rows[300:600])
    assert np.array_equal(again, fresh.inverse_transform(start[:5]))
    assert not np.array_equal(first, again)


@pytest.mark.parametrize("n_components", [1, 3, 10])
def test_any_number_of_dimensions(rows, n_components):
    model = UMAP(n_components=n_components, random_state=0, n_epochs=50).fit(rows[:500])
    back = model.inverse_transform(model.embedding_[:50])
    error = ((back - rows[:50]) ** 2).mean()
    assert error < 0.75 * rows[:500].var(axis=0).mean()


def test_euclidean_rows_are_weighted_means(model, rows):
    place = np.array([[5.0, 5.0]], dtype=np.float32)
    d = np.sqrt(((model.embedding_.astype(np.float64) - place) ** 2).sum(axis=1))
    near = np.argsort(d)[:20]
    w = 1 / (1 + model.a_ * d[near] ** (2 * model.b_))
    expected = (w[:, None] * rows[near]).sum(axis=0) / w.sum()
    found = model.inverse_transform(place, n_neighbors=20)
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("metric", ["cosine", "correlation", "manhattan"])
def test_other_metrics_come_back_near_the_best_row(metric, rows):
    from scipy.optimize import minimize
    from scipy.spatial.distance import cdist

    model = UMAP(metric=metric, random_state=0, n_epochs=50).fit(rows[:400])
    place = model.embedding_[:3] + 0.05
    found = model.inverse_transform(place, n_neighbors=15)
    name = {"manhattan": "cityblock"}.get(metric, metric)
    for q in range(3):
        d = np.sqrt(((model.embedding_.astype(np.float64) - place[q]) ** 2).sum(axis=1))
        near = np.argsort(d, kind="stable")[:15]
        w = 1 / (1 + model.a_ * d[near] ** (2 * model.b_))

        def cost(x, near=near, w=w):
            return w @ cdist(x[None], rows[near], name)[0]

        # Nothing nearby is better.
        best = minimize(cost, found[q], method="Powell", options={"maxiter": 3}).fun
        assert cost(found[q].astype(np.float64)) <= best * (1 + 1e-4) + 1e-9
    if metric == "cosine":
        length = np.linalg.norm(found, axis=1)
        assert (length > 0.5 * np.linalg.norm(rows, axis=1).min()).all()


def test_copies_of_a_row_count():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 3)).astype(np.float32)
    many = np.concatenate([rows, np.repeat(rows[:1], 200, axis=0)])
    model = UMAP(random_state=0, n_epochs=20).fit(many)
    back = model.inverse_transform(model.embedding_[:1], n_neighbors=5)
    assert np.abs(back[0] - rows[0]).max() < 0.1


def test_far_places_and_few_rows(model):
    back = model.inverse_transform(np.array([[1e6, -1e6], [3e38, 3e38]], dtype=np.float32))
    assert np.isfinite(back).all()
    two = UMAP(random_state=0, n_neighbors=2, init="random").fit([[0.0, 1.0], [1.0, 0.0]])
    assert np.isfinite(two.inverse_transform([[0.0, 0.0]])).all()
    assert model.inverse_transform(np.empty((0, 2))).shape == (0, 64)


def test_what_cannot_be_inverted_is_refused(model, rows):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(ValueError, match="3 columns; the map has 2"):
        model.inverse_transform(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="NaN"):
        model.inverse_transform([[0.0, np.nan]])
    with pytest.raises(ValueError, match="n_neighbors=0"):
        model.inverse_transform([[0.0, 0.0]], n_neighbors=0)
    with pytest.raises(NotFittedError):
        UMAP().inverse_transform([[0.0, 0.0]])
    hamming = UMAP(metric="hamming", random_state=0, n_epochs=0).fit((rows[:200] > 8) * 1.0)
    with pytest.raises(ValueError, match=r"'hamming' has none.*'euclidean'"):
        hamming.inverse_transform([[0.0, 0.0]])


def test_inverse_on_a_sphere(rows):
    model = UMAP(output_metric="haversine", random_state=0, n_epochs=100).fit(rows[:800])
    back = model.inverse_transform(model.embedding_[:100])
    assert ((back - rows[:100]) ** 2).mean() < 0.6 * rows[:800].var(axis=0).mean()
    around = model.embedding_[:5] + np.array([0.0, 2 * np.pi])
    np.testing.assert_allclose(model.inverse_transform(around), back[:5], atol=1e-2)


def test_a_model_from_parts_can_be_inverted(model, rows):
    parts = UMAP.from_parts(rows[:1500], model.graph_, model.embedding_)
    places = model.embedding_[:10] + 0.1
    found = parts.inverse_transform(places, n_neighbors=10)
    assert np.array_equal(found, model.inverse_transform(places, n_neighbors=10))


GRADIENTS = [card.name for card in METRICS.values() if card.gradient is not None]


@pytest.mark.parametrize("metric", GRADIENTS)
def test_every_metric_with_a_gradient_has_a_way_back(metric, rows):
    """What comes back is nearer to its neighbours, in sum, than the best of them is."""
    data = rows[:120] / 16 + np.float32(0.05)
    if metric in ("haversine", "poincare"):
        data = np.random.default_rng(0).uniform(-0.5, 0.5, (120, 2)).astype(np.float32)
    kwds = {"w": np.linspace(0.5, 2.0, 64)} if metric == "wminkowski" else None
    model = UMAP(metric=metric, metric_kwds=kwds, random_state=0, n_epochs=20).fit(data)
    places = model.embedding_[:4] + np.float32(0.01)
    found = model.inverse_transform(places, n_neighbors=8)
    assert np.isfinite(found).all()
    card = resolve_metric(metric, kwds).fitted(data)
    power = 1 if metric in ("manhattan", "cosine", "correlation", "sqeuclidean") else 2
    for q in range(4):
        d = np.sqrt(((model.embedding_.astype(np.float64) - places[q]) ** 2).sum(axis=1))
        near = np.argsort(d, kind="stable")[:8]
        w = 1 / (1 + model.a_ * d[near] ** (2 * model.b_))
        cost = [w @ card.between(x[None], data[near])[0] ** power for x in (found[q], *data[near])]
        assert cost[0] <= min(cost[1:]) * (1 + 1e-5)
    alone = model.inverse_transform(places[2:3], n_neighbors=8)
    assert np.array_equal(alone[0], found[2])
