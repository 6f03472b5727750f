from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from umapkit import FuzzySet, find_neighbors, fuzzy_graph
from umapkit.graph import bandwidths, fin_sing, local_metric, restore_graph, restore_rows
from umapkit.quality import fuzzy_cross_entropy, similarity

# Zeros and ones are common in graphs, and where formulas go wrong.
MEMBERSHIP = st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0.001, 1.0)
TABLE = arrays(np.float64, (4, 5), elements=MEMBERSHIP)
NORMS = st.sampled_from(["product", "minimum"])


def table(fuzzy):
    return fuzzy.memberships.toarray()


def same(one, other):
    np.testing.assert_allclose(table(one), table(other), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(TABLE, TABLE, TABLE, NORMS)
def test_union_and_intersection_commute_and_associate(x, y, z, norm):
    a, b, c = map(FuzzySet.of, (x, y, z))
    assert np.array_equal(table(a.union(b, norm=norm)), table(b.union(a, norm=norm)))
    assert np.array_equal(table(a.intersection(b, norm=norm)), table(b.intersection(a, norm=norm)))
    same(a.union(b, norm=norm).union(c, norm=norm), a.union(b.union(c, norm=norm), norm=norm))
    same(
        a.intersection(b, norm=norm).intersection(c, norm=norm),
        a.intersection(b.intersection(c, norm=norm), norm=norm),
    )


@settings(max_examples=60, deadline=None)
@given(TABLE, TABLE, NORMS)
def test_the_laws_of_de_morgan_hold(x, y, norm):
    a, b = FuzzySet.of(x), FuzzySet.of(y)
    same(~a.union(b, norm=norm), (~a).intersection(~b, norm=norm))
    same(~a.intersection(b, norm=norm), (~a).union(~b, norm=norm))
    same(~~a, a)


@settings(max_examples=60, deadline=None)
@given(TABLE, TABLE, NORMS)
def test_a_difference_is_the_intersection_with_the_complement(x, y, norm):
    a, b = FuzzySet.of(x), FuzzySet.of(y)
    same(a.difference(b, norm=norm), a.intersection(~b, norm=norm))


@settings(max_examples=60, deadline=None)
@given(TABLE, TABLE, TABLE)
def test_the_minimum_is_idempotent_absorbing_and_distributive(x, y, z):
    a, b, c = map(FuzzySet.of, (x, y, z))
    low = {"norm": "minimum"}
    assert np.array_equal(table(a.union(a, **low)), x)
    assert np.array_equal(table(a.intersection(a, **low)), x)
    assert np.array_equal(table(a.union(a.intersection(b, **low), **low)), x)
    left = a.intersection(b.union(c, **low), **low)
    right = a.intersection(b, **low).union(a.intersection(c, **low), **low)
    assert np.array_equal(table(left), table(right))


@settings(max_examples=60, deadline=None)
@given(TABLE, TABLE)
def test_the_product_makes_unions_larger_and_intersections_smaller(x, y):
    a, b = FuzzySet.of(x), FuzzySet.of(y)
    assert (table(a | b) >= np.maximum(x, y) - 1e-12).all()
    assert (table(a & b) <= np.minimum(x, y)).all()
    assert (table(a | b) <= 1).all()


@settings(max_examples=60, deadline=None)
@given(TABLE)
def test_nothing_is_neutral_in_a_union_and_everything_in_an_intersection(x):
    a, nothing = FuzzySet.of(x), FuzzySet.of(np.zeros((4, 5)))
    same(a | nothing, a)
    same(a & ~nothing, a)
    same(a - nothing, a)
    assert (a & nothing).memberships.nnz == 0


@settings(max_examples=60, deadline=None)
@given(TABLE, TABLE)
def test_cross_entropy_is_that_of_the_formula_over_all_pairs(x, y):
    y = np.clip(y, 0.01, 0.99)
    x[0], y[0] = 0.0, 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(x > 0, x * np.log(x / y), 0)
        expected += np.where(x < 1, (1 - x) * np.log((1 - x) / (1 - y)), 0)
    found = FuzzySet.of(x).cross_entropy(FuzzySet.of(y))
    assert found == pytest.approx(expected.sum(), abs=1e-9)
    assert FuzzySet.of(x).cross_entropy(FuzzySet.of(x)) == pytest.approx(0, abs=1e-12)
    assert found >= -1e-12


def test_cross_entropy_is_infinite_where_the_other_set_is_sure_and_this_is_not():
    half = FuzzySet.of([[0.5]])
    assert half.cross_entropy(FuzzySet.of([[0.0]])) == np.inf
    assert half.cross_entropy(FuzzySet.of([[1.0]])) == np.inf
    assert FuzzySet.of([[0.0]]).cross_entropy(half) == pytest.approx(np.log(2))
    assert FuzzySet.of([[1.0]]).cross_entropy(FuzzySet.of([[1.0]])) == 0


def test_equation_17_of_graph_and_map_is_equation_6():
    rng = np.random.default_rng(0)
    graph = fuzzy_graph(find_neighbors(rng.normal(size=(80, 4)), n_neighbors=10))
    places = rng.normal(size=(80, 2))
    far = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    q = similarity(far, 1.577, 0.895)
    np.fill_diagonal(q, 0)
    found = FuzzySet.of(graph).cross_entropy(FuzzySet.of(q))
    assert found == pytest.approx(fuzzy_cross_entropy(graph, places, 1.577, 0.895), rel=1e-10)


def test_corollary_1_the_union_of_all_local_fuzzy_sets_is_the_fuzzy_graph():
    """Corollary 1 of the tutorial, with Eqs. 1 to 4."""
    rows = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    rows[30:] += 5  # so that some neighbourhoods are one-sided
    neighbors = find_neighbors(rows, n_neighbors=7)
    scales = bandwidths(neighbors)
    whole = FuzzySet.of(csr_array((40, 40)))
    for row in range(40):
        whole = whole | fin_sing(local_metric(neighbors, scales, row))
    expected = fuzzy_graph(neighbors)
    assert np.array_equal(whole.memberships.indices, expected.indices)
    np.testing.assert_allclose(table(whole), expected.toarray(), atol=2e-6)
    assert whole.graph().dtype == np.float32


def test_a_local_metric_is_equation_16():
    rows = np.array([[0.0], [1.0], [3.0], [10.0]], dtype=np.float32)
    neighbors = find_neighbors(rows, n_neighbors=3)
    scales = bandwidths(neighbors)
    found = local_metric(neighbors, scales, 1)
    sigma = float(scales.sigmas[1])
    inf = np.inf
    expected = [[0, 0, inf, inf], [0, 0, 1 / sigma, inf], [inf, 1 / sigma, 0, inf]]
    np.testing.assert_allclose(found, [*expected, [inf, inf, inf, 0]], rtol=1e-6)
    with pytest.raises(ValueError, match="row=4"):
        local_metric(neighbors, scales, 4)


def test_fin_sing_is_exp_of_minus_the_distance_and_refuses_what_is_no_metric():
    found = table(fin_sing([[0, 2.0], [2.0, 0]]))
    np.testing.assert_allclose(found, [[0, np.exp(-2)], [np.exp(-2), 0]])
    for bad, words in (
        ([[0, 1.0], [2.0, 0]], "symmetric"),
        ([[1.0, 0], [0, 1.0]], "symmetric"),
        ([[0, -1.0], [-1.0, 0]], "-1"),
        ([[0, np.nan], [np.nan, 0]], "nan"),
        ([[0.0, 1.0]], "table"),
    ):
        with pytest.raises(ValueError, match=words):
            fin_sing(bad)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([[1.5]], r"1\.5"),
        ([[-0.1]], r"-0\.1"),
        ([[np.nan]], "nan"),
        ([1.0], "table"),
        ([["a"]], "real"),
        ([[1j]], "real"),
    ],
)
def test_what_is_no_membership_is_refused(bad, words):
    with pytest.raises(ValueError, match=words):
        FuzzySet.of(bad)


