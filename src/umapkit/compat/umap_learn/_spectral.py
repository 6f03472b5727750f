"""umap-learn's spectral layouts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit._seed import resolve_seed
from umapkit.compat.umap_learn._graph import as_csr
from umapkit.init import spectral_start


def spectral_layout(
    data: Any,
    graph: Any,
    dim: int,
    random_state: Any,
    metric: Any = "euclidean",
    metric_kwds: dict[str, Any] | None = None,
    tol: float = 0.0,
    maxiter: int = 0,
) -> NDArray[np.float32]:
    """Lay a graph out by its smooth coordinates; see `umapkit.spectral_start`.

    Parameters
    ----------
    data : table of shape (n, d) or None
        Rows, to arrange many components.
    graph : sparse matrix of shape (n, n)
        Symmetric memberships.
    dim : int
        Dimensions.
    random_state : int, RandomState, Generator or None
        Seed.
    metric, metric_kwds, tol, maxiter
        Without effect: the start makes a bounded number of sparse products.

    Returns
    -------
    float32 array of shape (n, dim)
    """
    rows = None if data is None or hasattr(data, "tocsr") else np.asarray(data, dtype=np.float32)
    weights = csr_array(as_csr(graph), dtype=np.float32)
    weights.sort_indices()
    seed = resolve_seed(random_state)
    return spectral_start(weights, n_components=dim, seed=seed, data=rows)


def tswspectral_layout(
    data: Any,
    graph: Any,
    dim: int,
    random_state: Any,
    metric: Any = "euclidean",
    metric_kwds: dict[str, Any] | None = None,
    method: Any = None,
    tol: float = 0.0,
    maxiter: int = 0,
) -> NDArray[np.float32]:
    """Do what `spectral_layout` does, whose coordinates it approximates in umap-learn."""
    return spectral_layout(data, graph, dim, random_state, metric, metric_kwds, tol, maxiter)
