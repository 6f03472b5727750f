from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris, make_blobs
from sklearn.metrics import adjusted_rand_score

import umapkit
from umapkit import UMAP
from umapkit.layout import History
from umapkit.quality import knn_accuracy, silhouette, trustworthiness

COSTS = [
    {"supervision": "cross_entropy"},
    {"supervision": "triplet"},
    {"supervision": "cross_entropy", "supervision_period": (5, 5)},
    {"supervision": "triplet", "supervision_period": (5, 5), "supervision_margin": 2.0},
]
NUMERIC = [{"target_metric": "l1"}, {"target_metric": "ordinal", "target_weight": 0.8}]


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return rows[:700].astype(np.float32), labels[:700]


@pytest.fixture(scope="module")
def partly(digits):
    labels = digits[1].copy()
    labels[np.arange(700) % 3 != 0] = -1
    return labels


@pytest.fixture(scope="module")
def plain(digits):
    return UMAP(random_state=0).fit(digits[0])


def clusters(embedding, n):
    return KMeans(n, n_init=10, random_state=0).fit_predict(embedding)


@pytest.mark.parametrize("parameters", COSTS, ids=str)
def test_a_classification_cost_separates_classes_beyond_their_labels(
    digits, partly, plain, parameters
):
    """Cross-entropy and triplet, all labels and a third of them."""
    rows, labels = digits
    for y, gain in ((labels, 0.05), (partly, 0.02)):
        model = UMAP(random_state=0, **parameters).fit(rows, y)
        assert silhouette(model.embedding_, labels) > silhouette(plain.embedding_, labels) + gain
        assert trustworthiness(rows, model.embedding_, n_neighbors=10) > 0.9
        assert model.supervision_loss_ >= 0


@pytest.mark.parametrize("parameters", COSTS[2:], ids=str)
def test_turns_of_both_costs_converge(digits, partly, parameters):
    history = History(every=20)
    model = UMAP(random_state=0, observers=history, **parameters).fit(digits[0], partly)
    losses = np.array(history.losses)
    assert losses[-1] < losses[0]
    assert np.abs(losses[-5:] / losses[-1] - 1).max() < 0.1
    stopped = UMAP(random_state=0, tol=0.02, **parameters).fit(digits[0], partly)
    assert stopped.n_epochs_ < model.n_epochs_ == 500


IN_TURNS = {
    "supervision": "cross_entropy",
    "supervision_period": (5, 5),
    "supervision_weight": 3.0,
}


JOINT = {"supervision": "cross_entropy", "supervision_weight": 3.0}


