"""umap-learn's ParametricUMAP, its networks in torch."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy.sparse import isspmatrix_csr
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

torch = pytest.importorskip("torch")

import umapkit  # noqa: E402
import umapkit.compat.umap_learn as umap  # noqa: E402
from umapkit import quality  # noqa: E402

ParametricUMAP = umap.parametric_umap.ParametricUMAP
QUICK = {"n_epochs": 5, "random_state": 0, "n_jobs": 1}


@pytest.fixture(scope="module")
def clouds():
    rng = np.random.default_rng(0)
    codes = np.arange(150) % 3
    return (rng.normal(size=(150, 5)) + 6 * codes[:, None]).astype(np.float32), codes


@pytest.fixture(scope="module")
def fitted(clouds):
    return ParametricUMAP(n_epochs=40, n_training_epochs=2, random_state=0, n_jobs=1).fit(clouds[0])


def test_its_first_parameters_and_their_defaults_are_umap_learns():
    theirs = (
        "batch_size=None, dims=None, encoder=None, decoder=None, parametric_reconstruction=False, "
        "parametric_reconstruction_loss_fcn=None, parametric_reconstruction_loss_weight=1.0, "
        "autoencoder_loss=False, reconstruction_validation=None, "
        "global_correlation_loss_weight=0, landmark_loss_fn=None, landmark_loss_weight=1.0"
    )
    ours = [
        f"{p.name}={p.default!r}" for p in inspect.signature(ParametricUMAP).parameters.values()
    ]
    assert ours[:12] == theirs.split(", ")
    of_umap = inspect.signature(umap.UMAP).parameters
    for parameter in inspect.signature(ParametricUMAP).parameters.values():
        if parameter.name in of_umap:
            assert parameter.default == of_umap[parameter.name].default, parameter.name
    assert umap.ParametricUMAP is ParametricUMAP
    assert umap.load_ParametricUMAP is umap.parametric_umap.load_ParametricUMAP


def test_the_map_is_that_of_umapkit_with_umap_learns_steps(clouds, fitted):
    rows, codes = clouds
    ours = umapkit.ParametricUMAP(
        n_epochs=80, batch_size=150, learning_rate=1e-3, schedule="constant", random_state=0,
        n_jobs=1,
    ).fit(rows)  # fmt: skip
    assert np.array_equal(fitted.embedding_, ours.embedding_)
    assert np.array_equal(fitted.transform(rows[:7], batch_size=3), fitted.embedding_[:7])
    assert isspmatrix_csr(fitted.graph_)
    assert (fitted.graph_ != ours.graph_).nnz == 0
    assert quality.knn_accuracy(fitted.embedding_, codes) > 0.95
    assert len(fitted._history["loss"]) == 20
    assert fitted._history["loss"][-1] == fitted.model_.loss_
    assert isinstance(fitted.parametric_model["encoder"], torch.nn.Module)
    assert list(fitted.get_feature_names_out()) == ["parametricumap0", "parametricumap1"]
    twin = clone(fitted)
    assert twin.get_params() == fitted.get_params()
    assert twin.parametric_model is None
    with pytest.raises(NotFittedError):
        twin.transform(rows)


def test_a_second_fit_goes_on_and_landmarks_stay(clouds, fitted):
    rows, codes = clouds
    old, new = rows[codes < 2], rows[codes == 2]
    model = ParametricUMAP(n_epochs=60, n_training_epochs=3, random_state=0, n_jobs=1).fit(old)
    before = model.transform(old)
    size = np.ptp(before, axis=0).max()
    model.add_landmarks(old, sample_pct=0.2, landmark_loss_weight=1.0)
    assert len(model.prev_epoch_idx) == len(model.prev_epoch_X) == 20
    model.fit(new)
    assert len(model.embedding_) == len(new) + 20
    assert np.median(np.linalg.norm(model.transform(old) - before, axis=1)) < 0.1 * size
    assert len(model._history["loss"]) == 60
    model.remove_landmarks()
    assert len(model.fit(new).embedding_) == len(new)
    model.add_landmarks(old, sample_mode="predetermined", idx=[3, 5])
    np.testing.assert_array_equal(model.prev_epoch_X, old[[3, 5]])
    for change in ({"sample_mode": "some"}, {"sample_mode": "predetermined"}, {"sample_pct": 0.0}):
        with pytest.raises(ValueError, match=r"Give"):
            model.add_landmarks(old, **change)
    with pytest.raises(ValueError, match="landmarks have no classes"):
        model.fit(new, np.zeros(len(new)))


def test_places_can_be_given(clouds):
    rows, _ = clouds
    places = np.full((150, 2), np.nan)
    places[:10] = np.arange(20).reshape(10, 2)
    free = ParametricUMAP(**QUICK).fit_transform(rows)
    held = ParametricUMAP(**QUICK, landmark_loss_weight=5.0).fit(rows, landmark_positions=places)
    gap = np.abs(held.embedding_[:10] - places[:10]).mean()
    assert gap < np.abs(free[:10] - places[:10]).mean()


def test_decoders_reach_the_encoder_with_autoencoder_loss_only(clouds):
    rows, _ = clouds
    plain = ParametricUMAP(**QUICK).fit_transform(rows)
    for joint in (False, True):
        model = ParametricUMAP(**QUICK, parametric_reconstruction=True, autoencoder_loss=joint)
        assert np.array_equal(model.fit_transform(rows), plain) is not joint
        assert model.inverse_transform(model.embedding_[:3]).shape == (3, 5)
        assert model.model_.reconstruction_loss == "bce"
    with pytest.raises(AttributeError, match="no decoder"):
        ParametricUMAP(**QUICK).fit(rows).inverse_transform(plain)


def test_modules_are_given_rows_in_their_shape_and_as_they_are(clouds):
    rows, _ = clouds
    seen: list[torch.Tensor] = []

    class Watching(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = torch.nn.Linear(5, 2)

        def forward(self, x):
            seen.append(x.detach())
            return self.last(x.flatten(1))

    ParametricUMAP(encoder=Watching(), dims=(1, 5, 1), **QUICK).fit(rows)
    assert seen[-1].shape[1:] == (1, 5, 1)
    given = np.unique(seen[-1].numpy().reshape(-1, 5), axis=0)
    assert {row.tobytes() for row in given} <= {row.tobytes() for row in [*rows, np.zeros(5, "f4")]}


def test_given_distances_make_the_graph(clouds):
    rows, _ = clouds
    apart = cdist(rows, rows)
    given = ParametricUMAP(metric="precomputed", **QUICK).fit(rows, precomputed_distances=apart)
    searched = ParametricUMAP(**QUICK).fit(rows)
    assert np.abs((given.graph_ - searched.graph_).toarray()).max() < 1e-4
    for metric, distances in (("precomputed", None), ("euclidean", apart)):
        with pytest.raises(ValueError, match="belong together"):
            ParametricUMAP(metric=metric).fit(rows, precomputed_distances=distances)
    with pytest.raises(ValueError, match=r"\(150, 150\) is needed"):
        ParametricUMAP(metric="precomputed").fit(rows, precomputed_distances=apart[:5])


def test_a_saved_model_comes_back_and_is_trained_further(clouds, fitted, tmp_path):
    rows, _ = clouds
    fitted.save(tmp_path / "map")
    again = umap.load_ParametricUMAP(tmp_path / "map")
    assert again.get_params() == fitted.get_params()
    assert np.array_equal(again.transform(rows), fitted.embedding_)
    again.fit(rows[:100])
    assert again.model_.n_steps_ > fitted.model_.n_steps_
    assert sorted(p.name for p in (tmp_path / "map").iterdir()) == [
        "config.json", "state.safetensors", "umap_learn.json",
    ]  # fmt: skip
    with pytest.raises(FileNotFoundError, match="Give the folder"):
        umap.load_ParametricUMAP(tmp_path)
    module = ParametricUMAP(encoder=torch.nn.Linear(5, 2), **QUICK).fit(rows)
    module.save(tmp_path / "module")
    back = umap.load_ParametricUMAP(tmp_path / "module", encoder=torch.nn.Linear(5, 2))
    assert np.array_equal(back.transform(rows), module.embedding_)


def test_onnx_is_written_of_any_encoder(clouds, fitted, tmp_path):
    """There: of the default network only, and with a ReLU at its end."""
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    given = ParametricUMAP(encoder=torch.nn.Linear(5, 2), **QUICK).fit(clouds[0])
    for model in (fitted, given):
        assert model.embedding_.min() < 0
        model.to_ONNX(tmp_path / "encoder.onnx")
        session = runtime.InferenceSession(str(tmp_path / "encoder.onnx"))
        (found,) = session.run(None, {session.get_inputs()[0].name: clouds[0]})
        np.testing.assert_allclose(found, model.embedding_, atol=1e-5)


def test_the_strength_of_the_repulsion_reaches_the_training(clouds):
    """There: it does not."""
    rows, _ = clouds
    options = {"n_epochs": 40, "n_training_epochs": 2, "random_state": 0, "n_jobs": 1}
    extents = [
        np.ptp(ParametricUMAP(repulsion_strength=x, **options).fit_transform(rows), axis=0).max()
        for x in (0.1, 1.0, 10.0)
    ]
    assert extents == sorted(extents)
    assert extents[2] > 1.5 * extents[0]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"decoder": torch.nn.Linear(2, 5)}, ValueError, "parametric_reconstruction=True"),
        ({"autoencoder_loss": True}, ValueError, "parametric_reconstruction=True"),
        ({"reconstruction_validation": np.ones((3, 5))}, NotImplementedError, "validation=..."),
        ({"landmark_loss_fn": abs}, NotImplementedError, "landmark_loss_fn"),
        ({"keras_fit_kwargs": {"callbacks": []}}, NotImplementedError, "keras_fit_kwargs"),
        ({"target_metric": "l2"}, NotImplementedError, "target_metric='l2'"),
        (
            {"parametric_reconstruction": True, "parametric_reconstruction_loss_fcn": abs},
            NotImplementedError,
            "loss_fcn",
        ),
        ({"n_training_epochs": 0}, ValueError, "n_training_epochs=0"),
        ({"loss_report_frequency": 1.5}, ValueError, "loss_report_frequency=1.5"),
        ({"encoder": object()}, TypeError, r"encoder= is builtins\.object"),
        ({"encoder": torch.nn.Linear(5, 3)}, ValueError, r"\(2, 3\) for two rows"),
        ({"n_components": 0}, ValueError, "n_components=0"),
    ],
)
def test_what_cannot_be_used_is_said(clouds, change, error, said):
    with pytest.raises(error, match=said):
        ParametricUMAP(**change).fit(clouds[0])


def test_a_keras_model_is_called_by_its_name(clouds):
    kind = type("Sequential", (), {"__module__": "keras.src.models.sequential"})
    for name in ("encoder", "decoder"):
        with pytest.raises(TypeError, match=f"{name}= is a Keras model.*torch.nn.Module"):
            ParametricUMAP(**{name: kind()}).fit(clouds[0])


def test_numbers_of_numpy_and_arrays_are_saved(clouds, tmp_path):
    rows, _ = clouds
    scale = np.array([1.0, 2.0, 1.0, 1.0, 3.0])
    given = {
        "n_neighbors": np.int64(7),
        "random_state": np.int64(4),
        "min_dist": np.float32(0.25),
        "metric": "seuclidean",
        "metric_kwds": {"V": scale},
    }
    made = ParametricUMAP(**QUICK | given).fit(rows)
    made.save(tmp_path / "map")
    back = umap.load_ParametricUMAP(tmp_path / "map")
    assert (back.n_neighbors, back.random_state, back.min_dist) == (7, 4, 0.25)
    assert np.array_equal(back.metric_kwds["V"], scale)
    back.fit(rows[:100])
    made.set_params(keras_fit_kwargs={"callbacks": [print]})
    with pytest.raises(TypeError, match=r"print.* cannot be saved"):
        made.save(tmp_path / "other")
    assert not (tmp_path / "other").exists()
