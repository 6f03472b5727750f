"""Two processes that train one model, as torchrun would start them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import umapkit  # noqa: E402
from umapkit.parametric import ParametricUMAP, TrainOptions, train  # noqa: E402

from .group_member import batch, clouds, line, loss_of  # noqa: E402

SCRIPT = Path(__file__).with_name("group_member.py")
pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or not torch.distributed.is_gloo_available(),
    reason="this torch has no gloo",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("group")
    members = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(folder), str(rank)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for rank in (0, 1)
    ]  # fmt: skip
    try:
        said = [member.communicate(timeout=120)[0] for member in members]
    finally:
        for member in members:
            member.kill()
    assert [member.returncode for member in members] == [0, 0], "\n".join(said)
    both = [np.load(folder / f"found-{rank}.npz") for rank in (0, 1)]
    return both[0], both[1], folder


def test_both_members_end_with_the_same_bits_without_a_seed(found):
    one, two, _ = found
    assert set(one.files) == set(two.files)
    for name in one.files:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def test_gradients_are_averaged_over_the_batches_of_the_members(found):
    layer = line()

    def both(step: int):
        return torch.cat([batch(2 * step), batch(2 * step + 1)])

    train(layer, both, loss_of(layer), TrainOptions(n_steps=50, learning_rate=0.02))
    np.testing.assert_allclose(found[0]["line"], layer.weight.detach().numpy(), rtol=1e-4)


def test_the_first_member_writes_the_model(found):
    again = umapkit.load(found[2] / "model")
    np.testing.assert_array_equal(again.transform(clouds()[0]), found[0]["umap"])
    assert again.seed_ >> 1 == found[0]["seed"][0]


def test_members_share_the_epochs_and_stop_together(found):
    alone = ParametricUMAP(n_epochs=8, batch_size=64, n_jobs=1, device="cpu").fit(clouds()[0])
    assert found[0]["epochs"][0] == -(-alone.n_steps_ // 2)
    assert found[0]["halted"][0] == 30
    assert np.isfinite(found[0]["held out"]).sum() >= 3


def test_turns_and_the_start_of_densities_are_counted_in_steps(found):
    np.testing.assert_array_equal(np.isnan(found[0]["turns"]), [False, True, False, True])
    assert np.isnan(found[0]["density"]).tolist() == [True] * 6 + [False] * 2
