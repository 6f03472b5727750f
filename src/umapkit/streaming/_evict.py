"""Which rows go when there are more than may be held."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Evict = Literal["oldest", "least_informative"]


def choose(slots: NDArray[np.int32], m: int, *, evict: Evict, table: Any) -> NDArray[np.int64]:
    """Choose m of the held rows to go.

    Parameters
    ----------
    slots : int32 array of shape (n,)
        Slots in order of arrival.
    m : int
        How many shall go, at most n.
    evict : {"oldest", "least_informative"}
        "oldest": those that came first. "least_informative": those with the smallest mean
        distance to their neighbours, which say most of what they said, and no two that list each
        other as long as there are others; among equals the oldest. Rows not searched yet stay.
    table : GrowingNeighbors
        The neighbours.

    Returns
    -------
    int64 array of shape (m,)
        Numbers of the rows in `slots`, ascending.
    """
    if evict == "oldest":
        return np.arange(m, dtype=np.int64)
    indices, distances = table.indices[slots], table.distances[slots]
    finite = np.isfinite(distances)
    found = finite.sum(axis=1) - 1
    total = np.where(finite, distances, 0.0).sum(axis=1, dtype=np.float64)
    mean = np.where(found > 0, total / np.maximum(found, 1), np.inf)
    order = np.argsort(mean, kind="stable")
    near_gone = np.zeros(table.capacity, dtype=bool)
    chosen: list[int] = []
    passed: list[int] = []
    for number in order.tolist():
        if len(chosen) == m:
            break
        if near_gone[slots[number]]:
            passed.append(number)
            continue
        chosen.append(number)
        listed = indices[number]
        near_gone[listed[listed >= 0]] = True
    chosen += passed[: m - len(chosen)]
    return np.sort(np.array(chosen, dtype=np.int64))
