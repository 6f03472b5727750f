from __future__ import annotations

import numpy as np
import pytest

from umapkit import ProgressiveUMAP
from umapkit.layout import Callback

from .streams import stream

DATES = np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]")


@pytest.mark.parametrize("kind", ["partial_fit", "update"])
@pytest.mark.parametrize("value", [9.96921e36, -3.4e38])
def test_values_too_large_are_refused_before_anything_changes(rows, tmp_path, kind, value):
    model = stream(tmp_path / "j.db", capacity=50).partial_fit(rows[:50])
    far = rows[50:60].copy()
    far[3, 1] = value
    before = model.snapshot()
    given = (far,) if kind == "partial_fit" else (np.arange(10), far)
    with pytest.raises(ValueError, match="too large"):
        getattr(model, kind)(*given)
    assert model.n_seen_ == 50
    np.testing.assert_array_equal(model.ids_, before.ids)
    np.testing.assert_array_equal(model.embedding_, before.embedding)
    model.partial_fit(rows[60:70])
    model.close()
    again = ProgressiveUMAP.resume(tmp_path / "j.db", n_jobs=1)
    assert again.n_seen_ == 60
    np.testing.assert_array_equal(again.embedding_, model.embedding_)


def test_first_rows_that_are_too_large_begin_no_journal(rows, tmp_path):
    model = stream(tmp_path / "j.db")
    with pytest.raises(ValueError, match="too large"):
        model.partial_fit(rows[:50] * np.float32(1e30))
    assert not (tmp_path / "j.db").exists()
    assert model.partial_fit(rows[:50]).n_seen_ == 50


def test_a_refused_label_is_not_kept(rows, tmp_path):
    model = stream(tmp_path / "j.db").partial_fit(rows[:50])
    for call in (
        lambda: model.partial_fit(rows[50:52], DATES),
        lambda: model.update([0, 1], rows[50:52], DATES),
        lambda: model.partial_fit(rows[50:51], ["new", "label"]),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()
    assert model._classes == {}
    model.save(tmp_path / "model")


def test_a_first_label_that_is_refused_begins_no_journal(rows, tmp_path):
    model = stream(tmp_path / "j.db")
    with pytest.raises(TypeError, match="as strings"):
        model.partial_fit(rows[:2], DATES)
    assert not (tmp_path / "j.db").exists()
    assert model.partial_fit(rows[:50]).n_seen_ == 50


CHANGES = {
    "n_neighbors": 7,
    "n_components": 3,
    "metric": "cosine",
    "min_dist": 0.5,
    "spread": 2.0,
    "learning_rate": 0.5,
    "negative_sample_rate": 3,
    "repulsion_strength": 0.5,
    "local_connectivity": 2.0,
    "disconnection_distance": 1.0,
    "engine": "graph",
    "move": "new",
    "place": "mean",
    "anchor": 1.0,
    "target_weight": 0.9,
    "capacity": 60,
    "evict": "least_informative",
    "journal": "other.db",
    "random_state": 1,
    "n_jobs": 2,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_parameter_changed_on_a_running_stream_is_refused(rows, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    model = stream().partial_fit(rows[:50])
    places, begun = model.embedding_, getattr(model, name)
    model.set_params(**{name: CHANGES[name]})
    for call in (
        lambda: model.partial_fit(rows[50:60]),
        lambda: model.update([0], rows[50:51]),
        lambda: model.remove([0]),
        lambda: model.step(operations=10),
        lambda: model.transform(rows[50:60]),
        lambda: model.save(tmp_path / "model"),
    ):
        with pytest.raises(ValueError, match=f"{name}={begun!r}"):
            call()
    np.testing.assert_array_equal(model.embedding_, places)
    model.set_params(**{name: begun}).partial_fit(rows[50:60])
    assert model.n_seen_ == 60


def test_all_parameters_are_watched_but_the_observers():
    assert {*CHANGES, "observers"} == set(ProgressiveUMAP().get_params())


def test_a_changed_parameter_serves_the_next_fit(rows):
    model = stream().fit(rows[:50])
    model.set_params(n_components=3, observers=Callback(lambda *_: None))
    with pytest.raises(ValueError, match="n_components"):
        model.step(operations=1)
    assert model.fit(rows[:50]).step(operations=1) >= 1
    assert model.embedding_.shape == (50, 3)


def test_a_resumed_stream_is_watched_too(rows, tmp_path):
    stream(tmp_path / "j.db", capacity=100).partial_fit(rows[:50]).close()
    model = ProgressiveUMAP.resume(tmp_path / "j.db", n_jobs=1)
    model.set_params(capacity=60)
    with pytest.raises(ValueError, match="capacity=100"):
        model.partial_fit(rows[50:120])
    model.set_params(capacity=100).partial_fit(rows[50:120])
    model.save(tmp_path / "model")
    from umapkit import load

    loaded = load(tmp_path / "model")
    with pytest.raises(ValueError, match="journal=None"):
        loaded.set_params(journal="other.db").partial_fit(rows[:5])


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (lambda m, X: m.fit(X[:50, :3], [1, 2]), "2 labels for 50 rows"),
        (lambda m, X: m.set_params(capacity=20).fit(X[:50]), "more than capacity=20"),
    ],
)
def test_a_fit_that_is_refused_leaves_the_stream_as_it_was(rows, bad, says):
    model, same = (stream().partial_fit(rows[:100]) for _ in range(2))
    for one in (model, same):
        one.step(operations=30)
    with pytest.raises(ValueError, match=says):
        bad(model, rows)
    model.set_params(capacity=None)
    assert model.n_features_in_ == 5
    assert (model.n_seen_, model.seed_, model.steps_) == (100, 0, same.steps_)
    np.testing.assert_array_equal(model.transform(rows[:120]), same.transform(rows[:120]))
    for one in (model, same):
        one.partial_fit(rows[100:110], ["a"] * 10)
    np.testing.assert_array_equal(model.embedding_, same.embedding_)
