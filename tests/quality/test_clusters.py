"""Check A24: clusters of the map against classes, by the paper's protocol."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score, silhouette_score, v_measure_score

from umapkit.quality import kmeans_nmi
from umapkit.quality._clusters import _mutual_information


def clouds(seed: int, classes: int, n: int = 240, width: float = 0.5):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    places = 4 * rng.normal(size=(classes, 2))[y] + width * rng.normal(size=(n, 2))
    return places.astype(np.float32), y


def test_the_choice_and_the_score_are_those_of_scikit_learn_over_the_papers_range():
    places, y = clouds(1, 10)
    found = {}
    for k in range(5, 15):  # ten classes
        for seed in range(3):
            labels = KMeans(k, n_init=2, random_state=seed).fit_predict(places)
            found[k, seed] = silhouette_score(places, labels), v_measure_score(y, labels)
    chosen = max(found, key=lambda key: found[key][0])
    ours = kmeans_nmi(places, y, n_seeds=3, n_init=2)
    assert ours.n_clusters == chosen[0]
    assert ours.silhouette == pytest.approx(found[chosen][0], abs=1e-6)
    assert ours.nmi == pytest.approx(found[chosen][1], abs=1e-9)
    assert ours.labels.shape == (240,)


@pytest.mark.parametrize(
    ("classes", "tried"),
    [(2, {2}), (3, {2, 3}), (4, {2, 3, 4, 5}), (5, {3, 4, 5, 6}), (10, set(range(5, 15)))],
)
def test_the_range_of_the_clusters_is_half_to_one_and_a_half_times_the_classes(
    classes, tried, monkeypatch
):
    import sklearn.cluster

    seen = []

    class Watched(KMeans):
        def __init__(self, n_clusters, **more):
            seen.append((n_clusters, more["random_state"]))
            super().__init__(n_clusters, **more)

    monkeypatch.setattr(sklearn.cluster, "KMeans", Watched)
    kmeans_nmi(*clouds(0, classes, n=60), n_seeds=2, n_init=1)
    assert sorted(seen) == [(k, seed) for k in sorted(tried) for seed in (0, 1)]


def test_mutual_information_is_over_the_mean_of_the_entropies():
    rng = np.random.default_rng(0)
    for n in (2, 7, 500):
        one, two = rng.integers(0, 4, n), rng.integers(0, 6, n)
        assert _mutual_information(one, two) == pytest.approx(
            normalized_mutual_info_score(one, two, average_method="arithmetic"), abs=1e-12
        )
    assert _mutual_information(one, one) == pytest.approx(1)
    assert _mutual_information(np.zeros(5, int), np.zeros(5, int)) == 1.0


def test_clear_clouds_agree_wholly_and_noise_hardly():
    places, y = clouds(3, 4, width=0.01)
    assert kmeans_nmi(places, np.array(list("wxyz"))[y], n_seeds=1).nmi == pytest.approx(1)
    assert kmeans_nmi(places, y, n_clusters=4, n_seeds=1).n_clusters == 4
    noise = np.random.default_rng(0).normal(size=(240, 2))
    assert kmeans_nmi(noise, y, n_seeds=1, n_init=1, sample_size=100).nmi < 0.1


def test_threads_change_nothing():
    places, y = clouds(5, 6)
    one, two = (kmeans_nmi(places, y, n_seeds=2, n_init=2, n_jobs=n) for n in (1, 2))
    assert one.nmi == two.nmi
    assert one.silhouette == two.silhouette
    np.testing.assert_array_equal(one.labels, two.labels)


@pytest.mark.parametrize(
    ("places", "y", "change", "said"),
    [
        (np.zeros((6, 2)), [0, 1] * 3, {}, "at one place"),
        (np.arange(12.0).reshape(6, 2), [1] * 6, {}, "1 class"),
        (np.arange(12.0).reshape(6, 2), [0, 1], {}, "shape"),
        (np.arange(12.0).reshape(6, 2), [0, 1] * 3, {"n_clusters": 6}, "from 2 to 5"),
        (np.arange(12.0).reshape(6, 2), [0, 1] * 3, {"n_seeds": 0}, "n_seeds=0"),
        (np.array([[0.0], [1.0]]), [0, 1], {}, "fewer than 3"),
        (np.full((6, 2), np.nan), [0, 1] * 3, {}, "finite"),
    ],
)
def test_what_cannot_be_judged_is_said(places, y, change, said):
    with pytest.raises(ValueError, match=said):
        kmeans_nmi(places, y, **change)
