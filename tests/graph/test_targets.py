from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import poisson

from umapkit.graph import (
    Targets,
    fuzzy_graph,
    intersect_graphs,
    intersect_labels,
    intersect_targets,
    read_targets,
)
from umapkit.graph._target_distance import count_distances, string_distances
from umapkit.graph._target_graph import target_graph


@pytest.fixture(scope="module")
def theirs():
    path = Path(__file__).parent.parent / "reference" / "umap_learn_targets.npz"
    with np.load(path) as arrays:
        return dict(arrays)


def graph_of(arrays, name):
    parts = (
        arrays[f"{name}_data"],
        arrays[f"{name}_indices"].astype(np.int32),
        arrays[f"{name}_indptr"],
    )
    n = len(parts[2]) - 1
    return csr_array(parts, shape=(n, n))


def everybody(n):
    """Every pair of n rows."""
    one, other = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    return one.ravel(), other.ravel()


@pytest.mark.parametrize("weight", [0.2, 0.5, 0.8])
@pytest.mark.parametrize(
    ("name", "y", "metric"),
    [
        ("numbers", "numbers", "l1"),
        ("table", "table", "euclidean"),
        ("ordinal", "classes", "ordinal"),
        ("string", "texts", "string"),
    ],
)
def test_intersections_are_umap_learns(theirs, name, y, metric, weight):
    graph = graph_of(theirs, "graph")
    expected = graph_of(theirs, f"{name}_{int(100 * weight)}")
    ours = intersect_targets(graph, theirs[y], metric=metric, target_weight=weight, n_neighbors=10)
    # Their bandwidths of numeric targets are searched to 1e-5 only.
    assert abs(ours - expected).max() <= (1e-5 if metric in ("ordinal", "string") else 5e-5)
    if f"{name}_targets_data" in theirs:
        right = graph_of(theirs, f"{name}_targets")
        assert abs(intersect_graphs(graph, right, weight=weight) - expected).max() <= 1e-5
        mine = target_graph(read_targets(theirs[y], metric=metric), graph, n_neighbors=10)
        assert abs(mine - right).max() <= 5e-5
    assert (ours != ours.T).nnz == 0
    assert (ours.data > 0).all()


def test_a_weight_of_0_is_no_targets_and_every_weight_is_defined(theirs):
    graph = graph_of(theirs, "graph")
    for metric, y in (("l1", "numbers"), ("ordinal", "classes"), ("count", "classes")):
        assert intersect_targets(graph, theirs[y], metric=metric, target_weight=0) is graph
        for weight in np.linspace(0.01, 1, 12):
            found = intersect_targets(graph, theirs[y], metric=metric, target_weight=weight)
            assert np.isfinite(found.data).all()
            assert found.data.max() == 1


def test_at_weight_1_the_targets_decide(theirs):
    graph = graph_of(theirs, "graph")
    rows = np.repeat(np.arange(150), np.diff(graph.indptr))
    classes = theirs["classes"]
    for metric in ("categorical", "ordinal", "count"):
        found = intersect_targets(graph, classes, metric=metric, target_weight=1)
        rows = np.repeat(np.arange(150), np.diff(found.indptr))
        assert (classes[rows] == classes[found.indices]).all()
    found = intersect_targets(graph, theirs["numbers"], metric="l1", target_weight=1)
    rows = np.repeat(np.arange(150), np.diff(found.indptr))
    strong = found.data > 0.01
    apart = np.abs(theirs["numbers"][rows] - theirs["numbers"][found.indices])
    assert apart[strong].max() < 1.5 < apart.max()


def test_categories_are_those_of_intersect_labels(theirs):
    graph, classes = graph_of(theirs, "graph"), theirs["classes"].copy()
    classes[::5] = -1
    expected = intersect_labels(graph, classes)
    names = np.array(["" if c < 0 else f"digit {c}" for c in classes])
    missing = [None if c < 0 else c for c in classes]
    for y in (classes, names, classes[:, None], names.tolist(), missing):
        assert (intersect_targets(graph, y) != expected).nnz == 0


def test_two_columns_multiply(theirs):
    graph, classes = graph_of(theirs, "graph"), theirs["classes"]
    other = (classes % 2).astype(str)
    both = intersect_targets(graph, np.stack([classes.astype(str), other], axis=1))
    twice = graph.copy()
    rows = np.repeat(np.arange(150), np.diff(graph.indptr))
    differ = (classes[rows] != classes[graph.indices]).astype(int)
    differ += other[rows] != other[graph.indices]
    twice.data = (twice.data * np.exp(-5.0 * differ)).astype(np.float32)
    # Equal labels change nothing but the local connectivity.
    assert abs(both - intersect_labels(twice, np.zeros(150))).max() < 1e-6


