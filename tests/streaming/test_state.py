from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

import umapkit
from umapkit import ProgressiveUMAP


@pytest.fixture(params=["numbers", "words"])
def model(request, rows):
    ids = None if request.param == "numbers" else [f"ä{i}" for i in range(100)]
    made = ProgressiveUMAP(
        engine="exact", n_neighbors=5, random_state=0, metric="cosine", anchor=0.1, capacity=200
    )
    made.partial_fit(rows[:100], rows[:100, 0] > 0, ids=ids)
    made.partial_fit(rows[100:140], ids=None if ids is None else [*map(str, range(40))], wait=False)
    made.step(operations=70)
    return made


def go_on(model, rows):
    model.step(operations=200)
    texts = model.ids_.dtype == object
    model.partial_fit(rows[200:230], ids=[f"new {i}" for i in range(30)] if texts else None)
    return model.embedding_


def test_a_saved_stream_goes_on_with_the_same_bits(model, rows, tmp_path):
    model.save(tmp_path / "model")
    again = umapkit.load(tmp_path / "model")
    assert isinstance(again, ProgressiveUMAP)
    assert again.ids_.tolist() == model.ids_.tolist()
    assert (again.seed_, again.steps_, again.n_seen_) == (0, model.steps_, 140)
    assert again.get_params()["metric"] == "cosine"
    np.testing.assert_array_equal(go_on(again, rows), go_on(model, rows))
    np.testing.assert_array_equal(again.transform(rows[300:310]), model.transform(rows[300:310]))


def test_a_pickled_stream_goes_on_with_the_same_bits(model, rows):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(go_on(again, rows), go_on(model, rows))


def test_a_clone_is_empty(model):
    again = clone(model)
    assert not hasattr(again, "embedding_")
    assert again.get_params() == model.get_params()


def test_a_damaged_stream_is_refused(model, tmp_path):
    import json

    model.save(tmp_path / "model")
    config = tmp_path / "model" / "config.json"
    values = json.loads(config.read_text())
    del values["following"]
    config.write_text(json.dumps(values))
    with pytest.raises(ValueError, match="damaged"):
        umapkit.load(tmp_path / "model")


def test_the_streams_reader_refuses_other_models(tmp_path, rows):
    umapkit.UMAP(n_epochs=5, random_state=0).fit(rows[:50]).save(tmp_path / "model")
    with pytest.raises(ValueError, match="holds a 'UMAP'"):
        umapkit.streaming.load(tmp_path / "model")


def test_infinite_parameters_and_labels_are_saved(rows, tmp_path):
    labels = np.where(rows[:50, 0] > 0, np.inf, 1.0)
    path = tmp_path / "j.db"
    model = ProgressiveUMAP(
        engine="exact", disconnection_distance=np.inf, random_state=0, journal=path
    )
    model.partial_fit(rows[:50], labels).save(tmp_path / "model")
    model.close()
    for again in (umapkit.load(tmp_path / "model"), ProgressiveUMAP.resume(path)):
        assert again.disconnection_distance == np.inf
        assert again._classes == {1.0: 0, np.inf: 1}
        np.testing.assert_array_equal(go_on(again, rows), go_on_alone(model, rows))


def go_on_alone(model, rows):
    """What the model would do, done by a copy of it."""
    return go_on(pickle.loads(pickle.dumps(model)), rows)


def test_ids_out_of_names_of_files_in_another_code_are_saved(rows, tmp_path):
    names = [f"row \udce9 {i}.png" for i in range(50)]
    model = ProgressiveUMAP(engine="exact", random_state=0).partial_fit(rows[:50], ids=names)
    model.save(tmp_path / "model")
    assert umapkit.load(tmp_path / "model").ids_.tolist() == names
