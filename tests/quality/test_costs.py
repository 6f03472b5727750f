from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit.quality import (
    EffectiveLoss,
    attraction_cost,
    effective_loss,
    effective_loss_of,
    effective_target,
    fuzzy_cross_entropy,
    fuzzy_cross_entropy_without_constants,
    nominal_loss_of,
    ordered_pair_sum,
    repulsion_cost,
    similarity,
    unordered_pair_sum,
)

A, B = 1.577, 0.895


def problem(seed, n=60, d=2, degree=6):
    rng = np.random.default_rng(seed)
    half = np.triu(rng.uniform(0.01, 1, size=(n, n)) * (rng.random((n, n)) < degree / n), 1)
    half[0, 1] = 1.0
    return scipy.sparse.csr_array(half + half.T), rng.normal(size=(n, d))


def distances_of(points):
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))


def xlog(x, y):
    return np.where(x > 0, x * np.log(np.where(x > 0, y, 1)), 0.0)


def cross_entropy_twin(p, q):
    off = ~np.eye(len(p), dtype=bool)
    p, q = p[off], q[off]
    return (xlog(p, p / q) + xlog(1 - p, (1 - p) / (1 - q))).sum()


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (A, B), (0.1, 2.0), (50.0, 0.4)])
def test_costs_are_logarithms_of_the_similarity(a, b):
    d = np.geomspace(1e-3, 1e2, 50)
    w = a * d ** (2 * b)
    np.testing.assert_allclose(similarity(d, a, b), 1 / (1 + w), rtol=1e-12)
    np.testing.assert_allclose(attraction_cost(d, a, b), np.log(1 + w), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(repulsion_cost(d, a, b), -np.log(w / (1 + w)), atol=1e-14)


def test_costs_keep_their_digits_at_the_ends():
    assert attraction_cost(0.0, A, B) == 0.0
    assert similarity(0.0, A, B) == 1.0
    assert repulsion_cost(0.0, A, B) == math.inf
    assert attraction_cost(1e-9, 1.0, 1.0) == pytest.approx(1e-18, rel=1e-12)
    assert repulsion_cost(1e9, 1.0, 1.0) == pytest.approx(1e-18, rel=1e-12)
    assert attraction_cost(1e200, 1.0, 1.0) == pytest.approx(400 * math.log(10))
    assert repulsion_cost(1e-200, 1.0, 1.0) == pytest.approx(400 * math.log(10))


@pytest.mark.parametrize("bad", [-1.0, [0.0, np.nan]])
def test_distances_are_checked(bad):
    with pytest.raises(ValueError, match="at least 0"):
        attraction_cost(bad, A, B)
    with pytest.raises(ValueError, match="above 0"):
        repulsion_cost(1.0, 0.0, B)


@pytest.mark.parametrize(("n", "d"), [(2, 2), (7, 1), (60, 2), (129, 3), (300, 5)])
def test_cross_entropy_is_the_sum_over_all_pairs(n, d):
    graph, points = problem(n, n=n, d=d)
    p = graph.toarray()
    with np.errstate(divide="ignore"):
        q = 1 / (1 + A * distances_of(points) ** (2 * B))
        expected = cross_entropy_twin(p, q)
    assert fuzzy_cross_entropy(graph, points, A, B) == pytest.approx(expected, rel=1e-12)
    assert fuzzy_cross_entropy(p, points, A, B) == pytest.approx(expected, rel=1e-12)
    without = fuzzy_cross_entropy_without_constants(graph, points, A, B)
    assert nominal_loss_of(graph, q) == pytest.approx(without, rel=1e-12)


def test_constants_do_not_depend_on_the_map():
    graph, points = problem(1)
    gaps = [
        fuzzy_cross_entropy(graph, y, A, B) - fuzzy_cross_entropy_without_constants(graph, y, A, B)
        for y in (points, 3 * points, points**3)
    ]
    assert gaps == pytest.approx([gaps[0]] * 3, abs=1e-9)
    assert gaps[0] < 0


def test_both_pair_sums_agree():
    for n in (2, 17, 200):
        graph, points = problem(n, n=n)
        ordered = ordered_pair_sum(graph, points, A, B)
        assert unordered_pair_sum(graph, points, A, B) == pytest.approx(ordered, rel=1e-12)
        assert fuzzy_cross_entropy_without_constants(graph, points, A, B) == ordered


def test_repulsion_keeps_its_digits_far_out_and_close_by():
    empty = scipy.sparse.csr_array((2, 2))
    for gap in (1e-100, 1e-9, 1e-3, 1.0, 1e3, 1e9, 1e100):
        ours = ordered_pair_sum(empty, [[0.0], [gap]], 1.0, 1.0)
        assert ours == pytest.approx(2 * float(repulsion_cost(gap, 1.0, 1.0)), rel=1e-13)


def test_coincident_points_cost_nothing_only_where_they_belong_together():
    graph, points = problem(2)
    points[1] = points[0]
    assert graph[0, 1] == 1
    assert math.isfinite(fuzzy_cross_entropy(graph, points, A, B))
    near = points.copy()
    near[1] += 1e-9
    assert fuzzy_cross_entropy(graph, points, A, B) == pytest.approx(
        fuzzy_cross_entropy(graph, near, A, B), rel=1e-6
    )
    points[2] = points[0]
    assert fuzzy_cross_entropy(graph, points, A, B) == math.inf
    assert unordered_pair_sum(graph, points, A, B) == math.inf
    assert math.isfinite(fuzzy_cross_entropy_without_constants(graph, points, A, B, log_floor=1e-4))


def test_the_perfect_similarity_has_cross_entropy_zero():
    graph, _ = problem(3)
    p = graph.toarray()
    entropy = cross_entropy_twin(p, np.clip(p, 1e-300, 1 - 1e-16))
    assert entropy == pytest.approx(0, abs=1e-9)
    best = nominal_loss_of(graph, graph)
    for other in (np.full_like(p, 0.1), np.clip(p + 0.01, 0, 1), 0.9 * p + 0.01):
        assert nominal_loss_of(graph, other) > best


@pytest.mark.parametrize("floor", [0.0, 1e-4, 0.3])
@pytest.mark.parametrize("rate", [0, 5, 2.5])
def test_effective_loss_is_the_formula(floor, rate):
    graph, points = problem(4)
    p = graph.toarray()
    q = 1 / (1 + A * distances_of(points) ** (2 * B))
    degrees = p.sum(axis=1)
    total = 0.0
    for i in range(len(p)):
        for j in range(i + 1, len(p)):
            pull = -math.log(min(q[i, j] + floor, 1))
            push = -math.log(min(1 - q[i, j] + floor, 1))
            weight = rate * (degrees[i] + degrees[j]) / (2 * len(p))
            total += 2 * (p[i, j] * pull + weight * push)
    options = {"negative_sample_rate": rate, "log_floor": floor}
    loss = effective_loss(graph, points, A, B, **options)
    assert isinstance(loss, EffectiveLoss)
    assert loss.value == pytest.approx(total, rel=1e-11)
    assert loss.value == loss.attraction + loss.repulsion
    assert (loss.exact, loss.standard_error, loss.n_pairs) == (True, 0.0, 60 * 59)
    assert effective_loss_of(graph, q, **options) == pytest.approx(total, rel=1e-11)


def test_effective_target_is_where_the_effective_loss_is_lowest():
    graph, _ = problem(5)
    target = effective_target(graph)
    p, degrees = graph.toarray(), graph.sum(axis=1)
    push = 5 * (degrees[:, None] + degrees[None]) / (2 * len(p))
    np.testing.assert_allclose(target.toarray() * (p + push), p, rtol=1e-12)
    best = effective_loss_of(graph, target)
    dense = target.toarray()
    for other in (0.95 * dense, np.where(p > 0, dense + 0.3 * (1 - dense), 0.0), dense + 1e-4):
        assert effective_loss_of(graph, np.minimum(other, 1 - 1e-9)) > best
    certain = effective_target(graph, negative_sample_rate=0).toarray()
    np.testing.assert_array_equal(certain, (p > 0).astype(float))


def test_sampled_loss_is_unbiased_and_knows_its_error():
    graph, points = problem(6, n=300)
    whole = effective_loss(graph, points, A, B)
    drawn = [effective_loss(graph, points, A, B, n_pairs=3000, random_state=s) for s in range(60)]
    values = np.array([x.value for x in drawn])
    errors = np.array([x.standard_error for x in drawn])
    assert abs(values.mean() - whole.value) < 3.5 * values.std(ddof=1) / math.sqrt(60)
    assert values.std(ddof=1) == pytest.approx(errors.mean(), rel=0.35)
    assert np.mean(np.abs(values - whole.value) < 2 * errors) > 0.85
    assert {(x.exact, x.n_pairs, x.attraction) for x in drawn} == {(False, 3000, whole.attraction)}
    assert drawn[0] == effective_loss(graph, points, A, B, n_pairs=3000, random_state=0)


def test_large_maps_are_sampled_and_all_can_be_asked_for():
    rng = np.random.default_rng(0)
    n = 20_001
    links = scipy.sparse.diags_array(np.full(n - 1, 0.5), offsets=1, shape=(n, n))
    graph, points = links + links.T, rng.normal(size=(n, 2)) * 10
    drawn = effective_loss(graph, points, A, B)
    whole = effective_loss(graph, points, A, B, n_pairs="all")
    assert (drawn.exact, whole.exact) == (False, True)
    assert drawn.n_pairs == 2_000_000
    assert abs(drawn.value - whole.value) < 3 * drawn.standard_error
    assert drawn.standard_error < 0.01 * whole.value


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(2, 40), d=st.integers(1, 4))
def test_costs_ignore_order_and_rigid_motion(seed, n, d):
    graph, points = problem(seed, n=n, d=d)
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    moved = (points @ turn + 3.0)[order]
    shuffled = graph[order][:, order]
    value = fuzzy_cross_entropy(graph, points, A, B)
    assert value >= -1e-9
    assert fuzzy_cross_entropy(shuffled, moved, A, B) == pytest.approx(value, rel=1e-7)
    loss = effective_loss(graph, points, A, B)
    assert loss.attraction >= 0
    assert loss.repulsion >= 0
    assert effective_loss(shuffled, moved, A, B).value == pytest.approx(loss.value, rel=1e-7)


