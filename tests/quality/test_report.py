from __future__ import annotations

import json
import math

import numpy as np
import pytest

from umapkit import UMAP
from umapkit import quality as q
from umapkit.quality import report


@pytest.fixture(scope="module")
def example():
    rng = np.random.default_rng(0)
    y = np.arange(260) % 4
    rows = rng.normal(size=(260, 6)) + 3 * rng.normal(size=(4, 6))[y]
    return rows.astype(np.float32), rows[:, :2].astype(np.float32), y


@pytest.fixture(scope="module")
def model(example):
    return UMAP(random_state=0, n_epochs=50).fit(example[0])


def test_lines_are_what_the_functions_give(example):
    rows, points, y = example
    found = report(points, rows, y, n_neighbors=9, scales=(5, 40, 9999))
    assert found["trustworthiness (9)"] == q.trustworthiness(rows, points, n_neighbors=9)
    assert found["continuity (9)"] == q.continuity(rows, points, n_neighbors=9)
    for k in (5, 9, 40):
        expected = q.neighborhood_preservation(rows, points, n_neighbors=k)
        assert found[f"neighbours kept ({k})"] == expected
    assert found["density correlation"] == q.density_correlation(rows, points)
    assert found["area under R over log k"] == q.coranking(rows, points).auc
    assert found["random triplets"] == q.random_triplet_accuracy(rows, points)
    pairs = q.distance_correlation(rows, points)
    assert found["distances, Pearson"] == pairs.pearson
    assert found["accuracy of neighbours (9)"] == q.knn_accuracy(points, y, n_neighbors=9)
    assert found["silhouette"] == q.silhouette(points, y)
    clusters = q.kmeans_nmi(points, y, n_clusters=len(np.unique(y)), n_seeds=1)
    assert found["k-means clusters, NMI"] == clusters.nmi
    assert found["order of class centres"] == q.centroid_order(rows, points, y).triplets
    np.testing.assert_array_equal(
        found.trustworthiness, q.row_trustworthiness(rows, points, n_neighbors=9)
    )
    np.testing.assert_array_equal(
        found.preservation, q.row_preservation(rows, points, n_neighbors=9)
    )


def test_a_model_adds_its_recall_and_its_losses(example, model):
    rows, _, _ = example
    found = report(model, rows)
    assert found["recall of the search"] == model.neighbor_recall_
    loss = q.effective_loss(model.graph_, model.embedding_, model.a_, model.b_)
    assert found["effective loss"] == pytest.approx(loss.value / 260)
    assert found["nominal loss"] > found["effective loss"]
    with pytest.raises(KeyError, match="no line 'silhouette'"):
        found["silhouette"]
    with pytest.raises(KeyError, match="only a model"):
        report(model.embedding_, rows)["recall of the search"]


def test_the_record_is_json_and_the_table_has_a_line_for_each(example, model):
    rows, _, y = example
    found = report(model, rows, y, sample_size=100)
    record = json.loads(found.to_json())
    assert record == found.to_dict()
    assert record["facts"]["judged"] == 100
    by_name = {line["name"]: line for line in record["measures"]}
    line = by_name["trustworthiness (15)"]
    assert line["low"] < line["value"] < line["high"]
    assert not line["exact"]
    text = str(found)
    assert all(name in text for name in by_name)
    assert max(map(len, text.splitlines())) <= 100
    assert np.isfinite(found.trustworthiness).sum() == 100


def test_rows_without_a_place_are_left_out(example):
    rows, points, y = example
    gone = points.copy()
    gone[::20] = np.nan
    kept = ~np.isnan(gone).any(axis=1)
    found = report(gone, rows, y)
    assert found.facts["without_place"] == 13
    assert found["trustworthiness (15)"] == q.trustworthiness(
        rows[kept], points[kept], n_neighbors=15
    )
    assert np.isnan(found.trustworthiness[::20]).all()
    assert np.isfinite(found.trustworthiness[kept]).all()


def test_the_models_metric_is_the_reports():
    rows = np.random.default_rng(1).gamma(2.0, size=(150, 5)).astype(np.float32)
    model = UMAP(metric="manhattan", random_state=0, n_epochs=20).fit(rows)
    found = report(model, rows)
    assert found.facts["metric"] == "manhattan"
    expected = q.trustworthiness(rows, model.embedding_, n_neighbors=15, metric="manhattan")
    assert found["trustworthiness (15)"] == expected
    assert report(model, rows, metric="cosine").facts["metric"] == "cosine"


def test_few_rows_and_few_classes_say_what_is_missing():
    rows = np.random.default_rng(2).normal(size=(12, 3))
    found = report(rows[:, :2], rows, np.zeros(12))
    assert found.facts["n_neighbors"] == 5
    assert "1" in found.skipped["silhouette"]
    assert "density correlation" in found.skipped
    two = report(rows[:, :2], rows, np.arange(12) % 2)
    assert "3 classes" in two.skipped["order of class centres"]
    assert all(math.isfinite(m.value) for m in two.measures)
    assert two["k-means clusters, NMI"] <= 1


def test_points_at_one_place_have_no_clusters_and_the_report_says_so():
    rows = np.random.default_rng(3).normal(size=(12, 3))
    found = report(np.ones((12, 2)), rows, np.arange(12) % 3)
    assert found.skipped["k-means clusters, NMI"] == "all points are at one place"


def test_threads_change_no_bit_of_a_report(example):
    rows, points, y = example
    one, three = (report(points, rows, y, n_jobs=jobs, sample_size=90) for jobs in (1, 3))
    assert one.to_json() == three.to_json()


