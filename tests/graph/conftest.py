from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from umapkit.neighbors import Neighbors


def nearest(rows: np.ndarray, k: int) -> Neighbors:
    """Exact neighbours in NumPy: the row itself first, then by (distance, index)."""
    wide = rows.astype(np.float64)
    squared = np.sum((wide[:, None, :] - wide[None, :, :]) ** 2, axis=2)
    np.fill_diagonal(squared, -1.0)
    indices = np.argsort(squared, axis=1, kind="stable")[:, :k]
    distances = np.sqrt(np.maximum(np.take_along_axis(squared, indices, axis=1), 0))
    return Neighbors(indices.astype(np.int32), distances.astype(np.float32))


@pytest.fixture(scope="session")
def find() -> Callable[[np.ndarray, int], Neighbors]:
    return nearest


@pytest.fixture(scope="session")
def reference() -> dict[str, np.ndarray]:
    path = Path(__file__).parent.parent / "reference" / "umap_learn_digits_graph.npz"
    with np.load(path) as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def digits(reference: dict[str, np.ndarray]) -> Neighbors:
    return Neighbors(reference["indices"], reference["distances"])
