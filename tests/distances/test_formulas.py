from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist, jensenshannon
from scipy.stats import spearmanr, wasserstein_distance

from umapkit.distances import METRICS, TARGET_METRICS, resolve_metric

REFERENCE = Path(__file__).parents[1] / "reference"
THEIRS = np.load(REFERENCE / "umap_learn_metrics.npz")
PYNNDESCENTS = np.load(REFERENCE / "pynndescent_metrics.npz")
OF_ROWS = {
    "poincare": "ball",
    "haversine": "places",
    "hellinger": "shares",
    "symmetric_kl": "shares",
    **dict.fromkeys(
        [
            "jaccard",
            "dice",
            "matching",
            "kulsinski",
            "rogerstanimoto",
            "russellrao",
            "sokalsneath",
            "sokalmichener",
            "yule",
            "hamming",
        ],
        "bits",
    ),
}
KEYWORDS = {
    "minkowski": {"p": 2.5},
    "wminkowski": {"w": THEIRS["weights"], "p": 2.5},
    "seuclidean": {"V": THEIRS["weights"]},
    "mahalanobis": {"VI": THEIRS["form"]},
}
NAMES = [
    name
    for name in THEIRS.files
    if name in METRICS and not name.startswith("rows_") and not name.endswith("_gradient")
]
GRADIENTS = [name for name in NAMES if f"{name}_gradient" in THEIRS.files]


def rows_of(name):
    return THEIRS[f"rows_{OF_ROWS.get(name, 'reals')}"]


def test_the_reference_file_covers_the_list_of_umap_learn():
    assert len(NAMES) == 26
    assert len(GRADIENTS) == 12


@pytest.mark.parametrize("name", NAMES)
def test_distances_agree_with_umap_learn(name):
    rows = rows_of(name)
    found = resolve_metric(name, KEYWORDS.get(name)).between(rows, rows)
    np.testing.assert_allclose(found, THEIRS[name], rtol=1e-6, atol=3e-8)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_agree_with_umap_learn(name):
    rows = rows_of(name)
    _, found = resolve_metric(name, KEYWORDS.get(name)).with_gradient(rows[:6], rows[6:])
    # It adds 1e-6 to some divisors.
    np.testing.assert_allclose(found, THEIRS[f"{name}_gradient"], rtol=1e-5, atol=1e-5)


OF_PYNNDESCENT = {
    "sqeuclidean": "reals",
    "spearmanr": "reals",
    "tsss": "reals",
    "true_angular": "half",
    "jensen_shannon": "shares",
    "wasserstein_1d": "shares",
    "circular_kantorovich": "shares",
    "kantorovich": "sparse_shares",
    "sinkhorn": "shares",
    "bit_hamming": "packed",
    "bit_jaccard": "packed",
}


@pytest.mark.parametrize("name", OF_PYNNDESCENT)
def test_distances_agree_with_pynndescent(name):
    rows = PYNNDESCENTS[f"rows_{OF_PYNNDESCENT[name]}"]
    cost = {"cost": PYNNDESCENTS["cost"]}
    keywords = {"kantorovich": cost, "sinkhorn": cost | {"regularization": 0.5}}.get(name)
    found, theirs = resolve_metric(name, keywords).between(rows, rows), PYNNDESCENTS[name]
    if name == "true_angular":  # a likeness there: 1 on itself, infinite beyond a right angle
        theirs = 1 - theirs
    if name == "bit_jaccard":  # the logarithm of the likeness there
        theirs = 1 - np.exp(-theirs)
    if name == "tsss":  # there the cosine of a row and itself may be beyond 1, which has no angle
        found, theirs = (far[~np.eye(len(rows), dtype=bool)] for far in (found, theirs))
    np.testing.assert_allclose(found, theirs, rtol=1e-5, atol=1e-5)


# What other libraries do not have, or not in a form to compare with.
BY_HAND = {
    "inner_product": "test_metrics.py: of the order of the products, and 1 less them at length 1",
    "ll_dirichlet": "here, against the beta function; theirs is Stirling's approximation",
    "nan_euclidean": "here, against scikit-learn",
    "gower": "here",
    "dtw": "test_series.py, against the recursion and dtaidistance",
}


def test_every_metric_of_the_registry_is_compared():
    assert {*NAMES, *OF_PYNNDESCENT, *BY_HAND} == set(METRICS)
    assert not {*NAMES, *OF_PYNNDESCENT} & set(BY_HAND)


