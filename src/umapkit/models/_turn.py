"""Turning one start onto another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def turned(
    places: NDArray[np.float32],
    rows: NDArray[np.int64],
    targets: NDArray[np.floating],
) -> NDArray[np.float32]:
    """Rotate, mirror and shift a map so that some of its points lie near their targets.

    The orthogonal Procrustes problem: with M = sum (x - mean x)(t - mean t)^T = U S V^T, the
    turn is U V^T. Sums run in a fixed order, without BLAS.

    Parameters
    ----------
    places : float32 array of shape (n, d)
        The map.
    rows : int64 array of shape (p,)
        Points with a target; none: the map comes back as it is.
    targets : array of shape (p, d)
        Where they should lie.

    Returns
    -------
    float32 array of shape (n, d)
        Distances within the map stay.
    """
    if len(rows) == 0:
        return places
    from threadpoolctl import threadpool_limits

    mine, theirs = places[rows].astype(np.float64), np.asarray(targets, dtype=np.float64)
    middle, goal = mine.mean(axis=0), theirs.mean(axis=0)
    cross = np.einsum("ik,il->kl", mine - middle, theirs - goal, optimize=False)
    with threadpool_limits(1):
        left, _, right = np.linalg.svd(cross)
    turn = np.einsum("kj,jl->kl", left, right, optimize=False)
    result = np.einsum("ik,kl->il", places.astype(np.float64) - middle, turn, optimize=False)
    return (result + goal).astype(np.float32)
