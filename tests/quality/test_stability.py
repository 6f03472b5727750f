from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial import procrustes

from umapkit.quality import (
    bootstrap_stability,
    neighbor_overlap,
    procrustes_distance,
    stability,
)


def maps(seed, n=80):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(n, 2))
    return first, first + 0.5 * rng.normal(size=(n, 2))


def test_procrustes_distance_is_that_of_scipy():
    for seed in range(5):
        first, second = maps(seed)
        assert procrustes_distance(first, second) == pytest.approx(
            procrustes(first, second)[2], abs=1e-9
        )


def test_procrustes_distance_forgets_place_turn_mirror_and_scale():
    first, second = maps(1)
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])
    moved = 7 * second @ turn + 3
    near = procrustes_distance(first, second)
    assert procrustes_distance(first, moved) == pytest.approx(near, abs=1e-9)
    assert procrustes_distance(moved, first) == pytest.approx(near, abs=1e-9)
    assert procrustes_distance(second, moved) == pytest.approx(0, abs=1e-9)
    flat = np.c_[second, np.zeros(80)]
    assert procrustes_distance(first, flat) == pytest.approx(near, abs=1e-9)


def test_overlap_counts_shared_neighbours():
    first, second = maps(2)
    shared = []
    for i in range(80):
        near = []
        for points in (first.astype(np.float32), second.astype(np.float32)):
            far = ((points.astype(float) - points[i].astype(float)) ** 2).sum(axis=1)
            far[i] = np.inf
            near.append(set(np.argsort(far)[:9]))
        shared.append(len(near[0] & near[1]) / 9)
    assert neighbor_overlap(first, second, n_neighbors=9) == pytest.approx(np.mean(shared))


def test_stability_compares_each_two_maps():
    first, second = maps(3)
    found = stability([first, second, -2 * first], n_neighbors=10)
    assert found.overlap[0, 2] == 1.0
    assert found.procrustes[0, 2] == pytest.approx(0, abs=1e-12)
    assert found.overlap[0, 1] == neighbor_overlap(first, second, n_neighbors=10)
    assert found.mean_overlap == pytest.approx((1 + 2 * found.overlap[0, 1]) / 3)
    assert json.loads(json.dumps(found.to_dict()))["n_neighbors"] == 10


def test_bootstraps_are_compared_on_shared_rows():
    rows = np.random.default_rng(0).normal(size=(300, 4))
    seen = []

    def fit(some, seed):
        seen.append((len(some), seed))
        # Place by value, so that maps of different rows agree on those that they share.
        return some[:, :2] * (1 + seed)

    found = bootstrap_stability(fit, rows, n_maps=3, random_state=5)
    assert [seed for _, seed in seen] == [5, 6, 7]
    assert all(170 < n < 210 for n, _ in seen)
    assert found.mean_overlap == 1.0
    assert found.mean_procrustes == pytest.approx(0, abs=1e-12)
    noisy = bootstrap_stability(
        lambda some, seed: np.random.default_rng(seed).normal(size=(len(some), 2)), rows
    )
    assert noisy.mean_overlap < 0.3
    assert noisy.mean_procrustes > 0.9


def test_what_cannot_be_compared_is_refused():
    first, _ = maps(0)
    with pytest.raises(ValueError, match="at least 2"):
        stability([first])
    with pytest.raises(ValueError, match="rows"):
        neighbor_overlap(first, first[:-1])
    with pytest.raises(ValueError, match="coincide"):
        procrustes_distance(first, np.ones((80, 2)))
    with pytest.raises(ValueError, match="map every row"):
        bootstrap_stability(lambda some, seed: some[:-1], first)
