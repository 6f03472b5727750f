"""New points on a finished map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.layout._edges import LANES, shuffled
from umapkit.layout._layout import NEGATIVE_RUNS


@dataclass(frozen=True, eq=False)
class FrozenMap:
    """A finished map as new points read it, made once and used for any number of them.

    Attributes
    ----------
    places : float32 array of shape (n, d)
        The map.
    shuffled : float32 array of shape (d, n + 16)
        Its coordinates in the order of the negatives, the first 16 again at the end.
    seed : int
        What decides that order, and the draws of the new points.
    """

    places: NDArray[np.float32]
    shuffled: NDArray[np.float32]
    seed: int

    @classmethod
    def of(cls, embedding: NDArray[Any], *, seed: int) -> Self:
        """Prepare a map of shape (n, d), n >= 1; it is copied only if it is not float32 yet."""
        places = np.ascontiguousarray(embedding, dtype=np.float32)
        n, d = places.shape
        around = np.arange(n + LANES) % n
        copy = np.empty((d, n + LANES), dtype=np.float32)
        order = shuffled(n, seed)
        for axis in range(d):
            copy[axis] = places[order, axis][around]
        return cls(places, copy, seed)


def settle(
    embedding: NDArray[np.float32] | FrozenMap,
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
    radii: NDArray[np.float64] | None = None,
    density_weight: float = 0.0,
    seed: int | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Let new points find their places while the map stays as it is.

    A row's place depends on its own numbers and the map, not on the other rows.

    Parameters
    ----------
    embedding : float32 array of shape (n, d), or FrozenMap
        The finished map. Who settles points more than once prepares it once (`FrozenMap.of`).
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
    radii : float64 array of shape (m,), optional
        Log radius that each point should have among its neighbours on the map (densMAP); NaN: no
        matter which.
    density_weight : float, default 0
        How strongly it is drawn there, in units of its degree. Larger values come nearer.
    seed : int, optional
        Seed of the fitted model: by default that of the `FrozenMap`, or 0.
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    float32 array of shape (m, d)
        The places.

    Raises
    ------
    ValueError
        If `seed` is not that of the `FrozenMap`.
    """
    if not isinstance(embedding, FrozenMap):
        embedding = FrozenMap.of(embedding, seed=seed or 0)
    elif seed is not None and seed != embedding.seed:
        msg = f"seed={seed}, but the map was prepared for {embedding.seed}. Give one of them."
        raise ValueError(msg)
    places = np.array(start, dtype=np.float32, order="C")
    _kernels.settle(
        embedding.places,
        embedding.shuffled,
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
        seed=embedding.seed,
        radii=None if radii is None else np.ascontiguousarray(radii, dtype=np.float64),
        density_weight=density_weight,
        n_threads=resolve_n_jobs(n_jobs),
    )
    return places
