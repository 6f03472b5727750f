from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import check_estimator

import umapkit
from umapkit import TSNE, UMAP, LargeVis, NeighborEmbedding
from umapkit.graph import intersect_labels, joint_affinities
from umapkit.layout import Callback, LayoutInterrupted
from umapkit.models import MEMBERS
from umapkit.neighbors import find_neighbors
from umapkit.quality import knn_accuracy, sampled_edge_cost

LOSSES = sorted(MEMBERS)
CONTRAST = ["infonc_tsne", "largevis", "neg_tsne"]


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return found.data.astype(np.float32), found.target


@pytest.fixture(scope="module")
def small(digits):
    return digits[0][:300]


def quick(loss, **more):
    return NeighborEmbedding(loss, **{"n_epochs": 40, "random_state": 0, **more})


def accuracy_of(model, digits):
    """5-NN accuracy of the last rows, placed on the map of the first."""
    rows, target = digits
    model.fit(rows[:1500])
    return knn_accuracy(
        model.embedding_, target[:1500],
        test_embedding=model.transform(rows[1500:]), test_y=target[1500:],
    )  # fmt: skip


# The named members are the description's.


def test_umap_is_a_member_to_the_bit(small):
    new = small[:50] + 0.5
    for more in ({}, {"n_neighbors": 7}, {"min_dist": 0.3}, {"n_epochs": 30}, {"init": "pca"}):
        one = NeighborEmbedding("umap", random_state=0, **more).fit(small)
        other = UMAP(random_state=0, **more).fit(small)
        np.testing.assert_array_equal(one.embedding_, other.embedding_)
        np.testing.assert_array_equal(one.transform(new), other.transform(new))
        assert one.loss_ == other.loss_


def test_tsne_is_a_member_to_the_bit(small):
    new = small[:50] + 0.5
    for more in ({}, {"perplexity": 8.0}, {"exaggeration": 4.0}, {"init": "spectral"}):
        one = NeighborEmbedding("tsne", random_state=0, **more).fit(small)
        other = TSNE(random_state=0, **more).fit(small)
        np.testing.assert_array_equal(one.embedding_, other.embedding_)
        np.testing.assert_array_equal(one.transform(new), other.transform(new))
        assert one.loss_ == other.kl_divergence_


def test_largevis_is_a_member_to_the_bit(small):
    new = small[:50] + 0.5
    for more in ({}, {"perplexity": 8.0}, {"n_epochs": 30}):
        one = NeighborEmbedding("largevis", random_state=0, **more).fit(small)
        other = LargeVis(random_state=0, **more).fit(small)
        np.testing.assert_array_equal(one.embedding_, other.embedding_)
        np.testing.assert_array_equal(one.transform(new), other.transform(new))
        assert one.loss_ == other.loss_


# What each of them is worth.


@pytest.mark.parametrize("loss", LOSSES)
def test_every_member_keeps_the_digits_apart_and_places_new_ones(digits, loss):
    model = NeighborEmbedding(loss, random_state=0)
    assert accuracy_of(model, digits) > 0.92
    assert knn_accuracy(model.embedding_, digits[1][:1500]) > 0.96