def test_what_is_unknown_weakens_by_e_and_nobody_known_changes_nothing(theirs):
    graph = graph_of(theirs, "graph")
    for metric, y in (("l1", theirs["numbers"]), ("ordinal", theirs["classes"] * 1.0)):
        y = y.copy()
        y[:20] = np.nan
        found = intersect_targets(graph, y, metric=metric)
        assert np.isfinite(found.data).all()
        assert (np.diff(found.indptr)[:20] > 0).all()
        nothing = np.full(150, np.nan)
        assert intersect_targets(graph, nothing, metric=metric) is graph
    assert intersect_targets(graph, np.full(150, -1)) is graph


def test_the_sides_of_an_intersection():
    left = csr_array(np.array([[0, 0.5], [0.5, 0]], dtype=np.float32))
    right = csr_array(np.array([[0, 0.25], [0.25, 0]], dtype=np.float32))
    # One edge: whatever its weight, local connectivity makes it 1.
    assert intersect_graphs(left, right).toarray()[0, 1] == 1
    with pytest.raises(ValueError, match="shapes"):
        intersect_graphs(left, csr_array((3, 3), dtype=np.float32))
    with pytest.raises(ValueError, match=r"1\.5"):
        intersect_graphs(left, right, weight=1.5)


def test_equal_numbers_are_near_each_other_whatever_their_order(theirs):
    """umap-learn's lists of equal targets name the first rows only."""
    graph = graph_of(theirs, "graph")
    ages = theirs["classes"] // 2 * 1.0  # five values, thirty rows each
    right = target_graph(read_targets(ages, metric="l1"), graph, n_neighbors=5)
    dense = right.toarray()
    rows = np.repeat(np.arange(150), np.diff(graph.indptr))
    same = ages[rows] == ages[graph.indices]
    assert (dense[rows[same], graph.indices[same]] == 1).all()
    far = np.abs(ages[rows] - ages[graph.indices]) > 1
    assert (dense[rows[far], graph.indices[far]] == 0).all()
    # Rows of a value share the edges that only targets make.
    assert (right > 0).sum(axis=0).max() < 60
    order = np.random.default_rng(0).permutation(150)
    mixed = csr_array(graph[order][:, order])
    one = intersect_targets(graph, ages, metric="l1").toarray()
    other = intersect_targets(mixed, ages[order], metric="l1").toarray()
    edges = graph.toarray()[order][:, order] > 0
    np.testing.assert_allclose(one[order][:, order][edges], other[edges], atol=2e-3)


def test_a_function_compares_what_a_name_does(theirs):
    graph = graph_of(theirs, "graph")
    for y, metric, function in (
        ("numbers", "manhattan", lambda a, b: abs(a - b)),
        ("table", "euclidean", lambda a, b: np.sqrt(((a - b) ** 2).sum())),
    ):
        ours = intersect_targets(graph, theirs[y], metric=function)
        assert abs(ours - intersect_targets(graph, theirs[y], metric=metric)).max() < 1e-4
    texts = [f"{'x' * int(c)}" for c in theirs["classes"]]
    found = intersect_targets(graph, texts, metric=lambda a, b: abs(len(a) - len(b)))
    assert np.isfinite(found.data).all()
    with pytest.raises(ValueError, match="must be finite"):
        intersect_targets(graph, theirs["numbers"], metric=lambda a, b: -1.0)
    wide = csr_array((5000, 5000), dtype=np.float32)
    with pytest.raises(ValueError, match="5000 different"):
        intersect_targets(wide, np.arange(5000.0), metric=lambda a, b: 1.0)


def test_counts_are_as_far_as_what_lies_between_is_improbable():
    counts = np.array([0, 3, 1, 12, 7, 3], dtype=float)
    pairs = everybody(6)
    found = count_distances(counts, pairs, np.ones(6, dtype=bool)).reshape(6, 6)
    mean = counts.mean()
    for i in range(6):
        for j in range(6):
            low, high = sorted((int(counts[i]), int(counts[j])))
            between = -poisson.logpmf(np.arange(low, high), mean).sum()
            whole = -poisson.logpmf(np.arange(12), mean).sum()
            assert found[i, j] == pytest.approx(2 * between / whole, rel=1e-9)


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, last = [i], row
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y)))
    return row[-1]


def test_texts_are_as_far_as_edits_lead_from_one_to_the_other():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abé"), size=n)) for n in rng.integers(1, 12, size=30)]
    texts.append("abcdefghijkl")
    values = np.array(texts, dtype=object)
    pairs = everybody(31)
    found = string_distances(values, pairs, np.ones(31, dtype=bool)).reshape(31, 31)
    for i, a in enumerate(texts):
        for j, b in enumerate(texts):
            assert found[i, j] == pytest.approx(min(edits(a, b), 4) / 4)


