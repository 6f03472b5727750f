"""A3 and A4: the toy ring of Damrich and Hamprecht (On UMAP's true loss function, NeurIPS 2021)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse
from sklearn.neighbors import NearestNeighbors

from umapkit import find_neighbors, fuzzy_graph, run_layout
from umapkit.init import rescale
from umapkit.layout import Optimizer
from umapkit.quality import (
    effective_loss,
    effective_loss_of,
    effective_target,
    fuzzy_cross_entropy_without_constants,
    nominal_loss_of,
)

N, K, M, FLOOR = 1000, 15, 5, 1e-4
# Published means over the seeds 0 to 6, over ordered pairs with the diagonal.
MEMBERSHIPS = 5835.7  # sum of the graph
PUBLISHED = {
    "best": (6913.6, 1523.2),
    "identity": (62959.0, 54017.4),
    "data": (136329.4, 4972.8),
}


def ring(seed: int) -> np.ndarray:
    """Points on a circle of radius 4, each moved inside a disc of radius 0.5."""
    state = np.random.RandomState(seed)
    phi = np.linspace(0, 2 * np.pi, N, endpoint=False)
    radius = 0.5 * np.sqrt(state.uniform(size=N))
    angle = 2 * np.pi * state.uniform(size=N)
    x = 4 * np.cos(phi) + radius * np.cos(angle)
    y = 4 * np.sin(phi) + radius * np.sin(angle)
    return np.stack([x, y], axis=1).astype(np.float32)


def fuzzy_graph_twin(rows: np.ndarray, k: int) -> scipy.sparse.csr_array:
    """Plain NumPy fuzzy graph of distinct rows; k counts the row itself."""
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows.astype(np.float64))
    distances, indices = search.kneighbors()
    distances, indices = distances[:, : k - 1], indices[:, : k - 1]
    gaps = distances - distances[:, :1]
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    sigma = np.ones(len(rows))
    for _ in range(64):
        total = np.exp(-gaps / sigma[:, None]).sum(axis=1)
        above = total > math.log2(k)
        high = np.where(above, sigma, high)
        low = np.where(above, low, sigma)
        sigma = np.where(np.isinf(high), 2 * sigma, (low + high) / 2)
    heads = np.repeat(np.arange(len(rows)), k - 1)
    values = np.exp(-gaps / sigma[:, None]).ravel()
    p = scipy.sparse.csr_array((values, (heads, indices.ravel())), shape=(len(rows),) * 2)
    return scipy.sparse.csr_array(p + p.T - p.multiply(p.T))


def pruned(graph: scipy.sparse.csr_array, epochs: int) -> scipy.sparse.csr_array:
    kept = graph.copy()
    kept.data[kept.data < kept.data.max() / epochs] = 0
    kept.eliminate_zeros()
    return kept


def diagonal_of(graph: scipy.sparse.csr_array, *, effective: bool) -> float:
    """What the published sums add for pairs (i, i) where q_ii = 1: c^r = -ln(floor)."""
    weight = M * graph.sum() / N if effective else N
    return -math.log(FLOOR) * weight


def fuzzy_graph_of_umapkit(rows: np.ndarray, k: int) -> scipy.sparse.csr_array:
    return fuzzy_graph(find_neighbors(rows, n_neighbors=k)).astype(np.float64)


GRAPHS = {"umapkit": fuzzy_graph_of_umapkit, "twin": fuzzy_graph_twin}


def table(seed: int, maker: str) -> dict[str, tuple[float, float]]:
    a, b = 1.5769434604035877, 0.8950608781227859
    rows = ring(seed)
    graph = pruned(GRAPHS[maker](rows, K), 10_000)
    on = {"negative_sample_rate": M, "log_floor": FLOOR}
    identity = np.eye(N)
    nominal = fuzzy_cross_entropy_without_constants(graph, rows, a, b, log_floor=FLOOR)
    return {
        "memberships": (graph.sum(), graph.sum()),
        "best": (
            nominal_loss_of(graph, graph, log_floor=FLOOR),
            effective_loss_of(graph, effective_target(graph, negative_sample_rate=M), **on),
        ),
        "identity": (
            nominal_loss_of(graph, identity, log_floor=FLOOR) + diagonal_of(graph, effective=False),
            effective_loss_of(graph, identity, **on) + diagonal_of(graph, effective=True),
        ),
        "data": (
            nominal + diagonal_of(graph, effective=False),
            effective_loss(graph, rows, a, b, **on).value + diagonal_of(graph, effective=True),
        ),
    }


@pytest.fixture(scope="module", params=GRAPHS)
def tables(request) -> list[dict[str, tuple[float, float]]]:
    return [table(seed, request.param) for seed in range(7)]


def test_the_graphs_of_the_ring_hold_the_published_sum_of_memberships(tables):
    mean = np.mean([t["memberships"][0] for t in tables])
    assert mean == pytest.approx(MEMBERSHIPS, rel=1e-3)


@pytest.mark.parametrize("row", PUBLISHED)
@pytest.mark.parametrize("column", [0, 1], ids=["nominal", "effective"])
def test_ring_losses_are_the_published_ones_to_a_tenth_of_a_percent(tables, row, column):
    mean = np.mean([t[row][column] for t in tables])
    assert mean == pytest.approx(PUBLISHED[row][column], rel=1e-3)


def test_infinite_dispersion_beats_the_data_in_the_nominal_loss_only(tables):
    for t in tables:
        assert t["identity"][0] < t["data"][0]
        assert t["data"][1] < t["identity"][1]


def optimised(seed: int, optimizer: Optimizer) -> tuple[float, float]:
    """Nominal and effective loss after 10,000 epochs from the data."""
    a, b = 1.5769434604035877, 0.8950608781227859
    rows = ring(seed)
    graph = fuzzy_graph(find_neighbors(rows, n_neighbors=K))
    start = rescale(rows, seed=seed)
    embedding = run_layout(
        graph, start, a=a, b=b, n_epochs=10_000, optimizer=optimizer, random_state=seed
    )
    kept = pruned(graph, 10_000)
    on = {"negative_sample_rate": M, "log_floor": FLOOR}
    nominal = fuzzy_cross_entropy_without_constants(kept, embedding, a, b, log_floor=FLOOR)
    return (
        nominal + diagonal_of(kept, effective=False),
        effective_loss(kept, embedding, a, b, **on).value + diagonal_of(kept, effective=True),
    )


def test_ten_thousand_epochs_reach_the_published_losses():
    """A4: the last row of the table, 70,235 and 3,388 within five percent.

    By the parallel optimiser, which takes a second a seed. Algorithm 1 move by move
    (optimizer="schedule") takes half a minute a seed and was seen to agree, too.
    """
    nominal, effective = np.mean([optimised(seed, "sampled") for seed in range(7)], axis=0)
    assert effective == pytest.approx(3388, rel=0.05)
    assert nominal == pytest.approx(70235, rel=0.05)
