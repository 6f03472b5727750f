from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Three clouds of 60 rows with 6 columns, and which cloud a row is of."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(3), 60)
    rows = rng.normal(size=(180, 6)) + 6 * rng.normal(size=(3, 6))[codes]
    order = rng.permutation(180)
    return rows[order].astype(np.float32), codes[order]
