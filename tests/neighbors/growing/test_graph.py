from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.neighbors.growing.steps import Random, clusters, drain
from umapkit import _kernels
from umapkit.neighbors import grow, grow_from
from umapkit.neighbors.growing import _graph
from umapkit.neighbors.growing._cells import CELL, CellBook
from umapkit.neighbors.growing._graph import _SCAN, GraphTable
from umapkit.neighbors.growing._growing import extended
from umapkit.neighbors.growing._lists import Lists, drop_entries


def graph(n_features: int, n_neighbors: int = 15, **how) -> GraphTable:
    table = grow("graph", n_features=n_features, n_neighbors=n_neighbors, **how)
    assert isinstance(table, GraphTable)
    return table


def check_cells(table: GraphTable) -> None:
    """Every linked row is in one cell, once, where `where` says, in the panels too."""
    cells = table._cells
    n = cells.n_cells
    slots = np.flatnonzero(table._linked)
    at = cells.where[slots]
    assert (cells.where[~table._linked] == -1).all()
    inside = np.arange(CELL) < cells._counts[:n, None]
    assert np.array_equal(np.sort(at), np.flatnonzero(inside))
    assert np.array_equal(cells._members.reshape(-1)[at], slots)
    held = cells._panels[at // CELL, at % CELL // 32, :, at % 32]
    assert np.array_equal(held, cells._narrow[slots])
    assert cells.n_members == len(slots)


def test_cells_hold_every_linked_row_once():
    case = Random("graph", clusters(9000, 8, seed=1), seed=1)
    table = case.table
    assert isinstance(table, GraphTable)
    case.insert(np.arange(5000))
    for begin in range(5000, 8000, 1000):
        table.work(2500)
        check_cells(table)
        case.remove(1500)
        case.replace(400)
        check_cells(table)
        case.insert(np.arange(begin, begin + 1000))
    drain(table)
    check_cells(table)
    assert table._cells.n_cells > 10


def test_cells_that_emptied_are_made_anew():
    table = graph(6)
    rows = clusters(12_000, 6, seed=2)
    slots = table.insert(rows[:10_000])
    drain(table)
    many = table._cells.n_cells
    table.remove(slots[np.arange(10_000) % 20 != 0])
    table.insert(rows[10_000:])
    drain(table)
    check_cells(table)
    assert table._cells.n_cells < many / 2
    assert table.estimate_recall(sample=500) >= 0.99


def test_work_is_bounded_whatever_is_held():
    rows = clusters(30_000, 6, seed=3)
    table = graph(6)
    costs = []
    for begin in range(0, 30_000, 10_000):
        table.insert(rows[begin : begin + 10_000])
        before = table.compared
        operations = drain(table)
        costs.append((table.compared - before) / operations)
    # The rows of the cells, one cell too many, lists of its pool, those it offers itself to.
    bound = table.scan + CELL + 8 * 14 + 2 * 32 + 200
    assert max(costs) <= bound
    assert costs[2] <= 1.1 * costs[1]


def test_wide_rows_are_searched_in_a_narrow_space(monkeypatch):
    monkeypatch.setattr(_graph, "_AGAIN", 4)
    rng = np.random.default_rng(4)
    rows = (clusters(9000, 16, seed=4) @ rng.normal(size=(16, 200))).astype(np.float32)
    table = graph(200)
    for begin in range(0, 9000, 1500):
        table.insert(rows[begin : begin + 1500])
        table.work(1500)
    assert table._cells.sight.width == 48
    assert table._choose_at > 9000  # chosen again meanwhile
    drain(table)
    check_cells(table)
    assert table.estimate_recall(sample=500) >= 0.98


def test_fine_rows_are_asked_before_true_distances():
    rng = np.random.default_rng(12)
    rows = (clusters(7000, 16, seed=12) @ rng.normal(size=(16, 300))).astype(np.float32)
    rows += rng.normal(scale=0.5, size=rows.shape).astype(np.float32)
    costs, tables = [], []
    first = np.arange(3000, dtype=np.int32)
    for width in (128, 0):
        table = graph(300)
        table.insert(rows[first])
        drain(table)
        sight = table._cells.sight
        assert (sight.width, sight.fine_width) == (48, 128)
        if width == 0:  # the same, without them
            plain = replace(sight, fine_width=0)
            table._cells = CellBook(plain, table._measure, table._prepared, 1)
            table._cells.add(first, table._prepared)
            table._cells.close(first, table.indices, table.distances)
        before = table.compared
        for begin in range(3000, 7000, 1000):
            table.insert(rows[begin : begin + 1000])
            drain(table)
        check_cells(table)
        costs.append(table.compared - before)
        tables.append(table)
    assert costs[0] < costs[1]
    with_fine, without = (table.estimate_recall(sample=500) for table in tables)
    assert with_fine >= 0.97
    assert with_fine >= without - 0.01
    table = tables[0]
    near = table.query(rows[:50], 5)
    assert np.mean(near.indices[:, 0] == np.arange(50)) >= 0.98
    again = grow_from(table.state_arrays(), n_jobs=3)
    more = rows[:200] + np.float32(0.01)
    for one in (table, again):
        one.insert(more)
        drain(one)
    np.testing.assert_array_equal(table.indices, again.indices)
    np.testing.assert_array_equal(table.distances, again.distances)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_rows_are_stored_as_by_numpy(n_threads):
    rng = np.random.default_rng(13)
    rows = rng.normal(size=(900, 700)).astype(np.float32)
    slots = rng.permutation(2000)[:900].astype(np.int32)
    table, twin = np.zeros((2, 2000, 700), dtype=np.float32)
    _kernels.store_rows(rows, slots, table, n_threads)
    twin[slots] = rows
    np.testing.assert_array_equal(table, twin)
    with pytest.raises(ValueError, match="slots"):
        _kernels.store_rows(rows, slots + 1500, table, n_threads)


def test_longer_arrays_lie_in_the_reserve_as_long_as_it_lasts():
    first = extended(np.ones((3, 5), dtype=np.float32), 3, reserve=True)
    longer = extended(first, 100, reserve=True)
    assert np.shares_memory(first, longer)
    assert longer.shape == (100, 5)
    longest = extended(longer, 1000, reserve=True)
    assert not np.shares_memory(first, longest)
    assert longest.shape == (1000, 5)
    for array in (longer, longest):
        assert (array[:3] == 1).all()
        assert (array[3:] == 0).all()
    assert not np.shares_memory(extended(first, 20), first)


def test_rows_that_do_not_compress_are_searched_whole():
    rows = np.random.default_rng(5).normal(size=(3000, 150)).astype(np.float32)
    table = graph(150, 10)
    table.insert(rows)
    drain(table)
    assert table._cells.sight.space is None
    assert table.estimate_recall(sample=500) >= 0.95


def test_low_recall_widens_the_search():
    # Rows without any structure are the worst that can come: cells say nothing about them.
    rows = np.random.default_rng(6).normal(size=(24_000, 40)).astype(np.float32)
    table = graph(40, 10)
    for begin in range(0, 24_000, 2000):
        table.insert(rows[begin : begin + 2000])
        table.work(2000)
    assert table.scan > _SCAN
    plain = graph(40, 10)
    plain._look = lambda operations: False  # pyright: ignore[reportAttributeAccessIssue]
    plain.insert(rows)
    drain(plain)
    assert plain.scan == _SCAN
    assert table.estimate_recall() > plain.estimate_recall() + 0.02


def test_a_class_that_arrives_late_is_found():
    first, late = clusters(6000, 20, seed=7), clusters(6000, 20, seed=8) + 40
    table = graph(20)
    table.insert(first)
    drain(table)
    slots = table.insert(late)
    drain(table)
    assert (table.indices[slots] >= 6000).all()
    assert table.estimate_recall(sample=1000) >= 0.97


@pytest.mark.parametrize("n_threads", [1, 3])
def test_entries_are_dropped_as_by_numpy(n_threads):
    rng = np.random.default_rng(9)
    n, k = 9000, 7
    ids = np.argsort(rng.random((n, 30)), axis=1)[:, :k].astype(np.int32) * 300
    ids += (np.arange(n) % 300)[:, None].astype(np.int32)
    far = np.sort(rng.random((n, k)), axis=1).astype(np.float32)
    ids[:, 0], far[:, 0] = np.arange(n), 0.0
    ids[5::11, 4:], far[5::11, 4:] = -1, np.inf
    ids[::13], far[::13] = -1, np.inf
    slots = np.flatnonzero(rng.random(n) < 0.2).astype(np.int32)
    lists = Lists(
        ids.copy(), far.copy(), np.full(n, 0.5, dtype=np.float32), np.zeros(n, dtype=bool)
    )
    drop_entries(lists, slots, n_threads)
    hit = np.isin(ids, slots)
    hit[:, 0] = False
    for u in range(n):
        kept = ~hit[u]
        gaps = k - kept.sum()
        assert lists.indices[u].tolist() == ids[u, kept].tolist() + [-1] * gaps
        assert lists.distances[u].tolist() == far[u, kept].tolist() + [np.inf] * gaps
        assert lists.urgency[u] == min([0.5, *far[u, hit[u]]])
        assert lists.changed[u] == hit[u].any()


SCRIPT = """
import sys, hashlib
from tests.neighbors.growing.test_graph import digest
print(digest(sys.argv[1]))
"""


def digest(kind: str) -> str:
    """Hash of all a table holds after some calls."""
    case = Random(kind, clusters(2600, 110, seed=10), seed=10, k=8, n_jobs=2)
    case.insert(np.arange(1500))
    case.table.work(1400)
    case.remove(200)
    case.replace(100)
    case.insert(np.arange(1500, 2100))
    drain(case.table)
    state = case.table.state_arrays()
    near = case.table.query(case.rows[-300:], 6)
    found = hashlib.sha256(near.indices.tobytes() + near.distances.tobytes())
    for name in sorted(state):
        found.update(state[name].tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("kind", ["graph", "panene"])
def test_any_instruction_set_gives_the_same_bits(kind):
    others = [isa for isa in _kernels.isas_available() if isa != _kernels.isa()]
    if not others:
        pytest.skip("one instruction set only")
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind],
        env={**os.environ, "UMAPKIT_ISA": others[0], "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert answer.stdout.strip() == digest(kind)


@pytest.mark.parametrize("name", ["cells.where", "cells.counts", "cells.hubs"])
def test_damaged_cells_are_refused(name):
    table = graph(3, 4)
    table.insert(clusters(700, 3, seed=11))
    drain(table)
    state = table.state_arrays()
    state[name] = state[name][:-1] if name == "cells.hubs" else state[name] + 1
    with pytest.raises(ValueError, match="damaged"):
        grow_from(state)


@pytest.mark.data
def test_images_in_batches_are_found():
    if not os.environ.get("UMAPKIT_DATA"):
        pytest.skip("UMAPKIT_DATA is not set: MNIST is not at hand")
    from umapkit.data import load

    rows = load("mnist").data[:10_000]
    table = graph(784)
    for begin in range(0, 10_000, 1000):
        table.insert(rows[begin : begin + 1000])
        assert table.work(1000) == 1000
    assert table.pending == 0
    check_lists_of = np.flatnonzero(table.alive)[::50]
    assert (np.diff(table.distances[check_lists_of], axis=1) >= 0).all()
    assert table.estimate_recall(sample=500) >= 0.97
