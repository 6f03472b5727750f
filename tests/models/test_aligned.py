from __future__ import annotations

import json
import pickle
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score, pairwise_distances

import umapkit
from umapkit import UMAP, AlignedUMAP
from umapkit.layout import LayoutInterrupted
from umapkit.models import _lockstep
from umapkit.models._relations import springs
from umapkit.models._turn import turned
from umapkit.quality import trustworthiness

RELATED = [{25 + i: i for i in range(25)}] * 4
# What umap-learn's tests say of the same slices: rows that are not the same flower.
CROSSED = [{i: 25 + i for i in range(25)}] * 4


def nearest(rows):
    return np.argsort(pairwise_distances(rows), axis=1, kind="stable")[:, :10]


def kept_neighbors(rows, places):
    pairs = zip(nearest(rows), nearest(places), strict=True)
    return float(np.mean([np.isin(a, b).mean() for a, b in pairs]))


def agreement(one, other, relation):
    """Median distance of related points over the extent of the maps."""
    pairs = np.array(list(relation.items()))
    gaps = np.linalg.norm(one[pairs[:, 0]] - other[pairs[:, 1]], axis=1)
    return float(np.median(gaps) / np.ptp(np.concatenate([one, other]), axis=0).max())


def mean_agreement(maps, relations):
    pairs = zip(maps[:-1], maps[1:], relations, strict=True)
    return float(np.mean([agreement(*pair) for pair in pairs]))


@pytest.fixture(scope="module")
def iris():
    rows, labels = load_iris(return_X_y=True)
    return [rows[i : i + 50] for i in range(0, 125, 25)], [
        labels[i : i + 50] for i in range(0, 125, 25)
    ]


@pytest.fixture(scope="module")
def model(iris):
    return AlignedUMAP(random_state=0).fit(iris[0], relations=RELATED)


@pytest.fixture(scope="module")
def theirs():
    path = Path(__file__).parent.parent / "reference" / "umap_learn_aligned.json"
    return json.loads(path.read_text())


@pytest.mark.parametrize("relations", [RELATED, CROSSED])
def test_slices_of_iris_reach_the_thresholds_of_umap_learn(iris, relations):
    slices, labels = iris
    maps = AlignedUMAP(random_state=0).fit_transform(slices, relations=relations)
    for rows, places in zip(slices, maps, strict=True):
        assert kept_neighbors(rows, places) >= 0.65
    for number, least in ((1, 0.75), (3, 0.40)):
        clusters = KMeans(2, n_init=10, random_state=0).fit_predict(maps[number])
        assert adjusted_rand_score(labels[number], clusters) >= least


@pytest.mark.parametrize("relations", [RELATED, CROSSED])
def test_an_added_slice_of_iris_reaches_the_threshold_of_umap_learn(iris, relations):
    slices = iris[0]
    model = AlignedUMAP(random_state=0).fit(slices[:3], relations=relations[:2])
    before = [one.copy() for one in model.embeddings_]
    assert model.update(slices[3], relations=relations[2]) is model
    for rows, places in zip(slices[:4], model.embeddings_, strict=True):
        assert kept_neighbors(rows, places) >= 0.45
    for old, new in zip(before, model.embeddings_[:3], strict=True):
        assert np.array_equal(old, new)
    if relations is RELATED:
        assert agreement(model.embeddings_[2], model.embeddings_[3], RELATED[2]) < 0.15


def test_slices_of_digits_are_at_least_as_good_as_umap_learns(theirs):
    rows, labels = load_digits(return_X_y=True)
    order = np.argsort(labels, kind="stable")
    slices = [rows[order][150 * i : 150 * i + 400] for i in range(10)]
    relations = [{150 + i: i for i in range(250)} for _ in range(9)]
    maps = AlignedUMAP(random_state=0).fit_transform(slices, relations=relations)
    pairs = list(zip(slices, maps, strict=True))
    kept = np.mean([kept_neighbors(x, m) for x, m in pairs])
    trust = np.mean([trustworthiness(x, m, n_neighbors=10) for x, m in pairs])
    assert kept >= max(one["kept"] for one in theirs["digits"])
    assert trust >= max(one["trustworthiness"] for one in theirs["digits"])
    apart = mean_agreement(maps, relations)
    assert apart <= min(one["agreement"] for one in theirs["digits"])