def test_what_cannot_be_reported_is_refused(example):
    rows, points, _ = example
    with pytest.raises(ValueError, match="rows"):
        report(points[:-1], rows)
    with pytest.raises(ValueError, match="at least 7"):
        report(points[:6], rows[:6])
    with pytest.raises(TypeError, match="not fitted"):
        report(UMAP(), rows)
    globe = UMAP(output_metric="haversine", random_state=0, n_epochs=5).fit(rows)
    with pytest.raises(ValueError, match="plane"):
        report(globe, rows)
    with pytest.raises(ValueError, match="finite"):
        report(points, np.full_like(rows, np.nan))


def test_the_row_scores_of_a_sample_lie_at_the_rows_that_were_judged(example):
    rows, points, _ = example
    every = q.row_trustworthiness(rows, points, n_neighbors=15)
    kept = q.row_preservation(rows, points, n_neighbors=15)
    for state in (np.random.default_rng(5), np.random.RandomState(5), None):
        found = report(points, rows, sample_size=60, random_state=state)
        judged = np.flatnonzero(np.isfinite(found.trustworthiness))
        assert len(judged) == 60
        np.testing.assert_array_equal(found.trustworthiness[judged], every[judged])
        np.testing.assert_array_equal(found.preservation[judged], kept[judged])


def test_the_record_tells_which_figures_are_samples(example):
    _, _, y = example
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(700, 4)).astype(np.float32)
    lines = {m["name"]: m for m in report(rows[:, :2], rows, rows[:, 0] > 0).to_dict()["measures"]}
    for name, count in (
        ("area under R over log k", 500),
        ("best scale", 500),
        ("distances, Pearson", 50_000),
        ("distances, Spearman", 50_000),
    ):
        line = lines[name]
        assert (line["n_judged"], line["exact"]) == (count, False), name
        assert line["low"] is None
        assert line["high"] is None
    assert lines["k-means clusters, NMI"]["exact"] is True
    few = report(rows[:260, :2], rows[:260], y).to_dict()["measures"]
    line = next(m for m in few if m["name"] == "best scale")
    assert (line["n_judged"], line["exact"], line["low"]) == (260, True, line["value"])
    assert np.isnan(report(np.ones((9, 2)), rows[:9])["distances, Pearson"])


def test_the_loss_of_a_report_weighs_repulsion_as_the_model_did(example):
    rows, _, _ = example
    model = UMAP(random_state=0, n_epochs=20, negative_sample_rate=20, repulsion_strength=2.0).fit(
        rows
    )
    found = report(model, rows)["effective loss"]
    loss = q.effective_loss(
        model.graph_, model.embedding_, model.a_, model.b_, negative_sample_rate=20
    )
    assert found == pytest.approx((loss.attraction + 2 * loss.repulsion) / 260)
    # The model's own figure is of hashed negatives.
    assert found == pytest.approx(model.loss_ / 260, rel=0.05)
    assert found.exact


def test_the_sampled_loss_of_many_rows_has_an_interval(example, model, monkeypatch):
    rows, _, _ = example
    exact = report(model, rows)["effective loss"]
    monkeypatch.setattr("umapkit.quality._effective.EXACT_LIMIT", 100)
    monkeypatch.setattr("umapkit.quality._effective.DEFAULT_PAIRS", 20_000)
    found = report(model, rows, confidence=0.999)["effective loss"]
    assert found.low < exact < found.high
    assert found.n_judged == 20_000
    assert not found.exact


def test_a_loss_beside_others_is_not_called_what_was_lowered(example, model):
    rows, _, _ = example
    dense = UMAP(random_state=0, n_epochs=20, densmap=True).fit(rows)
    for one, words in ((model, "what was lowered"), (dense, "UMAP's sampled loss")):
        line = next(m for m in report(one, rows).measures if m.name == "effective loss")
        assert words in line.reading


def test_labels_that_are_numbers_of_their_own_are_no_clusters(example):
    rows, points, _ = example
    found = report(points, rows, np.arange(260) // 1.2)
    assert found.skipped["k-means clusters, NMI"].startswith("for up to 200 classes, not ")
    assert "silhouette" not in found.skipped


def test_a_model_by_cosine_may_hold_empty_rows(example):
    rows = np.abs(example[0])
    rows[[3, 70]] = 0
    model = UMAP(metric="cosine", random_state=0, n_epochs=20).fit(rows)
    assert 0.5 < report(model, rows)["trustworthiness (15)"] <= 1


def test_labels_and_keywords_are_checked_before_the_work(example, monkeypatch):
    rows, points, y = example

    def work(*_, **__):
        raise AssertionError

    monkeypatch.setattr("umapkit.quality._report.space_of", work)
    with pytest.raises(ValueError, match="one label for each"):
        report(points, rows, y[:-1])
    names = np.array([f"class {c}" for c in y], dtype=object)
    names[7] = None
    with pytest.raises(ValueError, match="row 7 has no label"):
        report(points, rows, names)
    with pytest.raises(ValueError, match="without a metric"):
        report(points, rows, metric_kwds={"p": 3})


def test_a_fitted_model_without_a_map_of_its_own_is_told_so(example):
    from sklearn.decomposition import PCA

    rows, _, _ = example
    with pytest.raises(TypeError, match=r"PCA has no embedding_.* give the map itself"):
        report(PCA(2).fit(rows), rows)
