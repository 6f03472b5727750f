from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from umapkit.reproduce import PAPER, Budget, Reproduction, reproduce
from umapkit.reproduce._findings import Cell, Findings
from umapkit.reproduce._methods import METHODS
from umapkit.reproduce._page import few_rows, table_rows, why_not
from umapkit.reproduce._relations import Entry, Outcome
from umapkit.reproduce._store import Store
from umapkit.reproduce._tasks import FIGURES, VARIANTS, Wanted


def findings_of(made: Reproduction, budget: Budget, **changed: object) -> Findings:
    told = {
        "tables": (2, 3, 4, 5, 6, 7, 8),
        "figures": FIGURES,
        "data": ("vireo", "digits", "moons"),
        "methods": tuple(METHODS),
        "seeds": (0,),
    }
    wanted = Wanted(**told | changed)  # type: ignore[arg-type]
    found = Findings(Store(made.page.parent, budget), wanted)
    found.missing["vireo"] = "data not there: Cassin's vireo"
    return found


def test_every_method_is_measured_and_nothing_fails(whole: Reproduction, tiny: Budget):
    assert whole.failed == {}
    found = findings_of(whole, tiny)
    for dimensions in (2, 64):
        for name, card in METHODS.items():
            if dimensions > card.most:
                continue
            for metric in ("trustworthiness", "silhouette", "nmi"):
                value = found.measured("digits", name, dimensions, "", metric)
                assert value is not None, (name, dimensions, metric)
                assert -1 <= value <= 1
            error = found.measured("digits", name, dimensions, "", "mse")
            assert (error is not None) == card.decodes
            placed = found.measured("digits", name, dimensions, "", "knn1")
            assert (placed is not None) == (name != "direct_umap")
    for variant in VARIANTS:
        assert found.measured("digits", variant, 0, "4", "accuracy") is not None


def test_no_cell_is_empty_without_a_reason(whole: Reproduction, tiny: Budget):
    found = findings_of(whole, tiny)
    cells = [
        entry
        for table in (2, 3, 4, 5, 6, 7)
        for row in table_rows(found, table)
        for entry in row
        if isinstance(entry, Cell)
    ]
    cells += [entry for row in few_rows(found) for entry in row if isinstance(entry, Cell)]
    assert len(cells) > 150
    for cell in cells:
        assert (cell.measured is None) == bool(cell.reason)
        assert (cell.state == "empty") == (cell.measured is None)
    reasons = " ".join(cell.reason for cell in cells)
    assert "data not there: Cassin's vireo" in reasons
    assert "up to 3 dimensions" in reasons
    assert "budget tiny: Digits" in reasons


def test_the_page_shows_tables_reasons_sizes_and_pictures(whole: Reproduction):
    page = whole.page.read_text(encoding="utf-8")
    text = whole.markdown.read_text(encoding="utf-8")
    for table in range(2, 9):
        assert f"Table {table}." in page
        assert f"## Table {table}." in text
    for figure in FIGURES:
        assert f"Fig. {figure}." in page
    assert "vireo.npz" in page
    assert "passes of the autoencoder | 50 | 1" in text
    assert "0.9949" in page  # published, though the set is not there
    # One file: no address but those inside it.
    assert set(re.findall(r'src="([a-z]+):', page)) == {"data"}
    assert "http" not in page
    pictures = re.findall(r"\]\((pictures/\w+\.png)\)", text)
    assert "pictures/figure4.png" in pictures
    for name in pictures:
        assert (whole.markdown.parent / name).read_bytes().startswith(b"\x89PNG")


def test_results_are_one_table(whole: Reproduction):
    rows = parquet.read_table(whole.results).to_pylist()
    assert {row["data"] for row in rows} == {"digits", "moons"}
    assert {row["budget"] for row in rows} == {"tiny"}
    assert all(np.isfinite(row["value"]) for row in rows)
    assert {row["size"] == "" for row in rows if row["method"] == "pca"} >= {False}


def test_what_was_not_asked_for_is_said(whole: Reproduction, tiny: Budget, tmp_path: Path):
    found = findings_of(whole, tiny, methods=("pca",), data=("digits", "mnist"))
    assert found.cell("mnist", "pca", 2, "", "nmi").reason.startswith("not finished")
    assert "--data cifar10" in found.cell("cifar10", "pca", 2, "", "nmi").reason
    other = Findings(Store(tmp_path, tiny), found.wanted)
    assert "--methods umap" in other.cell("digits", "umap", 2, "", "nmi").reason


def test_a_fit_that_fails_keeps_the_others_and_its_reason(
    tiny: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from umapkit import UMAP

    def broken(*_: object) -> None:
        msg = "no luck today"
        raise ValueError(msg)

    monkeypatch.setattr(UMAP, "fit", broken)
    said: list[str] = []
    made = reproduce(
        tmp_path, tables=[2], figures=[], data="digits", methods=("pca", "umap"), budget=tiny,
        say=said.append,
    )  # fmt: skip
    assert set(made.failed.values()) == {"ValueError: no luck today"}
    assert len(made.failed) == made.fitted == 2
    assert "failed: ValueError: no luck today" in made.markdown.read_text(encoding="utf-8")
    assert any("no luck" in line for line in said)


def test_a_relation_that_fails_says_what_was_smaller_and_whether_it_is_chance(
    whole: Reproduction, tiny: Budget
):
    found = findings_of(whole, tiny)
    found.sizes["digits"] = (240, 0, 50, 64, "every fifth row tests")
    wrong = (Entry("parametric_tsne", 2, "", "knn1", 0.5),)
    outcome = Outcome("PCA has the lowest accuracy", "digits", "2-D", False, "", wrong, 0.01)
    said = why_not(found, outcome)
    assert said.startswith("DOES NOT HOLD by 0.0100: P. t-SNE (1 passes of 1,000")
    assert said.endswith("within chance: two standard errors of 50 test rows are 0.2000")
    assert "beyond chance" in why_not(found, replace(outcome, gap=0.3))
    maps = (Entry("pca", 2, "", "silhouette", 0.5),)
    assert why_not(found, replace(outcome, breaking=maps)) == "DOES NOT HOLD by 0.0100: PCA"
    assert why_not(found, replace(outcome, holds=True, breaking=())) == ""


def test_several_seeds_are_shown_as_mean_and_spread(tiny: Budget, tmp_path: Path):
    made = reproduce(
        tmp_path, tables=[2], figures=[], data="digits", methods="umap", budget=tiny, seeds=(0, 1)
    )
    assert made.fitted == 4
    assert re.search(r"\| 0\.\d{4} ± 0\.\d{4}°? \|", made.markdown.read_text(encoding="utf-8"))


def test_a_clustering_of_fewer_tries_counts_as_smaller(whole: Reproduction, tiny: Budget):
    found = findings_of(whole, tiny)
    cell = found.cell("digits", "pca", 64, "", "nmi")
    assert "1 seeds" in cell.size
    assert "50 points" in cell.size
    assert "k-means" not in found.cell("digits", "pca", 64, "", "silhouette").size
    assert PAPER.clustering(64) == ""
    assert "k-means" not in found.cell("digits", "pca", 2, "", "nmi").size  # always the paper's


def test_a_mean_of_fewer_seeds_than_asked_for_says_so(whole: Reproduction, tiny: Budget):
    asked = ("digits", "umap", 2, "", "trustworthiness")
    alone = findings_of(whole, tiny).cell(*asked)
    some = findings_of(whole, tiny, seeds=(0, 1, 2)).cell(*asked)
    assert some.measured == alone.measured
    assert "seeds" not in alone.size
    assert some.size.endswith("1 of 3 seeds")
