from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from umapkit import find_neighbors, fuzzy_graph
from umapkit.graph import input_radii


def test_the_example_of_input_radii_by_hand():
    """Six points on a line and their two nearest others: equations 1 to 4 and 30, pair by pair."""
    x = np.array([0.0, 1, 2, 10, 20, 30])
    n = len(x)
    far = np.abs(x[:, None] - x)
    p, listed = np.zeros((n, n)), np.zeros((n, n), dtype=bool)
    for i in range(n):
        near = np.argsort(far[i], kind="stable")
        near = near[near != i][:2]
        listed[i, near] = True
        gap = far[i, near] - far[i, near].min()
        # Two memberships cannot add up to log2(3) if both neighbours are equally near: they are 1.
        sigma = np.inf
        if gap.max() > 0:
            sigma = brentq(lambda s, g=gap: np.exp(-g / s).sum() - np.log2(3), 1e-3, 1e6)
        p[i, near] = np.exp(-gap / sigma) if np.isfinite(sigma) else 1.0
    joint = p + p.T - p * p.T
    expected = np.log(1e-8 + (joint * far**2).sum(axis=1) / joint.sum(axis=1))
    table = find_neighbors(x[:, None], n_neighbors=3)
    found = input_radii(fuzzy_graph(table), table)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_array_equal(found.round(1), [0.9, 2.9, 3.2, 4.9, 4.6, 5.4])  # as printed
