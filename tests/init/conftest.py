from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from umapkit.graph import fuzzy_graph
from umapkit.neighbors import Neighbors


def build(rows: np.ndarray, k: int = 10) -> csr_array:
    """Fuzzy graph of the exact neighbours."""
    distances, indices = cKDTree(rows).query(rows, k=k)
    indices[:, 0] = np.arange(len(rows))
    return fuzzy_graph(Neighbors(indices.astype(np.int32), distances.astype(np.float32)))


@pytest.fixture(scope="session")
def graph_of() -> Callable[..., csr_array]:
    return build


@pytest.fixture(scope="session")
def islands() -> tuple[np.ndarray, csr_array]:
    """Three far islands of 300, 60 and 25 rows, and their graph."""
    rng = np.random.default_rng(0)
    rows = np.concatenate(
        [50.0 * i + rng.normal(size=(size, 4)) for i, size in enumerate((300, 60, 25))]
    )
    return rows.astype(np.float32), build(rows)
