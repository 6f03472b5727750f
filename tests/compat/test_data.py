"""umap-learn's tests of inputs: finite or not, repeated rows, names of columns, neighbours."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification
from sklearn.neighbors import KDTree
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler, normalize

import umapkit.compat.umap_learn as umap

from .rows import random_rows


@pytest.mark.parametrize("finite", [True, False, "allow-nan", None])
def test_every_way_to_ask_for_finite_values_is_taken(finite):
    rows = random_rows(40, 4)
    model = umap.UMAP(n_neighbors=5, n_epochs=3, random_state=0)
    places = model.fit_transform(rows, ensure_all_finite=finite)
    again = model.fit(rows, ensure_all_finite=finite).transform(rows, ensure_all_finite=finite)
    assert np.array_equal(again, places)
    model.update(rows + 2, ensure_all_finite=finite)
    assert model.inverse_transform(model.embedding_[:3]).shape == (3, 4)


NAN, INF = np.arange(100.0).reshape(25, 4), np.arange(100.0).reshape(25, 4)
NAN[0, 1:], INF[0, 1:] = np.nan, np.inf
BOTH = np.where(np.isfinite(NAN), INF, NAN)
BOTH[1, 0] = np.nan
VERBS = ("fit_transform", "fit", "transform", "update")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("bad", "finite"),
    [
        *[(bad, asked) for bad in (NAN, INF, BOTH) for asked in ({}, {"ensure_all_finite": True})],
        *[(bad, {"ensure_all_finite": "allow-nan"}) for bad in (INF, BOTH)],
    ],
)
def test_values_that_are_not_finite_are_refused_everywhere(bad, finite, verb):
    """umap-learn checks its eight calls inside one block, of which only the first runs."""
    model = umap.UMAP(n_neighbors=5, n_epochs=3, random_state=0).fit(random_rows(40, 4))
    with pytest.raises(ValueError, match=r"(?i)nan|inf|finite"):
        getattr(model, verb)(bad, **finite)
    with pytest.raises(ValueError, match=r"(?i)nan|inf|finite"):
        getattr(model, verb)(csr_matrix(bad), **finite)
    with pytest.raises(ValueError, match="ensure_all_finite"):
        getattr(model, verb)(bad, ensure_all_finite="maybe")


def known_gap(x, y):
    """Manhattan distance over what both rows have, and its gradient."""
    known = np.isfinite(x) & np.isfinite(y)
    gap = np.where(known, x, 0.0) - np.where(known, y, 0.0)
    return float(np.abs(gap).sum() + (~known).sum()), np.sign(gap)


@pytest.mark.parametrize(("rows", "finite"), [(NAN, "allow-nan"), (NAN, False), (INF, False),
                                              (BOTH, False)])  # fmt: skip
def test_values_that_are_not_finite_pass_to_a_function_that_copes(rows, finite):
    """umap-learn's test, in which the function answers 0 whatever it is given."""
    model = umap.UMAP(metric=known_gap, n_neighbors=5, n_epochs=20, random_state=0)
    places = model.fit_transform(rows, ensure_all_finite=finite)
    assert np.isfinite(places).all()
    np.testing.assert_array_equal(model._raw_data, rows.astype(np.float32))
    far = np.array([[known_gap(x, y)[0] for y in rows] for x in rows])
    np.fill_diagonal(far, 0)
    given = umap.UMAP(metric="precomputed", n_neighbors=5, n_epochs=20, random_state=0).fit(far)
    np.testing.assert_allclose(model.graph_.toarray(), given.graph_.toarray(), atol=1e-6)
    again = model.fit(rows, ensure_all_finite=finite).transform(rows, ensure_all_finite=finite)
    assert np.array_equal(again, places)
    new = rows[:3] + 0.25
    placed = model.transform(new, ensure_all_finite=finite)
    assert np.isfinite(placed).all()
    assert np.array_equal(model.transform(new[1:2], ensure_all_finite=finite), placed[1:2])
    back = model.inverse_transform(places[:4])
    assert back.shape == (4, 4)
    assert np.isfinite(back).all()
    model.update(new, ensure_all_finite=finite)
    assert model.embedding_.shape == (28, 2)
    assert np.array_equal(model.transform(rows, ensure_all_finite=finite), model.embedding_[:25])


@pytest.mark.parametrize("metric", ["euclidean", "jaccard", "hamming"])
def test_new_rows_may_be_sparse_where_the_fitted_ones_are_not_and_the_other_way_round(metric):
    rows = random_rows(50, 30) * (random_rows(50, 30, seed=1) < 0.2)
    new = random_rows(3, 30, seed=2) * (random_rows(3, 30, seed=3) < 0.2)
    options = {"metric": metric, "n_neighbors": 5, "n_epochs": 10, "random_state": 42}
    for fitted in (rows, csr_matrix(rows)):
        model = umap.UMAP(**options).fit(fitted)
        np.testing.assert_allclose(model.transform(new), model.transform(csr_matrix(new)))
        for wrong in (new[:, :29], csr_matrix(np.hstack([new, new[:, :3]]))):
            with pytest.raises(ValueError, match=f"X has {wrong.shape[1]} features"):
                model.transform(wrong)


def test_missing_values_pass_with_a_metric_that_copes():
    rows = random_rows(60, 6)
    rows[::7, 2] = np.nan
    model = umap.UMAP(n_neighbors=5, n_epochs=20, random_state=0, metric="nan_euclidean")
    places = model.fit_transform(rows, ensure_all_finite="allow-nan")
    assert np.isfinite(places).all()


