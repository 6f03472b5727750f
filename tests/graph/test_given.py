from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_matrix, csr_array, lil_array

from umapkit.graph import check_graph, fuzzy_graph

DENSE = np.array([[0.7, 0.5, 0], [0.5, 0, 1], [0, 1, 0]])


@pytest.mark.parametrize(
    "form", [np.asarray, np.ndarray.tolist, csr_array, csc_matrix, lil_array, coo_array]
)
def test_every_form_of_graph_is_taken(form):
    graph = check_graph(form(DENSE), n_rows=3)
    assert isinstance(graph, csr_array)
    assert graph.dtype == np.float32
    np.testing.assert_array_equal(graph.toarray(), [[0, 0.5, 0], [0.5, 0, 1], [0, 1, 0]])
    assert graph.nnz == 4


def test_our_own_graph_comes_back_equal(digits):
    graph = fuzzy_graph(digits)
    again = check_graph(graph)
    assert again is not graph
    assert again.data.tobytes() == graph.data.tobytes()
    np.testing.assert_array_equal(again.indices, graph.indices)


def test_rounding_is_averaged_to_exact_symmetry():
    nearly = DENSE.copy()
    nearly[0, 1] += 1e-7
    graph = check_graph(nearly)
    assert (graph != graph.T).nnz == 0


def test_unsorted_indices_are_sorted():
    graph = csr_array((np.ones(4), np.array([2, 1, 0, 0]), np.array([0, 2, 3, 4])), shape=(3, 3))
    np.testing.assert_array_equal(check_graph(graph).indices, [1, 2, 0, 0])


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (np.ones((2, 3)), r"shape \(2, 3\)"),
        (np.ones(3), "square"),
        (np.array([["a"]]), "real numbers"),
        (np.array([[0, np.nan], [np.nan, 0]]), r"edge \(0, 1\) is nan"),
        (np.array([[0, np.inf], [np.inf, 0]]), "inf"),
        (np.array([[0, -1.0], [-1, 0]]), "is -1.0"),
        (np.array([[0, 7.0], [7, 0]]), "largest weight"),
        (np.array([[0, 0.5], [0.2, 0]]), "not symmetric: the weight from 0 to 1 is 0.5"),
    ],
)
def test_what_is_wrong_is_said(graph, words):
    with pytest.raises(ValueError, match=words):
        check_graph(graph)


def test_another_number_of_rows_is_an_error():
    with pytest.raises(ValueError, match="3 vertices, the data 4 rows"):
        check_graph(DENSE, n_rows=4)
