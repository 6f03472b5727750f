from __future__ import annotations

import numpy as np
import pytest

from tests.neighbors.growing.steps import Random, check_lists, clusters, drain
from umapkit.neighbors import grow, grow_from
from umapkit.neighbors.growing._forest import N_TREES
from umapkit.neighbors.growing._panene import PaneneTable


def panene(n_features: int, n_neighbors: int = 15, **how) -> PaneneTable:
    table = grow("panene", n_features=n_features, n_neighbors=n_neighbors, **how)
    assert isinstance(table, PaneneTable)
    return table


def check_trees(table: PaneneTable) -> None:
    """Every linked row lies in the leaf that its own numbers lead to, in every tree that serves."""
    forest = table._forest
    slots = np.flatnonzero(table._linked)
    assert sorted(forest.order.tolist()) == list(range(N_TREES + 1))
    for tree in forest.live:
        children, same = forest.children[tree], forest.same[tree]
        node = np.zeros(len(slots), dtype=int)
        rows = table._prepared[slots]
        while (inner := children[node, 0] >= 0).any():
            at = forest.coordinates[tree][node]
            right = rows[np.arange(len(slots)), at] >= forest.cuts[tree][node]
            node = np.where(inner, children[node, right.astype(int)], node)
        assert np.array_equal(forest.leaves[tree][slots], node)
        assert (forest.leaves[tree][~table._linked] == -1).all()
        first = children[node, 1]
        for slot, start in zip(slots, first, strict=True):
            while start != slot:
                assert start >= 0
                start = same[start]


def deepest(table: PaneneTable) -> int:
    """Depth of the deepest leaf of the trees that serve."""
    forest = table._forest
    used = np.arange(forest.depths.shape[1]) < forest.sizes[forest.live][:, None]
    return int(np.where(used, forest.depths[forest.live], 0).max())


@pytest.mark.parametrize("shape", ["normal", "clusters"])
def test_ten_columns_are_found_with_32_checks(shape):
    # Recall at least 0.9 after draining, and all that changed is told.
    rows = np.random.default_rng(1).normal(size=(5000, 10)).astype(np.float32)
    if shape == "clusters":
        rows = clusters(5000, 10, seed=1)
    table = panene(10)
    told: set[int] = set()
    before = table.indices.copy()
    for begin in range(0, 5000, 500):
        table.insert(rows[begin : begin + 500])
        table.work(700)
        told |= set(table.take_changed().tolist())
    drain(table)
    told |= set(table.take_changed().tolist())
    after = table.indices
    before = np.pad(before, ((0, len(after) - len(before)), (0, 15 - before.shape[1])))
    truly = np.flatnonzero((before[:, 1:] != after[:, 1:]).any(axis=1) & table.alive)
    assert set(truly.tolist()) <= told
    assert table.estimate_recall(sample=5000) >= 0.9
    check_lists(table)


def test_each_call_tells_what_it_changed():
    rows = clusters(2000, 6, seed=2)
    table = panene(6, 8)
    table.insert(rows[:1000])
    drain(table)
    table.take_changed()
    table.insert(rows[1000:])
    while True:
        before = table.indices.copy()
        if table.work(90) == 0:
            break
        truly = np.flatnonzero((before != table.indices).any(axis=1))
        assert set(truly.tolist()) <= set(table.take_changed().tolist())


def test_rows_lie_in_their_leaves():
    case = Random("panene", clusters(4000, 5, seed=3), seed=3)
    table = case.table
    assert isinstance(table, PaneneTable)
    case.insert(np.arange(1500))
    for begin in range(1500, 3500, 500):
        table.work(1200)
        check_trees(table)
        case.remove(300)
        case.replace(200)
        check_trees(table)
        case.insert(np.arange(begin, begin + 500))
    drain(table)
    check_trees(table)


def test_trees_out_of_balance_are_replaced():
    # Rows that arrive in order make every insertion land at the edge of the trees.
    rows = np.sort(np.random.default_rng(4).random((3000, 2)), axis=0).astype(np.float32)
    table = panene(2, 6)
    replaced = set()
    for begin in range(0, 3000, 250):
        table.insert(rows[begin : begin + 250])
        table.work(600)
        table.remove(table.indices[np.flatnonzero(table._linked)[::97], 0])
        replaced |= {table._forest.spare}
    drain(table)
    assert table.n_rebuilt > N_TREES
    assert len(replaced) > 1
    assert deepest(table) > 500
    rng = np.random.default_rng(5)
    for _ in range(10):  # work that no longer comes in order
        some = rng.permutation(np.flatnonzero(table.alive))[:300]
        table.replace(some, table.rows[some])
        drain(table)
    assert deepest(table) < 200
    check_trees(table)
    assert table.estimate_recall(sample=1000) >= 0.95


def test_a_tree_is_built_by_small_steps():
    rows = np.sort(np.random.default_rng(5).random((2000, 2)), axis=0).astype(np.float32)
    table = panene(2, 4)
    table.insert(rows)
    seen = 0
    while table.work(10):
        forest = table._forest
        if forest.building and 0 < forest.queue[0] < 1000:
            seen += 1
            state = table.state_arrays()
            if seen == 3:  # in the midst of building
                other = grow_from(state)
                assert isinstance(other, PaneneTable)
                gone = np.flatnonzero(table._linked)[::5]
                for one in (table, other):
                    one.remove(gone)
                    drain(one, step=33)
                assert np.array_equal(table.indices, other.indices)
                assert np.array_equal(table._forest.order, other._forest.order)
    assert seen >= 3
    check_trees(table)


def test_equal_rows_share_a_leaf():
    table = panene(3, 5)
    rows = np.repeat(clusters(40, 3, seed=6), 50, axis=0)
    slots = table.insert(rows)
    drain(table)
    check_trees(table)
    assert int(table._forest.sizes.max()) < 200
    assert (table.distances[slots] == 0).all()
    table.remove(slots[::2])
    drain(table)
    check_trees(table)
    assert (table.distances[slots[1::2]] == 0).all()


def test_a_list_can_be_queued_any_number_of_times():
    # In the published code a mark once set without a place in the queue is never taken off.
    table = panene(1, 3)
    table.insert(np.arange(40, dtype=np.float32)[:, None] * 10)
    drain(table)
    for nearer in (4.0, 3.0, 2.0, 1.0):
        slot = int(table.insert([[200 + nearer]])[0])
        drain(table)
        assert table.indices[20, 1] == slot
        table.take_changed()


def test_trees_grow_no_larger_than_the_rows_they_hold():
    table = panene(2, 3)
    rng = np.random.default_rng(7)
    slots = table.insert(rng.random((600, 2)))
    for _ in range(60):
        drain(table)
        table.remove(slots)
        slots = table.insert(rng.random((600, 2)))
    drain(table)
    assert int(table._forest.sizes.max()) < 20_000
    check_trees(table)


@pytest.mark.parametrize("name", ["children", "leaves", "same", "order", "coordinates"])
def test_damaged_trees_are_refused(name):
    table = panene(3, 4)
    table.insert(clusters(700, 3, seed=8))
    drain(table)
    state = table.state_arrays()
    state[f"forest.{name}"] = state[f"forest.{name}"] + 10**6
    with pytest.raises(ValueError, match="damaged"):
        grow_from(state)
