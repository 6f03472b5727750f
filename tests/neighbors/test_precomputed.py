from __future__ import annotations

import numpy as np
import pytest

from umapkit.neighbors import Neighbors, check_precomputed, find_neighbors

INDICES = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0]])
DISTANCES = np.array([[0.0, 1, 2], [0, 1, 1], [0, 1, 2]])


def changed(array, row, column, value):
    other = array.copy()
    other[row, column] = value
    return other


def test_lists_of_this_room_pass_unchanged():
    found = find_neighbors(np.random.default_rng(0).normal(size=(30, 3)), n_neighbors=6)
    for given in (found, (found.indices, found.distances), [found.indices, found.distances, None]):
        checked = check_precomputed(given, n=30)
        np.testing.assert_array_equal(checked.indices, found.indices)
        np.testing.assert_array_equal(checked.distances, found.distances)
    assert check_precomputed(found, n=30, n_neighbors=4).k == 4
    assert found.with_k(2).indices.shape == (30, 2)


def test_ties_are_sorted_by_index_behind_the_row_itself():
    indices = np.array([[0, 2, 1], [1, 2, 0], [2, 1, 0]])
    checked = check_precomputed((indices, np.zeros((3, 3))), n=3)
    np.testing.assert_array_equal(checked.indices, [[0, 1, 2], [1, 0, 2], [2, 0, 1]])
    assert checked.indices.dtype == np.int32
    assert checked.distances.dtype == np.float32


def test_missing_entries_at_the_end_become_minus_one_and_infinity():
    checked = check_precomputed((changed(INDICES, 1, 2, -1), changed(DISTANCES, 1, 2, np.nan)), n=3)
    assert checked.indices[1, 2] == -1
    assert checked.distances[1, 2] == np.inf


@pytest.mark.parametrize(
    ("indices", "distances", "message"),
    [
        (INDICES[:, :2], DISTANCES, "both must be"),
        (INDICES[0], DISTANCES[0], "both must be"),
        (INDICES[:2], DISTANCES[:2], "has 3 rows"),
        (changed(INDICES, 2, 1, 3), DISTANCES, "row 2 has an index outside of 0 … 2"),
        (changed(INDICES, 1, 1, -7), DISTANCES, "row 1 has an index outside"),
        (INDICES, changed(DISTANCES, 1, 2, np.nan), "row 1 has a negative or infinite"),
        (INDICES, changed(DISTANCES, 0, 1, -1), "row 0 has a negative or infinite"),
        (INDICES, changed(DISTANCES, 2, 1, 5), "row 2 has distances that do not ascend"),
        (INDICES[:, ::-1], DISTANCES, "row 0 has a list that does not begin with the row itself"),
        (INDICES, DISTANCES + 1, "does not begin with the row itself at distance 0"),
        (changed(INDICES, 1, 1, 2), DISTANCES, "row 1 has an index twice"),
        (changed(INDICES, 0, 1, -1), DISTANCES, "row 0 has a missing entry"),
    ],
)
def test_wrong_lists_are_refused_with_the_row(indices, distances, message):
    with pytest.raises(ValueError, match=message):
        check_precomputed((indices, distances), n=3)


def test_wrong_types_are_refused():
    with pytest.raises(TypeError, match="must be a pair"):
        check_precomputed(INDICES, n=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be integers"):
        check_precomputed((INDICES.astype(float), DISTANCES), n=3)
    with pytest.raises(ValueError, match="longer lists"):
        check_precomputed((INDICES, DISTANCES), n=3, n_neighbors=4)
    with pytest.raises(TypeError, match="check_precomputed"):
        Neighbors(INDICES, DISTANCES)  # type: ignore[arg-type]


def test_copies_may_come_before_the_row_itself_as_other_searches_list_them():
    from sklearn.neighbors import NearestNeighbors

    rows = np.random.default_rng(0).integers(0, 3, size=(200, 3)).astype(np.float64)
    distances, indices = NearestNeighbors(n_neighbors=10).fit(rows).kneighbors(rows)
    assert (indices[:, 0] != np.arange(200)).any()
    checked = check_precomputed((indices, distances), n=200)
    np.testing.assert_array_equal(checked.indices[:, 0], np.arange(200))
    np.testing.assert_array_equal(checked.distances, distances.astype(np.float32))
    for row in range(200):
        listed = set(checked.indices[row].tolist())
        assert len(listed) == 10
        assert listed - {row} <= set(indices[row].tolist())
        gaps = np.linalg.norm(rows[checked.indices[row]] - rows[row], axis=1)
        np.testing.assert_allclose(gaps, distances[row], atol=1e-6)
