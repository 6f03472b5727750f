"""One door to all starts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from umapkit.data import Rows
from umapkit.graph import shape_of
from umapkit.init._given import given_start
from umapkit.init._pca import pca_start
from umapkit.init._random import random_start
from umapkit.init._rescale import rescale
from umapkit.init._spectral import check_n_components, spectral_start


def make_start(
    graph: csr_array,
    *,
    init: Literal["spectral", "pca", "random"] | ArrayLike = "spectral",
    n_components: int = 2,
    data: Rows | None = None,
    seed: int,
    n_jobs: int | None = None,
) -> NDArray[np.float32]:
    """Make the start of a layout, every axis scaled to [0, 10].

    Parameters
    ----------
    graph : csr_array of float32, shape (n, n)
        The fuzzy graph.
    init : {"spectral", "pca", "random"} or array-like of shape (n, n_components)
        "spectral": smooth coordinates of the graph. "pca": principal axes of `data`. "random":
        uniform. An array is checked and scaled.
    n_components : int, default 2
        Dimensions of the map.
    data : float32 array or SparseRows of shape (n, d), optional
        The rows: needed by "pca"; "spectral" uses them to arrange many components.
    seed : int
        Seed of every draw.
    n_jobs : int, optional
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (n, n_components)
        Finite, for any graph, also for one without edges.

    Raises
    ------
    ValueError
        If `init` is not known or an array of the wrong shape, or if "pca" has no data.
    """
    check_n_components(n_components)
    n = shape_of(graph)[0]
    if not isinstance(init, str):
        start = given_start(init, n_rows=n, n_components=n_components, seed=seed)
        return rescale(start, seed=seed)
    if init == "spectral":
        start = spectral_start(
            graph, n_components=n_components, seed=seed, data=data, n_jobs=n_jobs
        )
        return rescale(start, seed=seed, noise=True)
    if init == "random":
        return rescale(random_start(n, n_components=n_components, seed=seed), seed=seed)
    if init == "pca":
        if data is None or len(data) != n:
            given = "no data" if data is None else f"{len(data)} rows"
            msg = (
                f"init='pca' needs the data of all {n} points; {given} was given. Pass data, or "
                "use init='spectral'."
            )
            raise ValueError(msg)
        start = pca_start(data, n_components=n_components, seed=seed, n_jobs=n_jobs)
        return rescale(start, seed=seed, noise=True)
    msg = (
        f"init={init!r} is not known. Give 'spectral', 'pca', 'random', or an array of shape "
        f"({n}, {n_components})."
    )
    raise ValueError(msg)
