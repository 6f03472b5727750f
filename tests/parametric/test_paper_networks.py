"""The paper's networks at work: trained, exported."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP, quality  # noqa: E402
from umapkit.parametric import SemiSupervisedUMAP, networks  # noqa: E402
from umapkit.parametric._torch import nn  # noqa: E402

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}


def enlarged(side: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits of 8 x 8 as pictures of another size, in [0, 1], by linear interpolation."""
    rows, y = load_digits(return_X_y=True)
    images = torch.from_numpy(rows[:n, None].reshape(n, 1, 8, 8).astype(np.float32) / 16)
    larger = nn.functional.interpolate(images, (side, side), mode="bilinear", align_corners=False)
    return larger.numpy().reshape(n, -1), y[:n]


def test_the_papers_convolutions_learn_digits_of_28_pixels():
    """A small part of the paper's run on MNIST; the whole takes hours on a CPU."""
    rows, y = enlarged(28, 1000)
    learned, new = rows[:800], rows[800:]
    kept, trusted = {}, {}
    for n_steps in (0, 80):
        model = ParametricUMAP(
            "conv28", batch_size=64, n_steps=n_steps, learning_rate=2e-3, **KINDS
        ).fit(learned)
        kept[n_steps] = quality.knn_accuracy(
            model.embedding_, y[:800], test_embedding=model.transform(new), test_y=y[800:]
        )
        trusted[n_steps] = quality.trustworthiness(learned, model.embedding_)
    assert kept[80] > kept[0] + 0.25
    assert trusted[80] > trusted[0] + 0.15
    assert np.isfinite(model.history_["loss"]).all()


@pytest.mark.parametrize(
    ("name", "side", "part"),
    [("conv28", 8, "decoder"), ("conv32", 15, "encoder"), ("lstm", 8, "encoder"),
     ("face", 16, "decoder")],
)  # fmt: skip
def test_onnx_of_the_papers_networks_gives_the_same_places_and_rows(name, side, part, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    rows, _ = enlarged(side, 20)
    networks_, d = (name, name), 2
    if name == "face":  # narrower than the paper's
        d = 72
        kinds = {"n_features": 256, "n_components": d, "input_shape": (16, 16)}
        networks_ = tuple(
            networks.build("face", role=role, options={"width": 4}, **kinds)
            for role in ("encoder", "decoder")
        )
    model = ParametricUMAP(
        *networks_, n_components=d, n_steps=1, batch_size=4, n_neighbors=5,
        input_shape=(1, side, side), **KINDS,
    ).fit(rows)  # fmt: skip
    given, wanted = rows, model.embedding_
    if part == "decoder":
        given, wanted = model.embedding_, model.inverse_transform(model.embedding_)
    model.export_onnx(tmp_path / "network.onnx", part=part)
    session = runtime.InferenceSession(str(tmp_path / "network.onnx"))
    for n in (1, 7):
        (found,) = session.run(None, {session.get_inputs()[0].name: given[:n]})
        np.testing.assert_allclose(found, wanted[:n], rtol=1e-4, atol=1e-4)


def test_onnx_of_a_semi_supervised_network_gives_the_same_places(tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    rows, y = enlarged(12, 20)
    model = SemiSupervisedUMAP(
        "cnn13", width=0.05, n_steps=1, batch_size=4, n_neighbors=5, input_shape=(12, 12), **KINDS
    ).fit(rows, y)
    model.export_onnx(tmp_path / "network.onnx")
    session = runtime.InferenceSession(str(tmp_path / "network.onnx"))
    (found,) = session.run(None, {"rows": rows[:7]})
    np.testing.assert_allclose(found, model.embedding_[:7], rtol=1e-4, atol=1e-4)
    with pytest.raises(AttributeError, match=r"SemiSupervisedUMAP has no decoder\.$"):
        model.export_onnx(tmp_path / "network.onnx", part="decoder")
    assert not hasattr(model, "inverse_transform")
