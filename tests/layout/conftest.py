from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array


def symmetric_graph(n, density, seed):
    """Random symmetric memberships in (0, 1], no diagonal."""
    rng = np.random.default_rng(seed)
    half = random_array((n, n), density=density, rng=rng, dtype=np.float32).toarray()
    full = np.triu(half, 1)
    return csr_array((full + full.T).astype(np.float32))


@pytest.fixture
def small():
    """40 vertices, random edges, a start in [0, 10]."""
    rng = np.random.default_rng(1)
    return symmetric_graph(40, 0.3, 0), rng.uniform(0, 10, (40, 2)).astype(np.float32)
