from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umapkit import _kernels
from umapkit.layout import find_ab

from . import twins


@pytest.mark.parametrize(
    ("min_dist", "a", "b"),
    [(0.1, 1.57694, 0.89506), (0.001, 1.92907, 0.79150), (0.0, 1.93281, 0.79049)],
)
def test_published_values_of_a_and_b_are_met(min_dist, a, b):
    assert find_ab(min_dist=min_dist) == pytest.approx((a, b), abs=1e-3)


@pytest.mark.parametrize(("min_dist", "spread"), [(0.5, 1.0), (0.99, 1.0), (0.25, 3.0), (1.0, 1.0)])
def test_the_fit_is_the_least_squares_one_of_scipy(min_dist, spread):
    from scipy.optimize import curve_fit

    x = np.linspace(0, 3 * spread, 300)
    y = np.where(x < min_dist, 1.0, np.exp(-(x - min_dist) / spread))
    expected, _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), x, y)
    assert find_ab(min_dist=min_dist, spread=spread) == pytest.approx(tuple(expected), rel=1e-4)


@pytest.mark.parametrize("spread", [1e-15, 1e-3, 0.3, 1e4, 1e6, 1e15])
def test_the_curve_scales_with_its_unit_to_nine_digits(spread):
    a, b = find_ab(min_dist=0.1)
    found = find_ab(min_dist=0.1 * spread, spread=spread)
    assert found[1] == pytest.approx(b, rel=2e-9)
    assert found[0] == pytest.approx(a * spread ** (-2 * b), rel=1e-7)
    assert found == tuple(float(f"{number:.9e}") for number in found)  # ten digits at most


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"spread": 1e16}, "from 1e-15 to 1e15"),
        ({"min_dist": -0.1}, "between 0 and spread"),
        ({"min_dist": 2.0}, "between 0 and spread"),
        ({"spread": 0.0}, "positive"),
        ({"spread": float("nan")}, "positive"),
        ({"min_dist": float("nan")}, "between 0 and spread"),
    ],
)
def test_impossible_curves_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        find_ab(**arguments)


@given(st.lists(st.floats(1e-12, 1e8), min_size=1, max_size=50))
def test_forces_and_costs_agree_with_numpy(squares):
    s = np.array(squares, dtype=np.float32)
    out = np.empty_like(s)
    a, b, gamma = 1.577, 0.895, 1.5
    s64 = s.astype(np.float64)
    ap = a * s64**b
    expected = [
        twins.attraction(s64, a, b),
        twins.repulsion(s64, a, b, gamma),
        np.log1p(ap),
        gamma * (np.log1p(ap) - np.log(ap)),
    ]
    for which, value in enumerate(expected):
        _kernels.curve_values(s, out, which=which, a=a, b=b, gamma=gamma)
        np.testing.assert_allclose(out, value, rtol=3e-5, atol=5e-7)


def test_log2_and_exp2_agree_with_numpy_over_their_range():
    x = np.logspace(-30, 30, 20001).astype(np.float32)
    out = np.empty_like(x)
    _kernels.curve_values(x, out, which=4, a=1.0, b=1.0, gamma=1.0)
    np.testing.assert_allclose(out, np.log2(x.astype(np.float64)), rtol=3e-7, atol=6e-7)
    y = np.linspace(-126, 126, 20001).astype(np.float32)
    _kernels.curve_values(y, out, which=5, a=1.0, b=1.0, gamma=1.0)
    np.testing.assert_allclose(out, np.exp2(y.astype(np.float64)), rtol=4e-7)
