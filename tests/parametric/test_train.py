from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit.parametric import TrainOptions, choose_device, train  # noqa: E402
from umapkit.parametric._train import rate_at  # noqa: E402


def line() -> torch.nn.Linear:
    layer = torch.nn.Linear(3, 1)
    torch.nn.init.constant_(layer.weight, 0.5)
    torch.nn.init.zeros_(layer.bias)
    return layer


def batches(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(32, 3, generator=torch.Generator().manual_seed(step))
    return x, x @ torch.tensor([[1.0], [-2.0], [0.5]])


def loss_of(layer: torch.nn.Module):
    def loss(batch):
        x, y = batch
        return {"fit": (layer(x) - y).square().mean(), "size": 1e-6 * layer.weight.square().sum()}

    return loss


def test_training_descends_and_tells():
    layer = line()
    done = train(layer, batches, loss_of(layer), TrainOptions(n_steps=600, learning_rate=0.05))
    torch.testing.assert_close(
        layer.weight.detach(), torch.tensor([[1.0, -2.0, 0.5]]), atol=1e-2, rtol=0
    )
    history = done.history
    assert done.stopped == "steps"
    assert done.n_steps == 600
    assert set(history) == {"step", "seconds", "loss", "fit", "size", "held_out", "learning_rate"}
    assert {len(values) for values in history.values()} == {60}
    assert history["step"][-1] == 600
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    assert math.isnan(history["held_out"][-1])


def test_two_calls_are_one_when_the_optimiser_goes_on():
    whole, parts = line(), line()
    train(whole, batches, loss_of(whole), TrainOptions(n_steps=100))
    first = train(parts, batches, loss_of(parts), TrainOptions(n_steps=40))
    train(
        parts, batches, loss_of(parts), TrainOptions(n_steps=60), optimizer=first.optimizer,
        first_step=40,
    )  # fmt: skip
    assert torch.equal(whole.weight, parts.weight)


def test_no_better_held_out_loss_stops_and_the_best_state_comes_back():
    layer = line()
    looks: list[tuple[float, torch.Tensor]] = []

    def held_out() -> dict[str, float]:
        found = float(5 - min(len(looks), 3) + 2 * max(len(looks) - 3, 0))
        looks.append((found, layer.weight.detach().clone()))
        assert not layer.training
        return {"held": found}

    done = train(
        layer, batches, loss_of(layer),
        TrainOptions(n_steps=1000, check_every=10, patience=3), held_out=held_out,
    )  # fmt: skip
    assert done.stopped == "patience"
    assert done.n_steps == 70
    assert done.best == 2.0
    assert torch.equal(layer.weight, looks[3][1])


def test_ctrl_c_keeps_the_last_state():
    layer = line()

    def interrupted(step: int):
        if step == 25:
            raise KeyboardInterrupt
        return batches(step)

    done = train(layer, interrupted, loss_of(layer), TrainOptions(n_steps=100))
    other = line()
    train(other, batches, loss_of(other), TrainOptions(n_steps=25))
    assert done.stopped == "interrupt"
    assert done.n_steps == 25
    assert isinstance(done.interrupt, KeyboardInterrupt)
    assert torch.equal(layer.weight, other.weight)


def test_an_observer_sees_every_term_and_can_stop():
    layer, seen = line(), []

    def observer(step: int, terms: dict[str, float]) -> bool:
        seen.append((step, terms["fit"]))
        return step >= 30

    options = TrainOptions(n_steps=100, observers=(observer,))
    done = train(layer, batches, loss_of(layer), options)
    assert done.stopped == "observer"
    assert [step for step, _ in seen] == [10, 20, 30]


def test_a_loss_that_is_no_number_is_said():
    layer = line()
    with pytest.raises(FloatingPointError, match="The loss is nan at step 9"):
        train(
            layer, batches, lambda b: {"bad": layer(b[0]).sum() * math.nan},
            TrainOptions(n_steps=100),
        )  # fmt: skip


def test_gradients_are_clipped_by_component():
    layer = line()
    torch.manual_seed(0)
    moved: list[float] = []
    layer.weight.register_hook(lambda g: moved.append(float(g.abs().max())))
    kept: list[float] = []

    class Watched(torch.optim.SGD):
        def step(self, closure=None):
            kept.append(float(layer.weight.grad.abs().max()))
            return super().step(closure)

    optimizer = Watched(layer.parameters(), lr=1e-6)
    train(
        layer, batches, lambda b: {"steep": 1000 * layer(b[0]).square().sum()},
        TrainOptions(n_steps=5, clip=4.0), optimizer=optimizer,
    )  # fmt: skip
    assert min(moved) > 4
    assert max(kept) <= 4


@pytest.mark.parametrize("name", ["constant", "linear", "cosine", "warm"])
def test_schedules_stay_between_zero_and_the_rate(name):
    options = TrainOptions(n_steps=100, learning_rate=2.0, schedule=name)
    rates = np.array([rate_at(step, options) for step in range(100)])
    assert rates.max() <= 2.0
    assert rates.min() > 0
    if name == "constant":
        assert (rates == 2.0).all()
    else:
        assert rates[-1] < 0.1
        assert (np.diff(rates[15:]) < 0).all()


def test_torchs_settings_and_generators_are_left_as_they_were():
    layer = torch.nn.Sequential(line(), torch.nn.Dropout(0.5))
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    train(layer, batches, loss_of(layer[0]), TrainOptions(n_steps=3))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


def test_dropout_is_repeatable():
    weights = []
    for _ in range(2):
        layer = line()
        model = torch.nn.Sequential(torch.nn.Dropout(0.5), layer)

        def loss(batch, model=model):
            return {"fit": (model(batch[0]) - batch[1]).square().mean()}

        train(model, batches, loss, TrainOptions(n_steps=20, seed=3))
        weights.append(layer.weight.detach().clone())
    assert torch.equal(*weights)


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="device='nonsense' cannot be used"):
        choose_device("nonsense")
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize(
    "change",
    [
        {"n_steps": -1}, {"schedule": "step"}, {"learning_rate": 0.0}, {"clip": -1.0},
        {"patience": 0}, {"check_every": -1}, {"record_every": 0},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_cannot_be_used_are_refused(change):
    (name,) = change
    with pytest.raises(ValueError, match=name):
        TrainOptions(**{"n_steps": 5, **change})


def test_networks_without_anything_to_train_are_refused():
    layer = line().requires_grad_(requires_grad=False)
    with pytest.raises(ValueError, match="nothing to train"):
        train(layer, batches, loss_of(layer), TrainOptions(n_steps=1))


def test_patience_without_a_held_out_loss_is_refused():
    layer = line()
    with pytest.raises(ValueError, match=r"patience=3 counts looks.*check_every=0"):
        TrainOptions(n_steps=5, patience=3)
    options = TrainOptions(n_steps=5, patience=3, check_every=1)
    with pytest.raises(ValueError, match=r"patience=3 waits.*held_out="):
        train(layer, batches, loss_of(layer), options)
