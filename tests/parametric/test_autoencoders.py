from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

torch = pytest.importorskip("torch")

from umapkit.parametric import VAE, Autoencoder, load  # noqa: E402
from umapkit.parametric._shuffled import split_rows  # noqa: E402

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def digits():
    return load_digits().data[:1000].astype(np.float32)


@pytest.mark.parametrize("kind", [Autoencoder, VAE])
def test_new_rows_come_back_better_than_by_principal_axes(digits, kind):
    fitted = kind(n_components=2, n_epochs=60, batch_size=64, **KINDS).fit(digits[:800])
    back = fitted.inverse_transform(fitted.transform(digits[800:]))
    pca = PCA(2).fit(digits[:800])
    linear = pca.inverse_transform(pca.transform(digits[800:]))
    error = ((back - digits[800:]) ** 2).mean()
    assert error < 0.95 * ((linear - digits[800:]) ** 2).mean()
    assert back.min() >= 0
    assert back.max() <= 16


def test_squared_error_can_be_used_instead(digits):
    fitted = Autoencoder(reconstruction_loss="mse", n_epochs=10, batch_size=64, **KINDS).fit(digits)
    assert fitted.history_["reconstruction"][-1] < 0.8 * fitted.history_["reconstruction"][0]
    assert fitted.inverse_transform(fitted.embedding_[:3]).shape == (3, 64)


def test_the_loss_of_a_vae_is_reconstruction_and_distance_to_the_prior():
    rows = np.random.default_rng(0).random((40, 6)).astype(np.float32)
    fitted = VAE(n_epochs=1, batch_size=40, reconstruction_weight=5.0, kl_weight=3.0, **KINDS)
    fitted.fit(rows)
    x = fitted._scaling(torch.from_numpy(rows))
    with torch.no_grad():
        given = fitted.networks_["encoder"](x)
        terms = fitted._terms(given, x, fitted.networks_["decoder"], None)
        logits = fitted.networks_["decoder"](given[:, :2]).numpy()
    mean, log_variance = given.numpy()[:, :2], given.numpy()[:, 2:]
    prior = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).mean()
    target = (rows - rows.min()) / (rows.max() - rows.min())
    cost = (np.logaddexp(0, logits) - target * logits).mean()
    assert float(terms["kl"]) == pytest.approx(3 * prior, rel=1e-4)
    assert float(terms["reconstruction"]) == pytest.approx(5 * cost, rel=1e-4)
    np.testing.assert_allclose(fitted.transform(rows), mean, atol=1e-5)


def test_a_heavier_prior_keeps_places_nearer_to_it(digits):
    spread = [
        np.abs(VAE(n_epochs=5, kl_weight=w, **KINDS).fit_transform(digits)).mean()
        for w in (0.0, 2000.0)
    ]
    assert spread[1] < 0.5 * spread[0]


def test_held_out_rows_stop_the_training(digits):
    fitted = Autoencoder(held_out=0.2, patience=1, n_epochs=400, batch_size=32, n_components=30,
                         learning_rate=0.02, **KINDS).fit(digits[:100])  # fmt: skip
    judged = np.array(fitted.history_["held_out"])
    assert fitted.n_steps_ < 400 * 3
    assert np.isfinite(judged).sum() > 2
    learned, left = split_rows(100, held_out=0.2, seed=0)
    assert len(left) == 20
    assert sorted([*learned, *left]) == list(range(100))


@pytest.mark.parametrize("kind", [Autoencoder, VAE])
def test_same_seed_same_bits_and_files_keep_both_networks(tmp_path, digits, kind):
    make = {"n_epochs": 2, "encoder": "conv28", "decoder": "mlp", "input_shape": (1, 8, 8)}
    first, again = (kind(**make, **KINDS).fit(digits[:200]) for _ in range(2))
    np.testing.assert_array_equal(first.embedding_, again.embedding_)
    first.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert type(loaded) is kind
    np.testing.assert_array_equal(loaded.transform(digits[:200]), first.embedding_)
    np.testing.assert_array_equal(
        loaded.inverse_transform(first.embedding_[:5]),
        first.inverse_transform(first.embedding_[:5]),
    )


@pytest.mark.parametrize("kind", [Autoencoder, VAE])
def test_onnx_gives_the_same_places(tmp_path, kind):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    rows = np.random.default_rng(0).random((50, 12)).astype(np.float32)
    fitted = kind(n_epochs=1, **KINDS).fit(rows)
    fitted.export_onnx(tmp_path / "encoder.onnx")
    session = runtime.InferenceSession(str(tmp_path / "encoder.onnx"))
    (found,) = session.run(None, {"rows": rows})
    np.testing.assert_allclose(found, fitted.embedding_, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (Autoencoder, {"patience": 3}, "held_out=0"),
        (Autoencoder, {"decoder": None}, "decoder=None"),
        (Autoencoder, {"held_out": 0.01}, "keeps none of 10 rows"),
        (Autoencoder, {"batch_size": None}, "batch_size=None"),
        (Autoencoder, {"n_epochs": 0}, "n_epochs=0"),
        (Autoencoder, {"reconstruction_loss": "l1"}, "'mse'"),
        (VAE, {"kl_weight": -1}, "kl_weight=-1"),
        (VAE, {"reconstruction_weight": 0}, "more than 0"),
    ],
)
def test_what_cannot_be_used_is_said(kind, change, said):
    with pytest.raises(ValueError, match=said):
        kind(**change).fit(np.ones((10, 2)))
