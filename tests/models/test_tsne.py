from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import check_estimator

import umapkit
from umapkit import TSNE, UMAP, LargeVis, NeighborEmbedding
from umapkit.graph import intersect_labels, joint_affinities
from umapkit.layout import Callback, LayoutInterrupted
from umapkit.neighbors import find_neighbors
from umapkit.quality import knn_accuracy, trustworthiness


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.data.astype(np.float32), found.target


@pytest.fixture(scope="module")
def model(digits):
    return TSNE(random_state=0).fit(digits[0])


@pytest.fixture(scope="module")
def small(digits):
    return digits[0][:300]


def quick(**more):
    return TSNE(**{"perplexity": 10, "n_epochs": 60, "early_epochs": 30, "random_state": 0, **more})


def test_a_map_of_digits_is_as_good_as_scikit_learns(digits, model):
    rows, target = digits
    # What scikit-learn 1.9 tells of its own map after 1,000 epochs.
    assert model.kl_divergence_ <= 0.7540
    assert knn_accuracy(model.embedding_, target) > 0.98
    assert trustworthiness(rows, model.embedding_) > 0.99
    assert model.repulsion_ == "exact"
    assert model.n_epochs_ == 750


def test_check_estimator_finds_no_failure():
    with warnings.catch_warnings():
        # Tables of a few rows cut the perplexity down; that is said by a warning.
        warnings.simplefilter("ignore")
        results = check_estimator(TSNE(n_epochs=30, early_epochs=10), on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    assert len(results) > 40


def test_a_grid_gives_the_map_of_all_pairs_in_quality(digits, model):
    found = TSNE(random_state=0, repulsion="grid").fit(digits[0])
    assert abs(found.kl_divergence_ - model.kl_divergence_) < 0.02
    assert knn_accuracy(found.embedding_, digits[1]) > 0.98


@pytest.mark.parametrize("n_components", [1, 3])
def test_maps_of_one_and_three_dimensions(digits, n_components):
    found = TSNE(random_state=0, n_components=n_components, n_epochs=400).fit(digits[0])
    assert found.embedding_.shape == (1797, n_components)
    assert knn_accuracy(found.embedding_, digits[1]) > 0.95


def test_same_seed_same_map_for_any_thread_count(small):
    for more in ({}, {"repulsion": "grid"}, {"init": "spectral"}, {"perplexity": [5, 20]}):
        one = quick(n_jobs=1, **more).fit(small).embedding_
        for n_jobs in (2, 3):
            np.testing.assert_array_equal(quick(n_jobs=n_jobs, **more).fit(small).embedding_, one)


@pytest.mark.parametrize("init", ["pca", "spectral", "random"])
def test_every_start_has_a_deviation_of_a_ten_thousandth(small, init):
    start = quick(init=init, n_epochs=0).fit(small).embedding_
    assert abs(start[:, 0].std() - 1e-4) < 5e-6


def test_arrays_and_models_are_starts_too(small):
    first = quick().fit(small)
    by_array = quick(init=first.embedding_).fit(small)
    by_model = quick(init=first).fit(small)
    np.testing.assert_array_equal(by_array.embedding_, by_model.embedding_)
    umap = umapkit.UMAP(n_epochs=20, random_state=0).fit(small)
    assert np.isfinite(quick(init=umap).fit(small).embedding_).all()
    assert clone(by_model).init is first


def test_new_rows_get_their_places_whatever_stands_beside_them(digits):
    rows, target = digits
    fitted = TSNE(random_state=0).fit(rows[:1500])
    places = fitted.transform(rows[1500:])
    right = knn_accuracy(
        fitted.embedding_, target[:1500], test_embedding=places, test_y=target[1500:]
    )
    assert right >= 0.9293  # openTSNE 1.0.4 on the same rows
    before = fitted.embedding_.copy()
    for n_jobs in (1, 3):
        fitted.set_params(n_jobs=n_jobs)
        np.testing.assert_array_equal(fitted.transform(rows[1505:1507]), places[5:7])
    shuffled = np.random.default_rng(0).permutation(len(places))
    np.testing.assert_array_equal(fitted.transform(rows[1500:][shuffled]), places[shuffled])
    np.testing.assert_array_equal(fitted.embedding_, before)
    np.testing.assert_array_equal(fitted.transform(rows[3:9]), before[3:9])


@pytest.mark.parametrize("n_components", [1, 3])
def test_new_rows_find_their_class_in_other_dimensions(digits, n_components):
    rows, target = digits
    fitted = TSNE(random_state=0, n_components=n_components, n_epochs=400).fit(rows[:1500])
    right = knn_accuracy(
        fitted.embedding_,
        target[:1500],
        test_embedding=fitted.transform(rows[1500:1600]),
        test_y=target[1500:1600],
    )
    assert right > 0.9


def test_more_epochs_go_on_where_the_fit_ended(small):
    whole = quick(n_epochs=60).fit(small)
    staged = quick(n_epochs=40).fit(small).optimize(5).optimize(15)
    np.testing.assert_array_equal(staged.embedding_, whole.embedding_)
    assert staged.n_epochs_ == 60
    assert staged.kl_divergence_ == whole.kl_divergence_
    tight = whole.optimize(200, exaggeration=4)
    assert np.ptp(tight.embedding_) < np.ptp(quick(n_epochs=260).fit(small).embedding_)


def test_snapshots_are_the_maps_of_their_epochs(small):
    found = quick(n_epochs=[0, 30, 60]).fit(small)
    assert len(found.embedding_list_) == 3
    np.testing.assert_array_equal(found.embedding_list_[2], found.embedding_)
    # The schedule is the same, so an earlier end is an earlier map.
    np.testing.assert_array_equal(
        found.embedding_list_[1], quick(n_epochs=30).fit(small).embedding_
    )


def test_a_checkpoint_is_continued(small, tmp_path):
    path = tmp_path / "state"
    seen = []

    def stop(epoch, _):
        seen.append(epoch)
        raise KeyboardInterrupt

    asked = quick(checkpoint=path, observers=Callback(stop, every=40))
    with pytest.raises(LayoutInterrupted):
        asked.fit(small)
    assert asked.n_epochs_ == 40
    assert np.isfinite(asked.embedding_).all()
    whole = quick(checkpoint=path).fit(small)
    np.testing.assert_array_equal(whole.embedding_, quick().fit(small).embedding_)
    with pytest.raises(ValueError, match="needs a random_state"):
        quick(checkpoint=path, random_state=None).fit(small)


def test_equal_rows_are_one_point(small):
    rows = np.concatenate([small, small[:100], small[:50]])
    found = quick().fit(rows)
    np.testing.assert_array_equal(found.embedding_[300:400], found.embedding_[:100])
    np.testing.assert_array_equal(found.embedding_[400:], found.embedding_[:50])
    np.testing.assert_array_equal(found.embedding_[:300], quick().fit(small).embedding_)
    assert found.graph_.shape == (300, 300)


def test_saved_and_loaded_models_place_alike(digits, small, tmp_path):
    rows, _ = digits
    for number, more in enumerate(
        ({}, {"perplexity": [5, 10]}, {"init": small[:, :2] + np.arange(300)[:, None]})
    ):
        fitted = quick(**more).fit(small)
        fitted.save(tmp_path / str(number))
        loaded = umapkit.load(tmp_path / str(number))
        assert type(loaded) is TSNE
        np.testing.assert_array_equal(
            loaded.transform(rows[300:320]), fitted.transform(rows[300:320])
        )
        assert loaded.kl_divergence_ == fitted.kl_divergence_
        assert loaded.get_params()["perplexity"] == fitted.perplexity
        np.testing.assert_array_equal(
            loaded.optimize(10).embedding_, fitted.optimize(10).embedding_
        )
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(rows[300:320]), fitted.transform(rows[300:320]))


