from __future__ import annotations

import numpy as np
import pytest

from umapkit._seed import Stage, draw, key
from umapkit.layout import FrozenMap, find_ab, settle
from umapkit.layout import _layout as constants

from . import twins

A, B = find_ab()


def case(dim=2, rows=9, k=15, n=80):
    rng = np.random.default_rng(dim)
    y = rng.uniform(0, 10, (n, dim)).astype(np.float32)
    neighbors = rng.integers(0, n, (rows, k)).astype(np.int32)
    weights = rng.uniform(0, 1, (rows, k)).astype(np.float32)
    start = rng.uniform(0, 10, (rows, dim)).astype(np.float32)
    keys = rng.integers(0, 2**63, rows).astype(np.uint64)
    return y, neighbors, weights, start, keys


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
@pytest.mark.parametrize("k", [3, 15, 20])
def test_settling_agrees_with_numpy(dim, k):
    y, neighbors, weights, start, keys = case(dim, k=k)
    found = settle(
        y, neighbors, weights, start, keys, a=A, b=B, n_epochs=30, seed=5, learning_rate=0.25
    )
    hashes = draw(key(5, Stage.SHUFFLE, 0, np.arange(len(y), dtype=np.uint64)), 0)
    expected = twins.settle(
        y.astype(np.float64), np.argsort(hashes, kind="stable"), neighbors, weights, keys, start,
        n_epochs=30, a=A, b=B, gamma=1.0, rate=0.25, m=5.0, cap=constants.NEGATIVE_RUNS,
        seed=5,
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_row_settles_alone():
    y, neighbors, weights, start, keys = case(rows=50)
    together = settle(y, neighbors, weights, start, keys, a=A, b=B, n_epochs=30, n_jobs=2)
    order = np.random.default_rng(0).permutation(50)
    shuffled = settle(
        y,
        neighbors[order],
        weights[order],
        start[order],
        keys[order],
        a=A,
        b=B,
        n_epochs=30,
        n_jobs=3,
    )
    assert np.array_equal(together[order], shuffled)
    for q in range(0, 50, 7):
        alone = settle(
            y, neighbors[q : q + 1], weights[q : q + 1], start[q : q + 1], keys[q : q + 1],
            a=A, b=B, n_epochs=30, n_jobs=1,
        )  # fmt: skip
        assert np.array_equal(alone[0], together[q])


def test_a_row_without_neighbours_stays_at_its_start():
    y, neighbors, weights, start, keys = case()
    weights[2] = 0
    neighbors[2] = -1
    found = settle(y, neighbors, weights, start, keys, a=A, b=B, n_epochs=30)
    assert np.array_equal(found[2], start[2])
    assert np.all(np.isfinite(found))


def test_a_list_that_names_no_point_is_refused():
    y, neighbors, weights, start, keys = case()
    neighbors[1, 0] = len(y)
    with pytest.raises(ValueError, match="names no point of the map"):
        settle(y, neighbors, weights, start, keys, a=A, b=B, n_epochs=30)


@pytest.mark.parametrize("n", [1, 7, 80])
def test_a_prepared_map_settles_alike(n):
    y, neighbors, weights, start, keys = case(n=n)
    options = {"a": A, "b": B, "n_epochs": 10}
    plain = settle(y, neighbors, weights, start, keys, seed=4, **options)
    ready = FrozenMap.of(y.astype(np.float64), seed=4)
    assert np.array_equal(settle(ready, neighbors, weights, start, keys, **options), plain)
    with pytest.raises(ValueError, match="prepared for 4"):
        settle(ready, neighbors, weights, start, keys, seed=5, **options)
