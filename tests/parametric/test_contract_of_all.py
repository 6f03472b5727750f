from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

torch = pytest.importorskip("torch")

from umapkit.parametric import (  # noqa: E402
    VAE,
    Autoencoder,
    DirectUMAP,
    ParametricTSNE,
    SemiSupervisedUMAP,
)

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}
MODELS = [
    Autoencoder(n_epochs=2, **KINDS),
    VAE(n_epochs=2, **KINDS),
    ParametricTSNE(n_epochs=3, **KINDS),
    DirectUMAP(n_epochs=3, **KINDS),
    SemiSupervisedUMAP(
        n_steps=25, learning_rate=0.03, batch_size=8, labelled_batch_size=32, width=0.3, **KINDS
    ),
]
# -1 marks what is not known; scikit-learn's own semi-supervised estimators are excused by name.
EXCUSED = {"SemiSupervisedUMAP": {"check_classifiers_classes"}}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_check_estimator_finds_no_failure(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(model, on_fail=None)
    failed = {
        r["check_name"]: repr(r["exception"])
        for r in results
        if r["status"] not in ("passed", "skipped")
        and r["check_name"] not in EXCUSED.get(type(model).__name__, ())
    }
    assert failed == {}
    assert len(results) > 30


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_clones_have_equal_parameters_and_columns_have_names(model):
    rows = np.random.default_rng(0).normal(size=(60, 5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = clone(model).fit(rows, np.arange(60) % 2)
    assert fitted.get_params() == model.get_params()
    name = type(model).__name__.lower()
    assert list(fitted.get_feature_names_out()) == [f"{name}0", f"{name}1"]
