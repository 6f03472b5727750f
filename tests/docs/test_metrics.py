from __future__ import annotations

import re

from umapkit.distances import METRICS, FromCounts, dtw, kantorovich, sinkhorn

from .pages import ROOT, table_rows

PAGE = ROOT / "docs" / "metrics.md"


def search_of(card):
    if card.descent or card.name == "wasserstein_1d":  # which learns it from its order, 1
        return "descent"
    if card.kernel is not None or card.formula in (dtw, kantorovich, sinkhorn):
        return "exact"
    return "bits" if isinstance(card.formula, FromCounts) else "formula"


def test_the_page_names_every_metric_with_a_largest_distance():
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    told = {}
    for part in text.split("says otherwise: ", 1)[1].split(". For the", 1)[0].split(";"):
        value, names = part.split(" for ")
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), float(value))
    limits = {name: card.disconnection_distance for name, card in METRICS.items()}
    assert told == {name: value for name, value in limits.items() if value < float("inf")}


def test_the_page_lists_every_metric_as_it_is():
    rows = {re.findall(r"`(\w+)`", row[0])[0]: row for row in table_rows(PAGE, "The list")}
    assert set(rows) == set(METRICS)
    for name, card in METRICS.items():
        keywords, search, slope = (cell.strip() for cell in rows[name][1:4])
        visible = [k.name for k in card.keywords if not k.hidden]
        assert re.findall(r"`(\w+)`", keywords) == visible, name
        assert search == search_of(card), name
        assert slope == ("no" if card.gradient is None else "yes"), name
        listed = re.findall(r"\(([^)]*)\)", rows[name][0])
        for alias in listed[0].split(", ") if listed else []:
            assert alias in card.aliases, name
