from __future__ import annotations

import logging
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors import safe_open
from scipy.sparse import csr_array
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError

import umapkit
from umapkit import UMAP
from umapkit.layout import Callback, History, LayoutInterrupted
from umapkit.quality import knn_accuracy, trustworthiness


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def digits_model(digits):
    return UMAP(random_state=0).fit(digits[0])


def test_iris_is_mapped_as_well_as_the_incumbent_is_asked_to():
    """A7."""
    rows = load_iris().data
    for init in ("spectral", "pca", rows[:, 2:]):
        found = UMAP(n_neighbors=10, min_dist=0.01, random_state=42, init=init).fit_transform(rows)
        assert trustworthiness(rows, found, n_neighbors=10) >= 0.97


def test_digits_come_out_as_good_as_from_umap_learn(digits, digits_model):
    """Of umap-learn 0.5.12, mean of seeds 0-2: trustworthiness .9889, 5-NN .9887."""
    rows, labels = digits
    assert trustworthiness(rows, digits_model.embedding_) > 0.9889 - 0.01
    assert knn_accuracy(digits_model.embedding_, labels) > 0.9887 - 0.01


def test_a_fitted_model_tells_what_the_promises_name(digits_model):
    model = digits_model
    assert model.embedding_.dtype == np.float32
    assert model.embedding_.shape == (1797, 2)
    assert isinstance(model.graph_, csr_array)
    assert model.graph_.shape == (1797, 1797)
    assert model.neighbor_recall_ == 1.0
    assert model.seed_ == 0
    assert np.isfinite(model.loss_)
    assert not model.disconnected_.any()
    assert model.n_epochs_ == 500
    assert list(model.get_feature_names_out()) == ["umap0", "umap1"]


def test_no_seed_draws_one_that_repeats_the_fit(digits):
    rows = digits[0][:300]
    first = UMAP(n_epochs=20).fit(rows)
    again = UMAP(n_epochs=20, random_state=first.seed_).fit(rows)
    assert np.array_equal(first.embedding_, again.embedding_)
    assert UMAP(n_epochs=0).fit(rows).seed_ != first.seed_


@pytest.mark.parametrize("n_components", [1, 2, 3, 5, 12])
def test_any_number_of_dimensions_works(digits, n_components):
    rows = digits[0][:400]
    model = UMAP(n_components=n_components, random_state=0, n_epochs=100).fit(rows)
    assert model.embedding_.shape == (400, n_components)
    assert trustworthiness(rows, model.embedding_) > (0.85 if n_components == 1 else 0.94)
    placed = model.transform(rows[:5] + 0.25)
    assert placed.shape == (5, n_components)
    assert np.isfinite(placed).all()


@pytest.mark.parametrize("metric", ["cosine", "manhattan", "correlation", "chebyshev", "hamming"])
def test_other_metrics_keep_neighbourhoods_too(digits, metric):
    rows, labels = digits[0][:500], digits[1][:500]
    model = UMAP(metric=metric, random_state=0).fit(rows)
    assert knn_accuracy(model.embedding_, labels) > 0.85


def test_a_given_graph_is_what_is_laid_out(digits):
    rows = digits[0][:300]
    plain = UMAP(random_state=0).fit(rows)
    given = UMAP(random_state=0).fit(rows, graph=plain.graph_)
    assert np.array_equal(plain.embedding_, given.embedding_)
    assert np.isnan(given.neighbor_recall_)
    assert np.array_equal(given.transform(rows[:3] + 0.5), plain.transform(rows[:3] + 0.5))


def test_precomputed_neighbours_give_the_same_map(digits):
    rows = digits[0][:300]
    plain = UMAP(random_state=0).fit(rows)
    neighbors = umapkit.find_neighbors(rows, n_neighbors=20)
    for knn in (neighbors, (neighbors.indices, neighbors.distances)):
        given = UMAP(random_state=0, precomputed_knn=knn).fit(rows)
        assert np.array_equal(plain.embedding_, given.embedding_)
        assert given.neighbor_recall_ == 1.0


def test_a_cache_of_the_neighbours_serves_other_layouts_and_seeds(digits, tmp_path, caplog):
    from umapkit.neighbors import build_index

    rows = digits[0][:300]
    first = UMAP(random_state=0, memory=tmp_path).fit(rows)
    from joblib import Memory

    cached = Memory(str(tmp_path), verbose=0).cache(build_index, ignore=["n_jobs"])
    arguments = {
        "n_neighbors": 15, "metric": "euclidean", "method": "auto", "random_state": 0
    }  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        assert cached.check_call_in_cache(rows.astype(np.float32), **arguments, n_jobs=2)
    second = UMAP(random_state=1, min_dist=0.5, memory=tmp_path).fit(rows)
    plain = UMAP(random_state=1, min_dist=0.5).fit(rows)
    assert np.array_equal(second.embedding_, plain.embedding_)
    assert not np.array_equal(first.embedding_, second.embedding_)


def test_snapshots_are_kept_at_the_epochs_asked_for(digits):
    rows = digits[0][:200]
    model = UMAP(n_epochs=[0, 5, 30], random_state=0).fit(rows)
    assert len(model.embedding_list_) == 3
    assert np.array_equal(model.embedding_list_[2], model.embedding_)
    assert np.array_equal(UMAP(n_epochs=30, random_state=0).fit(rows).embedding_, model.embedding_)


