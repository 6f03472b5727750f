"""umap-learn's tests of inputs: finite or not, repeated rows, names of columns, neighbours."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

import umapkit
import umapkit.compat.umap_learn as umap

from .rows import random_rows


@pytest.mark.parametrize("finite", [True, False, "allow-nan", None])
def test_every_way_to_ask_for_finite_values_is_taken(finite):
    rows = random_rows(40, 4)
    model = umap.UMAP(n_neighbors=5, n_epochs=3, random_state=0)
    places = model.fit_transform(rows, ensure_all_finite=finite)
    again = model.fit(rows, ensure_all_finite=finite).transform(rows, ensure_all_finite=finite)
    assert np.array_equal(again, places)
    if hasattr(umapkit.UMAP, "update"):
        model.update(rows + 2, ensure_all_finite=finite)
    assert model.inverse_transform(model.embedding_[:3]).shape == (3, 4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_everywhere(value):
    """umap-learn checks eight calls inside one block, of which only the first runs."""
    rows = random_rows(40, 4)
    bad = rows.copy()
    bad[3, 1] = value
    model = umap.UMAP(n_neighbors=5, n_epochs=3, random_state=0).fit(rows)
    for call in (
        lambda: umap.UMAP().fit(bad),
        lambda: umap.UMAP().fit_transform(bad),
        lambda: umap.UMAP().fit(csr_matrix(bad)),
        lambda: model.transform(bad),
    ):
        with pytest.raises(ValueError, match=r"(?i)nan|inf|finite"):
            call()
    with pytest.raises(ValueError, match="ensure_all_finite"):
        umap.UMAP().fit(rows, ensure_all_finite="maybe")


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
@pytest.mark.parametrize(("kind", "metric"), [("spatial", "euclidean"), ("binary", "jaccard")])
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
        with pytest.raises(ValueError, match="metric"):
            umap.umap_.nearest_neighbors(random_rows(20, 3), 5, bad, {}, False, 0)


@pytest.mark.parametrize("connectivity", [1.0, 1.75])
def test_memberships_of_a_row_sum_up_to_the_logarithm_of_k(connectivity):
    rows = random_rows(1002, 5)
    indices, distances, _ = umap.umap_.nearest_neighbors(rows, 10, "euclidean", {}, False, 0)
    assert indices.shape == (1002, 10)
    sigmas, rhos = umap.umap_.smooth_knn_dist(distances, 10.0, local_connectivity=connectivity)
    far = np.maximum(0.0, distances - rhos[:, None])
    sums = np.exp(-far / sigmas[:, None]).sum(axis=1)
    # The row itself counts 1, which is why the target is one more.
    np.testing.assert_allclose(sums, 1 + np.log2(10), rtol=0, atol=1.5e-3)
