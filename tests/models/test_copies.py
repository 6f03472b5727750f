from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit.data import RowFinder
from umapkit.models._copies import Copies
from umapkit.neighbors import find_neighbors


def copies_of(rows):
    return Copies.of(RowFinder(rows).first, keep_all=False)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 60), d=st.integers(1, 3), levels=st.integers(1, 5), seed=st.integers(0, 99))
def test_lists_with_copies_one_by_one_are_those_of_a_search_among_all_rows(n, d, levels, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, levels, (n, d)).astype(np.float32)
    copies, k = copies_of(rows), min(n, 7)
    kept = rows[copies.kept]
    among_kept = find_neighbors(kept, n_neighbors=min(k, len(kept)))
    found = copies.list_all(among_kept, k)
    expected = find_neighbors(rows, n_neighbors=k)
    np.testing.assert_array_equal(found.distances, expected.distances)
    np.testing.assert_array_equal(found.indices[:, 0], np.arange(n))
    assert (np.diff(np.sort(found.indices, axis=1), axis=1) > 0).all()
    far = np.linalg.norm(rows[:, None] - rows[found.indices], axis=2)
    np.testing.assert_allclose(found.distances, far, rtol=1e-6)
    assert found.indices.dtype == np.int32
    assert found.distances.dtype == np.float32


def test_rows_beyond_reach_stay_missing_in_lists_with_copies():
    rows = np.array([[0.0], [0.0], [5.0], [9.0]], dtype=np.float32)
    copies = copies_of(rows)
    near = find_neighbors(rows[copies.kept], n_neighbors=3)
    near.indices[:, 2], near.distances[:, 2] = -1, np.inf
    found = copies.list_all(near, 4)
    assert found.indices.tolist() == [[0, 1, 2, -1], [1, 0, 2, -1], [2, 3, -1, -1], [3, 2, -1, -1]]
    assert np.isinf(found.distances[found.indices < 0]).all()


@pytest.mark.parametrize("n", [1, 40])
def test_without_copies_the_lists_are_left_as_they_are(n):
    rows = np.arange(n, dtype=np.float32)[:, None]
    near = find_neighbors(rows, n_neighbors=min(n, 5))
    assert copies_of(rows).list_all(near, 5) is near