@pytest.mark.parametrize("affinities", ["fuzzy", "perplexity", "uniform"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_goes_with_every_affinity(small, loss, affinities):
    model = quick(loss, affinities=affinities, n_epochs=200).fit(small)
    target = load_digits().target[:300]
    assert knn_accuracy(model.embedding_, target) > 0.85
    placed = model.transform(small[:20] + 0.25)
    near = np.linalg.norm(placed - model.embedding_[:20], axis=1)
    width = np.linalg.norm(np.ptp(model.embedding_, axis=0))
    assert np.median(near) < 0.1 * width


@pytest.mark.parametrize("loss", LOSSES)
def test_more_exaggeration_draws_neighbours_together(digits, loss):
    lengths = []
    for exaggeration in (1.0, 4.0, 16.0):
        model = NeighborEmbedding(loss, exaggeration=exaggeration, n_epochs=300, random_state=0)
        y = model.fit(digits[0][:800]).embedding_
        graph = model.graph_.tocoo()
        far = np.linalg.norm(y[graph.row] - y[graph.col], axis=1)
        lengths.append(np.average(far, weights=graph.data))
    assert lengths[0] > 1.3 * lengths[1] > 1.69 * lengths[2]


def test_little_exaggeration_brings_negative_sampling_to_tsne(digits):
    """Damrich et al. 2023: with the normaliser of t-SNE, NEG-t-SNE approximates t-SNE."""
    rows = digits[0]
    tsne = TSNE(affinities="uniform", perplexity=15, random_state=0).fit(rows)
    found = {}
    for c in (1.0, 0.1):
        model = NeighborEmbedding("neg_tsne", exaggeration=c, n_neighbors=16, random_state=0)
        found[c] = divergence(model.fit(rows).embedding_, tsne.graph_)
    near, far = found[min(found)], found[1.0]
    assert near < far
    assert near - tsne.kl_divergence_ < 0.5 * (far - tsne.kl_divergence_)


def divergence(y, graph):
    """Kullback-Leibler divergence of t-SNE."""
    from umapkit.layout.tsne import TsneLayout, TsneOptions

    return TsneLayout(graph, y, TsneOptions()).divergence("exact")


def test_more_negatives_bring_infonc_to_tsne(digits):
    rows = digits[0]
    tsne = TSNE(affinities="uniform", perplexity=15, random_state=0).fit(rows)
    found = []
    for m in (5, 40):
        model = NeighborEmbedding(
            "infonc_tsne", n_neighbors=16, negative_sample_rate=m, random_state=0
        )
        found.append(divergence(model.fit(rows).embedding_, tsne.graph_))
    assert found[1] < found[0]
    assert found[1] - tsne.kl_divergence_ < 0.5 * (found[0] - tsne.kl_divergence_)


# Promises.


@pytest.mark.parametrize("loss", CONTRAST)
def test_same_seed_same_map_for_any_thread_count(small, loss):
    one = quick(loss, n_jobs=1).fit(small)
    placed = one.transform(small[:30] + 0.5)
    for n_jobs in (2, 3):
        other = quick(loss, n_jobs=n_jobs).fit(small)
        np.testing.assert_array_equal(other.embedding_, one.embedding_)
        np.testing.assert_array_equal(other.transform(small[:30] + 0.5), placed)
        assert other.loss_ == one.loss_


_PROGRAM = """
import hashlib
import numpy as np
from sklearn.datasets import load_digits
from umapkit import NeighborEmbedding

rows = load_digits().data.astype(np.float32)[:400]
for loss in ("infonc_tsne", "largevis", "neg_tsne"):
    for optimizer in ("sampled", "literal")[: 1 + (loss == "largevis")]:
        model = NeighborEmbedding(loss, n_epochs=30, optimizer=optimizer, random_state=0)
        model.fit(rows[:300])
        found = model.embedding_.tobytes() + model.transform(rows[300:]).tobytes()
        print(loss, model.loss_, hashlib.sha256(found).hexdigest())
"""


def test_same_bits_on_the_plainest_instruction_set():
    found = []
    for machine in ({}, {"UMAPKIT_ISA": "baseline"}):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", _PROGRAM],
            env={**os.environ, **machine}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
    assert found[0] == found[1]
    assert len(found[0].splitlines()) == 4


@pytest.mark.parametrize("loss", LOSSES)
def test_new_rows_get_their_places_whatever_stands_beside_them(small, loss):
    model = quick(loss).fit(small)
    before = model.embedding_.copy()
    new = small[:40] + np.float32(0.5)
    placed = model.transform(new)
    np.testing.assert_array_equal(model.transform(new[7:9]), placed[7:9])
    np.testing.assert_array_equal(model.transform(new[::-1]), placed[::-1])
    np.testing.assert_array_equal(model.transform(small[3:5]), before[3:5])
    np.testing.assert_array_equal(model.embedding_, before)
    mixed = model.transform(np.vstack([small[:2], new[:2]]))
    np.testing.assert_array_equal(mixed, np.vstack([before[:2], placed[:2]]))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_saved_model_places_rows_as_before(small, loss, tmp_path):
    model = quick(loss, n_epochs=[10, 40]).fit(small)
    model.save(tmp_path / "model")
    back = umapkit.load(tmp_path / "model")
    assert type(back) is NeighborEmbedding
    new = small[:20] + np.float32(0.5)
    np.testing.assert_array_equal(back.transform(new), model.transform(new))
    np.testing.assert_array_equal(back.embedding_list_[0], model.embedding_list_[0])
    assert back.get_params() == model.get_params()
    pickled = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(pickled.transform(new), model.transform(new))


def test_equal_rows_are_one_point_and_a_given_graph_is_about_all(small):
    rows = np.vstack([small, small[:20]])
    model = quick("neg_tsne").fit(rows)
    np.testing.assert_array_equal(model.embedding_[300:], model.embedding_[:20])
    assert model.graph_.shape == (300, 300)
    joint = joint_affinities(find_neighbors(rows, n_neighbors=31), perplexity=10)
    given = quick("neg_tsne").fit(rows, graph=joint)
    assert given.graph_.shape == (320, 320)
    np.testing.assert_array_equal(given.embedding_[300:], given.embedding_[:20])
    assert np.isfinite(given.transform(small[:5] + 0.5)).all()
    assert np.isnan(given.neighbor_recall_)


def test_labels_guide_every_loss_through_the_graph(digits):
    rows, target = digits[0][:500], digits[1][:500]
    joint = joint_affinities(find_neighbors(rows, n_neighbors=46), perplexity=15)
    told = intersect_labels(joint, target)
    for loss in ("largevis", "infonc_tsne"):
        model = quick(loss, n_epochs=200).fit(rows, graph=told)
        assert knn_accuracy(model.embedding_, target) > 0.99


@pytest.mark.parametrize("n_components", [1, 3, 5])
def test_maps_of_other_dimensions(small, n_components):
    for loss in CONTRAST:
        model = quick(loss, n_components=n_components, n_epochs=200).fit(small)
        assert model.embedding_.shape == (300, n_components)
        assert knn_accuracy(model.embedding_, load_digits().target[:300]) > 0.75


def test_arrays_and_models_are_starts(small):
    first = quick("neg_tsne").fit(small)
    warm = quick("neg_tsne", init=first, n_epochs=0).fit(small)
    np.testing.assert_array_equal(warm.embedding_, first.embedding_)
    assert clone(warm).init is first
    by_array = quick("largevis", init=first.embedding_, n_epochs=0).fit(small)
    assert abs(np.ptp(by_array.embedding_, axis=0) - 10).max() < 1e-3


def test_a_map_on_its_way_can_be_watched_kept_and_interrupted(small, tmp_path):
    seen = []
    model = quick(
        "largevis", n_epochs=[10, 40], observers=Callback(lambda epoch, _: seen.append(epoch))
    )
    model.fit(small)
    assert seen
    assert len(model.embedding_list_) == 2
    np.testing.assert_array_equal(model.embedding_list_[1], model.embedding_)

    def stop(epoch, _):
        if epoch >= 20:
            raise KeyboardInterrupt

    path = tmp_path / "state"
    broken = quick("largevis", observers=Callback(stop, every=10), checkpoint=path)
    with pytest.raises(LayoutInterrupted):
        broken.fit(small)
    assert broken.n_epochs_ == 20
    assert np.isfinite(broken.embedding_).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_check_estimator_finds_no_failure(loss):
    with warnings.catch_warnings():
        # Tables of a few rows cut neighbours down; that is said by a warning.
        warnings.simplefilter("ignore")
        results = check_estimator(NeighborEmbedding(loss, n_epochs=20), on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    assert len(results) > 40


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"loss": "sne"}, "loss='sne'"),
        ({"affinities": "soft"}, "affinities='soft'"),
        ({"perplexity": 20}, "perplexity=20"),
        ({"loss": "largevis", "n_neighbors": 9}, "n_neighbors=9"),
        ({"loss": "largevis", "perplexity": 0.5}, "perplexity=0.5"),
        ({"loss": "tsne", "negative_sample_rate": 5}, "negative_sample_rate=5"),
        ({"loss": "tsne", "min_dist": 0.1}, "min_dist=0.1"),
        ({"loss": "tsne", "n_components": 4}, "n_components=4"),
        ({"loss": "largevis", "min_dist": 0.1}, "min_dist=0.1"),
        ({"optimizer": "literal"}, "optimizer='literal'"),
        ({"exaggeration": -1}, "exaggeration=-1"),
        ({"loss": "tsne", "exaggeration": 0.5}, "exaggeration=0.5"),
        ({"loss": "infonc_tsne", "exaggeration": 0.5}, "exaggeration=0.5"),
        ({"exaggeration": None}, "exaggeration=None"),
        ({"n_neighbors": 1}, "n_neighbors=1"),
        ({"n_components": 0}, "n_components=0"),
        ({"init": "best"}, "init='best'"),
        ({"neighbors": "fast"}, "neighbors='fast'"),
        ({"metric": "precomputed"}, "metric='precomputed'"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0"),
        ({"n_epochs": -1}, "n_epochs=-1"),
    ],
)
def test_parameters_that_cannot_be_or_do_nothing_are_refused_by_name(small, wrong, word):
    with pytest.raises((ValueError, TypeError), match=word):
        NeighborEmbedding(**wrong).fit(small)


