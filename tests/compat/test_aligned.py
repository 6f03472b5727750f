"""umap-learn's tests of AlignedUMAP, with its thresholds, and what the class promises besides."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
from scipy.sparse import isspmatrix_csr
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KDTree

import umapkit.compat.umap_learn as umap

from .rows import random_rows

# Rows of umap-learn's own fixture: slices of 50 that overlap by 25, with its relations (which
# name rows that are not the same flower) and with the true ones.
CROSSED = [{i: 25 + i for i in range(25)}] * 4
RELATED = [{25 + i: i for i in range(25)}] * 4


@pytest.fixture(scope="module")
def slices(iris):
    return [iris.data[i : i + 50] for i in range(0, 125, 25)]


@pytest.fixture(scope="module")
def labels(iris):
    return [iris.target[i : i + 50] for i in range(0, 125, 25)]


def shared_neighbors(rows, places):
    above = KDTree(rows).query(rows, k=10, return_distance=False)
    below = KDTree(places).query(places, k=10, return_distance=False)
    pairs = zip(above, below, strict=True)
    return np.mean([len(np.intersect1d(a, b)) / 10 for a, b in pairs])


@pytest.mark.parametrize("relations", [CROSSED, RELATED])
def test_slices_keep_their_neighbours_and_clusters(slices, labels, relations):
    model = umap.AlignedUMAP(random_state=42)
    maps = model.fit_transform(slices, relations=relations)
    assert len(maps) == model.n_models_ == 5
    for rows, places in zip(slices, maps, strict=True):
        assert shared_neighbors(rows, places) >= 0.65
    for number, least in ((1, 0.75), (3, 0.40)):
        kinds = KMeans(2, n_init=10, random_state=0).fit_predict(maps[number])
        assert adjusted_rand_score(labels[number], kinds) >= least


@pytest.mark.parametrize("relations", [CROSSED, RELATED])
def test_an_added_slice_keeps_its_neighbours(slices, relations):
    model = umap.AlignedUMAP(random_state=42).fit(slices[:3], relations=list(relations[:2]))
    before = [places.copy() for places in model.embeddings_]
    model.update(slices[3], relations=relations[2])
    assert model.n_models_ == len(model.embeddings_) == len(model.mappers_) == 4
    assert model.dict_relations_ == list(relations[:3])
    for rows, places in zip(slices[:4], model.embeddings_, strict=True):
        assert shared_neighbors(rows, places) >= 0.45
    for old, places in zip(before, model.embeddings_[:3], strict=True):
        assert np.array_equal(old, places)


def test_what_is_given_for_slices_is_left_alone(slices):
    relations, sizes = list(RELATED[:2]), [10, 10, 10]
    model = umap.AlignedUMAP(n_neighbors=sizes, n_epochs=20, random_state=0)
    model.fit(slices[:3], relations=relations)
    other = umap.AlignedUMAP(n_epochs=20, random_state=0).fit(slices[:3], relations=relations)
    model.update(slices[3], relations=RELATED[2], n_neighbors=10)
    assert sizes == [10, 10, 10]
    assert len(relations) == 2
    other.update(slices[3], relations=RELATED[2])
    assert len(other.embeddings_) == 4


def test_slices_of_digits_keep_more_than_with_umap_learn():
    """umap-learn 0.5.12 on the same slices: .598 and .599 for two seeds."""
    rows, labels = load_digits(return_X_y=True)
    rows = rows[np.argsort(labels, kind="stable")]
    slices = [rows[150 * i : 150 * i + 400] for i in range(10)]
    relations = [{150 + i: i for i in range(250)}] * 9
    maps = umap.AlignedUMAP(random_state=42).fit_transform(slices, relations=relations)
    kept = [shared_neighbors(*pair) for pair in zip(slices, maps, strict=True)]
    assert np.mean(kept) >= 0.599


def test_the_parameters_and_defaults_are_umap_learns():
    found = {p.name: p.default for p in inspect.signature(umap.AlignedUMAP).parameters.values()}
    whole = {p.name: p.default for p in inspect.signature(umap.UMAP).parameters.values()}
    gone = {"n_jobs", "output_metric", "output_metric_kwds", "transform_mode", "tqdm_kwds"}
    gone |= {"densmap", "dens_lambda", "dens_frac", "dens_var_shift", "output_dens"}
    gone |= {"disconnection_distance", "precomputed_knn"}
    new = {"alignment_regularisation": 0.01, "alignment_window_size": 3}
    expected = {name: value for name, value in whole.items() if name not in gone} | new
    expected["low_memory"] = False
    assert found == expected
    assert len(found) == 29
    assert list(found)[:8] == [
        *("n_neighbors", "n_components", "metric", "metric_kwds", "n_epochs", "learning_rate"),
        *("init", "alignment_regularisation"),
    ]


@pytest.fixture(scope="module")
def pair():
    rows = random_rows(60, 4)
    return [rows[:40], rows[20:]], [{a: a - 20 for a in range(20, 40)}]


@pytest.fixture(scope="module")
def model(pair):
    return umap.AlignedUMAP(n_neighbors=8, n_epochs=30, random_state=0).fit(
        pair[0], relations=pair[1]
    )


def test_slices_are_models_with_umap_learns_attributes(pair, model):
    for rows, one, places in zip(pair[0], model.mappers_, model.embeddings_, strict=True):
        assert isinstance(one, umap.UMAP)
        assert isspmatrix_csr(one.graph_)
        assert one.graph_.shape == (40, 40)
        assert np.array_equal(one.embedding_, places)
        assert np.array_equal(one._raw_data, rows)
        assert one._n_neighbors == 8
        assert np.array_equal(one.transform(rows), places)
        assert one._sigmas.shape == (40,)


def test_a_fit_leaves_parameters_alone_and_models_can_be_cloned_and_pickled(pair, model):
    before = model.get_params()
    again = clone(model).fit(pair[0], relations=pair[1])
    assert again.get_params() == before
    for copied in (again, pickle.loads(pickle.dumps(model))):
        for one, other in zip(copied.embeddings_, model.embeddings_, strict=True):
            assert np.array_equal(one, other)


def test_values_of_an_added_slice_are_kept_as_a_list(pair):
    options = {"n_neighbors": [8, 6], "n_epochs": 30, "random_state": 0, "unique": True}
    model = umap.AlignedUMAP(**options).fit(pair[0], relations=pair[1])
    assert [one._n_neighbors for one in model.mappers_] == [8, 6]
    with pytest.raises(ValueError, match="n_neighbors"):
        model.update(pair[0][0], relations={i: i for i in range(20)})
    assert model.n_models_ == 2
    model.update(pair[0][0], relations={i + 20: i for i in range(20)}, n_neighbors=5, min_dist=0.5)
    assert model.n_neighbors == [8, 6, 5]
    assert model.min_dist == [0.1, 0.1, 0.5]
    assert model.mappers_[2]._n_neighbors == 5
    assert model.model_.mappers_[2].min_dist == 0.5


def test_the_window_of_a_call_stands_before_that_of_the_model(pair):
    rows = random_rows(80, 4)
    slices = [rows[:40], rows[20:60], rows[40:]]
    relations = [{a: a - 20 for a in range(20, 40)}, {a: a for a in range(40)}]
    options = {"n_neighbors": 8, "n_epochs": 30, "random_state": 0}
    one = umap.AlignedUMAP(**options, alignment_window_size=1).fit(slices, relations=relations)
    two = umap.AlignedUMAP(**options).fit(slices, relations=relations)
    called = umap.AlignedUMAP(**options).fit(slices, relations=relations, window_size=1)
    assert np.array_equal(called.embeddings_[2], one.embeddings_[2])
    assert not np.array_equal(called.embeddings_[2], two.embeddings_[2])
    made = [umap.AlignedUMAP(**options).fit(slices[:2], relations=relations[:1]) for _ in "ab"]
    for model, window in zip(made, (1, 3), strict=True):
        model.update(slices[2], relations=relations[1], window_size=window)
        assert model.model_.alignment_window_size == 3
    assert not np.array_equal(made[0].embeddings_[2], made[1].embeddings_[2])


def test_isolated_rows_of_a_slice_have_no_place():
    rows = (np.random.default_rng(0).uniform(size=(60, 30)) < 0.5).astype(np.float64)
    rows[:, 0], rows[:, 1] = 0, 1
    rows[3] = np.eye(30)[0]
    model = umap.AlignedUMAP(metric="jaccard", n_neighbors=6, n_epochs=10, random_state=0)
    with pytest.warns(UserWarning, match="A few of your vertices"):
        model.fit([rows[:40], rows[20:]], relations=[{a: a - 20 for a in range(20, 40)}])
    assert np.flatnonzero(np.isnan(model.embeddings_[0][:, 0])).tolist() == [3]
    assert np.isfinite(model.embeddings_[1]).all()


def test_distances_and_labels_of_slices_are_taken(slices, labels):
    from sklearn.metrics import pairwise_distances

    given = [pairwise_distances(rows) for rows in slices]
    model = umap.AlignedUMAP(metric="precomputed", random_state=42)
    maps = model.fit_transform(given, relations=RELATED)
    for rows, places in zip(slices, maps, strict=True):
        assert shared_neighbors(rows, places) >= 0.65
    guided = umap.AlignedUMAP(random_state=42).fit(slices, labels, relations=RELATED)
    for number in (1, 3):
        kinds = KMeans(2, n_init=10, random_state=0).fit_predict(guided.embeddings_[number])
        assert adjusted_rand_score(labels[number], kinds) >= 0.9


def test_what_cannot_be_is_refused(pair, model):
    rows, relations = pair
    new = umap.AlignedUMAP(n_epochs=3)
    with pytest.raises(ValueError, match="relations"):
        new.fit(rows)
    with pytest.raises(ValueError, match="0 relations"):
        new.fit(rows, relations=[])
    with pytest.raises(ValueError, match="min_dist"):
        umap.AlignedUMAP(min_dist=[0.1, 0.2, 0.3]).fit(rows, relations=relations)
    with pytest.raises(ValueError, match="min_dist"):
        umap.AlignedUMAP(min_dist=-1).fit(rows, relations=relations)
    with pytest.raises(ValueError, match="n_epochs"):
        umap.AlignedUMAP(n_epochs=[10, 20]).fit(rows, relations=relations)
    with pytest.raises(NotImplementedError, match="ordinal"):
        umap.AlignedUMAP(metric="ordinal").fit(rows, relations=relations)
    with pytest.raises(ValueError, match=r"sinkhorn.* needs the keyword 'cost'"):
        umap.AlignedUMAP(metric="sinkhorn").fit(rows, relations=relations)
    with pytest.raises(NotFittedError):
        new.update(rows[0], relations={})
    with pytest.raises(ValueError, match="dict"):
        model.update(rows[0], relations=[(0, 0)])
    with pytest.raises(ValueError, match="dict"):
        model.update(rows[0])