def test_labels_shape_the_map_through_the_graph(digits, small):
    target = digits[1][:300]
    joint = joint_affinities(find_neighbors(small, n_neighbors=31), perplexity=10)
    plain = quick(n_epochs=400).fit(small, graph=joint)
    told = quick(n_epochs=400).fit(small, graph=intersect_labels(joint, target))
    score = [knn_accuracy(m.embedding_, target) for m in (plain, told)]
    assert score[1] > score[0]
    assert abs(told.graph_.sum() - 1) < 1e-5
    np.testing.assert_array_equal(plain.embedding_, quick(n_epochs=400).fit(small).embedding_)


def test_neighbours_found_elsewhere_give_the_same_map(small):
    table = find_neighbors(small, n_neighbors=31, random_state=0)
    given = quick(precomputed_knn=(table.indices, table.distances)).fit(small)
    np.testing.assert_array_equal(given.embedding_, quick().fit(small).embedding_)
    assert np.isfinite(given.transform(small[:5] + 0.5)).all()


def test_uniform_affinities_and_other_metrics(small):
    uniform = quick(affinities="uniform").fit(small)
    assert len(np.unique(uniform.graph_.data)) == 1
    cosine = quick(metric="cosine").fit(small)
    assert np.isfinite(cosine.transform(small[:3] * 2 + 1)).all()


