"""Rows for the tests of this room."""

from __future__ import annotations

import numpy as np


def random_rows(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(n, d)).astype(np.float32)