def test_slices_of_iris_agree_at_least_as_well_as_umap_learns(model, theirs):
    apart = mean_agreement(model.embeddings_, RELATED)
    assert apart <= min(one["agreement"] for one in theirs["iris"])


def test_more_regularisation_holds_related_points_closer(iris):
    gaps = []
    for rate in (0.0, 0.001, 0.1, 10.0):
        one = AlignedUMAP(random_state=0, n_epochs=100, alignment_regularisation=rate)
        maps = one.fit_transform(iris[0], relations=RELATED)
        assert all(np.isfinite(m).all() for m in maps)
        gaps.append(mean_agreement(maps, RELATED))
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.01


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_dist", 0.8),
        ("spread", 2.0),
        ("repulsion_strength", 3.0),
        ("learning_rate", 0.3),
        ("negative_sample_rate", 15),
        ("init", "random"),
        ("random_state", 7),
        ("n_epochs", 60),
        ("n_neighbors", 8),
        ("local_connectivity", 3.0),
        ("set_op_mix_ratio", 0.3),
        ("alignment_window_size", 1),
        ("alignment_regularisation", 0.5),
        ("optimizer", "schedule"),
        ("neighbors", "descent"),
        ("metric", "cosine"),
        ("a", 1.0),
        ("n_components", 3),
    ],
)
def test_every_parameter_of_the_layout_is_honoured(iris, name, value):
    """In umap-learn min_dist and its like do not reach the layout."""
    slices, relations = iris[0][:3], [{i: i for i in range(50)}] * 2
    base = AlignedUMAP(random_state=0, n_epochs=30)
    changed = clone(base).set_params(**{name: value})
    if name == "a":
        changed.set_params(b=1.0)
    maps = [m.fit(slices, relations=relations).embeddings_ for m in (base, changed)]
    if name == "neighbors":  # so few rows have the same neighbours by either search
        assert changed.mappers_[0]._index.method == "descent"
    else:
        assert not all(np.array_equal(a, b) for a, b in zip(*maps, strict=True))


def test_a_larger_min_dist_parts_the_points_of_every_slice(iris):
    gaps = []
    for least in (0.0, 0.8):
        maps = AlignedUMAP(random_state=0, min_dist=least).fit_transform(iris[0], relations=RELATED)
        far = [pairwise_distances(m) + np.diag(np.full(50, np.inf)) for m in maps]
        gaps.append([np.median(one.min(axis=1)) for one in far])
    assert (np.array(gaps[1]) > 2 * np.array(gaps[0])).all()


def test_parameters_may_differ_by_slice(iris):
    slices = iris[0]
    model = AlignedUMAP(random_state=0, n_epochs=30, n_neighbors=[5, 10, 15], min_dist=[0, 0.1, 1])
    model.fit(slices[:3], relations=RELATED[:2])
    assert [m.n_neighbors for m in model.mappers_] == [5, 10, 15]
    with pytest.raises(ValueError, match="slice 3"):
        model.update(slices[3], relations=RELATED[2])
    given = {"n_neighbors": 7, "min_dist": 0.5}
    model.update(slices[3], relations=RELATED[2], parameters=given)
    assert model.mappers_[3].n_neighbors == 7
    with pytest.raises(ValueError, match="3 values for 5 slices"):
        clone(model).fit(slices, relations=RELATED)
    with pytest.raises(ValueError, match="metric"):
        model.update(slices[4], relations=RELATED[3], parameters={"metric": "cosine"})


@pytest.mark.parametrize("optimizer", ["sampled", "schedule"])
def test_the_same_seed_gives_the_same_maps_for_any_number_of_threads(iris, optimizer):
    first = None
    for jobs in (1, 2, 3):
        model = AlignedUMAP(random_state=5, n_epochs=40, n_jobs=jobs, optimizer=optimizer)
        model.fit(iris[0][:4], relations=RELATED[:3]).update(iris[0][4], relations=RELATED[3])
        first = first or model.embeddings_
        for one, other in zip(first, model.embeddings_, strict=True):
            assert np.array_equal(one, other)