# LargeVis.


def test_largevis_of_the_digits_keeps_their_classes(digits):
    model = LargeVis(random_state=0).fit(digits[0])
    assert knn_accuracy(model.embedding_, digits[1], n_neighbors=10) >= 0.95


def test_both_samplers_of_largevis_reach_the_same_cost_within_three_percent(digits):
    rows, target = digits
    fast = LargeVis(random_state=0).fit(rows)
    literal = LargeVis(optimizer="literal", n_epochs=300, random_state=0).fit(rows)
    costs = [sampled_edge_cost(m.graph_, m.embedding_) for m in (fast, literal)]
    assert abs(costs[0] / costs[1] - 1) < 0.03
    np.testing.assert_allclose([fast.loss_, literal.loss_], costs, rtol=0.02)
    assert abs(knn_accuracy(fast.embedding_, target) - knn_accuracy(literal.embedding_, target)) < (
        0.02
    )


def test_samples_are_epochs_by_another_count(small):
    one = LargeVis(n_samples=300 * 10 * 40, random_state=0).fit(small)
    assert one.n_epochs_ == 40
    other = LargeVis(n_epochs=40, random_state=0).fit(small)
    np.testing.assert_array_equal(one.embedding_, other.embedding_)
    assert LargeVis(n_samples=300 * 10 * 2 + 1, optimizer="literal").fit(small).n_epochs_ == 3


