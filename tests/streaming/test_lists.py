from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from umapkit.graph import membership_lists
from umapkit.neighbors import Neighbors
from umapkit.streaming._lists import read_lists, sum_lists


def table(n=3000, k=12):
    """Lists of slots, some of them short, some of slots not in use."""
    rng = np.random.default_rng(0)
    ids = np.argsort(rng.random((n, 40)), axis=1)[:, :k].astype(np.int32) * 70
    ids += (np.arange(n) % 70)[:, None].astype(np.int32)
    far = np.sort(rng.gamma(2.0, size=(n, k)), axis=1).astype(np.float32)
    far[3::7, 1:4] = 0.0  # equal rows
    ids[:, 0], far[:, 0] = np.arange(n), 0.0
    ids[5::11, 4:], far[5::11, 4:] = -1, np.inf
    ids[6::13, 1:], far[6::13, 1:] = -1, np.inf
    return SimpleNamespace(indices=ids, distances=far)


def read(lists, slots, linked, *, cut=np.inf, connectivity=1.0, n_threads=1):
    return read_lists(
        lists,
        slots,
        linked,
        local_connectivity=connectivity,
        disconnection_distance=cut,
        mean_distance=1.7,
        n_threads=n_threads,
    )


@pytest.mark.parametrize(("cut", "connectivity"), [(np.inf, 1.0), (2.5, 1.5)])
def test_lists_are_read_as_by_the_graph_of_gathered_ones(cut, connectivity):
    lists = table()
    linked = np.random.default_rng(1).random(3000) < 0.97
    slots = np.flatnonzero(linked)[::2].astype(np.int32)
    found = read(lists, slots, linked, cut=cut, connectivity=connectivity)
    ids, far = lists.indices[slots], lists.distances[slots]
    waiting = (ids >= 0) & ~linked[np.maximum(ids, 0)]
    np.testing.assert_array_equal(found.waiting, waiting.any(axis=1))
    ids, far = np.where(waiting, np.int32(-1), ids), np.where(waiting, np.float32(np.inf), far)
    order = np.argsort(far, axis=1, kind="stable")
    twin = membership_lists(
        Neighbors(np.take_along_axis(ids, order, 1), np.take_along_axis(far, order, 1)),
        n_columns=3000,
        local_connectivity=connectivity,
        disconnection_distance=cut,
        mean_distance=1.7,
        n_jobs=1,
    )
    np.testing.assert_array_equal(found.counts, twin.counts)
    used = np.arange(12) < found.counts[:, None]
    np.testing.assert_array_equal(found.targets[used], twin.targets.reshape(-1, 12)[used])
    np.testing.assert_array_equal(found.values[used], twin.values.reshape(-1, 12)[used])


def test_threads_and_company_change_no_bit_of_a_list():
    lists, linked = table(), np.ones(3000, dtype=bool)
    slots = np.arange(3000, dtype=np.int32)
    whole, others = read(lists, slots, linked), read(lists, slots, linked, n_threads=3)
    some = read(lists, slots[100::3].copy(), linked)
    used = np.arange(12) < whole.counts[:, None]
    for name in ("targets", "values"):
        one = np.where(used, getattr(whole, name), 0)
        np.testing.assert_array_equal(one, np.where(used, getattr(others, name), 0))
        np.testing.assert_array_equal(one[100::3], np.where(used[100::3], getattr(some, name), 0))


@pytest.mark.parametrize("n_threads", [1, 3])
def test_sums_are_those_of_the_finite_distances(n_threads):
    lists = table()
    slots = np.arange(0, 3000, 3, dtype=np.int32)
    sums, counts = np.full(3000, -1.0), np.full(3000, -1, dtype=np.int64)
    sum_lists(lists, slots, sums, counts, n_threads=n_threads)
    finite = np.isfinite(lists.distances[slots])
    total = np.where(finite, lists.distances[slots], 0.0).sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(sums[slots], total, rtol=1e-12)
    np.testing.assert_array_equal(counts[slots], finite.sum(axis=1))
    assert (np.delete(sums, slots) == -1.0).all()


def test_lists_that_lead_astray_are_refused():
    lists, linked = table(), np.ones(3000, dtype=bool)
    slots = np.arange(3000, dtype=np.int32)
    with pytest.raises(ValueError, match="no such slot"):
        read(lists, slots + 1, linked)
    with pytest.raises(ValueError, match="linked"):
        read(lists, slots, linked[:-1])
    lists.indices[4, 1] = 3000
    with pytest.raises(ValueError, match="no such slot"):
        read(lists, slots, linked)
