from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

torch = pytest.importorskip("torch")

import umapkit  # noqa: E402
from umapkit import ParametricUMAP, quality  # noqa: E402


def model(**keywords) -> ParametricUMAP:
    settings = {"n_steps": 60, "batch_size": 256, "random_state": 0, "n_jobs": 1, "device": "cpu"}
    return ParametricUMAP(**(settings | keywords))


def test_check_estimator_finds_no_failure():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(model(n_steps=10, batch_size=32), on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
    assert failed == []
    assert len(results) > 40


def test_a_place_depends_on_the_row_alone(blobs):
    rows, _ = blobs
    fitted = model().fit(rows)
    assert np.array_equal(fitted.transform(rows), fitted.embedding_)
    order = np.random.default_rng(0).permutation(len(rows))
    assert np.array_equal(fitted.transform(rows[order]), fitted.embedding_[order])
    for begin, end in ((0, 1), (17, 20), (100, 180)):
        found = fitted.transform(rows[begin:end])
        assert np.array_equal(found, fitted.embedding_[begin:end])


def test_the_same_seed_gives_the_same_bits_and_another_does_not(blobs):
    rows, _ = blobs
    first, again, other = (model(random_state=s).fit_transform(rows) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_two_threads_give_the_same_map_but_for_rounding(blobs):
    rows, _ = blobs
    one, two = (model(n_steps=20, n_jobs=n).fit_transform(rows) for n in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-3 * np.ptp(one))
    before = torch.get_num_threads()
    assert before == torch.get_num_threads()


def test_clone_parameters_and_names_of_columns(blobs):
    fitted = model(encoder="mlp", min_dist=0.3).fit(blobs[0])
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "embedding_")
    assert list(fitted.get_feature_names_out()) == ["parametricumap0", "parametricumap1"]
    assert copy.set_params(n_components=3).fit_transform(blobs[0]).shape == (180, 3)


@pytest.mark.parametrize(
    "keywords",
    [
        {"negatives": "uniform"},
        {"batches": "schedule", "n_steps": None, "n_epochs": 8},
        {"batches": "points", "batch_size": 60},
        {"loss": "capped"},
        {"amp": True},
        {"densmap": True},
        {"correlation_weight": 0.2},
        {"metric": "cosine"},
        {"batch_size": None, "n_steps": None, "n_epochs": 4},
        {"scaling": "features"},
        {"scaling": "none"},
        {"clip": None, "schedule": "constant", "learning_rate": 1e-3},
    ],
    ids=str,
)
def test_every_way_of_training_parts_the_clouds(blobs, keywords):
    rows, codes = blobs
    fitted = model(**keywords).fit(rows)
    assert quality.knn_accuracy(fitted.embedding_, codes, n_neighbors=5) > 0.95
    assert np.isfinite(fitted.history_["loss"]).all()


def test_batches_of_one_edge_train(blobs):
    fitted = model(batch_size=1, n_steps=400).fit(blobs[0])
    assert np.isfinite(fitted.embedding_).all()
    assert fitted.n_steps_ == 400


def test_held_out_edges_can_stop_the_training(blobs):
    fitted = model(held_out=0.2, patience=2, check_every=20, n_steps=5000, learning_rate=0.02).fit(
        blobs[0]
    )
    assert fitted.n_steps_ < 5000
    looked = np.array(fitted.history_["held_out"])
    assert np.isfinite(looked).sum() >= 3


def test_a_module_can_be_the_encoder_and_is_not_changed(blobs):
    rows, codes = blobs

    class Folded(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Flatten(), torch.nn.Linear(6, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2)
            )

        def forward(self, x):
            assert x.shape[1:] == (2, 3)
            return self.layers(x)

    torch.manual_seed(0)
    given = Folded()
    before = {k: v.clone() for k, v in given.state_dict().items()}
    fitted = model(encoder=given, input_shape=(2, 3), n_steps=150).fit(rows)
    assert quality.knn_accuracy(fitted.embedding_, codes, n_neighbors=5) > 0.95
    assert all(torch.equal(v, before[k]) for k, v in given.state_dict().items())


def test_labels_by_cross_entropy_can_be_predicted(blobs):
    rows, codes = blobs
    y = np.array(["a", "b", "c"])[codes].astype(object)
    y[::2] = None
    for period in (None, (2, 1)):
        fitted = model(
            supervision="cross_entropy", supervision_period=period, n_steps=120, learning_rate=0.02
        ).fit(rows, y)
        assert fitted.classes_.tolist() == ["a", "b", "c"]
        assert np.mean(fitted.predict(rows) == np.array(["a", "b", "c"])[codes]) > 0.95
        np.testing.assert_allclose(fitted.predict_proba(rows).sum(1), 1, rtol=1e-5)
    terms = fitted.history_
    assert np.isnan(terms["labels"]).any()
    assert np.isnan(terms["attraction"]).any()
    assert not hasattr(model(), "predict")
    with pytest.raises(AttributeError, match="has no classifier"):
        model(supervision="cross_entropy").fit(rows).predict(rows)


@pytest.mark.parametrize("supervision", ["intersection", "triplet", "cross_entropy"])
def test_labels_part_what_the_rows_do_not(supervision):
    rng = np.random.default_rng(1)
    y = np.arange(200) % 2
    rows = np.column_stack([0.3 * y, rng.normal(size=(200, 4))])
    plain = quality.silhouette(model(n_steps=200).fit_transform(rows), y)
    with_labels = model(supervision=supervision, n_steps=200, learning_rate=0.01).fit(rows, y)
    assert quality.silhouette(with_labels.embedding_, y) > plain + 0.02


def test_landmarks_stay_where_they_are_told(blobs):
    rows, _ = blobs
    first = model(n_steps=100).fit(rows[:120])
    places = np.full((180, 2), np.nan)
    places[:120] = first.embedding_
    held = model(n_steps=200, landmark_weight=10.0, learning_rate=0.01).fit(rows, landmarks=places)
    size = np.ptp(first.embedding_, axis=0).max()
    drift = np.linalg.norm(held.embedding_[:120] - first.embedding_, axis=1)
    assert np.median(drift) < 0.05 * size
    with pytest.raises(ValueError, match="landmarks has shape"):
        model().fit(rows, landmarks=places[:100])


def test_learning_more_rows_leaves_the_earlier_ones_where_they_were(blobs):
    rows, codes = blobs
    old, new = rows[codes < 2], rows[codes == 2]
    fitted = model(n_steps=150).partial_fit(old)
    before = fitted.transform(old)
    fitted.partial_fit(new)
    size = np.ptp(before, axis=0).max()
    assert np.median(np.linalg.norm(fitted.transform(old) - before, axis=1)) < 0.1 * size
    assert fitted.n_steps_ == 300
    assert len(fitted.embedding_) == len(new) + len(old)
    assert np.array_equal(fitted.embedding_[: len(new)], fitted.transform(new))


def test_a_warm_start_goes_on(blobs):
    fitted = model(warm_start=True, learning_rate=1e-6).fit(blobs[0])
    before = fitted.embedding_
    fitted.fit(blobs[0])
    assert np.abs(fitted.embedding_ - before).max() < 1e-2
    assert fitted.n_steps_ == 120
    assert fitted.history_["step"] == [10.0 * i for i in range(1, 13)]


def test_networks_of_another_shape_do_not_go_on(blobs):
    fitted = model(warm_start=True, n_steps=5).fit(blobs[0])
    with pytest.raises(ValueError, match="expecting 6 features"):
        fitted.fit(blobs[0][:, :5])
    assert np.array_equal(fitted.transform(blobs[0]), fitted.embedding_)
    for again in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="n_components=3"):
            getattr(fitted.set_params(n_components=3), again)(blobs[0])
    assert fitted.set_params(warm_start=False).fit(blobs[0]).embedding_.shape == (180, 3)


