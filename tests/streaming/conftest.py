from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def digits():
    """1,797 digits of 64 pixels, in a random order, and their labels."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return X[order].astype(np.float32), y[order]


@pytest.fixture(scope="session")
def rows():
    """600 rows of 5 numbers."""
    return np.random.default_rng(0).normal(size=(600, 5)).astype(np.float32)
