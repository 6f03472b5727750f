from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")

from umapkit.parametric import DirectUMAP  # noqa: E402
from umapkit.quality import trustworthiness  # noqa: E402

KINDS = {"n_jobs": 1, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def digits():
    return load_digits().data[:800].astype(np.float32)


@pytest.mark.parametrize("optimizer", ["adadelta", "adam"])
def test_the_loss_falls_and_the_map_can_be_trusted(digits, optimizer):
    fitted = DirectUMAP(optimizer=optimizer, n_epochs=150, **KINDS).fit(digits)
    assert trustworthiness(digits, fitted.embedding_) >= 0.96
    start = DirectUMAP(optimizer=optimizer, n_epochs=1, **KINDS).fit(digits)
    assert fitted.loss_ < start.loss_


def test_same_seed_same_bits_and_a_given_graph_is_used(digits):
    first, again = (DirectUMAP(n_epochs=10, **KINDS).fit(digits) for _ in range(2))
    np.testing.assert_array_equal(first.embedding_, again.embedding_)
    given = DirectUMAP(n_epochs=10, **KINDS).fit(digits, graph=first.graph_)
    np.testing.assert_array_equal(given.embedding_, first.embedding_)
    assert list(first.get_feature_names_out()) == ["directumap0", "directumap1"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"optimizer": "sgd"}, "'adam'"),
        ({"a": 1.0}, "give both"),
        ({"n_neighbors": 1}, "2 or more"),
    ],
)
def test_what_cannot_be_used_is_said(change, said):
    with pytest.raises(ValueError, match=said):
        DirectUMAP(**change).fit(np.ones((10, 2)))
