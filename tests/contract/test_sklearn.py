from __future__ import annotations

import warnings

import pytest
from sklearn.utils.estimator_checks import check_estimator

from umapkit import UMAP, ProgressiveUMAP


@pytest.mark.parametrize("model", [UMAP(), ProgressiveUMAP()], ids=["UMAP", "ProgressiveUMAP"])
def test_check_estimator_finds_no_failure(model):
    with warnings.catch_warnings():
        # Tables of ten rows cut n_neighbors down, and one check is skipped unless an
        # environment variable switches the array API on; both are said by a warning.
        warnings.simplefilter("ignore")
        results = check_estimator(model, on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
    assert failed == []
    assert [r["check_name"] for r in results if r["status"] == "skipped"] in (
        [],
        ["check_array_api_input"],
    )
    assert len(results) > 40
