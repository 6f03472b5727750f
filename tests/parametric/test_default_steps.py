from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from umapkit.parametric._fit import default_steps


@pytest.mark.parametrize(
    ("epoch", "steps"), [(1, 1000), (16, 1000), (20, 1200), (95, 5700), (200, 6000), (1000, 15_000)]
)
def test_a_training_is_sixty_epochs_within_bounds(epoch, steps):
    assert default_steps(SimpleNamespace(steps_per_epoch=epoch)) == steps


def test_a_longer_epoch_never_means_a_shorter_training():
    steps = [default_steps(SimpleNamespace(steps_per_epoch=epoch)) for epoch in range(1, 2000)]
    assert steps == sorted(steps)
