from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP  # noqa: E402
from umapkit.parametric import Autoencoder, ParametricTSNE, SemiSupervisedUMAP  # noqa: E402

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}


def fitted(kind, rows, codes):
    made = {
        "Autoencoder": Autoencoder(n_epochs=2, **KINDS),
        "ParametricTSNE": ParametricTSNE(n_epochs=2, **KINDS),
        "SemiSupervisedUMAP": SemiSupervisedUMAP(n_steps=5, **KINDS),
        "ParametricUMAP": ParametricUMAP(n_steps=5, **KINDS),
    }[kind]
    return made.fit(rows, codes)


@pytest.mark.parametrize(
    "kind", ["Autoencoder", "ParametricTSNE", "SemiSupervisedUMAP", "ParametricUMAP"]
)
@pytest.mark.filterwarnings("ignore:perplexity")
def test_a_fit_that_fails_in_training_leaves_the_model_of_before(monkeypatch, blobs, kind):
    rows, codes = blobs
    model = fitted(kind, rows, codes)
    before, seed = model.embedding_.copy(), model.seed_

    def broken(*args, **kwargs):
        raise FloatingPointError

    monkeypatch.setattr(f"{type(model).__module__}.train", broken, raising=False)
    monkeypatch.setattr("umapkit.parametric._fit.train", broken)
    model.set_params(random_state=9)
    with pytest.raises(FloatingPointError):
        model.fit(rows[:, :4], codes)
    assert model.n_features_in_ == 6
    assert model.seed_ == seed
    np.testing.assert_array_equal(model.transform(rows), before)


def test_a_share_that_holds_out_no_row_leaves_the_autoencoder_of_before(blobs):
    rows, codes = blobs
    model = fitted("Autoencoder", rows, codes)
    before = model.embedding_.copy()
    with pytest.raises(ValueError, match="keeps none of 10 rows"):
        model.set_params(held_out=0.01).fit(rows[:10, :3])
    np.testing.assert_array_equal(model.transform(rows), before)


def test_a_first_fit_that_fails_leaves_the_model_unfitted(blobs):
    rows, _ = blobs
    model = Autoencoder(held_out=0.01, **KINDS)
    with pytest.raises(ValueError, match="keeps none"):
        model.fit(rows[:10])
    assert not hasattr(model, "networks_")
    assert not hasattr(model, "seed_")


def test_refused_labels_leave_the_map_of_before(blobs):
    rows, codes = blobs
    model = fitted("ParametricUMAP", rows, None)
    before = model.embedding_.copy()
    with pytest.raises(ValueError, match="y has 3 labels"):
        model.fit(rows[:, :4], codes[:3])
    np.testing.assert_array_equal(model.transform(rows), before)


def test_ctrl_c_in_the_pretraining_of_t_sne_leaves_a_fitted_model(monkeypatch, blobs, tmp_path):
    rows, _ = blobs

    class Pressed(torch.nn.Linear):
        """Like Ctrl-C at the tenth batch."""

        seen = 0

        def forward(self, x):
            Pressed.seen += torch.is_grad_enabled()
            if Pressed.seen == 10:
                Pressed.seen += 1
                raise KeyboardInterrupt
            return super().forward(x)

    model = ParametricTSNE(Pressed(6, 2), perplexity=20, pretraining_epochs=30, n_epochs=2, **KINDS)
    with pytest.raises(KeyboardInterrupt):
        model.fit(rows)
    np.testing.assert_array_equal(model.transform(rows), model.embedding_)
    assert model.n_steps_ == 0
    assert model.history_ == {}
    assert np.isnan(model.kl_divergence_)
    assert model.degrees_of_freedom_ == 1
    model.save(tmp_path / "model")


@pytest.mark.parametrize("change", [{"decoder": "mlp"}, {"reconstruction": "joint"}], ids=str)
def test_networks_without_a_decoder_do_not_go_on_with_one(blobs, change):
    rows, _ = blobs
    model = fitted("ParametricUMAP", rows, None)
    before = model.embedding_.copy()
    model.set_params(**change)
    with pytest.raises(ValueError, match=r"go on have none.*warm_start=False"):
        model.partial_fit(rows)
    model.set_params(warm_start=True)
    with pytest.raises(ValueError, match=r"go on have none.*warm_start=False"):
        model.fit(rows)
    np.testing.assert_array_equal(model.transform(rows), before)
    model.set_params(warm_start=False).fit(rows)
    assert model.inverse_transform(model.embedding_).shape == rows.shape
