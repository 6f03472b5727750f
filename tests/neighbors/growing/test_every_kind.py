from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.neighbors.growing.steps import (
    KINDS,
    Random,
    check_lists,
    clusters,
    drain,
    same_state,
    true_lists,
)
from umapkit.neighbors import grow, grow_from


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def run(case: Random, calls: list[tuple[str, int]], begin: int = 0) -> None:
    """Make calls, by name and size."""
    n = begin
    for name, m in calls:
        if name == "insert":
            case.insert(np.arange(n, n + m) % len(case.rows))
            n += m
        elif name == "work":
            case.table.work(m)
        else:
            getattr(case, name)(m)


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "insert", "replace", "remove", "work"]), st.integers(0, 60)
    ),
    max_size=12,
)


@pytest.mark.parametrize("some_kind", ["graph", "exact"])
@settings(max_examples=40, deadline=None)
@given(calls=CALLS, k=st.integers(1, 6), seed=st.integers(0, 99))
def test_drained_lists_of_few_rows_are_those_of_numpy(some_kind, calls, k, seed):
    # Whole numbers: distances have no rounding, and there are many ties and equal rows.
    rows = np.random.default_rng(seed).integers(0, 4, size=(150, 3)).astype(np.float32)
    case = Random(some_kind, rows, seed, k=k)
    run(case, calls)
    drain(case.table, step=37)
    case.check_rows()
    check_lists(case.table)
    slots = np.flatnonzero(case.table.alive)
    ids, far = true_lists(case.table.rows[slots], slots, k - 1)
    assert np.array_equal(case.table.indices[slots, 1:], ids)
    np.testing.assert_allclose(case.table.distances[slots, 1:], far, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(calls=CALLS, k=st.integers(1, 6), seed=st.integers(0, 99))
def test_trees_lose_and_double_no_slot(calls, k, seed):
    rows = np.random.default_rng(seed).integers(0, 4, size=(150, 3)).astype(np.float32)
    case = Random("panene", rows, seed, k=k)
    run(case, calls)
    check_lists(case.table)
    drain(case.table, step=37)
    case.check_rows()
    check_lists(case.table)


def test_lists_are_in_order_whatever_is_pending(kind):
    case = Random(kind, clusters(3000, 6, seed=1), seed=1)
    for m in (700, 40, 300):
        case.insert(case.rng.integers(3000, size=m))
        case.table.work(333)
        case.replace(50)
        case.remove(60)
        check_lists(case.table)
        case.table.work(100)
        check_lists(case.table)
    case.check_rows()


def test_what_changed_is_told(kind):
    case = Random(kind, clusters(2500, 5, seed=2), seed=2, k=8)
    case.insert(np.arange(1200))
    case.table.take_changed()
    before = case.table.indices.copy()
    for begin in range(1200, 2400, 300):
        case.table.work(400)
        case.insert(np.arange(begin, begin + 300))
        case.replace(40)
        case.remove(70)
    drain(case.table)
    told = case.table.take_changed()
    after = case.table.indices
    before = np.pad(before, ((0, len(after) - len(before)), (0, 0)), constant_values=-1)
    truly = np.flatnonzero((before[:, 1:] != after[:, 1:]).any(axis=1) & case.table.alive)
    assert np.array_equal(told, np.sort(told))
    assert set(truly.tolist()) <= set(told.tolist())
    assert case.table.alive[told].all()
    assert len(case.table.take_changed()) == 0


def test_what_did_not_change_is_not_told(kind):
    table = grow(kind, n_features=3, n_neighbors=4)
    table.insert(clusters(300, 3, seed=3))
    drain(table)
    table.take_changed()
    far = table.insert(np.full((5, 3), 1e4, dtype=np.float32))
    drain(table)
    # The new ones have one another; the others do not need them.
    assert np.array_equal(table.take_changed(), far)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_any_number_of_threads_gives_the_same_bits(kind, n_jobs):
    rows = clusters(4000, 120, seed=4)  # wide: searched in a narrow space

    def calls(n_jobs):
        case = Random(kind, rows, seed=4, k=8, n_jobs=n_jobs)
        case.insert(np.arange(1700))
        case.table.work(1500)
        case.remove(100)
        case.replace(60)
        case.insert(np.arange(1700, 2600))
        case.table.work(900)
        return case.table

    one, more = calls(1), calls(n_jobs)
    assert one.pending > 0
    assert same_state(one, more)
    mine, other = one.query(rows[-50:], 9), more.query(rows[-50:], 9)
    assert np.array_equal(mine.indices, other.indices)
    assert np.array_equal(mine.distances, other.distances)


def test_a_table_taken_up_again_goes_on_with_the_same_bits(kind):
    case = Random(kind, clusters(6000, 110, seed=5), seed=5, k=6)
    case.insert(np.arange(2200))
    case.table.work(1900)
    case.remove(300)
    case.replace(100)
    case.table.take_changed()
    case.table.work(70)
    state = case.table.state_arrays()
    other = grow_from({name: array.copy() for name, array in state.items()})
    assert same_state(case.table, other)
    for table in (case.table, other):
        table.insert(case.rows[3000:3500])
        table.work(333)
        table.remove(np.flatnonzero(table.alive)[::9])
        table.work(2000)
    assert same_state(case.table, other)
    assert np.array_equal(case.table.take_changed(), other.take_changed())


@pytest.mark.parametrize(("kind", "n"), [("graph", 20_000), ("panene", 6000)])
def test_inserts_updates_and_removals_in_random_order_end_near_the_truth(kind, n):
    part = n // 40
    case = Random(kind, clusters(n, 12, seed=6), seed=6)
    calls = case.rng.permutation(["insert"] * 39 + ["replace"] * 10 + ["remove"] * 10)
    inserted = 0
    for name in ["insert", *calls]:
        if name == "insert":
            case.insert(np.arange(inserted, inserted + part))
            inserted += part
        else:
            getattr(case, name)(part)
        case.table.work(3 * part // 2)
    assert inserted == n
    drain(case.table)
    case.check_rows()
    check_lists(case.table)
    assert case.table.n_alive == n - 10 * part
    assert case.table.estimate_recall(sample=1000) >= 0.95


def test_removing_all_and_beginning_again(kind):
    rows = clusters(900, 4, seed=7)
    table = grow(kind, n_features=4, n_neighbors=5)
    slots = table.insert(rows[:700])
    drain(table)
    table.remove(slots)
    assert table.n_alive == 0
    assert table.pending == 0
    assert table.work(100) == 0
    assert (table.query(rows[:2], 3).indices == -1).all()
    again = table.insert(rows[:300])
    assert np.array_equal(again, np.arange(300))
    drain(table)
    check_lists(table)
    assert table.estimate_recall(sample=300) >= 0.95


def test_freed_slots_are_used_again_lowest_first(kind):
    table = grow(kind, n_features=2, n_neighbors=3)
    table.insert(np.random.default_rng(0).normal(size=(1000, 2)))
    capacity = table.capacity
    table.work(500)
    table.remove([700, 3, 999, 40])
    assert table.insert(np.ones((3, 2))).tolist() == [3, 40, 700]
    for _ in range(20):
        drain(table)
        table.remove(np.arange(0, 1000, 2)[table.alive[:1000:2]])
        table.insert(np.random.default_rng(1).normal(size=(400, 2)))
    assert table.capacity == capacity
    check_lists(table)


def test_equal_rows_and_constant_columns(kind):
    rows = np.zeros((1500, 5), dtype=np.float32)
    rows[:, 2] = 7.0
    rows[1200:, 0] = np.arange(300)
    table = grow(kind, n_features=5, n_neighbors=4)
    table.insert(rows)
    drain(table)
    check_lists(table)
    assert (table.distances[:1200] == 0).all()
    table.remove(np.arange(0, 1200, 3))
    drain(table)
    check_lists(table)
    assert (table.distances[np.flatnonzero(table.alive[:1200])] == 0).all()


@pytest.mark.parametrize("metric", ["cosine", "manhattan", "correlation", "sqeuclidean"])
def test_other_metrics(kind, metric):
    from umapkit.neighbors import find_neighbors

    rows = clusters(800, 9, seed=8)
    table = grow(kind, n_features=9, n_neighbors=6, metric=metric)
    slots = table.insert(rows)
    drain(table)
    truth = find_neighbors(rows, n_neighbors=6, metric=metric, method="exact")
    near = table.distances[slots] <= truth.distances[:, -1:] * (1 + 1e-6)
    assert near.mean() >= 0.97
    if kind == "exact":
        np.testing.assert_allclose(table.distances[slots], truth.distances, rtol=1e-6)


def test_a_row_is_answered_on_its_own(kind):
    rows = clusters(3000, 7, seed=9)
    table = grow(kind, n_features=7, n_neighbors=6)
    table.insert(rows[:2500])
    drain(table)
    all_at_once = table.query(rows[2400:], 5)
    for i in (0, 99, 100, 599):
        alone = table.query(rows[2400 + i : 2401 + i], 5)
        assert np.array_equal(alone.indices[0], all_at_once.indices[i])
        assert np.array_equal(alone.distances[0], all_at_once.distances[i])
    assert np.array_equal(all_at_once.indices[:100, 0], np.arange(2400, 2500))


def test_more_neighbours_than_rows_are_missing(kind):
    table = grow(kind, n_features=1, n_neighbors=4)
    table.insert([[0.0], [2.0]])
    drain(table)
    assert table.indices[:2].tolist() == [[0, 1, -1, -1], [1, 0, -1, -1]]
    assert table.query([[0.5]], 3).indices.tolist() == [[0, 1, -1]]
    table.insert([[1.5]])
    drain(table)
    assert table.indices[:3].tolist() == [[0, 2, 1, -1], [1, 2, 0, -1], [2, 1, 0, -1]]


def test_one_neighbour_is_the_row_itself(kind):
    table = grow(kind, n_features=2, n_neighbors=1)
    table.insert(np.zeros((10, 2)))
    assert drain(table) == 10
    table.remove([4])
    assert table.pending == 0
    assert table.indices[:6].tolist() == [[0], [1], [2], [3], [-1], [5]]
    assert table.estimate_recall() == 1.0


def test_rows_pending_are_changed_and_removed(kind):
    table = grow(kind, n_features=1, n_neighbors=2)
    slots = table.insert([[0.0], [1.0], [10.0], [11.5]])
    table.replace([slots[2]], [[1.25]])
    table.remove([slots[0]])
    assert table.pending == 3
    assert drain(table) == 3
    assert table.indices[1:4].tolist() == [[1, 2], [2, 1], [3, 2]]


def test_work_does_what_it_is_told(kind):
    table = grow(kind, n_features=3, n_neighbors=5)
    table.insert(clusters(400, 3, seed=10))
    assert table.work(0) == 0
    assert table.work(150) == 150
    assert table.pending >= 250
    with pytest.raises(ValueError, match="operations=-1"):
        table.work(-1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_no_numbers_are_refused(kind, bad):
    table = grow(kind, n_features=2, n_neighbors=3)
    slots = table.insert(np.zeros((3, 2)))
    rows = np.zeros((3, 2))
    rows[1, 1] = bad
    with pytest.raises(ValueError, match="row 1"):
        table.insert(rows)
    with pytest.raises(ValueError, match="row 1"):
        table.replace(slots, rows)
    with pytest.raises(ValueError, match="row 1"):
        table.query(rows, 1)
    with pytest.raises(ValueError, match="too large"):
        table.insert(np.full((1, 2), 1e30))
    assert table.n_alive == 3


def test_wrong_widths_and_numbers_of_rows_are_refused(kind):
    table = grow(kind, n_features=2, n_neighbors=3)
    with pytest.raises(ValueError, match="3 columns"):
        table.insert(np.zeros((3, 3)))
    slots = table.insert(np.zeros((3, 2), dtype=np.float64, order="F"))
    with pytest.raises(ValueError, match="3 slots and 2 rows"):
        table.replace(slots, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="k=0"):
        table.query(np.zeros((1, 2)), 0)
    with pytest.raises(ValueError, match="sample=0"):
        table.estimate_recall(sample=0)


@pytest.mark.parametrize("slot", [3, -1, 10**6, 2**31, 2**40, 2**63 + 1])
def test_unknown_slots_are_refused(kind, slot):
    table = grow(kind, n_features=2, n_neighbors=3)
    table.insert(np.zeros((3, 2)))
    for call in (table.remove, lambda s: table.replace(s, np.zeros((2, 2)))):
        with pytest.raises(ValueError, match="not in use"):
            call(np.array([1, slot], dtype=np.uint64 if slot > 0 else np.int64))
    assert table.n_alive == 3


def test_slots_named_twice_or_no_numbers_are_refused(kind):
    table = grow(kind, n_features=2, n_neighbors=3)
    table.insert(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="named twice"):
        table.remove([1, 2, 1])
    with pytest.raises(ValueError, match="whole numbers"):
        table.remove([0.5])
    with pytest.raises(ValueError, match="whole numbers"):
        table.remove([[1]])
    table.remove([])
    assert table.n_alive == 3


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="kind='tree'"):
        grow("tree", n_features=2)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="n_features=0"):
        grow(n_features=0)
    with pytest.raises(ValueError, match="n_neighbors=0"):
        grow(n_features=3, n_neighbors=0)
    for metric in ("hamming", "inner_product", "dtw", "seuclidean"):
        with pytest.raises(ValueError, match="'euclidean'"):
            grow(n_features=3, metric=metric)


@pytest.mark.parametrize("name", ["indices", "fresh", "rows", "shape"])
def test_a_damaged_state_is_refused(kind, name):
    table = grow(kind, n_features=2, n_neighbors=3)
    table.insert(clusters(400, 2, seed=11))
    table.work(300)
    state = table.state_arrays()
    broken = {"indices": 400, "fresh": -1, "rows": 0.0, "shape": 1}[name]
    state[name] = np.full_like(state[name], broken) if name != "rows" else state[name][1:]
    with pytest.raises(ValueError, match="damaged"):
        grow_from(state)


def test_recall_is_estimated_all_along(kind):
    table = grow(kind, n_features=10, n_neighbors=6)
    rows = clusters(4000, 10, seed=12)
    for begin in range(0, 4000, 500):
        table.insert(rows[begin : begin + 500])
        table.work(600)
    drain(table)
    assert abs(table.recall - table.estimate_recall(sample=1000)) <= 0.1
