from __future__ import annotations

import json
import pickle
import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import umapkit
from umapkit import UMAP


@pytest.fixture(scope="module")
def rows():
    found = np.random.default_rng(0).normal(size=(150, 5)).astype(np.float32)
    found[140:] = found[:10]
    return found


@pytest.fixture(scope="module")
def model(rows):
    return UMAP(random_state=3, n_epochs=40).fit(rows)


@pytest.fixture(scope="module")
def new():
    return np.random.default_rng(1).normal(size=(20, 5)).astype(np.float32)


def assert_same_model(one, two, new):
    for name in ("embedding_", "disconnected_"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert abs(one.graph_ - two.graph_).max() == 0
    for name in ("seed_", "loss_", "neighbor_recall_", "n_epochs_", "a_", "b_", "n_features_in_"):
        assert getattr(one, name) == getattr(two, name)
    assert np.array_equal(one.transform(new), two.transform(new))


def test_saved_and_loaded_models_place_alike(model, new, tmp_path):
    model.save(tmp_path / "map")
    assert sorted(p.name for p in (tmp_path / "map").iterdir()) == [
        "config.json",
        "state.safetensors",
    ]
    loaded = umapkit.load(tmp_path / "map")
    assert_same_model(model, loaded, new)
    assert loaded.get_params() == model.get_params()


@pytest.mark.parametrize("case", ["graph", "knn", "init", "approximate", "snapshots", "generator"])
def test_every_way_to_fit_can_be_saved(rows, new, tmp_path, case):
    parameters: dict = {"random_state": 0, "n_epochs": 20}
    arguments: dict = {}
    if case == "graph":
        arguments["graph"] = UMAP(random_state=0, n_epochs=0).fit(rows).graph_
    if case == "knn":
        parameters["precomputed_knn"] = umapkit.find_neighbors(rows)
    if case == "init":
        parameters["init"] = np.random.default_rng(0).normal(size=(150, 2))
    if case == "approximate":
        parameters["neighbors"] = "descent"
    if case == "snapshots":
        parameters["n_epochs"] = [5, 20]
    if case == "generator":
        parameters["random_state"] = np.random.default_rng(5)
    model = UMAP(**parameters).fit(rows, **arguments)
    if case == "graph":
        assert np.isnan(model.neighbor_recall_)
        model.neighbor_recall_ = 0.5
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert_same_model(model, loaded, new)
    if case == "snapshots":
        assert np.array_equal(loaded.embedding_list_[0], model.embedding_list_[0])
    again = UMAP(**loaded.get_params()).fit(rows, **arguments)
    assert np.array_equal(again.embedding_, model.embedding_)


def test_loading_refuses_what_is_no_model(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="no saved model"):
        umapkit.load(tmp_path)
    model.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "format": 99}))
    with pytest.raises(ValueError, match="format 99"):
        umapkit.load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**config, "model": "Other"}))
    with pytest.raises(ValueError, match="'Other'"):
        umapkit.load(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="cannot be read"):
        umapkit.load(tmp_path)


def test_an_unfitted_model_cannot_be_saved(tmp_path):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        UMAP().save(tmp_path)


def test_pickles_place_alike(model, new):
    assert_same_model(model, pickle.loads(pickle.dumps(model)), new)


def test_clones_fit_alike(model, rows):
    assert np.array_equal(clone(model).fit(rows).embedding_, model.embedding_)


def test_fit_does_not_change_parameters_or_data(rows):
    model = UMAP(random_state=0, n_epochs=5)
    before, table = model.get_params(), rows.copy()
    model.fit(rows)
    assert model.get_params() == before
    assert np.array_equal(table, rows)


def test_the_place_of_n_neighbors_is_kept_from_umap_learn():
    assert UMAP(7).n_neighbors == 7


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_in_frames_out(rows, library):
    names = list("abcde")
    frame = pd.DataFrame(rows, columns=names) if library == "pandas" else pl.DataFrame(rows, names)
    model = UMAP(random_state=0, n_epochs=10).set_output(transform=library)
    found = model.fit_transform(frame)
    assert list(found.columns) == ["umap0", "umap1"]
    assert list(model.feature_names_in_) == names
    assert np.array_equal(np.asarray(found), model.embedding_)
    wrong = frame.rename(columns={"a": "z"}) if library == "pandas" else frame.rename({"a": "z"})
    with pytest.raises(ValueError, match="feature names"):
        model.transform(wrong)


def test_it_works_in_a_pipeline(rows):
    pipe = make_pipeline(StandardScaler(), UMAP(random_state=0, n_epochs=10))
    found = pipe.fit_transform(rows)
    assert found.shape == (150, 2)
    assert np.array_equal(pipe.transform(rows), found)