def test_a_memory_map_is_read_in_place(blobs, tmp_path):
    rows, _ = blobs
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert np.array_equal(model().fit_transform(mapped), model().fit_transform(rows))


def test_large_data_are_scaled_as_they_are_taken(blobs, monkeypatch):
    from umapkit.parametric import _rows

    whole = model().fit_transform(blobs[0])
    monkeypatch.setattr(_rows, "_KEPT", 0)
    assert np.array_equal(model().fit_transform(blobs[0]), whole)


def test_ctrl_c_leaves_a_fitted_model(blobs):
    def stop(step, terms):
        if step == 30:
            raise KeyboardInterrupt

    fitted = model(observers=stop)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(blobs[0])
    assert fitted.n_steps_ == 30
    assert np.array_equal(fitted.transform(blobs[0]), fitted.embedding_)


def test_pickles_give_the_same_places(blobs):
    fitted = model(decoder="mlp").fit(blobs[0])
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.transform(blobs[0]), fitted.embedding_)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"encoder": "transformer"}, "There is no network 'transformer'"),
        ({"encoder": torch.nn.Linear(6, 5)}, r"gives \(2, 5\) for two rows; \(2, 2\) is needed"),
        ({"encoder": torch.nn.Linear(7, 2)}, "failed on float32 input of shape"),
        ({"n_steps": 5, "n_epochs": 5}, "both say how long"),
        ({"patience": 3}, "held_out=0"),
        ({"check_every": 3}, "does nothing with held_out=0"),
        ({"min_delta": 0.1}, "does nothing with patience=None"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0"),
        ({"dens_lambda": 3.0}, "does nothing with densmap=False"),
        ({"supervision_margin": 2.0}, "does nothing with supervision='intersection'"),
        ({"supervision_weight": 2.0}, "does nothing with"),
        ({"reconstruction_loss": "bce"}, "does nothing without a decoder"),
        ({"reconstruction": "both"}, "reconstruction='both' is not known"),
        ({"a": 1.0}, "give both"),
        ({"input_shape": (2, 2)}, "has 4 numbers, a row of X has 6"),
        ({"scaling": "log"}, "scaling='log'"),
        ({"device": "cuda:99"}, "cannot be used"),
        ({"held_out": 1.0}, "leaves no edge"),
        ({"held_out": 1e-9}, "keeps none of the"),
        ({"a": 1.0, "b": 1.0, "spread": 2.0}, "Give one pair"),
        ({"batches": "points", "negatives": "uniform"}, "Algorithm 2"),
        ({"supervision_period": (0, 1), "supervision": "triplet"}, "supervision_period"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_cannot_be_used_is_said_before_the_search(blobs, keywords, message):
    with pytest.raises(ValueError, match=message):
        model(**keywords).fit(blobs[0])


def test_bad_rows_are_refused(blobs):
    rows = blobs[0].copy()
    rows[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model().fit(rows)
    with pytest.raises(ValueError, match="minimum of 2"):
        model().fit(blobs[0][:1])
    fitted = model().fit(blobs[0])
    with pytest.raises(ValueError, match="expecting 6 features"):
        fitted.transform(blobs[0][:, :5])
    with pytest.raises(ValueError, match="separates two or more"):
        model(supervision="triplet").fit(blobs[0], np.zeros(180))
    with pytest.raises(ValueError, match="one label a row"):
        model().fit(blobs[0], np.zeros(7))


@pytest.mark.parametrize("kind", ["constant", "duplicates", "few", "float64", "read-only"])
def test_hard_rows_give_finite_places(blobs, kind):
    rows = blobs[0].copy()
    if kind == "constant":
        rows[:, 2] = 7.0
    elif kind == "duplicates":
        rows[50:] = rows[0]
    elif kind == "few":
        rows = rows[:5]
    elif kind == "float64":
        rows = np.asfortranarray(rows.astype(np.float64))
    else:
        rows.flags.writeable = False
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_neighbors=15 is more")
        fitted = model(n_steps=20).fit(rows)
    assert np.isfinite(fitted.embedding_).all()


def test_loading_by_the_root(blobs, tmp_path):
    fitted = model().fit(blobs[0])
    fitted.save(tmp_path / "map")
    again = umapkit.load(tmp_path / "map")
    assert isinstance(again, ParametricUMAP)
    assert np.array_equal(again.transform(blobs[0]), fitted.embedding_)
    with pytest.raises(ValueError, match="encoder= was given"):
        umapkit.load(tmp_path / "map", encoder=torch.nn.Linear(6, 2))


def test_an_observer_that_places_rows_leaves_the_networks_in_training_mode(blobs):
    rows, _ = blobs
    seen: list[bool] = []

    class Watched(torch.nn.Sequential):
        def forward(self, x):
            if torch.is_grad_enabled():
                seen.append(self.training and self[1].training)
            return super().forward(x)

    net = Watched(torch.nn.Linear(6, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
    places = []
    fitted = model(encoder=net, n_steps=20, warm_start=True).fit(rows)
    seen.clear()
    fitted.set_params(observers=lambda step, terms: places.append(fitted.transform(rows)))
    fitted.fit(rows)
    assert len(places) == 2
    assert seen == [True] * 20
    # Places themselves are without dropout.
    assert np.array_equal(fitted.transform(rows), fitted.embedding_)


def test_observers_that_can_be_read_once_only_are_refused(blobs):
    calls = []

    def one(step, terms):
        calls.append(step)

    with pytest.raises(TypeError, match=r"can be read once only.*Give a list"):
        model(observers=(f for f in (one, one))).fit(blobs[0])
    model(observers=[one, one], n_steps=20).fit(blobs[0])
    assert len(calls) == 4
