"""The value that the stages exchange: a table of nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Neighbors:
    """The nearest neighbours of every row.

    Parameters
    ----------
    indices : int32 array of shape (n, k)
        Column 0 is the row itself (not so for new rows); -1 where a neighbour is missing.
    distances : float32 array of shape (n, k)
        Increasing in every row; infinite where a neighbour is missing.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.indices.shape[0]

    @property
    def k(self) -> int:
        """Neighbours of a row, itself included."""
        return self.indices.shape[1]

    def with_k(self, k: int) -> Neighbors:
        """Keep the first `k` columns."""
        return Neighbors(
            np.ascontiguousarray(self.indices[:, :k]), np.ascontiguousarray(self.distances[:, :k])
        )