@pytest.mark.parametrize("seed", [42, 43, 44, 45])
@pytest.mark.parametrize("parameters", [{}, JOINT, IN_TURNS, {"supervision": "triplet"}], ids=str)
def test_supervised_iris_and_blobs_are_their_classes(parameters, seed):
    """With umap-learn's thresholds."""
    rows, labels = load_iris(return_X_y=True)
    model = UMAP(n_neighbors=10, min_dist=0.01, random_state=seed, **parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        embedding = model.fit_transform(rows, labels)
    assert adjusted_rand_score(labels, clusters(embedding, 3)) >= 0.95
    rows, labels = make_blobs(n_samples=500, n_features=30, centers=6, random_state=0)
    embedding = UMAP(random_state=seed, **parameters).fit_transform(rows, labels)
    assert adjusted_rand_score(labels, clusters(embedding, 6)) == 1.0


def test_a_joint_cross_entropy_of_weight_1_parts_by_a_line_what_it_does_not_move_apart():
    """Two kinds of iris touch in the data: the line of the soft-max head lies between them.

    The cost is then small, and nothing pulls them further apart, as a clustering by distances
    needs; a larger weight does (the test above).
    """
    rows, labels = load_iris(return_X_y=True)
    plain = UMAP(n_neighbors=10, min_dist=0.01, random_state=42).fit(rows)
    found = []
    for weight in (0.0, 1.0, 3.0):
        model = UMAP(
            n_neighbors=10,
            min_dist=0.01,
            random_state=42,
            supervision="cross_entropy",
            supervision_weight=weight,
        ).fit(rows, labels)
        found.append(silhouette(model.embedding_, labels))
        if weight:
            assert (model.predict(rows) == labels).all()
            assert model.supervision_loss_ < 0.3 * np.log(3)  # of a head that knows nothing
    assert found[0] == silhouette(plain.embedding_, labels)
    assert found == sorted(found)
    assert found[1] > found[0] + 0.02


def blobs_of_50():
    return make_blobs(n_samples=50, cluster_std=0.5, random_state=42)


def half_known(labels):
    labels = labels.copy()
    labels[::2] = -1
    return labels


@pytest.mark.parametrize(
    ("target", "parameters"),
    [
        (lambda y: y, {}),
        (half_known, {}),
        (lambda y: y, {"target_metric": "l1", "target_weight": 0.8}),
        (lambda y: [hex(v + 1000) for v in y], {"target_metric": "string", "target_weight": 0.8}),
        (lambda y: y, {"target_metric": "ordinal", "target_weight": 0.8}),
        (lambda y: y**2 + 2 * y, {"target_metric": "count", "target_weight": 0.8}),
        (lambda y: y, {"supervision": "cross_entropy"}),
        (half_known, {"supervision": "triplet"}),
    ],
)
def test_targets_of_every_kind_keep_neighbourhoods(target, parameters):
    """The incumbent's thresholds on fifty rows."""
    rows, labels = blobs_of_50()
    model = UMAP(n_neighbors=10, min_dist=0.01, random_state=42, **parameters)
    embedding = model.fit_transform(rows, target(labels))
    assert trustworthiness(rows, embedding, n_neighbors=10) >= 0.95


def test_a_weight_of_0_is_no_labels_to_the_bit(digits):
    rows, labels = digits
    rows = rows[:300]
    plain = UMAP(random_state=0).fit(rows).embedding_
    for parameters in (
        {"target_metric": "l1", "target_weight": 0.0},
        {"target_metric": "ordinal", "target_weight": 0.0},
        {"target_metric": "count", "target_weight": 0.0},
        {"supervision": "cross_entropy", "supervision_weight": 0.0},
        {"supervision": "triplet", "supervision_weight": 0.0},
    ):
        model = UMAP(random_state=0, **parameters).fit(rows, labels[:300])
        assert model.embedding_.tobytes() == plain.tobytes(), parameters


@pytest.mark.parametrize("parameters", [*COSTS, *NUMERIC], ids=str)
def test_new_rows_and_saved_models_with_labels(digits, partly, parameters, tmp_path):
    """Promise 3, promise 2, and saving."""
    rows, labels = digits
    y = partly if "supervision" in parameters else labels
    models = [
        UMAP(random_state=0, n_epochs=60, n_jobs=jobs, **parameters).fit(rows[:500], y[:500])
        for jobs in (1, 2, 3)
    ]
    for other in models[1:]:
        assert other.embedding_.tobytes() == models[0].embedding_.tobytes()
        assert other.loss_ == models[0].loss_
    model, new = models[0], rows[490:560]
    placed = model.transform(new)
    assert np.array_equal(placed[:10], model.embedding_[490:])
    model.save(tmp_path / "map")
    loaded = umapkit.load(tmp_path / "map")
    assert loaded.get_params() == model.get_params()
    order = np.random.default_rng(0).permutation(70)
    for one in (*models[1:], loaded):
        assert one.transform(new[order]).tobytes() == placed[order].tobytes()
        assert one.transform(new[33:34]).tobytes() == placed[33:34].tobytes()
    if "supervision" not in parameters:
        return
    assert loaded.supervision_loss_ == model.supervision_loss_
    assert hasattr(model, "predict") == (parameters["supervision"] == "cross_entropy")
    if not hasattr(model, "predict"):
        return
    found = model.predict_proba(new)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    for one in (*models[1:], loaded):
        assert np.array_equal(one.classes_, np.arange(10))
        assert one.predict_proba(new[order]).tobytes() == found[order].tobytes()
        assert one.predict_proba(new[33:34]).tobytes() == found[33:34].tobytes()
        assert np.array_equal(one.predict(new), model.classes_[found.argmax(axis=1)])


def test_the_classifier_on_the_map_knows_new_rows(digits, partly):
    rows, labels = load_digits(return_X_y=True)
    model = UMAP(random_state=0, supervision="cross_entropy").fit(digits[0], partly)
    assert np.mean(model.predict(rows[700:1100]) == labels[700:1100]) > 0.85
    assert np.mean(model.predict(digits[0]) == digits[1]) > 0.9


@pytest.mark.parametrize(
    "name", [str, lambda v: f"digit {v}", lambda v: v + 0.0, lambda v: bool(v % 2)]
)
def test_classes_keep_their_type(digits, name, tmp_path):
    rows, labels = digits[0][:200], digits[1][:200]
    y = [name(v) for v in labels]
    model = UMAP(random_state=0, n_epochs=20, supervision="cross_entropy").fit(rows, y)
    model.save(tmp_path)
    for one in (model, umapkit.load(tmp_path)):
        assert list(one.classes_) == sorted(set(y))
        assert set(one.predict(rows).tolist()) <= set(y)
    objects = np.array([v if i % 4 else None for i, v in enumerate(y)], dtype=object)
    other = clone(model).fit(rows, objects)
    other.save(tmp_path)
    assert list(umapkit.load(tmp_path).classes_) == list(other.classes_) == sorted(set(y))


def test_equal_rows_share_a_target():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 3)).astype(np.float32)
    rows[60:] = rows[:20]

    def fit(y, **parameters):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = UMAP(random_state=0, n_neighbors=6, n_epochs=30, **parameters)
            return model.fit(rows, y).embedding_

    numbers = rng.normal(size=80)
    mean = numbers.copy()
    mean[60:] = mean[:20] = (numbers[:20] + numbers[60:]) / 2
    assert np.array_equal(fit(numbers, target_metric="l2"), fit(mean, target_metric="l2"))
    counts = rng.integers(0, 9, size=80)
    least = counts.copy()
    least[60:] = least[:20] = np.minimum(counts[:20], counts[60:])
    assert np.array_equal(fit(counts, target_metric="count"), fit(least, target_metric="count"))
    labels = np.arange(80) % 3
    labels[70:] = (labels[70:] + 1) % 3
    disputed = labels.copy()
    disputed[:20] = disputed[60:] = np.where(labels[:20] == labels[60:], labels[:20], -1)
    assert (disputed[:20] < 0).any()
    for supervision in ("intersection", "cross_entropy", "triplet"):
        assert np.array_equal(
            fit(labels, supervision=supervision), fit(disputed, supervision=supervision)
        )


