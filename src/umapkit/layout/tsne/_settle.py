"""New points on a finished map of t-SNE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit import _kernels
from umapkit.layout._edges import LANES
from umapkit.layout.tsne._options import SPACING

_MARGIN = 2.0  # units of the map around it where its potential is kept


@dataclass(frozen=True, eq=False)
class FrozenField:
    """A finished map with its potential: what new points feel.

    Attributes
    ----------
    places : float32 array of shape (n, d)
        The map.
    degrees_of_freedom : float
        Of the similarity.
    box : float32 array of shape (5,)
        Lowest corner, distance of the nodes, and what was taken off the similarity.
    numbers : float32 array
        The potential on its grid.
    """

    places: NDArray[np.float32]
    degrees_of_freedom: float
    box: NDArray[np.float32]
    numbers: NDArray[np.float32]

    @classmethod
    def of(
        cls, places: NDArray[np.float32], *, degrees_of_freedom: float, n_jobs: int = 1
    ) -> FrozenField:
        """Make the potential of a map (n, d)."""
        places = np.ascontiguousarray(places, dtype=np.float32)
        box, numbers = _kernels.make_field(
            places,
            freedom=degrees_of_freedom,
            spacing=SPACING[places.shape[1]],
            margin=_MARGIN,
            n_threads=n_jobs,
        )
        return cls(places, degrees_of_freedom, box, numbers)


def settle_tsne(
    field: FrozenField,
    neighbors: NDArray[np.int32],
    weights: NDArray[np.float32],
    start: NDArray[np.float32],
    *,
    n_epochs: int,
    exaggeration: float,
    learning_rate: float,
    momentum: float,
    n_jobs: int = 1,
) -> NDArray[np.float32]:
    """Let new points settle on a map that stays as it is.

    Each point by itself minimises the divergence between its probabilities of nearest rows and
    its similarities to all points of the map; see ``cpp/include/umapkit/tsne_settle.hpp``.

    Parameters
    ----------
    field : FrozenField
        The map.
    neighbors : int32 array of shape (m, k)
        Nearest rows of the map.
    weights : float32 array of shape (m, k)
        Their probabilities; rows sum to 1.
    start : float32 array of shape (m, d)
        Where the points begin.
    n_epochs, exaggeration, learning_rate, momentum
        Of the gradient descent; a step's gradient is no longer than 0.25.
    n_jobs : int, default 1
        Threads; the result does not depend on them.

    Returns
    -------
    float32 array of shape (m, d)
        The places.
    """
    m, k = neighbors.shape
    wide = -(-k // LANES) * LANES
    padded: NDArray[Any] = np.zeros((m, wide), dtype=np.int32)
    padded[:, :k] = neighbors
    shares = np.zeros((m, wide), dtype=np.float32)
    shares[:, :k] = weights
    places = np.array(start, dtype=np.float32, order="C")
    _kernels.settle_tsne(
        field.box,
        field.numbers,
        field.places,
        padded,
        shares,
        places,
        steps=n_epochs,
        exaggeration=exaggeration,
        learning_rate=learning_rate,
        momentum=momentum,
        steepest=0.25,
        freedom=field.degrees_of_freedom,
        n_threads=n_jobs,
    )
    return places