def test_labels_pull_classes_together_and_weight_zero_is_no_labels(digits):
    rows, labels = digits[0][:600], digits[1][:600]
    from umapkit.quality import silhouette

    plain = UMAP(random_state=0).fit(rows)
    supervised = UMAP(random_state=0).fit(rows, labels)
    assert silhouette(supervised.embedding_, labels) > silhouette(plain.embedding_, labels) + 0.05
    nothing = UMAP(random_state=0, target_weight=0.0).fit(rows, labels)
    assert np.array_equal(nothing.embedding_, plain.embedding_)
    names = np.array([f"digit {v}" for v in labels], dtype=object)
    by_name = UMAP(random_state=0).fit(rows, names)
    assert np.array_equal(by_name.embedding_, supervised.embedding_)


def test_an_interrupt_leaves_the_last_map_in_the_model(digits):
    rows = digits[0][:200]

    def stop(epoch, _):
        if epoch == 30:
            raise KeyboardInterrupt

    model = UMAP(random_state=0, observers=Callback(stop))
    with pytest.raises(LayoutInterrupted) as caught:
        model.fit(rows)
    assert caught.value.epoch == model.n_epochs_ == 30
    assert np.array_equal(caught.value.embedding, model.embedding_)
    kept = UMAP(random_state=0, n_epochs=[30, 500]).fit(rows).embedding_list_[0]
    assert np.array_equal(kept, model.embedding_)


def test_a_killed_fit_resumes_from_its_checkpoint(digits, tmp_path):
    rows = digits[0][:200]
    path = tmp_path / "fit.safetensors"

    def stop(epoch, _):
        if epoch == 130:
            raise KeyboardInterrupt

    with pytest.raises(LayoutInterrupted):
        UMAP(random_state=0, checkpoint=path, observers=Callback(stop)).fit(rows)
    history = History(every=10)
    resumed = UMAP(random_state=0, checkpoint=path, observers=history).fit(rows)
    assert history.epochs[0] == 130
    assert np.array_equal(resumed.embedding_, UMAP(random_state=0).fit(rows).embedding_)


def test_verbose_shows_a_bar_and_changes_nothing(digits, capsys):
    rows = digits[0][:100]
    loud = UMAP(random_state=0, n_epochs=10, verbose=True).fit(rows)
    assert "10/10" in capsys.readouterr().err
    quiet = UMAP(random_state=0, n_epochs=10).fit(rows)
    assert capsys.readouterr().err == ""
    assert np.array_equal(loud.embedding_, quiet.embedding_)


def test_a_tolerance_stops_early(digits):
    rows = digits[0][:300]
    assert UMAP(random_state=0, tol=0.05).fit(rows).n_epochs_ < 500


def test_serial_optimisers_are_there(digits):
    rows, labels = digits[0][:300], digits[1][:300]
    for optimizer in ("schedule", "bernoulli"):
        model = UMAP(random_state=0, optimizer=optimizer).fit(rows)
        assert knn_accuracy(model.embedding_, labels) > 0.9


def test_a_fit_that_fails_leaves_no_mixture_of_two_models():
    rows = np.random.default_rng(0).normal(size=(60, 4))
    model = UMAP(random_state=0, n_epochs=[5, 10]).fit(rows)
    with pytest.raises(ValueError, match="y has 60 labels"):
        model.fit(rows[:30], np.zeros(60))
    with pytest.raises(NotFittedError):
        model.transform(rows)
    model.set_params(n_epochs=5).fit(rows[:30])
    assert not hasattr(model, "embedding_list_")
    # Data that is refused at the door does no harm.
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((30, 4), np.nan))
    assert np.array_equal(model.transform(rows[:30]), model.embedding_)


def test_a_checkpoint_in_no_folder_is_refused_before_the_search(tmp_path):
    model = UMAP(random_state=0, checkpoint=tmp_path / "none" / "c")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        model.fit(np.random.default_rng(0).normal(size=(40, 3)))
    assert not hasattr(model, "seed_")


@pytest.mark.parametrize("wrong", [-1, 2.5, [], "10"])
def test_wrong_epochs_are_refused_before_the_search(wrong):
    model = UMAP(random_state=0, n_epochs=wrong)
    with pytest.raises(ValueError, match="n_epochs"):
        model.fit(np.random.default_rng(0).normal(size=(40, 3)))
    assert not hasattr(model, "seed_")


_FIT = """
import sys
import numpy as np
from sklearn.datasets import load_digits
from umapkit import UMAP
rows = load_digits().data
model = UMAP(random_state=0, n_epochs=20_000, checkpoint=sys.argv[1]).fit(rows)
print(model.embedding_.tobytes().hex())
"""


def test_a_fit_that_is_killed_resumes_to_the_same_bits(tmp_path):
    """SIGKILL, at whatever moment it falls: the checkpoint is always a whole one."""
    path = tmp_path / "fit.safetensors"
    command = [sys.executable, "-c", _FIT, str(path)]
    for delay in (0.0, 0.37):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as fit:
            began = path.stat().st_mtime_ns if path.exists() else 0
            while not path.exists() or path.stat().st_mtime_ns == began:
                assert fit.poll() is None, "the fit ended before it could be killed"
                time.sleep(0.01)
            time.sleep(delay)
            fit.kill()
        assert fit.returncode != 0
    with safe_open(path, framework="numpy") as file:
        assert 0 < file.get_tensor("epoch")[0] < 20_000
    resumed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    path.unlink()
    whole = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert resumed == whole
