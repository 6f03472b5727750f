from __future__ import annotations

import numpy as np
import pytest

from umapkit.graph import fuzzy_graph
from umapkit.neighbors import Neighbors, find_neighbors
from umapkit.neighbors.growing import grow
from umapkit.streaming._edges import Edges
from umapkit.streaming._rules import Rules
from umapkit.streaming._stream import Stream


def rules(**changes) -> Rules:
    return Rules(
        **{
            "n_components": 2,
            "metric": "euclidean",
            "a": 1.577,
            "b": 0.895,
            "learning_rate": 1.0,
            "negative_sample_rate": 5.0,
            "repulsion_strength": 1.0,
            "local_connectivity": 1.0,
            "disconnection_distance": float("inf"),
            "target_weight": 0.5,
            "move": "both",
            "place": "nearest",
            "anchor": 0.0,
            "seed": 3,
            **changes,
        }
    )


def union(directed: np.ndarray) -> np.ndarray:
    """The twin: a dense matrix of directed memberships, and its fuzzy union."""
    a = directed.astype(np.float32)
    return a + a.T - a * a.T


def random_lists(rng, capacity, slots, k):
    """New lists of some slots: distinct targets, not the slot itself, sorted."""
    targets = np.zeros((len(slots), k), dtype=np.int32)
    counts = rng.integers(0, k + 1, size=len(slots)).astype(np.int32)
    for row, slot in enumerate(slots):
        others = np.setdiff1d(np.arange(capacity), [slot])
        targets[row, : counts[row]] = np.sort(rng.choice(others, counts[row], replace=False))
    values = rng.uniform(0.01, 1.0, size=targets.shape).astype(np.float32)
    return targets, values, counts


@pytest.mark.parametrize("n_threads", [1, 3])
def test_edges_are_the_union_of_the_lists_after_any_changes(n_threads):
    rng = np.random.default_rng(0)
    capacity, k = 90, 12
    edges = Edges(capacity, n_threads=n_threads)
    twin = np.zeros((capacity, capacity), dtype=np.float32)
    for _ in range(30):
        slots = np.sort(rng.choice(capacity, rng.integers(1, 60), replace=False)).astype(np.int32)
        targets, values, counts = random_lists(rng, capacity, slots, k)
        edges.relink(slots, targets, values, counts)
        for row, slot in enumerate(slots):
            new = np.zeros(capacity, dtype=np.float32)
            new[targets[row, : counts[row]]] = values[row, : counts[row]]
            told = (new > 0) & (twin[slot] > 0) & (np.abs(new - twin[slot]) <= 1 / 256)
            twin[slot] = np.where(told, twin[slot], new)
        gone = np.sort(rng.choice(capacity, 3, replace=False)).astype(np.int32)
        edges.remove(gone)
        twin[gone] = 0.0
        twin[:, gone] = 0.0
        np.testing.assert_array_equal(edges.matrix().toarray(), union(twin))
        np.testing.assert_allclose(edges.degree, union(twin).sum(axis=1), rtol=1e-5, atol=1e-6)


def test_one_thread_and_three_leave_the_same_blocks():
    pools = []
    for n_threads in (1, 3):
        rng = np.random.default_rng(5)
        edges = Edges(900, n_threads=n_threads)
        for _ in range(4):
            slots = np.sort(rng.choice(900, 500, replace=False)).astype(np.int32)
            edges.relink(slots, *random_lists(rng, 900, slots, 15))
        pools.append(edges.state_arrays())
    for name in pools[0]:
        np.testing.assert_array_equal(pools[0][name], pools[1][name])


def test_edges_grow_and_come_back_from_their_arrays():
    rng = np.random.default_rng(1)
    edges = Edges(20, n_threads=1)
    slots = np.arange(20, dtype=np.int32)
    edges.relink(slots, *random_lists(rng, 20, slots, 8))
    before = edges.matrix().toarray()
    edges.grow(50)
    np.testing.assert_array_equal(edges.matrix().toarray()[:20, :20], before)
    again = Edges.from_state(edges.state_arrays(), n_threads=1)
    more = np.arange(15, 45, dtype=np.int32)
    lists = random_lists(rng, 50, more, 8)
    edges.relink(more, *lists)
    again.relink(more, *lists)
    np.testing.assert_array_equal(edges.matrix().toarray(), again.matrix().toarray())


def test_a_hub_that_everybody_lists_has_all_its_edges():
    n = 700
    edges = Edges(n, n_threads=2)
    slots = np.arange(1, n, dtype=np.int32)
    one = np.ones((n - 1, 1))
    edges.relink(
        slots, 0 * one.astype(np.int32), 0.5 * one.astype(np.float32), one[:, 0].astype(np.int32)
    )
    assert edges.matrix().toarray()[0].sum() == pytest.approx(0.5 * (n - 1))


def test_touched_rows_only_give_the_graph_of_the_whole_table():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(400, 6)).astype(np.float32)
    stream = Stream(rules(), grow("exact", n_features=6, n_neighbors=10, n_jobs=1), n_threads=1)
    for at in range(0, 400, 50):
        stream.insert(rows[at : at + 50])
        stream.finish()
    stream.remove(np.arange(0, 60, 7, dtype=np.int32))
    stream.replace(np.array([100, 200], dtype=np.int32), rng.normal(size=(2, 6)).astype("f4"))
    stream.finish()
    alive = np.flatnonzero(stream.table.alive[:400])
    table = find_neighbors(stream.table.rows[alive], n_neighbors=10, method="exact")
    whole = fuzzy_graph(Neighbors(table.indices, table.distances)).toarray()
    local = stream.edges.matrix().toarray()[np.ix_(alive, alive)]
    np.testing.assert_allclose(local, whole, atol=2 / 256)  # both directions as they were told
    assert np.abs(local - whole).mean() < 1e-4
