from __future__ import annotations

from collections import Counter

import pytest

from umapkit.reproduce import published
from umapkit.reproduce._findings import judged
from umapkit.reproduce._methods import METHODS
from umapkit.reproduce._notes import ARTEFACTS, REMARKS
from umapkit.reproduce._published import DATA, TABLES, by_cell
from umapkit.reproduce._relations import published_number, relations
from umapkit.reproduce._tasks import VARIANTS


def test_every_number_of_the_papers_tables_is_there():
    counts = Counter((p.where, p.note == "notebook") for p in published())
    # Five sets; eight columns of 2 dimensions, seven of 64; in Table 7 six and five, less Retina's
    # PCA; in Table 8 three sets, six variants, five counts of labels.
    tables = {f"table {t}": 75 for t in (2, 3, 4, 5, 6)} | {"table 7": 54, "table 8": 90}
    assert {where: counts[where, False] for where in tables} == tables
    assert {where: counts[where, True] for where in tables if counts[where, True]} == dict.fromkeys(
        ("table 2", "table 5", "table 6"), 10
    )
    assert len(by_cell()) == len(published())


def test_names_and_values_are_possible():
    for number in published():
        assert number.data in DATA
        assert number.method in (VARIANTS if number.where == "table 8" else METHODS)
        if number.where.startswith("table"):
            assert number.metric == TABLES[int(number.where[-1])]
            assert -1 <= number.value <= 1
            assert number.tolerance is not None
            assert number.tolerance > 0
        assert number.note in {"", *ARTEFACTS, *REMARKS}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (("mnist", "umap", 2, "", "trustworthiness"), 0.9601),
        (("retina", "pca", 64, "", "trustworthiness"), 1.0),
        (("cifar10", "tsne", 2, "", "silhouette"), -0.1216),
        (("mnist", "umap_ae", 64, "", "mse"), 0.0027),
        (("cifar10", "aug_learned", 0, "full", "accuracy"), 0.9324),
        (("fashion_mnist", "umap", 2, "", "edge_loss"), 0.09037),
    ],
)
def test_single_numbers_are_those_of_the_paper(cell: tuple, value: float):
    assert by_cell()[cell].value == value


def test_the_order_relations_hold_in_the_published_numbers():
    found = relations(published_number, DATA)
    assert len(found) == 72
    assert [one for one in found if one.holds is not True] == []


def test_a_relation_notices_when_it_fails_and_when_a_number_is_missing():
    def worse(data: str, method: str, dimensions: int, labels: str, metric: str) -> float | None:
        if metric == "mse":
            return None
        value = published_number(data, method, dimensions, labels, metric)
        return 0.1 if value is not None and method == "tsne" else value

    found = {(one.text, one.where): one for one in relations(worse, ["mnist"])}
    best = found["t-SNE has the highest trustworthiness", "2-D"]
    assert best.holds is False
    assert {one.method for one in best.breaking} == set(METHODS) - {"direct_umap"}
    assert best.gap == pytest.approx(0.9675 - 0.1)
    decoders = found["P. UMAP's detached decoder errs at least as much as UMAP/AE's", "64-D"]
    assert decoders.holds is None
    few = found["+ UMAP (Euclidean) beats the baseline", "4 labels"]
    assert (few.holds, few.breaking, few.gap) == (True, (), 0.0)


def test_equal_numbers_are_not_above_each_other():
    def equal(data: str, method: str, dimensions: int, labels: str, metric: str) -> float | None:
        return 0.5

    found = {one.text: one for one in relations(equal, ["mnist"])}
    assert found["+ UMAP (Euclidean) beats the baseline"].holds is False
    assert found["+ UMAP (learned) is within .03 of the baseline"].holds is True
    assert found["t-SNE has the highest trustworthiness"].holds is True


def test_numbers_are_judged_by_their_tolerance_and_direction():
    trust = by_cell()["mnist", "umap", 2, "", "trustworthiness"]  # .9601 within .01
    assert judged("trustworthiness", 0.9502, trust) == "within"
    assert judged("trustworthiness", 0.95, trust) == "worse"
    assert judged("trustworthiness", 0.98, trust) == "better"
    error = by_cell()["mnist", "pca", 2, "", "mse"]  # .0557 within a tenth
    assert judged("mse", 0.062, error) == "worse"
    fine = by_cell()["retina", "ae", 64, "", "mse"]  # .0001 within a tenth
    # What is printed with the same four places is neither better nor worse.
    assert judged("mse", 0.000149, fine) == "within"
    assert judged("mse", 0.000051, fine) == "within"
    assert judged("mse", 0.00017, fine) == "worse"
    assert judged("mse", 0.04, error) == "better"
    odd = by_cell()["retina", "umap_ae", 2, "", "knn1"]
    assert judged("knn1", 0.1, odd) == "artefact"
    assert judged("embed_ms", 1.0, by_cell()["mnist", "umap", 2, "", "embed_ms"]) == "alone"
    assert judged("knn1", 0.5, None) == "alone"
