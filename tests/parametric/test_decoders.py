from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP, load  # noqa: E402


@pytest.fixture(scope="module")
def digits():
    rows, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(rows))
    rows, y = rows[order].astype(np.float32), y[order]
    return rows[:900], y[:900], rows[900:1300], y[900:1300]


def model(**keywords) -> ParametricUMAP:
    settings = {"random_state": 0, "n_jobs": 1, "device": "cpu", "batch_size": 512}
    return ParametricUMAP(**(settings | keywords))


@pytest.fixture(scope="module")
def joint(digits) -> ParametricUMAP:
    return model(n_components=8, n_steps=300, reconstruction="joint").fit(digits[0])


@pytest.fixture(scope="module")
def detached(digits) -> ParametricUMAP:
    return model(n_components=8, n_steps=300, reconstruction="detached").fit(digits[0])


def error(fitted: ParametricUMAP, rows: np.ndarray) -> float:
    return float(((fitted.inverse_transform(fitted.transform(rows)) - rows) ** 2).mean())


def test_a_joint_decoder_reconstructs_better_than_a_detached_one(digits, joint, detached):
    rows, _, new, _ = digits
    assert error(joint, rows) < error(detached, rows)
    assert error(joint, new) < error(detached, new)
    assert error(joint, new) < 0.5 * rows.var(axis=0).mean()


def test_in_two_dimensions_a_joint_decoder_is_no_worse(digits):
    rows, _, new, _ = digits
    one, two = (model(n_steps=300, reconstruction=how).fit(rows) for how in ("joint", "detached"))
    assert error(one, rows) <= error(two, rows)
    assert error(one, new) <= error(two, new)


def test_a_detached_decoder_leaves_the_encoder_as_it_is_without_one(digits):
    alone, detached = (
        model(n_components=8, n_steps=60, reconstruction=how).fit(digits[0][:500])
        for how in (None, "detached")
    )
    for name, tensor in alone.networks_["encoder"].state_dict().items():
        assert torch.equal(tensor, detached.networks_["encoder"].state_dict()[name])
    assert np.array_equal(alone.embedding_, detached.embedding_)


def test_the_way_between_two_rows_begins_and_ends_with_them(digits, joint):
    rows = digits[0]
    way = joint.interpolate(rows[0], rows[1], n_steps=5)
    ends = joint.inverse_transform(joint.embedding_[:2])
    assert way.shape == (5, 64)
    np.testing.assert_allclose(way[[0, -1]], ends, atol=1e-4)


@pytest.mark.parametrize("kind", ["mse", "bce"])
def test_files_and_onnx_give_what_the_model_gives(digits, tmp_path, kind):
    rows = digits[0]
    fitted = model(n_steps=30, decoder="mlp", reconstruction_loss=kind).fit(rows)
    fitted.save(tmp_path / "map")
    assert sorted(p.name for p in (tmp_path / "map").iterdir()) == [
        "config.json",
        "state.safetensors",
    ]
    again = load(tmp_path / "map")
    assert np.array_equal(again.transform(rows), fitted.embedding_)
    back = fitted.inverse_transform(fitted.embedding_)
    assert np.array_equal(again.inverse_transform(fitted.embedding_), back)
    assert again.history_["step"] == fitted.history_["step"]
    assert (again.graph_ != fitted.graph_).nnz == 0
    again.partial_fit(rows[:100])
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    parts = [("encoder", rows, fitted.embedding_), ("decoder", fitted.embedding_, back)]
    for part, given, wanted in parts if kind == "mse" else parts[1:]:
        file = tmp_path / f"{part}.onnx"
        fitted.export_onnx(file, part=part)
        session = runtime.InferenceSession(str(file))
        for n in (1, 7, len(given)):
            (found,) = session.run(None, {session.get_inputs()[0].name: given[:n]})
            np.testing.assert_allclose(found, wanted[:n], rtol=1e-5, atol=1e-5)


def test_a_saved_module_is_named_and_asked_for(digits, tmp_path):
    rows = digits[0]
    fitted = model(n_steps=10, encoder=torch.nn.Linear(64, 2)).fit(rows)
    fitted.save(tmp_path / "map")
    with pytest.raises(ValueError, match=r"a module of class torch\.nn\.modules\.linear\.Linear"):
        load(tmp_path / "map")
    with pytest.raises(ValueError, match="Give load"):
        load(tmp_path / "map", encoder=torch.nn.Identity())
    again = load(tmp_path / "map", encoder=torch.nn.Linear(64, 2))
    assert np.array_equal(again.transform(rows), fitted.embedding_)