NAMES_OF_UMAP_LEARN = """
    euclidean l2 manhattan taxicab l1 chebyshev linfinity linfty linf minkowski poincare seuclidean
    standardised_euclidean wminkowski weighted_minkowski mahalanobis canberra cosine correlation
    hellinger softmax_hellinger haversine braycurtis ll_dirichlet symmetric_kl hamming jaccard dice
    matching kulsinski rogerstanimoto russellrao sokalsneath sokalmichener yule precomputed
    sqeuclidean direct_cosine dot inner_product spearmanr tsss true_angular kantorovich wasserstein
    kantorovich_1d wasserstein_1d kantorovich-1d wasserstein-1d circular_kantorovich
    circular_wasserstein sinkhorn jensen_shannon jensen-shannon symmetric-kl
    symmetric_kullback_liebler bit_hamming bit_jaccard
"""


@pytest.mark.parametrize("name", NAMES_OF_UMAP_LEARN.split())
def test_every_name_that_umap_learn_knows_is_known(name):
    assert resolve_metric(name).name in {*METRICS, "precomputed"}


def test_every_target_metric_of_umap_learn_is_known():
    theirs = "categorical hierarchical_categorical ordinal count string myers"
    assert set(theirs.split()) == set(TARGET_METRICS)


def tables(seed=0, d=7):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(9, d)), rng.normal(size=(11, d))


@pytest.mark.parametrize(
    ("name", "keywords", "theirs"),
    [
        ("sqeuclidean", {}, {}),
        ("minkowski", {"p": 3}, {"p": 3}),
        ("minkowski", {"p": 0.5}, {"p": 0.5}),
        ("minkowski", {"p": np.inf}, {"p": np.inf}),
        ("wminkowski", {"w": np.arange(7.0), "p": 3}, {"w": np.arange(7.0), "p": 3}),
        ("wminkowski", {"w": np.arange(7.0), "p": np.inf}, {"w": np.arange(7.0), "p": np.inf}),
        ("seuclidean", {"V": np.arange(1.0, 8)}, {"V": np.arange(1.0, 8)}),
        ("mahalanobis", {"VI": np.diag(np.arange(1.0, 8))}, {"VI": np.diag(np.arange(1.0, 8))}),
        ("canberra", {}, {}),
        ("braycurtis", {}, {}),
    ],
)
def test_differences_agree_with_scipy(name, keywords, theirs):
    a, b = tables()
    scipys = "minkowski" if name == "wminkowski" else name
    found = resolve_metric(name, keywords).between(a, b)
    np.testing.assert_allclose(found, cdist(a, b, scipys, **theirs), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "name", ["jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule"]
)
def test_truth_values_agree_with_scipy(name):
    rng = np.random.default_rng(1)
    a, b = rng.random((9, 13)) < 0.5, rng.random((11, 13)) < 0.5
    found = METRICS[name].between(a, b)
    np.testing.assert_allclose(found, cdist(a, b, name), rtol=1e-12, atol=1e-12)
    # Any number that is not zero is true.
    np.testing.assert_array_equal(METRICS[name].between(-3.0 * a, 0.5 * b), found)


def test_histograms_agree_with_scipy():
    rng = np.random.default_rng(2)
    a, b = rng.random((5, 8)), rng.random((6, 8))
    a[0, 3] = b[1, 3] = 0
    for name, theirs in {
        "jensen_shannon": lambda x, y: jensenshannon(x, y) ** 2,
        "wasserstein_1d": lambda x, y: wasserstein_distance(np.arange(8), np.arange(8), x, y),
    }.items():
        expected = [[theirs(x, y) for y in b] for x in a]
        np.testing.assert_allclose(
            resolve_metric(name, {"p": 1} if name == "wasserstein_1d" else None).between(a, b),
            expected,
            atol=1e-12,
        )


def test_ranks_agree_with_scipy():
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 4, (5, 9)), rng.integers(0, 4, (6, 9))
    expected = [[1 - spearmanr(x, y).statistic for y in b] for x in a]
    np.testing.assert_allclose(METRICS["spearmanr"].between(a, b), expected, atol=1e-12)


