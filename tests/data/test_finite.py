from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit import _kernels
from umapkit.data import as_rows


def _twin(x: np.ndarray) -> tuple[int, int, int]:
    """The kernel in plain NumPy."""
    bad = np.flatnonzero(~np.isfinite(x))
    first = int(bad[0]) if len(bad) else -1
    return first, int(np.isnan(x).sum()), int(np.isinf(x).sum())


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 400),
    d=st.integers(1, 70),
    places=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from("n+-")), max_size=6
    ),
    threads=st.sampled_from([1, 2, 3]),
)
def test_kernel_finds_the_first_bad_value_and_counts_like_numpy(n, d, places, threads):
    x = np.random.default_rng(n * 71 + d).normal(size=(n, d)).astype(np.float32)
    values = {"n": np.nan, "+": np.inf, "-": -np.inf}
    for share, kind in places:
        x.flat[int(share * x.size)] = values[kind]
    assert _kernels.find_not_finite(x, threads) == _twin(x)


def test_largest_numbers_and_subnormals_are_finite():
    top = np.finfo(np.float32).max
    x = np.array([[top, -top, 1e-45, -0.0]], dtype=np.float32)
    assert _kernels.find_not_finite(x, 1) == (-1, 0, 0)
    np.testing.assert_array_equal(as_rows(x), x)


def test_bad_values_in_several_blocks_give_the_first_for_any_thread_count():
    x = np.zeros((3000, 300), dtype=np.float32)
    x[2999, 299] = np.nan
    x[2000, 7] = -np.inf
    x[1234, 5] = np.nan
    for threads in (1, 2, 3, 7):
        assert _kernels.find_not_finite(x, threads) == (1234 * 300 + 5, 2, 1)


def test_message_names_row_column_and_counts():
    x = np.zeros((10, 4))
    x[3, 2] = np.nan
    x[5, 0] = np.inf
    x[5, 1] = -np.inf
    with pytest.raises(
        ValueError, match=r"NaN.*row 3, column 2 \(1 NaN and 2 infinite values in all\)"
    ):
        as_rows(x)
    x[3, 2] = 0
    with pytest.raises(ValueError, match=r"contains infinity.*row 5, column 0 \(2 infinite values"):
        as_rows(x)


@pytest.mark.parametrize("value", [1e39, -1e300])
def test_finite_values_beyond_float32_are_an_overflow_not_an_infinity(value):
    x = np.zeros((4, 3))
    x[2, 1] = value
    with pytest.raises(ValueError, match=r"too large for dtype\('float32'\): .*row 2, column 1"):
        as_rows(x)


def test_numbers_that_round_down_to_the_largest_float32_pass():
    x = np.array([[3.4028235e38, 1.0]])
    assert np.isfinite(as_rows(x)).all()


def test_missing_values_become_a_number_where_one_is_given():
    X = np.array([[1.0, np.nan], [np.nan, 2.0]])
    before = X.copy()
    np.testing.assert_array_equal(as_rows(X, missing=-7.0), [[1, -7], [-7, 2]])
    np.testing.assert_array_equal(X, before)
    with pytest.raises(ValueError, match="contains NaN"):
        as_rows(X)
    with pytest.raises(ValueError, match="contains infinity"):
        as_rows([[np.nan, np.inf]], missing=-7.0)
