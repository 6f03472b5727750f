from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from umapkit.graph import bandwidths
from umapkit.neighbors import Neighbors


def table(distances) -> Neighbors:
    distances = np.atleast_2d(np.asarray(distances, dtype=np.float32))
    indices = np.tile(np.arange(distances.shape[1], dtype=np.int32), (len(distances), 1))
    return Neighbors(np.where(np.isfinite(distances), indices, -1).astype(np.int32), distances)


def twin(distances, *, connectivity=1.0, bandwidth=1.0, first=1, mean=None):
    """The definition of bandwidth.hpp, row by row in NumPy."""
    distances = np.asarray(distances, dtype=np.float32).astype(np.float64)
    target = np.log2(distances.shape[1]) * bandwidth
    finite = np.isfinite(distances)
    mean = distances[finite].mean() if mean is None else mean
    sigmas, rhos = [], []
    for row, here in zip(distances, finite, strict=True):
        nonzero = np.sort(row[here & (row > 0)])
        whole, part = int(connectivity), connectivity - int(connectivity)
        if len(nonzero) == 0:
            rho = 0.0
        elif len(nonzero) < connectivity:
            rho = nonzero[-1]
        elif whole == 0:
            rho = part * nonzero[0]
        else:
            rho = nonzero[whole - 1]
            if part > 1e-5:
                rho += part * (nonzero[whole] - rho)
        rho = float(np.float32(rho))
        gaps = np.maximum(0.0, row[first:][here[first:]] - rho)
        low, high, sigma = 0.0, np.inf, 1.0
        for _ in range(64):
            total = np.exp(-gaps / sigma).sum()
            if abs(total - target) < 1e-5:
                break
            if total > target:
                high = sigma
                sigma = (low + high) / 2
            else:
                low = sigma
                sigma = sigma * 2 if np.isinf(high) else (low + high) / 2
        own = row[here].mean() if here.any() else 0.0
        sigmas.append(max(sigma, 1e-3 * (own if rho > 0 else mean)))
        rhos.append(rho)
    return np.float32(sigmas), np.float32(rhos)


rows_of_distances = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 7), st.integers(2, 20)),
    elements=st.one_of(
        st.floats(0, 100, width=32), st.just(0.0), st.just(float("inf")), st.floats(0, 1, width=32)
    ),
)


@given(
    rows_of_distances,
    st.sampled_from([0.0, 0.5, 1.0, 1.75, 3.0]),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.booleans(),
)
def test_kernel_agrees_with_its_numpy_twin(distances, connectivity, bandwidth, bipartite):
    distances.sort(axis=1)
    if not bipartite:
        distances[:, 0] = 0.0
    mean = 0.25 if bipartite else None
    result = bandwidths(
        table(distances),
        local_connectivity=connectivity,
        bandwidth=bandwidth,
        bipartite=bipartite,
        mean_distance=mean,
    )
    sigmas, rhos = twin(
        distances,
        connectivity=connectivity,
        bandwidth=bandwidth,
        first=0 if bipartite else 1,
        mean=mean,
    )
    np.testing.assert_array_equal(result.rhos, rhos)
    # The sums may fall on either side of the tolerance, so sigmas agree to it, not to the bit.
    np.testing.assert_allclose(result.sigmas, sigmas, rtol=1e-3)
    assert np.isfinite(result.sigmas).all()


def test_sums_of_memberships_meet_log2_k():
    rng = np.random.default_rng(0)
    distances = np.sort(rng.uniform(1, 5, (200, 15)), axis=1).astype(np.float32)
    distances[:, 0] = 0
    result = bandwidths(table(distances))
    gaps = np.maximum(0, distances[:, 1:].astype(float) - result.rhos[:, None])
    sums = np.exp(-gaps / result.sigmas[:, None].astype(float)).sum(axis=1)
    np.testing.assert_allclose(sums, np.log2(15), atol=2e-5)


def test_bandwidths_of_digits_are_umap_learns(reference, digits):
    for name, connectivity in {"default": 1.0, "connectivity_1_75": 1.75}.items():
        result = bandwidths(digits, local_connectivity=connectivity)
        np.testing.assert_allclose(result.rhos, reference[f"{name}_rhos"], rtol=1e-6)
        np.testing.assert_allclose(result.sigmas, reference[f"{name}_sigmas"], rtol=1e-4)


def test_a_missing_neighbour_does_not_make_sigma_infinite():
    whole = bandwidths(table([0, 0.2, 0.4, 0.6, np.inf]))
    assert whole.rhos[0] == np.float32(0.2)
    assert whole.sigmas[0] == pytest.approx(0.71, abs=0.005)
    gaps = np.array([0.0, 0.2, 0.4])
    assert np.exp(-gaps / whole.sigmas[0]).sum() == pytest.approx(np.log2(5), abs=2e-5)


def test_a_missing_neighbour_leaves_other_rows_alone():
    rows = np.array([[0, 1, 2, 3], [0, 0, 0, np.inf], [0, 1, 2, 3]], dtype=np.float32)
    result = bandwidths(table(rows))
    assert np.isfinite(result.sigmas).all()
    assert result.sigmas[0] == result.sigmas[2]
    assert result.mean_distance == pytest.approx(12 / 11)


def test_rows_of_equal_points_get_the_floor_of_the_mean_of_all():
    rows = np.array([[0, 0, 0, 0], [0, 1, 2, 3]], dtype=np.float32)
    result = bandwidths(table(rows))
    assert result.rhos[0] == 0
    assert result.sigmas[0] == np.float32(1e-3 * 6 / 8)
    given_mean = bandwidths(table(rows), mean_distance=5.0)
    assert given_mean.sigmas[0] == np.float32(5e-3)
    assert given_mean.mean_distance == 5.0


def test_all_points_equal_gives_finite_bandwidths():
    result = bandwidths(table(np.zeros((5, 4))))
    assert np.isfinite(result.sigmas).all()
    assert (result.rhos == 0).all()


def test_a_new_row_does_not_depend_on_its_batch():
    rng = np.random.default_rng(1)
    rows = np.sort(rng.uniform(0, 3, (50, 8)), axis=1).astype(np.float32)
    rows[3] = 0.0
    together = bandwidths(table(rows), bipartite=True, mean_distance=1.5)
    for i in (0, 3, 49):
        alone = bandwidths(table(rows[i]), bipartite=True, mean_distance=1.5)
        assert alone.sigmas[0] == together.sigmas[i]
        assert alone.rhos[0] == together.rhos[i]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"local_connectivity": -1}, "local_connectivity=-1"),
        ({"local_connectivity": float("nan")}, "local_connectivity"),
        ({"bandwidth": 0}, "bandwidth=0"),
        ({"mean_distance": -1.0}, "mean_distance"),
        ({"bipartite": True}, "needs mean_distance"),
    ],
)
def test_bad_parameters_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        bandwidths(table([0, 1, 2]), **options)


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_bad_distances_are_named_with_row_and_column(bad):
    distances = np.array([[0, 1, 2], [0, bad, 2]], dtype=np.float32)
    with pytest.raises(ValueError, match="row 1, column 1"):
        bandwidths(Neighbors(np.zeros((2, 3), dtype=np.int32), distances))


def test_no_column_is_an_error_and_no_row_is_not():
    with pytest.raises(ValueError, match="at least one column"):
        bandwidths(table(np.empty((2, 0))))
    assert bandwidths(table(np.empty((0, 3)))).sigmas.shape == (0,)