@pytest.mark.parametrize("optimizer", ["sampled", "literal"])
def test_largevis_passes_check_estimator(optimizer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(LargeVis(n_epochs=20, optimizer=optimizer), on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []


def test_a_saved_largevis_places_rows_as_before(small, tmp_path):
    model = LargeVis(perplexity=12.5, n_epochs=40, random_state=0).fit(small)
    model.save(tmp_path / "model")
    back = umapkit.load(tmp_path / "model")
    assert type(back) is LargeVis
    new = small[:20] + np.float32(0.5)
    np.testing.assert_array_equal(back.transform(new), model.transform(new))
    assert back.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"perplexity": 0}, "perplexity=0"),
        ({"n_samples": 100, "n_epochs": 10}, "n_samples=100"),
        ({"n_samples": 1.5}, "n_samples=1.5"),
        ({"repulsion_strength": -1.0}, "repulsion_strength=-1.0"),
        ({"optimizer": "schedule"}, "optimizer='schedule'"),
        ({"optimizer": "literal", "negative_sample_rate": 1.5}, "negative_sample_rate=1.5"),
        ({"checkpoint": "somewhere"}, "random_state"),
    ],
)
def test_largevis_refuses_what_cannot_be_by_name(small, wrong, word):
    with pytest.raises((ValueError, TypeError), match=word):
        LargeVis(**wrong).fit(small)


def test_hard_tables_are_laid_out_or_refused_with_a_reason():
    rng = np.random.default_rng(0)
    for rows in (rng.normal(size=(2, 3)), rng.normal(size=(5, 3)), np.eye(40)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer rows than neighbours
            for loss in CONTRAST:
                assert np.isfinite(quick(loss).fit(rows).embedding_).all()
    for rows, word in (
        (np.ones((1, 3)), "minimum"),
        (np.ones((9, 3)), "equal"),
        (np.full((9, 3), np.nan), "NaN"),
    ):
        with pytest.raises(ValueError, match=word):
            LargeVis().fit(rows)