def test_new_rows_are_placed_on_the_map_of_a_slice(iris, model):
    slices = iris[0]
    for places, own in zip(model.transform(slices), model.embeddings_, strict=True):
        assert np.array_equal(places, own)
    new = slices[2] + 0.05
    together = model.transform(new, index=2)
    alone = np.concatenate([model.transform(row[None], index=2) for row in new])
    assert np.array_equal(together, alone)
    assert np.array_equal(together, model.mappers_[2].transform(new))
    assert np.array_equal(model.transform(slices[4], index=-1), model.embeddings_[4])
    with pytest.raises(ValueError, match="index=5"):
        model.transform(new, index=5)
    with pytest.raises(ValueError, match="2 tables"):
        model.transform([new, new])
    with pytest.raises(NotFittedError):
        AlignedUMAP().transform([new])


def test_aligned_models_are_saved_loaded_pickled_and_cloned(iris, model, tmp_path):
    slices = iris[0]
    model.save(tmp_path)
    for again in (umapkit.load(tmp_path), pickle.loads(pickle.dumps(model))):
        assert again.get_params() == model.get_params()
        for one, other in zip(again.embeddings_, model.embeddings_, strict=True):
            assert np.array_equal(one, other)
        new = slices[1] + 0.05
        assert np.array_equal(again.transform(new, index=1), model.transform(new, index=1))
    loaded = umapkit.load(tmp_path).update(slices[0], relations=RELATED[0])
    straight = pickle.loads(pickle.dumps(model)).update(slices[0], relations=RELATED[0])
    assert np.array_equal(loaded.embeddings_[-1], straight.embeddings_[-1])
    fitted = clone(model).fit(slices, relations=RELATED)
    assert np.array_equal(fitted.embeddings_[3], model.embeddings_[3])


def test_lists_and_arrays_among_the_parameters_are_saved(iris, tmp_path):
    slices = iris[0][:2]
    start = [np.random.default_rng(s).normal(size=(50, 2)).astype(np.float32) for s in (0, 1)]
    model = AlignedUMAP(
        random_state=0, n_epochs=5, init=start, n_neighbors=[5, 6], disconnection_distance=np.inf
    )
    model.fit(slices, relations=RELATED[:1]).save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert loaded.n_neighbors == [5, 6]
    assert loaded.disconnection_distance == np.inf
    again = loaded.fit(slices, relations=RELATED[:1])
    assert np.array_equal(again.embeddings_[1], model.embeddings_[1])


def test_equal_rows_share_a_place_and_their_relations(iris):
    slices = [np.concatenate([one, one[:10]]) for one in iris[0][:3]]
    relations = [{**one, 50: 55} for one in RELATED[:2]]
    maps = AlignedUMAP(random_state=0, n_epochs=50).fit_transform(slices, relations=relations)
    for places in maps:
        assert np.array_equal(places[50:], places[:10])


def test_labels_are_taken_slice_by_slice(iris):
    slices, labels = iris
    with_labels = AlignedUMAP(random_state=0, n_epochs=100)
    maps = with_labels.fit_transform(slices, [*labels[:4], None], relations=RELATED)
    clusters = KMeans(2, n_init=10, random_state=0).fit_predict(maps[3])
    assert adjusted_rand_score(labels[3], clusters) >= 0.95
    with pytest.raises(ValueError, match="labels"):
        with_labels.fit(slices, labels[:2], relations=RELATED)


def test_every_slice_is_a_fitted_model_of_its_own(iris, model):
    for mapper, rows in zip(model.mappers_, iris[0], strict=True):
        assert isinstance(mapper, UMAP)
        assert mapper.n_epochs_ == 500
        assert np.isfinite(mapper.loss_)
        assert np.array_equal(mapper.transform(rows), mapper.embedding_)


def test_slices_without_relations_are_laid_out_beside_each_other(iris):
    maps = AlignedUMAP(random_state=0, n_epochs=20).fit_transform(iris[0][:2], relations=[{}])
    assert all(np.isfinite(m).all() for m in maps)
    model = AlignedUMAP(random_state=0, n_epochs=20).fit(iris[0][:2], relations=[{}])
    model.update(iris[0][2], relations=np.empty((0, 2), dtype=int))
    assert np.isfinite(model.embeddings_[2]).all()


