from __future__ import annotations

import numpy as np
import pytest

from umapkit import _kernels
from umapkit.distances import resolve_metric
from umapkit.neighbors import find_neighbors


def reference(one, other, cost):
    """Dynamic time warping cell by cell, for two series (steps, width)."""
    steps = len(one)
    total = np.full((steps + 1, steps + 1), np.inf)
    total[0, 0] = 0
    for i in range(steps):
        for j in range(steps):
            local = np.sqrt(((one[i] - other[j]) ** 2).sum())
            total[i + 1, j + 1] = local + min(total[i, j], total[i, j + 1], total[i + 1, j])
    if cost == "accumulated":
        return total[-1, -1]
    i, j = steps - 1, steps - 1
    path = [(i, j)]
    while i > 0 or j > 0:
        moves = [total[i, j], total[i, j + 1], total[i + 1, j]]
        best = int(np.argmin(moves))
        i, j = i - (best != 2), j - (best != 1)
        path.append((i, j))
    ahead, behind = zip(*path, strict=True)
    return ((one[list(ahead)] - other[list(behind)]) ** 2).mean()


@pytest.mark.parametrize("cost", ["accumulated", "path_mse"])
@pytest.mark.parametrize(("shape", "axis"), [((5, 3), 0), ((5, 3), 1), ((1, 4), 0), ((6, 1), 0)])
@pytest.mark.parametrize("levels", [3, None])
def test_warping_equals_the_reference(cost, shape, axis, levels):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(6, shape[0] * shape[1]))
    if levels is not None:
        rows = rng.integers(0, levels, rows.shape).astype(float)  # many ties
    card = resolve_metric("dtw", {"shape": shape, "axis": axis, "cost": cost})
    series = [row.reshape(shape) if axis == 0 else row.reshape(shape).T for row in rows]
    expected = [[reference(one, other, cost) for other in series] for one in series]
    np.testing.assert_allclose(card.between(rows, rows), expected, rtol=1e-12, atol=1e-12)


def test_a_shifted_syllable_is_nearer_by_warping_than_by_position():
    steps = np.arange(32)[:, None]

    def syllable(at, pitch):
        return (np.exp(-(((steps - at) / 2.0) ** 2)) * np.eye(8)[pitch]).ravel()

    sung, later, other = syllable(10, 2), syllable(18, 2), syllable(10, 5)
    rows = np.stack([sung, later, other]).astype(np.float32)
    plain = find_neighbors(rows, n_neighbors=3)
    warped = {
        cost: find_neighbors(
            rows, n_neighbors=3, metric="dtw", metric_kwds={"shape": (32, 8), "cost": cost}
        )
        for cost in ("accumulated", "path_mse")
    }
    assert np.isclose(plain.distances[0, 1], plain.distances[0, 2], rtol=1e-3)
    for found in warped.values():
        assert found.indices[0].tolist() == [0, 1, 2]
        assert found.distances[0, 1] < 0.05 * found.distances[0, 2]


def test_the_accumulated_cost_equals_that_of_dtaidistance():
    theirs = pytest.importorskip(
        "dtaidistance.dtw_ndim", reason="dtaidistance is not installed: pip install dtaidistance"
    )
    rng = np.random.default_rng(1)
    rows = rng.random((5, 12 * 4))
    tables = rows.reshape(5, 12, 4)
    expected = [
        [theirs.distance(x.copy(), y.copy(), inner_dist="euclidean") for y in tables]
        for x in tables
    ]
    card = resolve_metric("dtw", {"shape": (12, 4)})
    np.testing.assert_allclose(card.between(rows, rows), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (None, "needs the keyword 'shape'"),
        ({"shape": (3, 3)}, "makes rows of 9 numbers; the rows have 8 columns"),
        ({"shape": 8}, "two whole numbers"),
        ({"shape": (4, 2), "axis": 2}, "Give 0 where"),
        ({"shape": (4, 2), "cost": "mean"}, "'accumulated' or 'path_mse'"),
    ],
)
def test_bad_keywords_are_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        find_neighbors(np.zeros((4, 8)), n_neighbors=2, metric="dtw", metric_kwds=keywords)


@pytest.mark.parametrize("cost", ["accumulated", "path_mse"])
@pytest.mark.parametrize(("shape", "axis"), [((7, 3), 0), ((3, 7), 1), ((1, 20), 0), ((33, 1), 0)])
def test_the_kernel_agrees_with_the_formula(cost, shape, axis):
    rng = np.random.default_rng(2)
    keywords = {"shape": shape, "axis": axis, "cost": cost}
    for rows in (
        rng.normal(size=(70, shape[0] * shape[1])),
        rng.integers(0, 3, (70, shape[0] * shape[1])),  # many ties
    ):
        rows = rows.astype(np.float32)
        found = find_neighbors(rows, n_neighbors=70, metric="dtw", metric_kwds=keywords)
        far = resolve_metric("dtw", keywords).between(rows, rows)
        listed = np.take_along_axis(far, found.indices.astype(int), axis=1)
        np.testing.assert_allclose(found.distances[:, 1:], listed[:, 1:], rtol=1e-6, atol=1e-7)


def test_the_kernel_refuses_arrays_that_do_not_fit():
    rows, out = np.zeros((3, 6), np.float32), np.zeros((3, 3))
    with pytest.raises(ValueError, match="do not fit"):
        _kernels.warp_rows(rows, rows[:, :5].copy(), 3, False, out)
    with pytest.raises(ValueError, match="must divide"):
        _kernels.warp_rows(rows, rows, 4, False, out)
    with pytest.raises(ValueError, match="must divide"):
        _kernels.warp_rows(rows, rows, 0, False, out)
