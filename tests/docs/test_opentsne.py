"""The page for openTSNE's users names everything that openTSNE offers."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from umapkit import TSNE

from .pages import ROOT

PAGE = (ROOT / "docs" / "coming-from-opentsne.md").read_text(encoding="utf-8")
KEPT = json.loads((ROOT / "tests" / "reference" / "opentsne_parameters.json").read_text("utf-8"))


def named(column: int) -> set[str]:
    """Words of code in one column of the page's tables."""
    cells = [line.split(" | ")[column] for line in PAGE.splitlines() if line.startswith("| ")]
    code = " ".join(part for cell in cells for part in re.findall(r"`([^`]+)`", cell))
    return set(re.findall(r"\w+", code))


@pytest.mark.parametrize("part", sorted(KEPT))
def test_every_name_of_openTSNE_is_on_the_page(part):
    assert set(KEPT[part]) - named(0) == set()


def test_the_parameters_that_the_page_promises_are_there():
    ours = set(inspect.signature(TSNE).parameters)
    told = named(1)
    shown = {
        *("perplexity", "n_components", "early_exaggeration", "early_epochs", "exaggeration"),
        *("n_epochs", "degrees_of_freedom", "learning_rate", "early_momentum", "momentum", "init"),
        *("repulsion", "theta", "observers", "metric", "metric_kwds", "neighbors"),
        *("precomputed_knn", "affinities"),
    }
    assert shown <= ours
    # Some rows say "the same" and leave the name to the first column.
    assert shown - told <= set(KEPT["TSNE"])
    for name in ("optimize", "transform"):
        for parameter in ("n_epochs", "exaggeration", "learning_rate"):
            assert parameter in inspect.signature(getattr(TSNE, name)).parameters
