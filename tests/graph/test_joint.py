from __future__ import annotations

import numpy as np
import pytest

from umapkit.graph import (
    conditional_affinities,
    joint_affinities,
    perplexity_graph,
    query_affinities,
)
from umapkit.neighbors import Neighbors, build_index, find_neighbors, widen


@pytest.fixture(scope="module")
def near():
    rows = np.random.default_rng(0).normal(size=(400, 5))
    rows[380:] = rows[:20]
    return find_neighbors(rows, n_neighbors=40)


def test_joint_probabilities_are_those_of_the_plain_formula(near):
    for perplexity in (2.0, 13.0, 39.0):
        joint = joint_affinities(near, perplexity=perplexity)
        plain = perplexity_graph(near, perplexity=perplexity)
        np.testing.assert_allclose(joint.toarray(), plain.toarray(), atol=2e-9)
        assert joint.dtype == np.float32
        assert abs(joint.sum(dtype=np.float64) - 1) < 1e-6
        assert (joint != joint.T).nnz == 0
        assert joint.has_sorted_indices


def test_several_perplexities_give_the_mean_of_their_probabilities(near):
    both = joint_affinities(near, perplexity=[3, 12]).toarray()
    each = [perplexity_graph(near, perplexity=u).toarray() for u in (3, 12)]
    np.testing.assert_allclose(both, (each[0] + each[1]) / 2, atol=2e-9)


def test_uniform_neighbours_count_the_same_on_whichever_list(near):
    joint = joint_affinities(near.with_k(6), kind="uniform").toarray()
    listed = np.zeros((400, 400), dtype=bool)
    np.put_along_axis(listed, near.indices[:, 1:6], values=True, axis=1)
    either = listed | listed.T
    np.testing.assert_allclose(joint, either / either.sum(), rtol=1e-6)


def test_probabilities_of_new_rows_are_conditional_ones(near):
    queries = Neighbors(near.indices[:, 1:], near.distances[:, 1:])
    indices, weights = query_affinities(queries, perplexity=7)
    dense = np.zeros((400, 400))
    np.put_along_axis(dense, indices, weights, axis=1)
    plain = conditional_affinities(near, perplexity=7).toarray()
    there = plain > 1e-30  # float32 has no smaller ones
    np.testing.assert_allclose(dense[there], plain[there], atol=1e-6)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)


def test_missing_neighbours_count_for_nothing():
    indices = np.array([[0, 1, -1], [1, 0, 2], [2, 1, -1]], dtype=np.int32)
    distances = np.array([[0, 1, np.inf], [0, 1, 1], [0, 1, np.inf]], dtype=np.float32)
    joint = joint_affinities(Neighbors(indices, distances), perplexity=2).toarray()
    np.testing.assert_allclose(joint, np.array([[0, 3, 0], [3, 0, 3], [0, 3, 0]]) / 12, rtol=1e-6)


def test_no_threads_change_a_bit(near):
    one = joint_affinities(near, perplexity=9, n_jobs=1)
    for n_jobs in (2, 3):
        np.testing.assert_array_equal(
            joint_affinities(near, perplexity=9, n_jobs=n_jobs).data, one.data
        )


@pytest.mark.parametrize("perplexity", [0.5, 40, [3, 50], [], float("nan")])
def test_a_perplexity_out_of_range_is_refused(near, perplexity):
    with pytest.raises(ValueError, match="number from 1 to 39"):
        joint_affinities(near, perplexity=perplexity)


def test_a_kind_that_is_not_known_is_refused(near):
    with pytest.raises(ValueError, match=r"kind='equal' is not known\. Give one of 'perplexity'"):
        joint_affinities(near, kind="equal")


def test_a_row_without_neighbours_is_refused():
    lost = Neighbors(
        np.array([[0, -1], [1, 0]], dtype=np.int32),
        np.array([[0, np.inf], [0, 1]], dtype=np.float32),
    )
    with pytest.raises(ValueError, match="Row 0 has no neighbour"):
        joint_affinities(lost, perplexity=1)


@pytest.mark.parametrize("kind", ["perplexity", "uniform"])
def test_a_list_that_names_no_row_is_refused(kind):
    wrong = Neighbors(
        np.array([[0, 1], [1, 9_000_000]], dtype=np.int32),
        np.array([[0, 1], [0, 1]], dtype=np.float32),
    )
    with pytest.raises(ValueError, match=r"Row 1 lists 9000000 .* there are only 2"):
        joint_affinities(wrong, perplexity=1, kind=kind)


def test_wider_lists_hold_nearly_all_true_neighbours():
    rows = np.random.default_rng(1).normal(size=(3000, 8)).astype(np.float32)
    index = build_index(rows, n_neighbors=16, method="descent", random_state=0)
    wider = widen(index, 31)
    assert wider is not None
    exact = build_index(rows, n_neighbors=31, method="exact").neighbors
    found = [np.isin(a, b).mean() for a, b in zip(exact.indices, wider.indices, strict=True)]
    assert np.mean(found) > 0.9
    np.testing.assert_array_equal(wider.indices[:, 0], np.arange(3000))
    # Their distances are true ones, in order.
    far = np.linalg.norm(rows[:, None][:50] - rows[wider.indices[:50]], axis=2)
    np.testing.assert_allclose(wider.distances[:50], far, rtol=1e-5)
    assert (np.diff(wider.distances, axis=1) >= 0).all()
    for n_jobs in (1, 3):
        again = widen(index, 31, n_jobs=n_jobs)
        np.testing.assert_array_equal(again.indices, wider.indices)


def test_lists_of_the_rows_alone_cannot_be_widened():
    rows = np.random.default_rng(0).normal(size=(50, 3))
    index = build_index(rows, n_neighbors=1, method="descent", random_state=0)
    assert widen(index, 5) is None


def test_lists_that_cannot_be_wider_are_not_made_up():
    rows = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    assert widen(build_index(rows, n_neighbors=10, method="exact"), 20) is None
    # Islands of six: nobody sees 20 others.
    islands = np.repeat(np.arange(10) * 1e3, 6)[:, None] + rows * 0.01
    index = build_index(islands, n_neighbors=6, method="descent", random_state=0)
    assert widen(index, 20) is None
