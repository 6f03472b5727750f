"""umap-learn's tests of metrics and of their gradients, through its own names."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist
from sklearn.metrics import pairwise_distances

import umapkit.compat.umap_learn as umap

# Its fixtures: 12 rows of 20 columns, the last two zero; and whether they are above one half.
SPATIAL = np.vstack([np.random.default_rng(189212).normal(size=(10, 20)), np.zeros((2, 20))])
BINARY = np.vstack([np.random.default_rng(0).random((10, 20)) < 0.5, np.zeros((2, 20), dtype=bool)])
SPATIAL_NAMES = [
    "euclidean",
    "manhattan",
    "chebyshev",
    "minkowski",
    "hamming",
    "canberra",
    "braycurtis",
    "cosine",
    "correlation",
]
BINARY_NAMES = [
    "jaccard",
    "matching",
    "dice",
    "kulsinski",
    "rogerstanimoto",
    "russellrao",
    "sokalmichener",
    "sokalsneath",
    "yule",
]


def all_pairs(name, rows, *values):
    function = umap.distances.named_distances[name]
    return np.array([[function(x, y, *values) for y in rows] for x in rows])


def spatial_distances(name, rows):
    theirs = pairwise_distances(rows, metric=name)
    empty = ~rows.any(axis=1)
    if name == "braycurtis":
        theirs[~np.isfinite(theirs)] = 0  # 0 over 0: two zero rows
    if name in ("cosine", "correlation"):
        # There two zero rows are at 1 (or NaN) from each other; umap-learn and umapkit say 0.
        theirs[empty] = theirs[:, empty] = 1
        theirs[np.ix_(empty, empty)] = 0
        np.fill_diagonal(theirs, 0)
    return theirs


@pytest.mark.parametrize("name", SPATIAL_NAMES)
def test_spatial_metrics_agree_with_scikit_learn(name):
    found = all_pairs(name, SPATIAL)
    np.testing.assert_almost_equal(found, spatial_distances(name, SPATIAL), decimal=6)


def counted(name, x, y):
    """Formulas of what SciPy has dropped, of two rows of truth values."""
    both, one, other = (x & y).sum(), (x & ~y).sum(), (~x & y).sum()
    differ, n = one + other, len(x)
    if name == "matching":
        return differ / n
    if name == "kulsinski":
        return 0.0 if differ == 0 else (differ - both + n) / (differ + n)
    return 2 * differ / (n + differ)  # sokalmichener


def binary_distances(name):
    if name in ("matching", "kulsinski", "sokalmichener"):
        return np.array([[counted(name, x, y) for y in BINARY] for x in BINARY])
    theirs = cdist(BINARY, BINARY, name)
    theirs[~np.isfinite(theirs)] = 0
    if name == "russellrao":
        # A row and itself are at 0 in umap-learn, not at the share of what it lacks.
        theirs[(BINARY[:, None] == BINARY[None]).all(axis=2)] = 0
    return theirs


@pytest.mark.parametrize("name", BINARY_NAMES)
def test_binary_metrics_agree_with_scipy(name):
    np.testing.assert_almost_equal(all_pairs(name, BINARY), binary_distances(name), decimal=6)


def all_sparse_pairs(name, rows):
    function = umap.sparse.sparse_named_distances[name]
    table = csr_matrix(rows)
    more = (table.shape[1],) if name in umap.sparse.sparse_need_n_features else ()
    parts = [(row.indices, row.data) for row in table]
    return np.array([[function(*x, *y, *more) for y in parts] for x in parts])


@pytest.mark.parametrize("name", SPATIAL_NAMES)
def test_spatial_metrics_of_sparse_rows_agree_with_scikit_learn(name):
    rows = SPATIAL * BINARY
    theirs = spatial_distances(name, rows)
    np.testing.assert_almost_equal(all_sparse_pairs(name, rows), theirs, decimal=6)


@pytest.mark.parametrize("name", [name for name in BINARY_NAMES if name != "yule"])
def test_binary_metrics_of_sparse_rows_agree_with_scipy(name):
    found = all_sparse_pairs(name, BINARY)
    np.testing.assert_almost_equal(found, binary_distances(name), decimal=6)


def test_metrics_with_values_agree_with_scipy():
    rng = np.random.default_rng(1)
    v, w = rng.random(20) + 0.5, rng.random(20)
    form = np.linalg.inv(np.cov(np.random.default_rng(2).normal(size=(20, 60))))
    form = (form + form.T) / 2
    for name, values, theirs in (
        ("seuclidean", (v,), cdist(SPATIAL, SPATIAL, "seuclidean", V=v)),
        ("standardised_euclidean", (v,), cdist(SPATIAL, SPATIAL, "seuclidean", V=v)),
        ("wminkowski", (w, 3), cdist(SPATIAL, SPATIAL, "minkowski", w=w, p=3)),
        ("minkowski", (3,), cdist(SPATIAL, SPATIAL, "minkowski", p=3)),
        ("mahalanobis", (form,), cdist(SPATIAL, SPATIAL, "mahalanobis", VI=form)),
    ):
        np.testing.assert_almost_equal(all_pairs(name, SPATIAL, *values), theirs, decimal=6)
    with pytest.raises(TypeError, match="takes 1 values beside two rows"):
        umap.distances.minkowski(SPATIAL[0], SPATIAL[1], 3, 4)


def test_haversine_and_hellinger_agree_with_the_textbook():
    from sklearn.metrics.pairwise import haversine_distances

    places = np.random.default_rng(3).uniform(-1.5, 1.5, (9, 2))
    np.testing.assert_almost_equal(
        all_pairs("haversine", places), haversine_distances(places), decimal=6
    )
    rows = np.abs(SPATIAL[:-2])
    roots = np.sqrt(rows / rows.sum(axis=1, keepdims=True))
    theirs = np.sqrt(np.maximum(1 - roots @ roots.T, 0))
    np.fill_diagonal(theirs, 0)
    np.testing.assert_almost_equal(all_pairs("hellinger", rows), theirs, decimal=6)
    np.testing.assert_almost_equal(all_sparse_pairs("hellinger", rows), theirs, decimal=6)
    pairs = umap.distances.pairwise_special_metric
    np.testing.assert_almost_equal(pairs(rows), theirs, decimal=6)
    counts = np.ceil(3 * rows)
    found = pairs(counts, counts[:4], metric="ll_dirichlet")
    np.testing.assert_allclose(found, all_pairs("ll_dirichlet", counts)[:, :4], atol=1e-7)
    found = pairs(rows, metric="minkowski", kwds={"p": 3})
    np.testing.assert_allclose(found, cdist(rows, rows, "minkowski", p=3), rtol=1e-5)
    rows[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        pairs(rows)
    gaps = pairs(rows, metric="nan_euclidean", ensure_all_finite=False)
    assert np.isfinite(gaps).all()


GRADIENTS = [
    "euclidean",
    "manhattan",
    "chebyshev",
    "minkowski",
    "seuclidean",
    "wminkowski",
    "mahalanobis",
    "canberra",
    "cosine",
    "correlation",
    "hellinger",
    "softmax_hellinger",
    "haversine",
    "braycurtis",
    "symmetric_kl",
]


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("d", [4, 16, 64])
def test_gradients_agree_with_finite_differences(name, d):
    """Largest error below 1e-5, mean below 1e-6, in three sizes."""
    d = 2 if name == "haversine" else d
    rng = np.random.default_rng(d)
    x, y = (rng.random(d) + 0.1 for _ in range(2))
    values = {
        "minkowski": (3,),
        "seuclidean": (rng.random(d) + 0.5,),
        "wminkowski": (rng.random(d) + 0.1, 3),
        "mahalanobis": (np.eye(d) + 0.1,),
    }.get(name, ())
    function = getattr(umap.distances, f"{name}_grad")
    far, slope = function(x, y, *values)
    assert far == pytest.approx(umap.distances.named_distances[name](x, y, *values), abs=1e-12)
    h, numeric = 1e-6, np.empty(d)
    for k in range(d):
        step = h * np.eye(d)[k]
        ahead, behind = (function(x + s, y, *values)[0] for s in (step, -step))
        numeric[k] = (ahead - behind) / (2 * h)
    assert np.abs(numeric - slope).max() < 1e-5
    assert np.abs(numeric - slope).mean() < 1e-6


def edits(a, b):
    """The textbook's table, cell by cell."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            table[i + 1, j + 1] = min(
                table[i, j + 1] + 1, table[i + 1, j] + 1, table[i, j] + (one != other)
            )
    return table[-1, -1]


@pytest.mark.parametrize("name", ["string", "myers", "levenshtein"])
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("abc", "abc", 0), ("abc", "abx", 1),
        ("abc", "bc", 1), ("abc", "xabc", 1), ("kitten", "sitting", 3), ("flaw", "lawn", 2),
        ("saturday", "sunday", 3), ("intention", "execution", 5), ("gumbo", "gambol", 2),
        ("book", "back", 2), ("rosettacode", "raisethysword", 8), ("ab", "ba", 2),
        ("aaaa", "aa", 2), ("abcdef", "azced", 3), ("horse", "ros", 3), ("Ab", "ab", 1),
        ("a b", "ab", 1), ("éa", "ea", 1),
    ],
)  # fmt: skip
def test_edit_distances(name, x, y, expected):
    function = getattr(umap.distances, name)
    assert function(x, y) == expected == edits(x, y)
    assert function(y, x) == expected
    assert function(x, y, normalisation=2.0) == expected / 2
