from __future__ import annotations

import numpy as np
import pytest

from umapkit._seed import Stage, below, draw, key, resolve_seed, sample_without_replacement


def test_integers_are_their_own_seed():
    assert resolve_seed(0) == 0
    assert resolve_seed(np.int32(7)) == 7
    assert resolve_seed(2**64 - 1) == 2**64 - 1
    assert resolve_seed(-1) == 2**64 - 1


@pytest.mark.parametrize("wrong", [2**64, -(2**63) - 1, "seed", 1.5, True])
def test_what_is_no_seed_is_refused(wrong):
    with pytest.raises(ValueError, match="random_state"):
        resolve_seed(wrong)


def test_generators_give_a_draw_and_move_on():
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    assert resolve_seed(one) == resolve_seed(two)
    assert resolve_seed(one) != resolve_seed(np.random.default_rng(0))
    assert resolve_seed(np.random.RandomState(3)) == resolve_seed(np.random.RandomState(3))


def test_none_draws_a_fresh_seed():
    assert resolve_seed(None) != resolve_seed(None)


def test_draws_are_those_of_the_kernels():
    """SplitMix64's published finaliser, computed here with plain integers."""

    def mix(x):
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
        return x ^ (x >> 31)

    golden = 0x9E3779B97F4A7C15
    h = mix((42 + golden * Stage.NEGATIVE) % 2**64)
    h = mix((h + golden * 4) % 2**64)
    h = mix((h + golden * 8) % 2**64)
    found = draw(key(42, Stage.NEGATIVE, 3, 7), 5)
    assert int(found) == mix((h + 6 * golden) % 2**64)


def test_samples_are_distinct_sorted_and_spread():
    found = sample_without_replacement(1, Stage.SAMPLE, 1000, 100)
    assert len(set(found.tolist())) == 100
    assert np.all(np.diff(found) > 0)
    assert 300 < found.mean() < 700
    assert np.array_equal(sample_without_replacement(1, Stage.SAMPLE, 5, 9), np.arange(5))
    numbers = below(draw(key(0, Stage.SAMPLE, 0, np.arange(10_000)), 0), 7)
    assert np.bincount(numbers).min() > 1200