def test_a_given_graph_takes_labels_too(digits):
    rows, labels = digits[0][:200].copy(), digits[1][:200]
    rows[190:] = rows[:10]
    graph = UMAP(random_state=0, n_epochs=0).fit(digits[0][:200]).graph_
    for parameters in (*COSTS[:2], *NUMERIC):
        model = UMAP(random_state=0, n_epochs=20, **parameters).fit(rows, labels, graph=graph)
        assert np.array_equal(model.embedding_[190:], model.embedding_[:10])


@pytest.mark.parametrize(
    ("parameters", "y", "text"),
    [
        ({"target_metric": "l1"}, np.zeros(49), "49 labels"),
        ({"target_metric": "l1"}, np.full(50, "a"), "numbers only"),
        ({"target_weight": 1.5}, None, "target_weight=1.5"),
        ({"target_weight": -0.1}, None, "target_weight=-0.1"),
        ({"target_n_neighbors": 1}, None, "target_n_neighbors=1"),
        ({"supervision": "svm"}, None, "svm"),
        ({"supervision": "triplet", "supervision_weight": -1.0}, None, "supervision_weight"),
        ({"supervision": "triplet", "supervision_margin": 0.0}, None, "supervision_margin"),
        ({"supervision": "triplet", "supervision_period": (0, 1)}, None, "supervision_period"),
        ({"supervision": "triplet", "supervision_period": 5}, None, "supervision_period"),
        ({"supervision_weight": 2.0}, None, "does nothing"),
        ({"supervision": "triplet", "target_weight": 0.9}, None, "does nothing"),
        ({"supervision": "triplet", "target_metric": "l1"}, None, "does nothing"),
        ({"supervision": "cross_entropy", "supervision_margin": 2.0}, None, "does nothing"),
        ({"supervision": "triplet"}, np.zeros(50), "1 known classes"),
        ({"supervision": "cross_entropy"}, np.full(50, -1), "0 known classes"),
        ({"supervision": "cross_entropy"}, np.zeros((50, 2)), "2 columns"),
        (
            {"supervision": "triplet", "supervision_period": (50, 1), "n_epochs": 20},
            np.arange(50) % 2,
            "longer than the schedule",
        ),
    ],
)
def test_what_makes_no_sense_with_labels_is_named(parameters, y, text):
    rows = np.random.default_rng(0).normal(size=(50, 4))
    with pytest.raises(ValueError, match=text):
        UMAP(**parameters).fit(rows, y)