def test_parts_make_a_fitted_model(model, rows, new):
    made = UMAP.from_parts(rows, model.graph_, model.embedding_, model=clone(model))
    assert np.array_equal(made.embedding_, model.embedding_)
    assert np.array_equal(made.transform(rows), model.embedding_)
    assert np.array_equal(made.transform(new), model.transform(new))
    with pytest.raises(ValueError, match="not a finite map"):
        UMAP.from_parts(rows, model.graph_, model.embedding_[:-1])


def test_fits_in_threads_do_not_disturb_each_other(rows):
    found: dict[int, np.ndarray] = {}

    def work(seed):
        found[seed] = UMAP(random_state=seed, n_epochs=50, n_jobs=2).fit(rows).embedding_

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, embedding in found.items():
        alone = UMAP(random_state=seed, n_epochs=50).fit(rows).embedding_
        assert np.array_equal(embedding, alone)


def test_a_fork_after_a_fit_can_fit(model, rows):
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system has no fork")
    import os

    read, write = os.pipe()
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        same = np.array_equal(UMAP(random_state=3, n_epochs=40).fit(rows).embedding_,
                              model.embedding_)  # fmt: skip
        os.write(write, b"1" if same else b"0")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 1) == b"1"


def test_infinite_parameters_and_metric_cards_can_be_saved(rows, new, tmp_path):
    metric = umapkit.distances.METRICS["manhattan"]
    model = UMAP(random_state=0, n_epochs=10, disconnection_distance=np.inf, metric=metric)
    model.fit(rows).save(tmp_path / "map")
    loaded = umapkit.load(tmp_path / "map")
    assert loaded.disconnection_distance == np.inf
    assert loaded.metric == "manhattan"
    assert np.array_equal(loaded.transform(new), model.transform(new))


@pytest.mark.parametrize("name", ["kept", "slot", "graph.indices", "index.indices", "embedding"])
def test_a_damaged_file_is_refused_before_it_can_do_harm(model, tmp_path, name):
    from safetensors.numpy import load_file, save_file

    model.save(tmp_path / "map")
    file = tmp_path / "map" / "state.safetensors"
    arrays = load_file(file)
    broken = arrays[name].copy()
    if name == "embedding":
        broken = broken[:-1]
    else:
        broken.flat[3] = 10_000
    save_file({**arrays, name: broken}, file)
    with pytest.raises(ValueError, match=r"damaged|indices"):
        umapkit.load(tmp_path / "map")


def test_a_saved_model_is_as_readable_as_other_files(model, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    model.save(tmp_path / "map")
    modes = {p.stat().st_mode & 0o777 for p in (plain, *(tmp_path / "map").iterdir())}
    assert len(modes) == 1
    with pytest.raises(FileExistsError, match="is a file"):
        model.save(plain)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (UMAP, {}),
        (umapkit.TSNE, {}),
        (umapkit.LargeVis, {"perplexity": 9}),
        (umapkit.NeighborEmbedding, {}),
        ("combined", {}),
    ],
)
def test_a_stream_that_was_the_start_is_saved_and_comes_back(rows, new, tmp_path, kind, more):
    start = umapkit.ProgressiveUMAP(random_state=0).fit(rows)
    given: dict = {"init": start, "n_epochs": 5, "random_state": 0} | more
    made = umapkit.CombinedUMAP(model=UMAP(**given)) if kind == "combined" else kind(**given)
    made.fit(rows)
    made.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    init = loaded.model.init if kind == "combined" else loaded.init
    assert isinstance(init, umapkit.ProgressiveUMAP)
    assert np.array_equal(init.embedding_, start.embedding_)
    assert np.array_equal(loaded.transform(new), made.transform(new))


def test_a_network_that_was_the_start_is_saved_and_comes_back(rows, new, tmp_path):
    torch = pytest.importorskip("torch")
    quick = {"random_state": 0, "n_epochs": 1, "n_neighbors": 5}
    named = umapkit.ParametricUMAP(**quick).fit(rows)
    made = UMAP(init=named, n_epochs=5, random_state=0).fit(rows)
    made.save(tmp_path / "named")
    loaded = umapkit.load(tmp_path / "named")
    assert np.array_equal(loaded.transform(new), made.transform(new))
    assert np.array_equal(loaded.init.transform(new), named.transform(new))
    module = umapkit.ParametricUMAP(encoder=torch.nn.Linear(5, 2), **quick).fit(rows)
    UMAP(init=module, n_epochs=5, random_state=0).fit(rows).save(tmp_path / "module")
    with pytest.raises(ValueError, match="encoder"):
        umapkit.load(tmp_path / "module")
    loaded = umapkit.load(tmp_path / "module", encoder=torch.nn.Linear(5, 2))
    assert np.array_equal(loaded.init.transform(new), module.transform(new))


def test_targets_compared_by_the_card_of_a_metric_are_saved_by_its_name(rows, tmp_path):
    card = umapkit.distances.METRICS["manhattan"]
    made = UMAP(target_metric=card, n_epochs=5, random_state=0).fit(rows, rows[:, 0])
    made.save(tmp_path)
    assert umapkit.load(tmp_path).target_metric == "manhattan"
