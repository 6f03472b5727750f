"""New points on a finished map of a contrastive layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit._threads import resolve_n_jobs
from umapkit.layout._edges import shuffled
from umapkit.layout._layout import NEGATIVE_RUNS
from umapkit.layout._settle import FrozenMap, settle
from umapkit.layout.contrast._options import MEAN_DEGREE, ContrastOptions
from umapkit.layout.contrast._shares import Shares


@dataclass(frozen=True, eq=False)
class FrozenContrast:
    """A finished map as new points read it, made once and used for any number of them.

    Attributes
    ----------
    map : FrozenMap
        The map and its shuffled copy.
    shares, degrees : float32 array of shape (n + 16,)
        Of the negatives, in the order of that copy.
    ratio : float
        Share over degree of a new point.
    """

    map: FrozenMap
    shares: NDArray[np.float32]
    degrees: NDArray[np.float32]
    ratio: float

    @classmethod
    def of(
        cls, embedding: NDArray[Any], degrees: NDArray[np.float32], options: ContrastOptions
    ) -> Self:
        """Prepare a map (n, d) whose vertices have `degrees` (`ContrastLayout.degrees`)."""
        shares = Shares.of(np.asarray(degrees, dtype=np.float32), by_degree=options.by_degree)
        ratio = shares.ratio_of(MEAN_DEGREE, by_degree=options.by_degree)
        around = shares.around(shuffled(len(embedding), options.seed))
        return cls(FrozenMap.of(embedding, seed=options.seed), *around, ratio)


def settle_contrast(
    frozen: FrozenContrast,
    neighbors: NDArray[np.int32],
    weights: NDArray[np.float32],
    start: NDArray[Any],
    row_keys: NDArray[np.uint64],
    options: ContrastOptions,
    *,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Let new points find their places while the map stays as it is.

    Every point gets the degree of a mean vertex. Its place depends on its own numbers and the
    map, not on the other points.

    Parameters
    ----------
    frozen : FrozenContrast
        The finished map.
    neighbors : int32 array of shape (m, k)
        Vertices near each new point.
    weights : float32 array of shape (m, k)
        How strongly they attract, on any scale; 0 where there is none. A row of zeros stays at
        its start.
    start : array of shape (m, d)
        Where the new points begin.
    row_keys : uint64 array of shape (m,)
        One number per row that depends on its contents only; draws are hashed from it.
    options : ContrastOptions
        Of the fit, but `n_epochs`: steps per point.
    n_jobs : int or None, default None
        Threads.

    Returns
    -------
    float32 array of shape (m, d)
        The places.
    """
    neighbors = np.ascontiguousarray(neighbors, dtype=np.int32)
    total = weights.sum(axis=1, keepdims=True)
    scaled = np.zeros(weights.shape, dtype=np.float32)
    np.divide(weights * np.float32(MEAN_DEGREE), total, out=scaled, where=total > 0)
    row_keys = np.ascontiguousarray(row_keys, dtype=np.uint64)
    curve, seed = options.curve, frozen.map.seed
    if options.cost == "umap":
        return settle(
            frozen.map,
            neighbors,
            scaled,
            start,
            row_keys,
            a=curve.a,
            b=curve.b,
            n_epochs=options.n_epochs,
            learning_rate=options.learning_rate,
            negative_sample_rate=options.negative_sample_rate,
            repulsion_strength=curve.gamma,
            n_jobs=n_jobs,
        )
    places = np.array(start, dtype=np.float32, order="C")
    rows = (frozen.map.places, frozen.map.shuffled, neighbors, scaled, row_keys)
    common: dict[str, Any] = {
        "n_epochs": options.n_epochs,
        "learning_rate": options.learning_rate,
        "seed": seed,
        "n_threads": resolve_n_jobs(n_jobs),
    }
    if options.cost == "infonc_tsne":
        _kernels.settle_infonc(
            *rows,
            places,
            exaggeration=options.exaggeration,
            negatives=int(options.negative_sample_rate),
            **common,
        )
    else:
        _kernels.settle_weighted(
            *rows,
            np.full(len(places), frozen.ratio, dtype=np.float32),
            frozen.shares,
            frozen.degrees,
            places,
            negative_rate=options.negative_sample_rate,
            negative_runs=NEGATIVE_RUNS,
            **curve._asdict(),
            **common,
        )
    return places