@pytest.fixture(scope="module")
def repeated():
    spatial = np.repeat(random_rows(8, 20), [1, 1, 2, 1, 3, 1, 1, 2], axis=0)
    return {"spatial": spatial, "binary": (spatial > 0.5).astype(np.float32)}


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("kind", "metric"), [("spatial", "euclidean"), ("binary", "euclidean"), ("binary", "jaccard")]
)
def test_equal_rows_share_a_place(repeated, kind, metric, sparse, forced):
    rows = repeated[kind]
    model = umap.UMAP(
        n_neighbors=3,
        metric=metric,
        n_components=2,
        n_epochs=20,
        unique=True,
        random_state=0,
        force_approximation_algorithm=forced,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="force_approximation_algorithm")
        model.fit(csr_matrix(rows) if sparse else rows)
    back = model._unique_inverse_
    assert model.graph_.shape == (8, 8)
    kinds = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
    assert (kinds[:, None] == kinds[None]).tolist() == (back[:, None] == back[None]).tolist()
    for one in range(8):
        places = model.embedding_[back == one]
        assert np.array_equal(places, np.repeat(places[:1], len(places), axis=0))


def test_few_different_rows_cut_the_neighbours_down():
    rows = np.repeat(random_rows(4, 20), 3, axis=0)
    model = umap.UMAP(n_neighbors=5, unique=True, n_epochs=20, random_state=0)
    with pytest.warns(UserWarning, match="n_neighbors is larger") as seen:
        model.fit(rows)
    assert len(seen) == 1
    assert model._n_neighbors == 3


def test_columns_of_the_map_have_names():
    rows, _ = make_classification(n_samples=30, n_features=10, n_clusters_per_class=1)
    model = umap.UMAP(n_neighbors=10, n_components=3, n_epochs=5, random_state=0).fit(rows)
    assert model.get_feature_names_out().tolist() == ["umap0", "umap1", "umap2"]
    both = FeatureUnion(
        [
            (
                "a",
                Pipeline([("s", StandardScaler()), ("u", umap.UMAP(n_components=2, n_epochs=5))]),
            ),
            ("b", umap.UMAP(n_components=1, n_epochs=5)),
        ]
    ).fit(pd.DataFrame(rows).rename(columns=str))
    assert both.get_feature_names_out().tolist() == ["a__umap0", "a__umap1", "b__umap0"]


def test_a_metric_that_is_no_name_is_refused():
    for bad in (45, None):
        for rows in (random_rows(20, 3), csr_matrix(random_rows(20, 3))):
            with pytest.raises(ValueError, match="metric"):
                umap.umap_.nearest_neighbors(rows, 5, bad, {}, False, 0)


def test_sparse_rows_have_the_neighbours_of_dense_ones():
    """umap-learn refuses seuclidean among others for sparse rows; here they have an answer."""
    rows = random_rows(80, 6) * (random_rows(80, 6, seed=1) < 0.5)
    for metric, keywords in (
        ("euclidean", None), ("cosine", {}), ("seuclidean", {}), ("minkowski", {"p": 3})
    ):  # fmt: skip
        dense, sparse = (
            umap.umap_.nearest_neighbors(given, 9, metric, keywords, False, 0)
            for given in (rows, csr_matrix(rows))
        )
        np.testing.assert_allclose(sparse[1], dense[1], atol=1e-5)
    one, other = (
        umap.umap_.nearest_neighbors(rows, 9, "minkowski", {"p": p}, False, 0)[1] for p in (1, 3)
    )
    assert (one[:, 1:] > other[:, 1:]).any()


@pytest.fixture(scope="module")
def nn_data():
    """umap-learn's: a thousand rows, and twice the same one."""
    return np.vstack([random_rows(1000, 5), np.zeros((2, 5), dtype=np.float32)])


def share_found(indices, rows, k):
    true = KDTree(rows).query(rows, k, return_distance=False)
    pairs = zip(true, indices, strict=True)
    return np.mean([np.isin(one, other).mean() for one, other in pairs])


@pytest.mark.parametrize("low_memory", [False, True])
def test_neighbours_are_found_as_umap_learns_skipped_tests_ask(nn_data, low_memory):
    def searched(rows, k, metric):
        found = umap.umap_.nearest_neighbors(
            rows, k, metric, {}, metric == "cosine", np.random, low_memory=low_memory
        )
        return found[0]

    assert share_found(searched(nn_data, 10, "euclidean"), nn_data, 10) >= 0.89
    angles = normalize(nn_data[:1000])
    assert share_found(searched(nn_data[:1000], 10, "cosine"), angles, 10) >= 0.85
    sparse = random_rows(1000, 50) * (random_rows(1000, 50, seed=1) < 0.5)
    assert share_found(searched(csr_matrix(sparse), 20, "euclidean"), sparse, 20) >= 0.85
    angles = normalize(sparse)
    assert share_found(searched(csr_matrix(sparse), 20, "cosine"), angles, 20) >= 0.90
    own = searched(nn_data[::3], 10, lambda x, y: float(np.sqrt(((x - y) ** 2).sum())))
    assert share_found(own, nn_data[::3], 10) >= 0.95


@pytest.mark.parametrize("connectivity", [1.0, 1.75])
def test_memberships_of_a_row_sum_up_to_the_logarithm_of_k(nn_data, connectivity):
    indices, distances, _ = umap.umap_.nearest_neighbors(nn_data, 10, "euclidean", {}, False, 0)
    assert indices.shape == (1002, 10)
    sigmas, rhos = umap.umap_.smooth_knn_dist(distances, 10.0, local_connectivity=connectivity)
    far = np.maximum(0.0, distances - rhos[:, None])
    sums = np.exp(-far / sigmas[:, None]).sum(axis=1)
    # The row itself counts 1, which is why the target is one more.
    np.testing.assert_almost_equal(sums, np.full(1002, 1 + np.log2(10)), decimal=3)
