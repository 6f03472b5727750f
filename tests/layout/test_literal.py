from __future__ import annotations

import numpy as np
import pytest

from umapkit.layout import History, find_ab, run_layout
from umapkit.layout._edges import EdgeList
from umapkit.layout._schedule import prune

from . import twins
from .conftest import symmetric_graph

A, B = find_ab()


@pytest.mark.parametrize("optimizer", ["schedule", "bernoulli"])
@pytest.mark.parametrize("push_tail", [False, True])
def test_the_serial_optimisers_agree_with_numpy(small, optimizer, push_tail):
    graph, y = small
    found = run_layout(
        graph, y, a=A, b=B, n_epochs=12, random_state=9, optimizer=optimizer, push_tail=push_tail,
        learning_rate=0.02,
    )  # fmt: skip
    edges = EdgeList.of(prune(graph, 12))
    expected = twins.literal(
        list(zip(edges.heads, edges.tails, edges.weights.astype(np.float64), strict=True)),
        y, n_epochs=12, a=A, b=B, gamma=1.0, rate=0.02, m=5.0, seed=9,
        bernoulli=optimizer == "bernoulli", push_tail=push_tail,
    )  # fmt: skip
    # Small steps: at full rate rounding errors double every few moves.
    assert np.abs(expected - y).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_pushing_the_tail_changes_the_map(small):
    graph, y = small
    one, two = (
        run_layout(
            graph, y, a=A, b=B, n_epochs=10, random_state=0, optimizer="schedule", push_tail=push
        )
        for push in (False, True)
    )
    assert not np.array_equal(one, two)


def test_pushing_the_tail_needs_a_serial_optimiser(small):
    graph, y = small
    with pytest.raises(ValueError, match="serial optimizer"):
        run_layout(graph, y, a=A, b=B, push_tail=True)


def test_the_three_optimisers_reach_nearly_the_same_loss():
    rng = np.random.default_rng(0)
    centers = np.repeat(np.arange(6), 50)
    same = centers[:, None] == centers[None]
    weights = np.where(
        same, rng.uniform(0, 1, (300, 300)) < 0.2, rng.uniform(0, 1, (300, 300)) < 0.002
    )
    from scipy.sparse import csr_array

    upper = np.triu(weights, 1).astype(np.float32)
    graph = csr_array(upper + upper.T)
    y = rng.uniform(0, 10, (300, 2)).astype(np.float32)
    losses = {}
    for optimizer in ("sampled", "schedule", "bernoulli"):
        found = []
        for seed in range(5):
            history = History(every=500)
            run_layout(
                graph, y, a=A, b=B, random_state=seed, optimizer=optimizer, observers=history
            )
            found.append(history.losses[-1])
        losses[optimizer] = np.mean(found)
    assert losses["sampled"] == pytest.approx(losses["schedule"], rel=0.05)
    assert losses["bernoulli"] == pytest.approx(losses["schedule"], rel=0.05)


def test_a_rate_of_zero_negatives_only_attracts():
    graph = symmetric_graph(30, 0.4, 0)
    y = np.random.default_rng(0).uniform(0, 10, (30, 2)).astype(np.float32)
    for optimizer in ("sampled", "schedule", "bernoulli"):
        found = run_layout(
            graph, y, a=A, b=B, n_epochs=300, random_state=0, optimizer=optimizer,
            negative_sample_rate=0,
        )  # fmt: skip
        assert np.ptp(found, axis=0).max() < 0.2 * np.ptp(y, axis=0).max()