def test_one_class_or_none_known_makes_a_map_and_fractions_are_asked_about():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    plain = UMAP(random_state=0, n_epochs=20).fit(rows)
    unknown = UMAP(random_state=0, n_epochs=20).fit(rows, np.full(50, np.nan))
    assert np.array_equal(plain.embedding_, unknown.embedding_)
    one = UMAP(random_state=0, n_epochs=20).fit(rows, np.zeros(50))
    assert np.isfinite(one.embedding_).all()
    with pytest.warns(UserWarning, match="takes every number for the name of a class"):
        UMAP(random_state=0, n_epochs=5).fit(rows, np.linspace(0, 1, 50))


def test_without_labels_there_is_no_classifier(digits):
    model = UMAP(random_state=0, n_epochs=5, supervision="cross_entropy").fit(digits[0][:100])
    with pytest.raises(AttributeError, match="fitted without y"):
        model.predict(digits[0][:3])
    assert not hasattr(UMAP(), "predict_proba")


def test_rows_without_a_place_have_no_class():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    model = UMAP(random_state=0, supervision="cross_entropy", disconnection_distance=50.0)
    model.fit(rows, np.arange(60) % 2)
    far = np.vstack([rows[:1], [[1e3, 0, 0]]])
    with pytest.warns(UserWarning, match="no training row"):
        found = model.predict_proba(far)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()
    with (
        pytest.warns(UserWarning, match="no training row"),
        pytest.raises(ValueError, match="1 of 2 rows have no place"),
    ):
        model.predict(far)


def test_a_function_as_target_metric_fits_but_is_not_saved(digits, tmp_path):
    model = UMAP(random_state=0, n_epochs=10, target_metric=lambda a, b: abs(a - b))
    model.fit(digits[0][:100], digits[1][:100])
    with pytest.raises(ValueError, match="target_metric is a function"):
        model.save(tmp_path)
    model.set_params(target_metric="categorical").save(tmp_path)


@pytest.mark.data
def test_mnist_with_half_its_labels_hidden():
    if not os.environ.get("UMAPKIT_DATA"):
        pytest.skip("UMAPKIT_DATA is not set: MNIST is not at hand")
    from umapkit.data import load

    mnist = load("mnist")
    rows, labels = np.asarray(mnist.data[:12000], dtype=np.float32), mnist.target[:12000]
    known = labels[:10000].astype(int)
    known[np.random.default_rng(0).permutation(10000)[:5000]] = -1
    plain = UMAP(random_state=0, n_epochs=200).fit(rows[:10000])

    def score(model):
        return knn_accuracy(
            model.embedding_,
            labels[:10000],
            test_embedding=model.transform(rows[10000:]),
            test_y=labels[10000:],
        )

    kept = Path(__file__).parents[1] / "reference" / "umap_learn_labels.json"
    umap_learn = json.loads(kept.read_text())
    least = score(plain)
    assert least >= max(umap_learn["no_labels"])
    for parameters in ({}, *COSTS[:2]):
        model = UMAP(random_state=0, n_epochs=200, **parameters).fit(rows[:10000], known)
        assert score(model) > least - 0.005, parameters
        if not parameters:  # labels cut edges, as in umap-learn, of which both seeds are kept
            assert score(model) >= max(umap_learn["half_hidden"])
        hidden = known < 0
        assert silhouette(model.embedding_[hidden], labels[:10000][hidden]) > silhouette(
            plain.embedding_[hidden], labels[:10000][hidden]
        )