def test_an_empty_graph_and_a_single_point_have_a_loss():
    empty = scipy.sparse.csr_array((5, 5))
    points = np.arange(10.0).reshape(5, 2)
    assert effective_loss(empty, points, A, B).value == 0.0
    assert effective_loss(empty, points, A, B, n_pairs=10).value == 0.0
    assert fuzzy_cross_entropy(scipy.sparse.csr_array((1, 1)), [[0.0]], A, B) == 0.0
    assert effective_loss(scipy.sparse.csr_array((1, 1)), [[0.0]], A, B, n_pairs=10).value == 0.0


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (np.zeros((3, 4)), "square"),
        (np.zeros((4, 4)), "4 points and embedding has 3"),
        (np.eye(3), "diagonal"),
        (np.triu(np.ones((3, 3)), 1), "symmetric"),
        (2.0 * (1 - np.eye(3)), r"outside \[0, 1\]"),
        (np.nan * (1 - np.eye(3)), r"outside \[0, 1\]"),
    ],
)
@pytest.mark.parametrize("cost", [fuzzy_cross_entropy, effective_loss, unordered_pair_sum])
def test_bad_graphs_are_refused_with_words(cost, graph, words):
    with pytest.raises(ValueError, match=words):
        cost(graph, np.arange(6.0).reshape(3, 2), A, B)


def test_bad_arguments_are_refused_with_words():
    graph, points = problem(0)
    with pytest.raises(ValueError, match="a=-1"):
        fuzzy_cross_entropy(graph, points, -1, B)
    with pytest.raises(TypeError, match="not a number"):
        fuzzy_cross_entropy(graph, points, A, "x")
    with pytest.raises(ValueError, match="embedding holds nan"):
        fuzzy_cross_entropy(graph, points * np.nan, A, B)
    with pytest.raises(ValueError, match="at least 2 pairs"):
        effective_loss(graph, points, A, B, n_pairs=1)
    with pytest.raises(TypeError, match="n_pairs='many'"):
        effective_loss(graph, points, A, B, n_pairs="many")
    with pytest.raises(ValueError, match="log_floor"):
        effective_loss(graph, points, A, B, log_floor=-1)
    with pytest.raises(ValueError, match="must be equal"):
        nominal_loss_of(graph, np.zeros((3, 3)))
    with pytest.raises(ValueError, match="leave"):
        effective_loss_of(graph, np.full((60, 60), 1.5))
    with pytest.raises(TypeError, match="not a matrix"):
        effective_target("graph")
