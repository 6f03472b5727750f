from __future__ import annotations

import numpy as np
from _data import rows_of
from _tanh import CLUSTERS, tanh_rows
from scipy.sparse.csgraph import connected_components

from umapkit import find_neighbors, fuzzy_graph


def test_a_smaller_set_is_the_beginning_of_a_larger_one_to_the_bit():
    rows, labels = tanh_rows(20_000, 7, seed=3)
    fewer, fewer_labels = tanh_rows(9_001, 7, seed=3)
    assert np.array_equal(rows[:9_001], fewer)
    assert np.array_equal(labels[:9_001], fewer_labels)
    assert not np.array_equal(tanh_rows(10, 7, seed=4)[0], rows[:10])


def test_rows_are_tanh_of_a_linear_image_of_twelve_dimensions():
    rows, labels = tanh_rows(5_000, 50)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    assert np.array_equal(np.unique(labels), np.arange(CLUSTERS))
    inside = np.abs(rows).max(axis=1) < 0.999
    assert inside.sum() > 50
    values = np.linalg.svd(np.arctanh(rows[inside].astype(np.float64)), compute_uv=False)
    assert values[11] > 1
    assert values[12] < 1e-3 * values[11]


def test_the_graph_falls_into_many_parts():
    rows, _ = tanh_rows(6_000)
    graph = fuzzy_graph(find_neighbors(rows, random_state=0))
    assert connected_components(graph, directed=False)[0] > CLUSTERS / 2


def test_a_set_is_named_with_its_size():
    rows, labels = rows_of("tanh:30x4")
    assert rows.shape == (30, 4)
    assert labels is not None
    few, few_labels = rows_of("digits:100")
    again, _ = rows_of("digits:100")
    assert few.shape == (100, 64)
    assert few_labels is not None
    assert len(few_labels) == 100
    assert np.array_equal(few, again)
