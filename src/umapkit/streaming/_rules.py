"""The numbers of a stream: what an operation is, how far a point steps, how long it is young."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Engine = Literal["graph", "panene", "exact"]
Move = Literal["both", "new"]
Placing = Literal["nearest", "mean"]

# One operation is one row linked or searched again by the table of neighbours, or so many moves of
# points (a move is one point in one epoch): about as long on a table of some ten thousand rows.
MOVES_PER_OPERATION = 128

# Pieces of work, after each of which a step looks at the clock or at what is left of its budget.
TABLE_PIECE = 64
MOVE_PIECE = 2048

# Pieces of work that no budget cuts: rows linked, lists refreshed, moves of a sweep.
BULK_PIECE = 4096
BULK_RELINK = 65536
BULK_MOVES = 2**18

# A sweep moves one such share of the map after the other, at least PART_LEAST points: points that
# see how others have moved already get along faster than if all moved at once.
SWEEP_PARTS = 64
PART_LEAST = 256

# Linked rows of which the first map is made, where more are waiting.
FIRST_ROWS = 1024

# Moves that each new or changed row brings to the whole map, and each removed one.
MOVES_PER_ROW = 100
MOVES_PER_REMOVAL = 20

# Moves owed are no more than so many of every point: a batch as large as the map would otherwise
# move the old points by more than 2 % of its diameter.
SWEEPS_AT_MOST = 12

# Epochs in which new points move alone before the others take part.
YOUNG_EPOCHS = 15

# Step sizes over the learning rate: of a new point, of an old one, and moves from one to the other.
FIRST_STEP = 1.0
LAST_STEP = 0.1
YOUTH = 200

# Fewest negatives drawn for each one that counts.
DRAWN_LEAST = 1.0

# Most of step times stiffness: motion lasts for about twice as many epochs.
MEMORY = 2.0

# move="new": a round ends when the largest move is below this share of the map's diameter, or
# after so many epochs.
STILL = 1e-3
ROUND_EPOCHS = 50

# Noise of a new point's place, in units of its mean distance to its neighbours in the data.
NOISE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Parameters of the estimator that the stream works by, resolved."""

    n_components: int
    metric: str
    a: float
    b: float
    learning_rate: float
    negative_sample_rate: float
    repulsion_strength: float
    local_connectivity: float
    disconnection_distance: float
    target_weight: float
    move: Move
    place: Placing
    anchor: float
    seed: int


def drawn(n: int) -> float:
    """Return negatives drawn for each that counts: up to 4 where the map is small (sampled.hpp)."""
    return min(max(16384 / max(n, 1), DRAWN_LEAST), 4.0)


def step_sizes(ages: NDArray[np.int32], learning_rate: float) -> NDArray[np.float32]:
    """Return steps by age: falling over a point's youth, then a floor that keeps the map alive."""
    left = np.maximum(1.0 - ages / YOUTH, 0.0)
    return (learning_rate * (LAST_STEP + (FIRST_STEP - LAST_STEP) * left)).astype(np.float32)