def test_missing_values_and_places_agree_with_scikit_learn():
    from sklearn.metrics.pairwise import haversine_distances, nan_euclidean_distances

    a, b = tables(4)
    a[np.random.default_rng(0).random(a.shape) < 0.4] = np.nan
    expected = nan_euclidean_distances(a, b)
    found = METRICS["nan_euclidean"].between(a, b)
    np.testing.assert_allclose(found, np.where(np.isnan(expected), np.inf, expected))
    places = np.random.default_rng(1).uniform(-1.5, 1.5, (8, 2))
    np.testing.assert_allclose(
        METRICS["haversine"].between(places, places), haversine_distances(places), atol=1e-9
    )


def test_angles_are_angles():
    a = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    found = METRICS["true_angular"].between(a[:1], a)[0]
    np.testing.assert_allclose(found, [0, 0, 0.5, 1, 0.25, 0.5], atol=1e-12)


def test_tsss_by_hand():
    x, y = np.array([[3.0, 0.0]]), np.array([[0.0, 4.0]])
    theta = np.pi / 2 + np.radians(10)
    triangle, sector = 3 * 4 * np.sin(theta) / 2, (5 + 1) ** 2 * theta / 2
    assert METRICS["tsss"].between(x, y)[0, 0] == pytest.approx(triangle * sector)
    assert METRICS["tsss"].between(x, x)[0, 0] == 0


def test_ll_dirichlet_is_a_likelihood_and_zero_on_itself():
    from scipy.special import betaln

    x, y = np.array([3.0, 0.0, 2.0]), np.array([1.0, 4.0, 2.0])
    b = betaln(3, 1) + betaln(2, 2)
    s_x, s_y = betaln(3, 3) + betaln(2, 2), betaln(1, 1) + betaln(4, 4) + betaln(2, 2)
    whole = betaln(5, 7)
    expected = (b - whole - (s_y - betaln(7, 7))) / 7 + (b - whole - (s_x - betaln(5, 5))) / 5
    found = METRICS["ll_dirichlet"].between([x], [y, x])[0]
    assert found[0] == pytest.approx(np.sqrt(expected), rel=1e-12)
    assert found[1] == 0


def test_packed_bits_are_bits():
    rng = np.random.default_rng(5)
    a, b = rng.random((6, 40)) < 0.5, rng.random((7, 40)) < 0.5
    packed = np.packbits(a, axis=1), np.packbits(b, axis=1)
    np.testing.assert_array_equal(
        METRICS["bit_hamming"].between(*packed), (a[:, None] != b[None]).sum(axis=2)
    )
    np.testing.assert_array_equal(
        METRICS["bit_jaccard"].between(*packed), METRICS["jaccard"].between(a, b)
    )


def test_gower_by_hand():
    # A number of range 10, a category, a number without range.
    x, y = [[2.0, 1.0, 5.0]], [[7.0, 1.0, 5.0], [2.0, 3.0, 5.0], [np.nan, 3.0, 5.0]]
    card = resolve_metric(
        "gower", {"ranges": [10, 3, 0], "categorical": [False, True, False], "w": [1, 2, 1]}
    )
    np.testing.assert_allclose(card.between(x, y)[0], [0.5 / 4, 2 / 4, 2 / 3])


def test_gower_learns_the_ranges_of_the_numbers():
    X = np.array([[0.0, 1.0], [4.0, 2.0], [np.nan, 9.0]], dtype=np.float32)
    card = resolve_metric("gower", {"categorical": [False, True]}).fitted(X)
    np.testing.assert_array_equal(card.given["ranges"], [4, 8])
    assert card.between(X[:1], X[1:2])[0, 0] == 1.0


@pytest.mark.parametrize("name", sorted(set(METRICS) - {"inner_product", "sinkhorn"}))
def test_equal_rows_are_at_distance_zero_and_order_does_not_matter(name):
    rng = np.random.default_rng(6)
    rows = rng.integers(1, 200, (9, 2 if name == "haversine" else 8)).astype(np.float32)
    if name in ("poincare", "haversine"):
        rows /= 1000
    keywords = {
        "dtw": {"shape": (4, 2)},
        "wminkowski": {"w": np.arange(8.0)},
        "kantorovich": {"cost": 1 - np.eye(8)},
    }.get(name)
    far = resolve_metric(name, keywords).fitted(rows).between(rows, rows)
    np.testing.assert_allclose(np.diag(far), 0, atol=1e-7)
    np.testing.assert_allclose(far, far.T, rtol=1e-12, atol=1e-12)
    assert (far >= 0).all()
