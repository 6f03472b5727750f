"""What of umap-learn's features umapkit has; what it has not is skipped aloud."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import umapkit


def takes(**parameters: Any) -> None:
    """Skip unless `umapkit.UMAP` accepts these parameters with these values."""
    known = inspect.signature(umapkit.UMAP).parameters
    missing = [name for name in parameters if name not in known]
    if missing:
        pytest.skip(f"umapkit.UMAP has no {', '.join(missing)} yet")
    try:
        umapkit.UMAP(**parameters)._check_parameters(graph=None)
    except (TypeError, ValueError) as error:
        pytest.skip(f"umapkit.UMAP does not take {parameters} yet: {error}")


def has(*methods: str) -> None:
    """Skip unless `umapkit.UMAP` has these methods."""
    missing = [name for name in methods if not hasattr(umapkit.UMAP, name)]
    if missing:
        pytest.skip(f"umapkit.UMAP has no {', '.join(missing)} yet")


def random_rows(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(n, d)).astype(np.float32)
