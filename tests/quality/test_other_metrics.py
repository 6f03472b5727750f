"""Ranks under every metric of the registry, by kernels or by formulas."""

from __future__ import annotations

import numpy as np
import pytest

from umapkit import _kernels
from umapkit.distances import resolve_metric
from umapkit.quality import (
    continuity,
    coranking,
    neighbor_recall,
    neighborhood_preservation,
    out_of_sample_agreement,
    row_preservation,
    row_trustworthiness,
    trustworthiness,
)

METRICS = (
    "euclidean", "sqeuclidean", "seuclidean", "mahalanobis", "manhattan", "chebyshev", "hamming",
    "minkowski", "cosine", "correlation", "true_angular", "hellinger", "spearmanr", "canberra",
    "braycurtis", "inner_product", "jaccard", "dice",
)  # fmt: skip


def pair(metric, n=90, d=19):
    rng = np.random.default_rng(len(metric))
    rows = rng.gamma(2.0, size=(n, d)).astype(np.float32)
    if metric in ("hamming", "jaccard", "dice"):
        rows = (rows > 1.5).astype(np.float32) * (1 if metric != "hamming" else 3)
    points = (rows[:, :2] + 0.2 * rng.normal(size=(n, 2))).astype(np.float32)
    return rows, points


def far_of(rows, metric, **keywords):
    card = resolve_metric(metric, keywords or None).fitted(rows)
    return np.asarray(card.between(rows, rows), dtype=float)


def order_of(far):
    far = far.copy()
    np.fill_diagonal(far, np.inf)
    return np.argsort(far, axis=1, kind="stable")[:, :-1]


def score_twin(ranked, listing, k):
    n = len(ranked)
    ranks = np.zeros((n, n), dtype=int)
    np.put_along_axis(ranks, ranked, np.arange(1, n)[None].repeat(n, 0), axis=1)
    late = np.maximum(np.take_along_axis(ranks, listing[:, :k], axis=1) - k, 0).sum()
    return 1 - 2 * late / (n * k * (2 * n - 3 * k - 1))


@pytest.mark.parametrize("metric", METRICS)
def test_trustworthiness_and_continuity_follow_the_formula(metric):
    # Few columns have few rank correlations: rows tie, and rounding to float32 parts them.
    rows, points = pair(metric, d=300 if metric == "spearmanr" else 19)
    data = order_of(np.round(far_of(rows, metric), 12))
    on_map = order_of(far_of(points, "euclidean"))
    tolerance = 1e-12 if metric not in ("hellinger", "spearmanr", "correlation") else 1e-4
    for k in (3, 12):
        twin = score_twin(data, on_map, k)
        assert trustworthiness(rows, points, n_neighbors=k, metric=metric) == pytest.approx(
            twin, abs=tolerance
        )
        twin = score_twin(on_map, data, k)
        assert continuity(rows, points, n_neighbors=k, metric=metric) == pytest.approx(
            twin, abs=tolerance
        )


def test_keywords_and_functions_measure():
    rows, points = pair("minkowski")
    on = {"metric": "minkowski", "metric_kwds": {"p": 3.0}}
    data = order_of(far_of(rows, "minkowski", p=3.0))
    on_map = order_of(far_of(points, "euclidean"))
    assert trustworthiness(rows, points, **on) == pytest.approx(score_twin(data, on_map, 5))

    def widest(x, y):
        return np.abs(x - y).max()

    by_function = trustworthiness(rows, points, metric=widest)
    assert by_function == trustworthiness(rows, points, metric="chebyshev")


@pytest.mark.parametrize("metric", ["manhattan", "chebyshev", "hamming", "canberra", "euclidean"])
def test_no_thread_changes_a_bit_under_any_metric(metric):
    rows, points = pair(metric, n=300)
    for score in (trustworthiness, continuity, neighborhood_preservation):
        values = {float(score(rows, points, metric=metric, n_jobs=jobs)) for jobs in (1, 2, 3)}
        assert len(values) == 1
    curves = [coranking(rows, points, metric=metric, n_jobs=jobs).kept for jobs in (1, 3)]
    np.testing.assert_array_equal(*curves)


@pytest.mark.parametrize("width", [1, 7, 8, 9, 100])
@pytest.mark.parametrize("far", [0, 1, 2, 3])
def test_distances_to_all_rows_are_those_of_the_twin(far, width):
    rng = np.random.default_rng(width)
    rows = np.round(rng.normal(size=(130, width)), 1).astype(np.float32)
    queries = rows[:5].copy()
    queries[:, 0] += 1
    gap = np.abs(queries[:, None].astype(float) - rows[None])
    twin = (
        (gap**2).sum(axis=2), gap.sum(axis=2), gap.max(axis=2), (gap != 0).sum(axis=2)
    )[far]  # fmt: skip
    out = np.empty((5, 130))
    _kernels.quality_distance_rows(far, rows, queries, out, 2)
    np.testing.assert_allclose(out, twin, rtol=1e-14, atol=0)