def test_equal_rows_share_one_target():
    slot = np.array([0, 0, 0, 1, 1, 2])
    merged = read_targets([1.0, 2.0, 6.0, np.nan, 5.0, np.nan], metric="l1").merged(slot, 3)
    np.testing.assert_allclose(merged.values[:2, 0], [3.0, 5.0])
    np.testing.assert_array_equal(merged.known[:, 0], [True, True, False])
    merged = read_targets([4, 1, 2, 7, 5, 0], metric="count").merged(slot, 3)
    np.testing.assert_array_equal(merged.values[:, 0], [2, 5, 0])
    for metric in ("categorical", "string", lambda a, b: float(a != b)):
        merged = read_targets(["a", "b", "", "c", "c", ""], metric=metric).merged(slot, 3)
        np.testing.assert_array_equal(merged.known[:, 0], [False, True, False])


@pytest.mark.parametrize(
    ("y", "metric", "text"),
    [
        (["a", "b", "c"], "l1", "numbers only"),
        (["a", "b", "c"], "ordinal", "numbers only"),
        ([1.0, np.inf, 2.0], "euclidean", "inf in row 1"),
        ([1, 2.5, 2], "count", "whole number"),
        ([1, -2, 2], "count", "whole number"),
        ([1, 2, 3], "string", "which is no text"),
        ([1, 2, 3], "levenstein", "is not known"),
        ([1, 2, 20_000_000], "count", "10,000,000"),
        ([1, 2], "ordinal", "2 labels, the graph 3"),
        (np.zeros((3, 1, 1)), "ordinal", "shape"),
        (np.zeros((3, 0)), "ordinal", "shape"),
    ],
)
def test_targets_that_cannot_be_compared_are_named(y, metric, text):
    graph = fuzzy_graph_of_three()
    with pytest.raises(ValueError, match=text):
        intersect_targets(graph, y, metric=metric)


def fuzzy_graph_of_three():
    return csr_array(np.ones((3, 3), dtype=np.float32) - np.eye(3, dtype=np.float32))


@pytest.mark.parametrize(
    ("name", "instead"), [("hierarchical_categorical", "'categorical'"), ("myers", "'string'")]
)
def test_formulas_that_fit_does_not_offer_are_answered_with_what_it_does(name, instead):
    with pytest.raises(ValueError, match=f"{name!r} is not offered by fit. Give {instead}") as told:
        read_targets(["a", "b"], metric=name)
    assert "not known" not in str(told.value)


def test_targets_without_a_range_change_no_order():
    graph = fuzzy_graph_of_three()
    for metric in ("ordinal", "count", "l1", "categorical"):
        found = intersect_targets(graph, [2, 2, 2], metric=metric)
        assert (found != graph).nnz == 0
    found = intersect_targets(graph, ["b", "b", "b"], metric="string")
    assert (found != graph).nnz == 0


def test_threads_change_no_bit(digits):
    graph = fuzzy_graph(digits)
    y = np.random.default_rng(0).normal(size=(400, 2))
    found = [intersect_targets(graph, y, metric="l2", n_jobs=jobs) for jobs in (1, 2, 3)]
    for other in found[1:]:
        assert other.data.tobytes() == found[0].data.tobytes()
        assert other.indices.tobytes() == found[0].indices.tobytes()


def test_targets_are_read_once():
    targets = read_targets([1.0, np.nan, 2.0], metric="ordinal")
    assert isinstance(targets, Targets)
    again = intersect_targets(fuzzy_graph_of_three(), targets)
    direct = intersect_targets(fuzzy_graph_of_three(), [1.0, np.nan, 2.0], metric="ordinal")
    assert (again != direct).nnz == 0


def test_the_example_of_intersect_targets_by_hand():
    """Three rows, all memberships 1, ordinal targets 1, 2, 9 at weight 0.5.

    Half the range is 4: the targets are 1/4, 7/4 and 2 apart. The factors are exp(-5 d); each row
    is divided by its largest; then p + q - p q with the transpose.
    """
    d = np.array([[0, 1 / 4, 2], [1 / 4, 0, 7 / 4], [2, 7 / 4, 0]])
    p = np.exp(-5 * d) * (1 - np.eye(3))
    p /= p.max(axis=1, keepdims=True)
    expected = p + p.T - p * p.T
    found = intersect_targets(fuzzy_graph_of_three(), [1.0, 2.0, 9.0], metric="ordinal").toarray()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    # What the docstring prints: the pair (0, 2) has exp(-10) / exp(-5 / 4) one way and
    # exp(-10) / exp(-35 / 4) the other.
    one, other = np.exp(-10 + 5 / 4), np.exp(-10 + 35 / 4)
    assert found[0, 2] == pytest.approx(one + other - one * other, rel=1e-5)
    np.testing.assert_array_equal(
        found.round(2), np.float32([[0, 1, 0.29], [1, 0, 1], [0.29, 1, 0]])
    )