@pytest.mark.parametrize(
    ("relations", "words"),
    [
        ([{0: 1}], "1 relations"),
        ([{0: 99}, {}], "row 99 of slice 1"),
        ([{-1: 0}, {}], "row -1 of slice 0"),
        ([{0.5: 1}, {}], "whole numbers"),
        ([[1, 2, 3], {}], "relations"),
        ({0: 1}, "list"),
    ],
)
def test_relations_that_do_not_fit_are_refused(iris, relations, words):
    with pytest.raises(ValueError, match=words):
        AlignedUMAP().fit(iris[0][:3], relations=relations)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"alignment_regularisation": -1}, "alignment_regularisation"),
        ({"alignment_window_size": 0}, "alignment_window_size"),
        ({"n_epochs": [5, 6]}, "n_epochs"),
        ({"min_dist": 7.0}, "min_dist"),
        ({"metric": "nonsense"}, "nonsense"),
        ({"init": [np.zeros((50, 2))]}, "init"),
        ({"init": [np.zeros((50, 2)), np.zeros((50, 3))]}, r"init\[1\]"),
    ],
)
def test_parameters_that_cannot_be_are_refused(iris, parameters, words):
    with pytest.raises(ValueError, match=words):
        AlignedUMAP(**parameters).fit(iris[0][:2], relations=RELATED[:1])


def test_tables_that_are_no_list_are_refused(iris):
    with pytest.raises(ValueError, match="two slices"):
        AlignedUMAP().fit(iris[0][:1], relations=[])
    with pytest.raises(ValueError, match="list"):
        AlignedUMAP().fit("slices", relations=[])  # type: ignore[arg-type]


def test_springs_are_overlaps_of_neighbourhoods_along_chains():
    """The definition, pair by pair."""
    rng = np.random.default_rng(0)
    sizes = (12, 15, 11, 9)
    graphs = [csr_array((g := rng.random((n, n)) < 0.3) | g.T, dtype=np.float32) for n in sizes]
    links = [csr_array(rng.random(shape) < 0.1, dtype=float) for shape in pairwise(sizes)]
    found = springs(graphs, links, window=2)
    assert sorted(found) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]
    near = [[set(np.flatnonzero(row)) for row in g.toarray()] for g in graphs]
    for (s, t), strength in found.items():
        chain = links[s].toarray()
        for between in range(s + 1, t):
            chain = chain @ links[between].toarray()
        reached = [set(np.flatnonzero(row)) for row in chain]
        image = set().union(*reached)
        expected = np.zeros(chain.shape)
        for i, j in np.argwhere(chain > 0):
            moved = set().union(*(reached[k] for k in near[s][i]))
            listed = near[t][j] & image
            union = moved | listed
            overlap = len(moved & listed) / len(union) if union else 1.0
            expected[i, j] = overlap * np.exp(1 - (t - s))
        np.testing.assert_allclose(strength.toarray(), expected)


def test_turning_finds_a_rotation_and_keeps_distances():
    rng = np.random.default_rng(0)
    places = rng.normal(size=(30, 2)).astype(np.float32)
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])
    goal = places @ turn + [3.0, 4.0]
    rows = np.arange(0, 30, 3)
    np.testing.assert_allclose(turned(places, rows, goal[rows]), goal, atol=1e-5)
    assert turned(places, rows[:0], goal[:0]) is places


def test_keywords_of_the_metric_reach_every_slice_and_are_saved(iris, tmp_path):
    slices = iris[0][:3]
    options = {"random_state": 0, "n_epochs": 20}
    model = AlignedUMAP(metric="minkowski", metric_kwds={"p": 3.0}, **options)
    maps = model.fit_transform(slices, relations=RELATED[:2])
    other = AlignedUMAP(metric="minkowski", metric_kwds={"p": 1.0}, **options)
    again = other.fit_transform(slices, relations=RELATED[:2])
    assert not any(np.array_equal(a, b) for a, b in zip(maps, again, strict=True))
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert loaded.metric_kwds == {"p": 3.0}
    new = slices[2] + 0.01
    assert np.array_equal(loaded.transform(new, index=2), model.transform(new, index=2))
    for one in (model, loaded):
        one.update(iris[0][3], relations=RELATED[2])
    assert np.array_equal(loaded.embeddings_[3], model.embeddings_[3])


def test_a_disconnection_distance_cuts_every_slice():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    rows[25] += 50.0  # in both slices
    slices, relations = [rows[:40], rows[20:]], [{20 + i: i for i in range(20)}]
    model = AlignedUMAP(disconnection_distance=10.0, random_state=0, n_epochs=10)
    model.fit(slices, relations=relations)
    found = [np.flatnonzero(one.disconnected_).tolist() for one in model.mappers_]
    assert found == [[25], [5]]