def test_the_kernel_refuses_what_does_not_fit():
    rows = np.zeros((4, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="no such distance"):
        _kernels.quality_distance_rows(4, rows, rows, np.empty((4, 4)), 1)
    with pytest.raises(ValueError, match="same width"):
        _kernels.quality_distance_rows(0, rows, rows[:, :2].copy(), np.empty((4, 4)), 1)
    with pytest.raises(ValueError, match="one row for each query"):
        _kernels.quality_distance_rows(0, rows, rows, np.empty((4, 5)), 1)


def test_recall_counts_true_neighbours_under_the_metric():
    rows, _ = pair("manhattan")
    order = order_of(far_of(rows, "manhattan"))
    lists = np.c_[np.arange(90), order[:, :8]].astype(np.int32)

    class Lists:
        indices = lists.copy()
        distances = np.zeros(lists.shape, dtype=np.float32)

    assert neighbor_recall(rows, Lists, metric="manhattan") == 1.0
    Lists.indices[:, 5] = order[:, 80]  # one of eight is wrong
    Lists.indices[:, 6] = -1  # one is missing
    Lists.indices[:, 7] = Lists.indices[:, 8]  # one is named twice
    assert neighbor_recall(rows, Lists, metric="manhattan") == pytest.approx(5 / 8)
    assert neighbor_recall(rows, Lists, metric="chebyshev") < 5 / 8
    sampled = neighbor_recall(rows, Lists, metric="manhattan", sample_size=20)
    assert sampled == pytest.approx(5 / 8)
    assert not sampled.exact
    Lists.indices[0, 1] = 90
    with pytest.raises(ValueError, match="names row 90"):
        neighbor_recall(rows, Lists)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "canberra"])
def test_new_rows_are_judged_among_the_training_rows(metric):
    rows, points = pair(metric, n=150)
    k, n = 6, 120
    found = out_of_sample_agreement(
        rows[:n], points[:n], rows[n:], points[n:], n_neighbors=k, metric=metric
    )
    card = resolve_metric(metric)
    far = np.asarray(card.between(rows[n:], rows[:n]))
    off = ((points[n:, None].astype(float) - points[None, :n]) ** 2).sum(axis=2)
    data, near = np.argsort(far, axis=1, kind="stable"), np.argsort(off, axis=1, kind="stable")
    ranks = np.argsort(data, axis=1) + 1
    late = np.maximum(np.take_along_axis(ranks, near[:, :k], axis=1) - k, 0).sum(axis=1)
    # At worst the k last of n rows, k of them of rank n - k + 1 to n.
    worst = sum(rank - k for rank in range(n - k + 1, n + 1))
    assert found.trustworthiness == pytest.approx(1 - (late / worst).mean(), abs=1e-12)
    kept = [len(set(a[:k]) & set(b[:k])) / k for a, b in zip(data, near, strict=True)]
    assert found.preservation == pytest.approx(np.mean(kept), abs=1e-12)
    assert found.n_new == 30
    wrong = out_of_sample_agreement(
        rows[:n], points[:n], rows[n:], points[n:][::-1], n_neighbors=k, metric=metric
    )
    assert wrong.trustworthiness < found.trustworthiness
    assert wrong.inside_trustworthiness == found.inside_trustworthiness


def test_new_rows_of_another_width_are_refused():
    rows, points = pair("euclidean")
    with pytest.raises(ValueError, match="new_X has 3 columns"):
        out_of_sample_agreement(rows, points, rows[:4, :3], points[:4])
    with pytest.raises(ValueError, match="new_embedding has 1 columns"):
        out_of_sample_agreement(rows, points, rows[:4], points[:4, :1])
    with pytest.raises(ValueError, match="not known"):
        trustworthiness(rows, points, metric="nonsense")


def test_zero_rows_by_cosine_are_alike_and_at_distance_1_from_others():
    rows, points = pair("cosine")
    empty = [4, 40, 41]
    rows[empty], points[empty] = 0, 0
    ranks = np.zeros((90, 90), dtype=int)
    ranked = order_of(np.round(far_of(rows, "cosine"), 12))
    np.put_along_axis(ranks, ranked, np.arange(1, 90)[None].repeat(90, 0), axis=1)
    listing = order_of(far_of(points, "euclidean"))[:, :9]
    late = np.maximum(np.take_along_axis(ranks, listing, axis=1) - 9, 0).sum(axis=1)
    found = row_trustworthiness(rows, points, n_neighbors=9, metric="cosine")
    # All others are equally far from an empty row, but for rounding.
    full = np.setdiff1d(np.arange(90), empty)
    expected = 1 - 2 * late / (9 * (2 * 90 - 3 * 9 - 1))
    np.testing.assert_allclose(found[full], expected[full], atol=1e-12)
    kept = row_preservation(rows, points, n_neighbors=2, metric="cosine")
    assert (kept[empty] == 1).all()
    new = np.zeros((1, rows.shape[1]))
    placed = out_of_sample_agreement(rows, points, new, [[0, 0]], n_neighbors=3, metric="cosine")
    assert placed.preservation == 1


def test_a_list_that_names_no_row_is_told_which_it_names():
    from types import SimpleNamespace

    rows, _ = pair("euclidean")
    for wrong, word in ((-2, "-2"), (90, "90")):
        indices = np.arange(90)[:, None].repeat(3, axis=1)
        indices[5, 2] = wrong
        lists = SimpleNamespace(indices=indices, distances=np.zeros((90, 3)))
        with pytest.raises(ValueError, match=f"names row {word}, but there are 90 rows"):
            neighbor_recall(rows, lists)


@pytest.mark.parametrize("n", [1, 2])
def test_new_rows_need_three_training_rows(n):
    rows = np.arange(6.0).reshape(3, 2)
    with pytest.raises(ValueError, match="too few: n_neighbors=1 needs 3"):
        out_of_sample_agreement(rows[:n], rows[:n], rows, rows, n_neighbors=1)
