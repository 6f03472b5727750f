"""Draws with unequal chances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
from umapkit.parametric._urn import Urn


def plain(weights, bits):
    sums = np.cumsum(weights, dtype=np.float64)
    chance = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.minimum(np.searchsorted(sums, chance * sums[-1], side="right"), len(sums) - 1)


@settings(deadline=None)
@given(
    weights=st.lists(st.sampled_from([0.0, 1e-30, 1e-6, 0.25, 1.0, 1e9]), min_size=1, max_size=70),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_draw_is_the_place_of_its_chance_in_the_running_sums(weights, seed):
    weights = np.array([*weights, 1.0], dtype=np.float32)
    bits = np.random.default_rng(seed).integers(0, 2**64, 200, dtype=np.uint64)
    bits[:2] = 0, 2**64 - 1
    assert np.array_equal(Urn(weights).draw(bits), plain(weights, bits))


def test_large_urns_draw_in_proportion_to_the_weights():
    rng = np.random.default_rng(0)
    weights = rng.random(50_000).astype(np.float32)
    weights[:25_000] *= 3
    bits = rng.integers(0, 2**64, 200_000, dtype=np.uint64)
    drawn = Urn(weights).draw(bits)
    assert np.array_equal(drawn, plain(weights, bits))
    assert abs((drawn < 25_000).mean() - 0.75) < 0.005
