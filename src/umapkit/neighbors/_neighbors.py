"""The value that this room gives to the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest rows of each of n rows.

    Every list is sorted by (distance, index). In the lists of training rows column 0 is the row
    itself at distance 0, whatever else is at distance 0. Where fewer than k neighbours exist the
    index is -1 and the distance infinite.

    Attributes
    ----------
    indices : ndarray of int32, shape (n, k)
        Which rows.
    distances : ndarray of float32, shape (n, k)
        How far.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.indices.ndim != 2 or self.indices.shape != self.distances.shape:
            msg = (
                "indices and distances must be two (n, k) arrays of one shape; they have shapes "
                f"{self.indices.shape} and {self.distances.shape}."
            )
            raise ValueError(msg)
        if self.indices.dtype != np.int32 or self.distances.dtype != np.float32:
            msg = (
                f"indices must be int32 and distances float32, not {self.indices.dtype} and "
                f"{self.distances.dtype}; umapkit.neighbors.check_precomputed converts them."
            )
            raise TypeError(msg)

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.indices.shape[0]

    @property
    def k(self) -> int:
        """Length of each list."""
        return self.indices.shape[1]

    def with_k(self, k: int) -> Neighbors:
        """Return the first `k` columns.

        Raises
        ------
        ValueError
            If `k` is not in 1 … k.
        """
        if not 1 <= k <= self.k:
            msg = f"k={k} columns were asked for; there are {self.k}. Give 1 to {self.k}."
            raise ValueError(msg)
        return Neighbors(
            np.ascontiguousarray(self.indices[:, :k]), np.ascontiguousarray(self.distances[:, :k])
        )


def with_self(indices: NDArray[np.int32], distances: NDArray[np.float32]) -> Neighbors:
    """Put each row itself, at distance 0, before its k - 1 neighbours."""
    n, k = indices.shape
    everyone = np.empty((n, k + 1), dtype=np.int32)
    everyone[:, 0] = np.arange(n)
    everyone[:, 1:] = indices
    far = np.zeros((n, k + 1), dtype=np.float32)
    far[:, 1:] = distances
    return Neighbors(everyone, far)