def test_distances_of_slices_make_the_maps_of_their_rows(iris):
    slices = iris[0][:3]  # of which the first has equal rows
    given = [pairwise_distances(rows) for rows in slices]
    model = AlignedUMAP(metric="precomputed", random_state=0)
    model.fit(given[:2], relations=RELATED[:1]).update(given[2], relations=RELATED[1])
    for rows, places in zip(slices, model.embeddings_, strict=True):
        assert kept_neighbors(rows, places) >= 0.65
    for number in (0, 1):
        apart = agreement(*model.embeddings_[number : number + 2], RELATED[number])
        assert apart < 0.15
    assert np.array_equal(model.transform(given[1], index=1), model.embeddings_[1])


def test_rows_with_gaps_are_aligned(iris):
    slices = [rows.copy() for rows in iris[0][:2]]
    for rows in slices:
        rows[np.random.default_rng(0).uniform(size=rows.shape) < 0.05] = np.nan
    maps = AlignedUMAP(metric="nan_euclidean", random_state=0).fit_transform(
        slices, relations=RELATED[:1]
    )
    assert all(np.isfinite(places).all() for places in maps)
    assert agreement(*maps, RELATED[0]) < 0.15


def test_numbers_guide_every_slice(iris):
    slices = iris[0][:2]
    noise = [np.random.default_rng(s).uniform(size=50) for s in range(2)]
    options = {"random_state": 0, "target_metric": "euclidean", "target_weight": 0.9}
    free, guided = (
        AlignedUMAP(**options).fit(slices, y, relations=RELATED[:1]) for y in (None, noise)
    )
    few = AlignedUMAP(target_n_neighbors=3, **options).fit(slices, noise, relations=RELATED[:1])

    def spread(model, s):
        near = nearest(model.embeddings_[s])[:, 1:]
        return np.abs(noise[s][near] - noise[s][:, None]).mean()

    for s in range(2):
        assert spread(guided, s) < spread(free, s)
        assert abs(few.mappers_[s].graph_ - guided.mappers_[s].graph_).max() > 0


@pytest.mark.parametrize("where", ["epoch", "springs"])
def test_an_interrupt_anywhere_is_told_with_the_map_of_the_last_slice(iris, monkeypatch, where):
    slices = [np.concatenate([rows, rows[:5]]) for rows in iris[0][:2]]
    calls = []

    def stop(*given, **named):
        calls.append(1)
        if len(calls) == 13:
            raise KeyboardInterrupt
        return real(*given, **named)

    if where == "springs":
        real = _lockstep._move
        monkeypatch.setattr(_lockstep, "_move", stop)
    else:
        real = _lockstep.Layout.run
        monkeypatch.setattr(_lockstep.Layout, "run", stop)
    model = AlignedUMAP(random_state=0, n_epochs=50)
    with pytest.raises(LayoutInterrupted) as caught:
        model.fit(slices, relations=RELATED[:1])
    assert np.array_equal(caught.value.embedding, model.embeddings_[-1])
    assert caught.value.embedding.shape == (len(slices[-1]), 2)
    assert caught.value.epoch == model.n_epochs_
    assert 0 < model.n_epochs_ < 50


def test_new_places_are_arrays_where_scikit_learn_makes_frames(iris, model):
    with sklearn.config_context(transform_output="pandas"):
        assert type(model.transform(iris[0])[0]) is np.ndarray
        assert type(model.transform(iris[0][0], index=0)) is np.ndarray


def test_a_function_of_targets_is_refused_with_the_models_that_hold_it(iris, tmp_path):
    def apart(a, b):
        return abs(float(a) - float(b))

    numbers = [rows[:, 0] for rows in iris[0][:2]]
    model = AlignedUMAP(random_state=0, n_epochs=5, target_metric=apart)
    model.fit(iris[0][:2], numbers, relations=RELATED[:1])
    with pytest.raises(ValueError, match="the model and of each of its mappers_"):
        model.save(tmp_path)
    for one in (model, *model.mappers_):
        one.set_params(target_metric="categorical")
    model.save(tmp_path)
    assert np.array_equal(umapkit.load(tmp_path).embeddings_[0], model.embeddings_[0])
