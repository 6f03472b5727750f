from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from umapkit.graph import fuzzy_graph, intersect_labels, label_codes


@pytest.fixture(scope="module")
def graph(digits):
    return fuzzy_graph(digits)


@pytest.mark.parametrize("weight", [0.5, 0.9, 1.0])
def test_intersection_with_labels_is_umap_learns(reference, graph, weight):
    name = f"labels_{int(100 * weight)}"
    theirs = csr_array(
        (
            reference[f"{name}_data"],
            reference[f"{name}_indices"].astype(np.int32),
            reference[f"{name}_indptr"],
        ),
        shape=graph.shape,
    )
    ours = intersect_labels(graph, reference["labels"], target_weight=weight)
    assert abs(ours - theirs).max() <= 1e-5
    assert (ours.data > 0).all()
    assert (ours != ours.T).nnz == 0


def test_target_weight_0_gives_the_same_graph(reference, graph):
    assert intersect_labels(graph, reference["labels"], target_weight=0) is graph


def test_every_kind_of_label_gives_the_same_graph(reference, graph):
    labels = reference["labels"]
    expected = intersect_labels(graph, labels)
    floats = np.where(labels < 0, np.nan, labels.astype(float))
    objects = np.array([None if v < 0 else f"digit {v}" for v in labels], dtype=object)
    mixed = [-1 if v < 0 else f"digit {v}" for v in labels]
    strings = np.array(["?" if v < 0 else str(v) for v in labels])
    for y, unknown in ((floats, -1), (objects, -1), (mixed, -1), (strings, "?"), (labels, -1.0)):
        ours = intersect_labels(graph, y, unknown=unknown)
        assert ours.data.tobytes() == expected.data.tobytes()


def test_no_label_known_keeps_the_edges(graph):
    ours = intersect_labels(graph, np.full(graph.shape[0], -1))
    np.testing.assert_array_equal(ours.indices, graph.indices)


def test_booleans_and_missing_values_are_labels():
    np.testing.assert_array_equal(label_codes(np.array([True, False, True])), [1, 0, 1])
    np.testing.assert_array_equal(label_codes([2.5, float("nan"), 1.5]), [1, -1, 0])
    np.testing.assert_array_equal(label_codes(["b", None, "a"]), [1, -1, 0])


def test_bad_labels_are_named(graph):
    with pytest.raises(ValueError, match="3 labels, the graph 400 rows"):
        intersect_labels(graph, [0, 1, 2])
    with pytest.raises(ValueError, match=r"shape \(400, 1\)"):
        intersect_labels(graph, np.zeros((400, 1)))
    with pytest.raises(ValueError, match=r"target_weight=1\.5"):
        intersect_labels(graph, np.zeros(400), target_weight=1.5)
    with pytest.raises(ValueError, match="cannot be sorted"):
        label_codes(np.array(["a", 1, "b"], dtype=object))


def test_columns_in_any_order_and_listed_twice_are_one_graph():
    graph = csr_array(np.array([[0, 0.5, 1], [0.5, 0, 0], [1, 0, 0]], dtype=np.float32))
    loose = csr_array(
        (
            np.array([1, 0.25, 0.25, 0.5, 1], dtype=np.float32),
            np.array([2, 1, 1, 0, 0], dtype=np.int32),
            np.array([0, 3, 4, 5], dtype=np.int32),
        ),
        shape=(3, 3),
    )
    expected = intersect_labels(graph, [0, 1, 0])
    assert abs(intersect_labels(loose, [0, 1, 0]) - expected).max() == 0
    assert loose.nnz == 5


def test_a_graph_with_a_column_beyond_the_last_is_refused():
    broken = csr_array(np.eye(3, dtype=np.float32)[[1, 0, 2]])
    broken.indices[1] = 7
    with pytest.raises(ValueError, match="indices"):
        intersect_labels(broken, [0, 1, 0])
