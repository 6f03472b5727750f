"""What the tests of growing tables share: data, truth by NumPy, random calls."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from umapkit.neighbors import GrowingNeighbors, grow

KINDS = ("graph", "panene", "exact")


def clusters(n: int, d: int, seed: int, *, centres: int = 20) -> np.ndarray:
    """Rows around some centres."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(centres, d)) * 3
    return (middle[rng.integers(centres, size=n)] + rng.normal(size=(n, d))).astype(np.float32)


def drain(table: GrowingNeighbors, step: int = 500) -> int:
    """Do all that is queued; return the operations."""
    total = 0
    while done := table.work(step):
        total += done
    assert table.pending == 0
    return total


def true_lists(rows: np.ndarray, slots: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of rows among themselves by NumPy: slots and distances, by (distance, slot)."""
    far = np.sqrt(((rows[:, None, :].astype(np.float64) - rows[None]) ** 2).sum(axis=2))
    np.fill_diagonal(far, np.inf)
    order = np.lexsort((np.broadcast_to(slots, far.shape), far), axis=1)[:, :k]
    ids, near = slots[order], np.take_along_axis(far, order, axis=1)
    ids[~np.isfinite(near)] = -1
    short = k - ids.shape[1]
    ids = np.pad(ids, ((0, 0), (0, short)), constant_values=-1)
    return ids, np.pad(near, ((0, 0), (0, short)), constant_values=np.inf)


def check_lists(table: GrowingNeighbors) -> None:
    """Whatever is pending: lists are sorted, name rows in use, each once, at true distances."""
    alive = table.alive
    ids, far = table.indices, table.distances
    assert (ids[~alive] == -1).all()
    assert np.isinf(far[~alive]).all()
    slots = np.flatnonzero(alive)
    assert np.array_equal(ids[slots, 0], slots)
    assert (far[slots, 0] == 0).all()
    ids, far = ids[slots, 1:], far[slots, 1:]
    there = ids >= 0
    assert np.array_equal(there, np.isfinite(far))
    assert alive[ids[there]].all()
    assert (ids != slots[:, None]).all()
    if ids.shape[1] > 1:
        ties = (far[:, 1:] == far[:, :-1]) & there[:, 1:]
        assert ((far[:, 1:] > far[:, :-1]) | ties | ~there[:, 1:]).all()
        assert (ids[:, 1:][ties] > ids[:, :-1][ties]).all()
    ordered = np.sort(ids, axis=1)
    assert ((ordered[:, 1:] != ordered[:, :-1]) | (ordered[:, 1:] < 0)).all()
    if table.metric == "euclidean":
        rows = table.rows.astype(np.float64)
        apart = np.sqrt(((rows[slots][:, None] - rows[np.maximum(ids, 0)]) ** 2).sum(axis=2))
        np.testing.assert_allclose(far[there], apart[there], rtol=1e-5, atol=1e-6)


def same_state(a: GrowingNeighbors, b: GrowingNeighbors) -> bool:
    """Whether two tables hold the same bits."""
    one, other = a.state_arrays(), b.state_arrays()
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


class Random:
    """A table under random calls, all of them drawn from one seed."""

    def __init__(self, kind: str, rows: np.ndarray, seed: int, *, k: int = 15, **how) -> None:
        self.rng = np.random.default_rng(seed)
        self.rows = rows
        self.table = grow(
            cast("Any", kind), n_features=rows.shape[1], n_neighbors=k, seed=seed, **how
        )
        self.where: dict[int, int] = {}  # slot: row

    def some(self, m: int) -> np.ndarray:
        """Slots in use, chosen at random."""
        return self.rng.choice(sorted(self.where), size=min(m, len(self.where)), replace=False)

    def insert(self, which: np.ndarray) -> None:
        slots = self.table.insert(self.rows[which])
        assert len(set(slots.tolist())) == len(which)
        assert not set(slots.tolist()) & self.where.keys()
        self.where |= dict(zip(slots.tolist(), which.tolist(), strict=True))

    def replace(self, m: int) -> None:
        slots = self.some(m)
        which = self.rng.integers(len(self.rows), size=len(slots))
        self.table.replace(slots, self.rows[which])
        self.where |= dict(zip(slots.tolist(), which.tolist(), strict=True))

    def remove(self, m: int) -> None:
        slots = self.some(m)
        self.table.remove(slots)
        for slot in slots.tolist():
            del self.where[slot]

    def check_rows(self) -> None:
        """No slot is lost or doubled, and each holds its row."""
        assert np.flatnonzero(self.table.alive).tolist() == sorted(self.where)
        slots = np.array(sorted(self.where), dtype=int)
        which = np.array([self.where[s] for s in sorted(self.where)], dtype=int)
        assert np.array_equal(self.table.rows[slots], self.rows[which])
