from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")

from umapkit.parametric import AUGMENTATIONS, SemiSupervisedUMAP, load, networks  # noqa: E402

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}


def few(labels, count):
    known = np.full(len(labels), -1)
    for label in np.unique(labels):
        known[np.flatnonzero(labels == label)[:count]] = label
    return known


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return rows.astype(np.float32), labels


def test_four_labels_a_class_go_further_with_umaps_loss(digits):
    rows, labels = digits
    learned, new = rows[:1400], rows[1400:]
    known = few(labels[:1400], 4)
    scores = {}
    for weight in (0.0, 1.0):
        model = SemiSupervisedUMAP(
            umap_weight=weight, n_components=16, n_steps=500, label_smoothing=0.2, **KINDS
        ).fit(learned, known)
        scores[weight] = model.score(new, labels[1400:])
    assert scores[1.0] >= scores[0.0] + 0.05


def test_a_learned_metric_is_made_anew_in_rounds(digits):
    rows, labels = digits
    model = SemiSupervisedUMAP(
        graph="activations", graph_steps=30, supervised_steps=50, n_steps=70, **KINDS
    ).fit(rows[:400], few(labels[:400], 4))
    assert model.n_graphs_ == 3
    assert model.n_steps_ == 120
    inside = model.activations(rows[:400])
    assert inside.shape == (400, 100)
    # No edge joins two known classes.
    known = few(labels[:400], 4)
    heads = np.repeat(np.arange(400), np.diff(model.graph_.indptr))
    ends = known[heads], known[model.graph_.indices]
    assert not ((ends[0] >= 0) & (ends[1] >= 0) & (ends[0] != ends[1])).any()


def test_probabilities_labels_and_places_go_together(digits):
    rows, labels = digits
    names = np.array([f"digit {label}" for label in labels[:300]], dtype=object)
    names[50:] = None
    model = SemiSupervisedUMAP(n_steps=20, **KINDS).fit(rows[:300], names)
    found = model.predict_proba(rows[:20])
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(model.classes_[found.argmax(1)], model.predict(rows[:20]))
    np.testing.assert_array_equal(model.transform(rows[:300]), model.embedding_)
    assert set(model.classes_) == {f"digit {i}" for i in range(10)}


def test_same_seed_same_bits_and_files_keep_both_heads(tmp_path, digits):
    rows, labels = digits
    known = few(labels[:300], 3)
    make = {"n_steps": 10, "supervised_steps": 3, "averaging": 0.9}
    first, again = (SemiSupervisedUMAP(**make, **KINDS).fit(rows[:300], known) for _ in range(2))
    np.testing.assert_array_equal(first.embedding_, again.embedding_)
    first.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(rows), first.transform(rows))
    np.testing.assert_array_equal(loaded.predict_proba(rows), first.predict_proba(rows))
    np.testing.assert_array_equal(loaded.classes_, first.classes_)


def test_the_papers_network_runs_with_views_and_consistency(digits):
    rows, labels = digits
    images = np.repeat(np.repeat(rows.reshape(-1, 8, 8), 2, axis=1), 2, axis=2)[:120]
    model = SemiSupervisedUMAP(
        "cnn13", width=0.05, n_steps=4, batch_size=16, augmentation="mnist", consistency=0.5,
        input_shape=(1, 16, 16), **KINDS,
    ).fit(images.reshape(120, -1), few(labels[:120], 2))  # fmt: skip
    assert model.history_["consistency"][0] > 0
    again = model.set_params(n_jobs=1).fit(images.reshape(120, -1), few(labels[:120], 2))
    np.testing.assert_array_equal(model.embedding_, again.embedding_)


def test_modules_and_other_names_can_be_trunks(digits):
    rows, labels = digits
    known = few(labels[:200], 2)
    trunk = torch.nn.Sequential(torch.nn.Linear(64, 12), torch.nn.ReLU())
    model = SemiSupervisedUMAP(trunk, n_steps=2, **KINDS).fit(rows[:200], known)
    assert model.networks_["head"][0].direction.shape == (256, 12)
    model = SemiSupervisedUMAP("conv28", n_steps=2, input_shape=(8, 8), **KINDS)
    assert model.fit_transform(rows[:200], known).shape == (200, 2)
    assert networks.build(trunk, role="encoder", n_features=64, n_components=1) is not trunk


def test_validation_rows_stop_the_training(digits):
    rows, labels = digits
    model = SemiSupervisedUMAP(n_steps=2000, check_every=10, patience=2, batch_size=16, **KINDS)
    model.fit(rows[:200], few(labels[:200], 4), validation=(rows[200:300], labels[200:300]))
    assert model.n_steps_ < 2000
    judged = np.array(model.history_["held_out"])
    judged = judged[np.isfinite(judged)]
    found = (model.predict(rows[200:300]) != labels[200:300]).mean()
    assert found == pytest.approx(judged.min())


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_views_are_pictures_drawn_from_the_generator(name):
    channels, side = (3, 32) if name == "cifar" else (1, 28)
    y, x = np.mgrid[:side, :side] / side - 0.5
    image = np.exp(-30 * (x**2 + 3 * y**2)).astype(np.float32)
    images = torch.from_numpy(np.tile(image, (40, channels, 1, 1)))

    def views(seed):
        return AUGMENTATIONS[name](images, torch.Generator().manual_seed(seed))

    first = views(1)
    assert first.shape == images.shape
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1
    assert torch.equal(first, views(1))
    assert not torch.equal(first, views(2))
    assert len({view.numpy().tobytes() for view in first}) > 30  # each has draws of its own
    if name == "mnist":  # one in eleven stays as it is
        same = sum(torch.equal(view, images[0]) for seed in range(20) for view in views(seed))
        assert 35 <= same <= 115
    # What is seen stays in sight.
    assert float(first.mean()) > 0.25 * float(images.mean())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"graph": "knn"}, "'activations'"),
        ({"width": 0}, "width=0"),
        ({"consistency": 1.0}, "needs augmentation"),
        ({"augmentation": "imagenet"}, "'mnist'"),
        ({"patience": 3}, "validation"),
        ({"label_smoothing": 2}, "at most 1"),
        ({"encoder": "conv28", "width": 0.5, "input_shape": (8, 8)}, "'mlp' and 'cnn13' only"),
        ({"averaging": 1.0}, "averaging=1.0"),
        ({"graph_steps": 7}, "graph_steps=7 does nothing"),
        ({"check_every": 7}, "check_every=7 does nothing"),
        ({"umap_weight": 0.0, "graph": "activations"}, "does nothing with umap_weight=0"),
        ({"batch_size": None}, "batch_size=None"),
        ({"encoder": torch.nn.Linear(3, 2)}, "The trunk failed"),
    ],
)
def test_what_cannot_be_used_is_said(change, said, digits):
    with pytest.raises(ValueError, match=said):
        SemiSupervisedUMAP(**{**KINDS, **change}).fit(digits[0][:50], few(digits[1][:50], 1))


def test_labels_that_cannot_be_used_are_said(digits):
    rows = digits[0][:20]
    for labels, said in (
        (None, "requires y"),
        (np.full(20, -1), "no known class"),
        (np.zeros(3), "3 labels, X has 20"),
    ):
        with pytest.raises(ValueError, match=said):
            SemiSupervisedUMAP(**KINDS).fit(rows, labels)
