from __future__ import annotations

import numpy as np
import pytest

from umapkit import _kernels
from umapkit.neighbors._descent import Effort, usual_effort
from umapkit.neighbors._space import principal_space


def decaying(n, d, seed=0):
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(d, d)))
    scales = 1.0 / np.arange(1, d + 1)
    return ((rng.normal(size=(n, d)) * scales) @ basis.T + 3.0).astype(np.float32)


def test_axes_are_orthonormal_and_hold_the_variance_of_the_principal_ones():
    X = decaying(3000, 150)
    space = principal_space(X, 48, seed=1, n_threads=2)
    V = space.axes.astype(np.float64)
    np.testing.assert_allclose(V.T @ V, np.eye(48), atol=2e-5)
    centred = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    best = np.linalg.svd(centred, compute_uv=False)[:48]
    held = np.linalg.norm(centred @ V, axis=0)
    assert (np.diff(held) <= 1e-3 * held[0]).all()
    np.testing.assert_allclose(held[:16], best[:16], rtol=1e-3)
    assert (held**2).sum() >= 0.995 * (best**2).sum()


def test_axes_of_flat_data_are_finite():
    for X in (np.ones((500, 120)), np.outer(np.arange(500), np.ones(120))):
        axes = principal_space(X.astype(np.float32), 48, seed=1, n_threads=2).axes
        assert np.isfinite(axes).all()


@pytest.mark.parametrize("n", [1, 7, 8, 9, 200])
def test_projection_and_narrow_rows_agree_with_numpy(n):
    X = decaying(400, 130)
    space = principal_space(X, 48, seed=1, n_threads=2)
    rows = X[:n]
    projected = space.project(rows, 2)
    centred = rows.astype(np.float64) - space.mean.astype(np.float64)
    y = centred @ space.axes.astype(np.float64)
    np.testing.assert_allclose(projected.rows, y, atol=1e-5)
    squares = (centred**2).sum(axis=1)
    np.testing.assert_allclose(projected.squares, squares, rtol=1e-5)
    order = np.arange(n, dtype=np.int32)[::-1].copy()
    unseen = np.maximum(squares - (y[:, :31] ** 2).sum(axis=1), 0)[order]
    for products in (False, True):
        narrow, heights = projected.narrow(32, 2, products=products, order=order)
        np.testing.assert_allclose(narrow[:, :31], y[order, :31], atol=1e-5)
        np.testing.assert_allclose(narrow[:, 31], np.sqrt(unseen / 2), atol=2e-3)
        expected = squares[order] / 2 if products else unseen / 2
        np.testing.assert_allclose(heights, expected, atol=1e-4)


def test_projection_of_a_row_does_not_depend_on_the_others():
    X = decaying(300, 130)
    space = principal_space(X, 48, seed=1, n_threads=2)
    together = space.project(X, 3)
    for i in (0, 5, 299):
        alone = space.project(X[i : i + 1], 1)
        np.testing.assert_array_equal(alone.rows[0], together.rows[i])
        assert alone.squares[0] == together.squares[i]


@pytest.mark.parametrize("d", [1, 2, 17, 130])
@pytest.mark.parametrize("centre", [False, True])
def test_directions_agree_with_numpy(d, centre):
    X = np.random.default_rng(0).normal(size=(50, d)).astype(np.float32) + 1
    X[7] = 0
    X[8] = 0.1
    out = np.empty((50, d + 1), dtype=np.float32)
    _kernels.direct_rows(X, centre, out, 2)
    rows = X.astype(np.float64)
    flat = (rows == rows[:, :1]).all(axis=1) if centre else (rows == 0).all(axis=1)
    if centre:
        rows = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.where(flat, 1, np.linalg.norm(rows, axis=1))
    expected = np.where(flat[:, None], 0, rows / lengths[:, None])
    np.testing.assert_allclose(out[:, :d], expected, atol=1e-6)
    np.testing.assert_array_equal(out[:, d], flat)


@pytest.mark.parametrize("n", [2, 3, 129, 1000, 5001])
def test_trees_split_at_the_median_and_route_rows_to_their_leaf(n):
    rows = np.random.default_rng(n).normal(size=(n, 20)).astype(np.float32)
    rows[n // 2 :] = rows[0]  # half of the rows are equal
    depth = _kernels.tree_depth(n, 64)
    inner = 2**depth - 1
    members = np.empty((3, n), dtype=np.int32)
    directions = np.empty((3, inner, 20), dtype=np.float32)
    limits = np.empty((3, inner), dtype=np.float32)
    _kernels.build_trees(rows, 5, 0, depth, members, directions, limits, 2)
    ends = (n * np.arange(2**depth + 1)) >> depth
    assert (np.diff(ends) <= 64).all()
    for t in range(3):
        np.testing.assert_array_equal(np.sort(members[t]), np.arange(n))
        if depth == 0:
            continue
        at = rows[members[t]] @ directions[t, 0]
        middle = n * 1 // 2
        assert at[:middle].max() <= limits[t, 0] + 1e-4
        assert at[middle:].min() >= limits[t, 0] - 1e-4


def test_more_effort_is_more_of_everything():
    for n_neighbors in (2, 15, 200):
        for narrow in (False, True):
            effort = usual_effort(n_neighbors, narrow=narrow)
            more = effort.more()
            assert isinstance(more, Effort)
            assert effort.width >= n_neighbors - 1
            assert more.n_trees > effort.n_trees
            assert more.width > effort.width
            assert more.reach > effort.reach
            assert more.rounds > effort.rounds
            assert more.enough < effort.enough


def test_rows_far_from_the_mean_but_near_each_other_are_told_apart():
    """Clusters 10,000 times tighter than their distances: products would round them away."""
    from umapkit.neighbors import build_index

    rng = np.random.default_rng(0)
    X = (rng.normal(size=(20, 200)) * 1e4)[rng.integers(0, 20, 5000)] + rng.normal(size=(5000, 200))
    index = build_index(X.astype(np.float32), method="descent", random_state=0)
    assert index.recall >= 0.95


def test_trees_keep_every_row_when_projections_overflow():
    # An infinite minus an infinite product is NaN, which no order knows: rows were lost, and
    # others written beyond the end of the array.
    rng = np.random.default_rng(0)
    n, p = 3000, 40
    for seed in range(5):
        rows = rng.normal(size=(n, p)).astype(np.float32)
        huge = rng.choice(n, 40, replace=False)
        rows[huge] = np.where(rng.random((40, p)) < 0.5, 1e30, -1e30)
        depth = _kernels.tree_depth(n, 64)
        members = np.empty((4, n), dtype=np.int32)
        directions = np.empty((4, 2**depth - 1, p), dtype=np.float32)
        limits = np.empty((4, 2**depth - 1), dtype=np.float32)
        _kernels.build_trees(rows, seed, 0, depth, members, directions, limits, 2)
        np.testing.assert_array_equal(np.sort(members, axis=1), np.tile(np.arange(n), (4, 1)))
