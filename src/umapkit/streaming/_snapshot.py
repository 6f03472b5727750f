"""A map at one moment, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What `ProgressiveUMAP.snapshot` returns.

    Attributes
    ----------
    ids : array of shape (n,)
        Ids of the rows held, in order of arrival.
    embedding : float32 array of shape (n, n_components)
        Their places; NaN for rows not on the map yet.
    waiting : int
        How many of them are not.
    owed : int
        Moves of points that the rows so far have brought and that are still to be made.
    n_operations : int
        Operations done until then.
    """

    ids: NDArray[Any]
    embedding: NDArray[np.float32]
    waiting: int
    owed: int
    n_operations: int
