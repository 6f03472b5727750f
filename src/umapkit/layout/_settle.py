"""New points on a finished map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.layout._edges import shuffled
from umapkit.layout._layout import NEGATIVE_RUNS


def settle(
    embedding: NDArray[np.float32],
    neighbors: NDArray[np.int32],
    weights: NDArray[np.float32],
    start: NDArray[Any],
    row_keys: NDArray[np.uint64],
    *,
    a: float,
    b: float,
    n_epochs: int,
    learning_rate: float = 1.0,
    negative_sample_rate: float = 5.0,
    repulsion_strength: float = 1.0,
    seed: int = 0,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Let new points find their places while the map stays as it is.

    A row's place depends on its own numbers and the map, not on the other rows.

    Parameters
    ----------
    embedding : float32 array of shape (n, d)
        The finished map.
    neighbors : int32 array of shape (m, k)
        Training rows near each new row; -1 where there is none.
    weights : float32 array of shape (m, k)
        Memberships, 0 where there is no neighbour. A row of zeros stays at its start.
    start : array of shape (m, d)
        Where the new points begin (`umapkit.place`).
    row_keys : uint64 array of shape (m,)
        One number per row that depends on its contents only; draws are hashed from it.
    a, b, learning_rate, negative_sample_rate, repulsion_strength
        As in the fit; see `LayoutOptions`.
    n_epochs : int
        Steps per point; 0 leaves the start.
    seed : int, default 0
        Seed of the fitted model.
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    float32 array of shape (m, d)
        The places.
    """
    places = np.array(start, dtype=np.float32, order="C")
    _kernels.settle(
        np.ascontiguousarray(embedding, dtype=np.float32),
        shuffled(len(embedding), seed),
        np.ascontiguousarray(neighbors, dtype=np.int32),
        np.ascontiguousarray(weights, dtype=np.float32),
        np.ascontiguousarray(row_keys, dtype=np.uint64),
        places,
        n_epochs=n_epochs,
        a=a,
        b=b,
        gamma=repulsion_strength,
        learning_rate=learning_rate,
        negative_rate=negative_sample_rate,
        negative_runs=NEGATIVE_RUNS,
        seed=seed,
        n_threads=resolve_n_jobs(n_jobs),
    )
    return places
