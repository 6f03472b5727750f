from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

torch = pytest.importorskip("torch")

from umapkit import find_neighbors, fuzzy_graph  # noqa: E402
from umapkit.parametric import EdgeSource  # noqa: E402


@pytest.fixture(scope="module")
def graph() -> csr_array:
    rows = np.random.default_rng(0).normal(size=(300, 3))
    return fuzzy_graph(find_neighbors(rows, n_neighbors=8, random_state=0))


@pytest.mark.parametrize(("walk", "size"), [(2, 5000), (4, 5001), (7, 999)])
def test_edges_of_walks_are_drawn_in_proportion_to_their_memberships_too(graph, walk, size):
    source = EdgeSource(graph, batch_size=size, seed=1, walk=walk)
    counts = np.zeros(graph.shape)
    for step in range(200_000 // size):
        batch = source.batch(step)
        np.add.at(counts, (batch.rows[batch.heads], batch.rows[batch.tails]), 1)
    dense = graph.toarray()
    wanted = counts.sum() * dense / dense.sum()
    assert (counts[dense == 0] == 0).all()
    some = wanted > 5
    # Two edges of a walk depend on each other, so the sum spreads wider than chi squared.
    chi2 = ((counts - wanted)[some] ** 2 / wanted[some]).sum() / some.sum()
    assert 0.85 < chi2 < 1.25


@pytest.mark.parametrize(("walk", "size"), [(3, 1), (3, 2), (3, 10), (4, 4), (5, 7), (100, 30)])
def test_a_batch_of_walks_has_the_asked_number_of_edges_each_of_the_graph(graph, walk, size):
    source = EdgeSource(graph, batch_size=size, seed=2, walk=walk)
    batch = source.batch(5)
    assert len(batch.heads) == len(batch.tails) == size
    assert batch.far.shape == (5, size)
    assert (graph.toarray()[batch.rows[batch.heads], batch.rows[batch.tails]] > 0).all()
    again = EdgeSource(graph, batch_size=size, seed=2, walk=walk).batch(5)
    for name in ("rows", "heads", "tails", "far"):
        assert np.array_equal(getattr(batch, name), getattr(again, name))


def test_a_walk_goes_on_from_where_its_last_edge_ended_and_has_fewer_rows(graph):
    batch = EdgeSource(graph, batch_size=12, seed=0, walk=3).batch(1)
    heads, tails = batch.rows[batch.heads], batch.rows[batch.tails]
    assert np.array_equal(heads[4:8], tails[:4])
    assert np.array_equal(heads[8:], tails[4:8])
    assert len(batch.rows) == 16


def test_negatives_of_an_edge_are_not_of_its_own_walk(graph):
    source = EdgeSource(graph, batch_size=20, seed=0, walk=4)
    looked = 0
    for step in range(60):
        batch = source.batch(step)
        place = {tail: number for number, tail in enumerate(batch.tails.tolist())}
        if len(place) < 20:  # a row that two walks meet
            continue
        looked += 1
        walk = np.array([place[tail] % 5 for tail in batch.far.ravel().tolist()]).reshape(5, 20)
        assert (walk != np.arange(20)[None, :] % 5).all()
    assert looked > 5


def test_held_out_edges_are_not_walked(graph):
    source = EdgeSource(graph, batch_size=500, seed=0, walk=5, held_out=0.2)
    kept = source.held_out(5000)
    assert kept is not None
    out = set(zip(kept.rows[kept.heads].tolist(), kept.rows[kept.tails].tolist(), strict=True))
    for step in range(20):
        batch = source.batch(step)
        ends = batch.rows[batch.heads].tolist(), batch.rows[batch.tails].tolist()
        assert not out & set(zip(*ends, strict=True))


def test_walks_need_a_way_on(graph):
    lower = csr_array(np.tril(graph.toarray()))
    with pytest.raises(ValueError, match="no walk leaves it"):
        EdgeSource(lower, batch_size=10, seed=0, walk=2)
