from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from umapkit.quality import largevis_cost, sampled_edge_cost


def problem(n=150, seed=0):
    rng = np.random.default_rng(seed)
    half = np.triu(random_array((n, n), density=0.1, rng=rng).toarray(), 1)
    return csr_array(half + half.T), rng.normal(0, 3, (n, 2))


def by_hand(graph, points, *, repulsion=7.0, rate=5.0, power=0.75, guard=0.1):
    w = graph.toarray()
    s = ((points[:, None] - points[None]) ** 2).sum(2)
    degrees = w.sum(1)
    shares = degrees**power / (degrees**power).sum()
    with np.errstate(divide="ignore"):
        far = repulsion / (1 - guard) * np.log((1 + s) / (guard + s))
    np.fill_diagonal(far, 0)
    return ((w * np.log1p(s)).sum() + rate * (degrees[:, None] * shares * far).sum()) / w.sum()


@pytest.mark.parametrize(
    "more", [{}, {"repulsion": 1.0}, {"power": 0.0}, {"guard": 0.0}, {"guard": 0.9}]
)
def test_the_cost_of_a_drawn_edge_agrees_with_numpy(more):
    graph, points = problem()
    found = sampled_edge_cost(graph, points, **more)
    np.testing.assert_allclose(found, by_hand(graph, points, **more), rtol=1e-12)


def test_same_bits_for_any_thread_count():
    graph, points = problem(400)
    found = {sampled_edge_cost(graph, points, n_jobs=jobs) for jobs in (1, 2, 3)}
    assert len(found) == 1


def test_the_scale_of_the_graph_does_not_matter():
    graph, points = problem()
    np.testing.assert_allclose(
        sampled_edge_cost(graph / graph.sum(), points), sampled_edge_cost(graph, points), rtol=1e-12
    )


def test_uniform_negatives_over_all_pairs_are_largevis_cost():
    """With m (n - 1) / 2 d n strangers a degree d the sampled cost is the printed one (Eq. 23)."""
    n = 40
    graph = csr_array((np.ones((n, n)) - np.eye(n)) * 0.5)  # all degrees alike
    points = np.random.default_rng(1).normal(0, 2, (n, 2))
    total = graph.sum()
    rate = n * n / total  # so that m d / n = 1 for every pair
    found = sampled_edge_cost(graph, points, power=0.0, guard=0.0, negative_sample_rate=rate)
    np.testing.assert_allclose(found * total, largevis_cost(graph, points), rtol=1e-12)


def test_points_in_one_place_cost_infinitely_much_without_a_guard_only():
    graph, points = problem()
    points[3] = points[7]
    assert sampled_edge_cost(graph, points, guard=0.0) == np.inf
    assert np.isfinite(sampled_edge_cost(graph, points))
    assert np.isfinite(sampled_edge_cost(graph, points, guard=0.0, repulsion=0.0))


def test_what_cannot_be_is_refused():
    graph, points = problem()
    with pytest.raises(ValueError, match="guard=1"):
        sampled_edge_cost(graph, points, guard=1.0)
    with pytest.raises(ValueError, match="no edges"):
        sampled_edge_cost(csr_array((150, 150)), points)
    with pytest.raises(ValueError, match="repulsion"):
        sampled_edge_cost(graph, points, repulsion=-1)
