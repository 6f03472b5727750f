"""A6 and the costs beside UMAP's: what an epoch or a batch pays on average."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse

from umapkit.quality import (
    effective_loss,
    epoch_cost,
    epoch_gradient,
    expected_gradient,
    largevis_cost,
    minibatch_loss,
    ordered_pair_sum,
)

A, B = 1.577, 0.895


def problem(seed, n=30, d=2, degree=6):
    rng = np.random.default_rng(seed)
    half = np.triu(rng.uniform(0.05, 1, size=(n, n)) * (rng.random((n, n)) < degree / n), 1)
    return scipy.sparse.csr_array(half + half.T), 2 * rng.normal(size=(n, d))


@pytest.mark.parametrize("push_tail", [False, True])
def test_the_mean_epoch_pulls_as_expected(push_tail):
    """Equations 24 and 27 have the expectations 25 and the gradient of 29."""
    graph, points = problem(0)
    many = np.stack(
        [epoch_gradient(graph, points, A, B, epoch=e, push_tail=push_tail) for e in range(1200)]
    )
    error = many.std(axis=0, ddof=1) / math.sqrt(len(many))
    right = expected_gradient(graph, points, A, B, push_tail=push_tail)
    wrong = expected_gradient(graph, points, A, B, push_tail=not push_tail)
    z = (many.mean(axis=0) - right) / error
    assert np.mean(np.abs(z) < 3) > 0.98
    assert np.mean(z**2) == pytest.approx(1, abs=0.5)
    assert np.mean(((many.mean(axis=0) - wrong) / error) ** 2) > 3
    for direction in np.random.default_rng(1).normal(size=(5, *points.shape)):
        along = (many * direction).sum(axis=(1, 2))
        gap = along.mean() - (right * direction).sum()
        assert abs(gap) < 3 * along.std(ddof=1) / math.sqrt(len(along))


def test_the_mean_epoch_costs_the_effective_loss():
    """Equation 28 has the expectation 29."""
    graph, points = problem(2)
    costs = np.array([epoch_cost(graph, points, A, B, epoch=e) for e in range(1200)])
    whole = effective_loss(graph, points, A, B).value
    assert abs(costs.mean() - whole) < 3 * costs.std(ddof=1) / math.sqrt(len(costs))


def test_an_epoch_with_pushed_tails_pulls_down_its_own_cost():
    graph, points = problem(3, n=12, degree=4)
    options = {"epoch": 7, "negative_sample_rate": 3, "random_state": 5}
    ours = epoch_gradient(graph, points, A, B, push_tail=True, eps=0, **options)
    numeric, h = np.empty_like(points), 1e-6
    for place in np.ndindex(points.shape):
        ends = []
        for step in (h, -h):
            moved = points.copy()
            moved[place] += step
            ends.append(epoch_cost(graph, moved, A, B, log_floor=0, **options))
        numeric[place] = (ends[0] - ends[1]) / (2 * h)
    np.testing.assert_allclose(ours, numeric, rtol=1e-5, atol=1e-6)


def test_an_epoch_is_decided_by_its_number_and_the_seed():
    graph, points = problem(4)
    first = epoch_cost(graph, points, A, B)
    assert first == epoch_cost(graph, points, A, B, epoch=0, random_state=0)
    others = [
        epoch_cost(graph, points, A, B, epoch=1),
        epoch_cost(graph, points, A, B, random_state=1),
    ]
    assert first not in others
    quiet = epoch_gradient(graph, points, A, B, negative_sample_rate=0)
    np.testing.assert_allclose(quiet.sum(axis=0), 0, atol=1e-9)
    with pytest.raises((TypeError, ValueError), match="epoch"):
        epoch_cost(graph, points, A, B, epoch=-1)


def batches(graph, points, *, size, m, draws, seed):
    """Mean loss of batches as a network's training loop makes them."""
    rng = np.random.default_rng(seed)
    edges = scipy.sparse.coo_array(graph)
    out = np.empty(draws)
    for number in range(draws):
        chosen = rng.choice(edges.nnz, size=size, p=edges.data / edges.data.sum())
        heads, tails = edges.row[chosen], edges.col[chosen]
        partners = rng.permutation(np.tile(tails, m))
        d_near = np.linalg.norm(points[heads] - points[tails], axis=1)
        d_far = np.linalg.norm(points[np.tile(heads, m)] - points[partners], axis=1)
        near = 1 / (1 + A * d_near ** (2 * B))
        far = 1 / (1 + A * d_far ** (2 * B))
        losses = [
            -np.log(np.minimum(near + 1e-4, 1)),
            -np.log(np.minimum(1 - far + 1e-4, 1)),
        ]
        out[number] = np.concatenate(losses).mean()
    return out


@pytest.mark.parametrize(("size", "m"), [(2, 1), (4, 5), (50, 3)])
def test_the_mean_batch_of_edges_costs_the_formula(size, m):
    graph, points = problem(5)
    seen = batches(graph, points, size=size, m=m, draws=2000, seed=6)
    options = {"negative_sample_rate": m}
    right = minibatch_loss(graph, points, A, B, batch_size=size, **options)
    assert abs(seen.mean() - right) < 3 * seen.std(ddof=1) / math.sqrt(len(seen))
    wrong = minibatch_loss(graph, points, A, B, batch_size=20 * size, **options)
    if size == 2:
        assert abs(seen.mean() - wrong) > 3 * seen.std(ddof=1) / math.sqrt(len(seen))


def test_batches_of_nothing_are_refused():
    graph, points = problem(0)
    with pytest.raises(ValueError, match="no edge"):
        minibatch_loss(scipy.sparse.csr_array((30, 30)), points, A, B, batch_size=4)
    with pytest.raises((TypeError, ValueError), match="batch_size"):
        minibatch_loss(graph, points, A, B, batch_size=0)
    with pytest.raises(ValueError, match="log_floor"):
        minibatch_loss(graph, points, A, B, batch_size=4, log_floor=0)


def test_largevis_pays_for_every_pair():
    graph, points = problem(7)
    p = graph.toarray()
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    off = ~np.eye(len(p), dtype=bool)
    q = 1 / (1 + squared[off])
    expected = -(p[off] * np.log(q)).sum() - 7 * np.log(1 - q).sum()
    assert largevis_cost(graph, points) == pytest.approx(expected, rel=1e-11)
    near = largevis_cost(graph, points, repulsion=0)
    assert near == pytest.approx(-(p[off] * np.log(q)).sum(), rel=1e-11)
    # With lambda = 1, UMAP's cost differs by what it spares the neighbours.
    spared = -(p[off] * np.log(1 - q)).sum()
    ours = ordered_pair_sum(graph, points, 1.0, 1.0)
    assert largevis_cost(graph, points, repulsion=1) == pytest.approx(ours + spared, rel=1e-10)
    points[1] = points[0]
    assert largevis_cost(graph, points) == math.inf
    assert math.isfinite(largevis_cost(graph, points, repulsion=0))
