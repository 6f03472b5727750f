"""Networks that are compiled for training give nearly the map of those that are not."""

from __future__ import annotations

import functools
import shutil
import sysconfig

import numpy as np
import pytest
from sklearn.base import clone

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP  # noqa: E402
from umapkit.parametric import (  # noqa: E402
    VAE,
    Autoencoder,
    ParametricTSNE,
    SemiSupervisedUMAP,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # torch warns about its own parts
KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}
MODELS = [
    ParametricUMAP(n_steps=6, batch_size=32, decoder="mlp", **KINDS),
    ParametricTSNE(n_epochs=10, perplexity=5, **KINDS),
    Autoencoder(n_epochs=5, batch_size=32, **KINDS),
    VAE(n_epochs=5, batch_size=32, **KINDS),
    SemiSupervisedUMAP(n_steps=6, batch_size=32, width=0.2, **KINDS),
]


def both_ways(model, rows) -> None:
    y = np.where(np.arange(len(rows)) % 4 < 2, np.arange(len(rows)) % 2, -1)
    plain, fast = (clone(model).set_params(compile=wanted).fit(rows, y) for wanted in (False, True))
    # No loss of pairs sees a shift of the whole map, so rounding moves it freely.
    one, two = (found.embedding_ - found.embedding_.mean(axis=0) for found in (plain, fast))
    np.testing.assert_allclose(one, two, atol=1e-3 * np.ptp(one))
    np.testing.assert_array_equal(fast.transform(rows), fast.embedding_)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_the_networks_are_captured_for_batches_of_any_size(model, monkeypatch):
    """Without a C++ compiler: torch's capture alone, which is where networks fail."""
    made: list[object] = []
    compile_ = torch.compile

    def watched(module, **options):
        made.append(module)
        assert options == {"dynamic": True}
        return compile_(module, backend="eager", **options)

    monkeypatch.setattr(torch, "compile", functools.wraps(compile_)(watched))
    torch.compiler.reset()
    both_ways(model, np.random.default_rng(0).normal(size=(80, 5)).astype(np.float32))
    assert made


@pytest.mark.skipif(
    shutil.which((sysconfig.get_config_var("CXX") or "c++").split()[0]) is None,
    reason="no C++ compiler, which torch.compile needs on the CPU",
)
def test_a_compiled_encoder_makes_the_same_map():
    torch.compiler.reset()
    model = ParametricUMAP(n_steps=6, batch_size=32, **KINDS)
    both_ways(model, np.random.default_rng(0).normal(size=(80, 5)).astype(np.float32))
