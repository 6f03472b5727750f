from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from umapkit.graph import conditional_affinities, exact_affinities, perplexity_graph, precisions
from umapkit.neighbors import Neighbors


@pytest.fixture(scope="module")
def opentsne():
    path = Path(__file__).parent.parent / "reference" / "opentsne_affinities.npz"
    with np.load(path) as arrays:
        return dict(arrays)


def squares(rows):
    wide = np.asarray(rows, dtype=np.float64)
    return ((wide[:, None] - wide[None]) ** 2).sum(axis=2)


def test_neighbour_affinities_equal_opentsnes(find, opentsne):
    near = find(opentsne["rows"], 31)
    directed = conditional_affinities(near, perplexity=10).toarray()
    # openTSNE divides also directed affinities by their total.
    theirs = opentsne["conditional"] / opentsne["conditional"].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(directed, theirs, atol=1e-6)
    joint = perplexity_graph(near, perplexity=10)
    np.testing.assert_allclose(joint.toarray(), opentsne["joint"], atol=1e-7)


def test_exact_affinities_equal_opentsnes(opentsne):
    ours = exact_affinities(squares(opentsne["rows"]), perplexity=12.5, joint=False)
    np.testing.assert_allclose(ours, opentsne["exact"], atol=1e-6)


def test_the_joint_graph_is_symmetric_and_sums_to_one(find, opentsne):
    joint = perplexity_graph(find(opentsne["rows"], 20), perplexity=6)
    assert isinstance(joint, csr_array)
    assert abs(joint.sum() - 1) < 1e-12
    assert (joint != joint.T).nnz == 0
    assert joint.diagonal().sum() == 0
    assert joint.has_sorted_indices
    dense = exact_affinities(squares(opentsne["rows"]), perplexity=6)
    assert abs(dense.sum() - 1) < 1e-12
    np.testing.assert_array_equal(dense, dense.T)
    assert not dense.diagonal().any()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(-6, 6),
    shift=st.floats(0, 1000),
    perplexity=st.floats(1.5, 19),
)
def test_the_entropy_of_every_row_is_the_log_of_the_perplexity(seed, scale, shift, perplexity):
    far = shift + np.random.default_rng(seed).gamma(0.5, 10.0**scale, size=(5, 20))
    beta = precisions(far, perplexity=perplexity)
    p = np.exp(-beta[:, None] * (far - far.min(axis=1, keepdims=True)))
    p /= p.sum(axis=1, keepdims=True)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1)
    distinct = np.array([len(set(row)) for row in far]) == 20
    np.testing.assert_allclose(entropy[distinct], np.log(perplexity), atol=2e-6)


def test_a_larger_perplexity_makes_wider_gaussians():
    far = np.random.default_rng(0).gamma(2, size=(30, 40))
    narrow, wide = precisions(far, perplexity=5), precisions(far, perplexity=25)
    assert (narrow > wide).all()


def test_more_equals_than_the_perplexity_share_the_probability():
    rows = np.concatenate([np.zeros((6, 2)), np.eye(2) * 3, [[5.0, 5.0]]])
    p = exact_affinities(squares(rows), perplexity=3, joint=False)
    np.testing.assert_allclose(p[0, 1:6], 0.2)
    assert p[0, 6:].max() < 1e-12


def test_fewer_neighbours_than_the_perplexity_count_the_same():
    far = np.array([[1.0, 4.0, np.inf, np.inf], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(precisions(far, perplexity=3), 0.0)
    indices = np.array([[0, 1, 2, -1], [1, 0, 2, -1], [2, 0, 1, -1]], dtype=np.int32)
    distances = np.array([[0, 1, 2, np.inf]] * 3, dtype=np.float32)
    p = conditional_affinities(Neighbors(indices, distances), perplexity=3).toarray()
    np.testing.assert_allclose(p, (1 - np.eye(3)) / 2)


def test_blocks_of_rows_change_nothing(monkeypatch):
    far = squares(np.random.default_rng(0).normal(size=(50, 3)))
    whole = exact_affinities(far, perplexity=9)
    monkeypatch.setattr("umapkit.graph._perplexity.BLOCK", 170)
    np.testing.assert_array_equal(exact_affinities(far, perplexity=9), whole)


@pytest.mark.parametrize("perplexity", [0.5, 4.1, float("nan"), -1, float("inf")])
def test_a_perplexity_out_of_range_is_refused(perplexity):
    with pytest.raises(ValueError, match="number from 1 to 4"):
        precisions(np.ones((3, 4)), perplexity=perplexity)


def test_what_is_no_matrix_of_distances_is_refused():
    with pytest.raises(ValueError, match="must be square"):
        exact_affinities(np.ones((3, 4)), perplexity=2)
    with pytest.raises(ValueError, match="negative, NaN or infinite"):
        exact_affinities(np.full((3, 3), np.nan), perplexity=2)
    lost = Neighbors(
        np.array([[0, -1], [1, 0]], dtype=np.int32),
        np.array([[0, np.inf], [0, 1]], dtype=np.float32),
    )
    with pytest.raises(ValueError, match="Row 0 has no neighbour"):
        conditional_affinities(lost, perplexity=1)