def test_sparse_rows_and_float64_and_lists_are_welcome(small):
    import scipy.sparse

    plain = quick().fit(small).embedding_
    for given in (small.astype(np.float64), scipy.sparse.csr_array(small), small[:, ::-1][:, ::-1]):
        np.testing.assert_array_equal(quick().fit(given).embedding_, plain)


def test_a_perplexity_too_large_is_lowered_aloud():
    rows = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.warns(UserWarning, match="more than a third of the 20 different rows"):
        found = TSNE(n_epochs=30, random_state=0).fit(rows)
    assert found.perplexity_ == pytest.approx(19 / 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_components": 4}, "Give 1, 2 or 3"),
        ({"perplexity": 0.5}, "numbers from 1"),
        ({"perplexity": [5, float("nan")]}, "numbers from 1"),
        ({"affinities": "gauss"}, "not known"),
        ({"affinities": "uniform", "perplexity": [5, 9]}, "one perplexity"),
        ({"neighbors": "annoy"}, "not known"),
        ({"init": "umap"}, "not known"),
        ({"init": TSNE()}, "no fitted map"),
        ({"metric": "precomputed"}, "not offered"),
        ({"repulsion": "fft"}, "not known"),
        ({"n_epochs": -1}, "not allowed"),
        ({"theta": -1.0}, "number from 0"),
    ],
)
def test_what_cannot_be_used_is_refused(small, change, said):
    with pytest.raises(ValueError, match=said):
        quick(**change).fit(small)


def test_bad_rows_are_refused(small):
    with pytest.raises(ValueError, match="NaN"):
        quick().fit(np.full((30, 2), np.nan))
    with pytest.raises(ValueError, match="minimum of 2"):
        quick().fit(small[:1])
    with pytest.raises(ValueError, match="All rows of X are equal"):
        quick().fit(np.ones((9, 3)))
    with pytest.raises(ValueError, match="features"):
        quick().fit(small).transform(small[:, :5])
    with pytest.raises(TypeError, match="a number, or several"):
        quick(perplexity="x").fit(small)
    with pytest.raises(ValueError, match="no edges"):
        quick().fit(small, graph=np.zeros((300, 300)))


@pytest.mark.parametrize("member", [TSNE(3), NeighborEmbedding("tsne", perplexity=3)])
def test_gaps_do_not_arrange_the_parts_of_a_spectral_start(member):
    """Numbers in place of NaN, 3e38, would be the only thing that counts."""
    rng = np.random.default_rng(0)
    centres = 100 * rng.normal(size=(8, 4))
    rows = (centres[:, None] + 0.1 * rng.normal(size=(8, 30, 4))).reshape(240, 4)
    rows[::7, 2] = np.nan
    member = clone(member).set_params(
        metric="nan_euclidean", init="spectral", n_epochs=0, random_state=0
    )
    by_name = member.fit(rows).embedding_
    start = umapkit.spectral_start(member.graph_, n_components=2, seed=0)  # by the graph alone
    assert np.array_equal(by_name, member.set_params(init=start).fit(rows).embedding_)


def test_densities_that_were_not_measured_are_asked_for_by_name(small):
    model = quick().fit(small).set_params(densne=True)
    with pytest.raises(ValueError, match="output_dens=True"):
        model.optimize(3)


def test_a_row_is_placed_on_a_map_of_few_rows():
    rows = np.random.default_rng(0).normal(size=(6, 3))
    with pytest.warns(UserWarning, match="more than a third"):
        model = TSNE(n_epochs=5, random_state=0).fit(rows[:4])
    assert np.isfinite(model.transform(rows[4:])).all()
    with pytest.raises(ValueError, match="perplexity=5"):
        model.transform(rows[4:], perplexity=5)


@pytest.mark.parametrize(
    "model", [TSNE(5), LargeVis(5), NeighborEmbedding("umap"), NeighborEmbedding("tsne")]
)
@pytest.mark.parametrize("kind", ["array", "sparse", "whole"])
def test_of_given_weights_only_the_ratios_count(small, model, kind):
    rows = small[:60]
    graph = UMAP(n_epochs=0, random_state=0).fit(rows).graph_
    graph = graph / graph.max()
    much: Any = graph * 8
    if kind == "array":
        much = much.toarray()
    elif kind == "whole":
        graph, much = (graph > 0).astype(np.float32), (graph > 0).astype(np.int64) * 8
    model = clone(model).set_params(n_epochs=5, init="random", random_state=0)
    one, other = (clone(model).fit(rows, graph=given) for given in (graph, much))
    assert np.array_equal(one.embedding_, other.embedding_)
    with pytest.raises(ValueError, match="finite numbers from 0"):
        model.fit(rows, graph=-much)
