from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit.quality import coranking


def order_twin(rows: np.ndarray) -> np.ndarray:
    """Ranks from 1, (n, n), by (distance, index); 0 for the row itself."""
    wide = rows.astype(np.float64)
    n = len(wide)
    ranks = np.zeros((n, n), dtype=int)
    for i in range(n):
        far = ((wide - wide[i]) ** 2).sum(axis=1)
        far[i] = -1
        order = np.lexsort((np.arange(n), far))
        ranks[i, order] = np.arange(n)
    return ranks


def matrix_twin(rows, points) -> np.ndarray:
    """Lee and Verleysen's co-ranking matrix."""
    n = len(rows)
    r, rho = order_twin(rows), order_twin(points)
    matrix = np.zeros((n - 1, n - 1), dtype=int)
    others = ~np.eye(n, dtype=bool)
    np.add.at(matrix, (r[others] - 1, rho[others] - 1), 1)
    return matrix


def pair(seed, n=70):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 5)).astype(np.float32)
    return rows, (rows[:, :2] + 0.4 * rng.normal(size=(n, 2))).astype(np.float32)


def test_summaries_are_read_off_the_coranking_matrix():
    rows, points = pair(1)
    n = len(rows)
    matrix = matrix_twin(rows, points)
    ks = np.arange(1, n)
    q = np.array([matrix[:k, :k].sum() / (n * k) for k in ks])
    found = coranking(rows, points, sample_size=None)
    np.testing.assert_allclose(found.kept, q, atol=1e-12)
    lcmc = q - ks / (n - 1)
    best = int(lcmc.argmax()) + 1
    assert found.best_scale == best
    assert found.local_quality == pytest.approx(q[:best].mean(), abs=1e-12)
    assert found.global_quality == pytest.approx(q[best - 1 :].mean(), abs=1e-12)
    r = ((n - 1) * q[:-1] - ks[:-1]) / (n - 1 - ks[:-1])
    area = (r / ks[:-1]).sum() / (1 / ks[:-1]).sum()
    assert found.auc == pytest.approx(area, abs=1e-12)
    assert found.to_dict()["auc"] == found.auc


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 25))
def test_ties_rank_by_index_and_everything_is_kept_at_the_end(seed, n):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 3, size=(n, 3)).astype(np.float32)
    points = rng.integers(0, 3, size=(n, 2)).astype(np.float32)
    matrix = matrix_twin(rows, points)
    found = coranking(rows, points, sample_size=None)
    q = [matrix[:k, :k].sum() / (n * k) for k in range(1, n)]
    np.testing.assert_allclose(found.kept, q, atol=1e-12)
    assert found.kept[-1] == 1.0


def test_a_sample_estimates_the_curve():
    rows, points = pair(2, n=1200)
    exact = coranking(rows, points, sample_size=None)
    drawn = coranking(rows, points, sample_size=300)
    assert (exact.n_judged, drawn.n_judged) == (1200, 300)
    assert drawn.auc == pytest.approx(exact.auc, abs=0.02)
    assert np.abs(drawn.kept[20:] - exact.kept[20:]).max() < 0.03


def test_a_perfect_map_has_area_one_and_a_reversed_order_none():
    line = np.arange(40, dtype=np.float32)[:, None]
    assert coranking(line, 3 * line + 2).auc == 1.0
    assert coranking(line, np.random.default_rng(0).permutation(line)).auc < 0.3


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_rows_are_refused(n):
    with pytest.raises(ValueError, match="at least 3"):
        coranking(np.zeros((n, 2)), np.zeros((n, 2)))