def test_sets_of_other_carriers_and_other_things_are_refused():
    one = FuzzySet.of([[1.0]])
    with pytest.raises(ValueError, match="shapes"):
        one.union(FuzzySet.of([[1.0, 0]]))
    with pytest.raises(ValueError, match="norm"):
        one.union(one, norm="maximum")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="FuzzySet"):
        one.union(csr_array([[1.0]]))  # type: ignore[arg-type]


def test_operations_leave_their_sets_as_they_were():
    x, y = np.array([[0.2, 0.0]]), np.array([[0.5, 0.5]])
    a, b = FuzzySet.of(x), FuzzySet.of(y)
    for _ in (a | b, a & b, a - b, ~a, a.cross_entropy(b)):
        assert np.array_equal(table(a), x)
        assert np.array_equal(table(b), y)


def test_restored_rows_have_a_largest_membership_of_one_and_the_sum_of_a_usual_row():
    rng = np.random.default_rng(0)
    usual = 0.3 * rng.uniform(0.6, 0.9, size=(20, 1)) ** np.arange(9)
    directed = csr_array(rng.permuted(usual, axis=1))
    found = restore_rows(directed, 15)
    np.testing.assert_allclose(found.max(axis=1).toarray(), 1)
    np.testing.assert_allclose(found.sum(axis=1), np.log2(15), atol=1e-4)
    assert np.array_equal(np.argsort(found.toarray()), np.argsort(directed.toarray()))
    crowded = restore_rows(csr_array(np.array([[1.0] * 10 + [0.5]])), 15).toarray()[0]
    np.testing.assert_allclose(crowded, [1.0] * 10 + [0.5**4])
    alone = restore_rows(directed[[7]], 15)
    assert np.array_equal(alone.toarray()[0], found.toarray()[7])
    assert restore_rows(csr_array((3, 3)), 15).nnz == 0


def test_a_restored_graph_is_symmetric_for_any_number_of_threads():
    graph = fuzzy_graph(find_neighbors(np.random.default_rng(0).normal(size=(100, 3))))
    found = restore_graph(graph, 15)
    assert abs(found - found.T).max() == 0
    for jobs in (1, 2, 3):
        assert np.array_equal(restore_graph(graph, 15, n_jobs=jobs).data, found.data)
