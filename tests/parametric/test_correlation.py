from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP  # noqa: E402
from umapkit.parametric import _objective as objective  # noqa: E402


@pytest.mark.parametrize("negatives", ["batch", "uniform"])
@pytest.mark.parametrize("size", [255, 256])
def test_the_global_correlation_does_not_compare_the_ends_of_edges(monkeypatch, negatives, size):
    """The batch is so small beside the rows that none is merged: heads, then their tails."""
    rows = np.random.default_rng(0).normal(size=(6000, 5)).astype(np.float32)
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    plain = objective.correlation_loss

    def watched(x, z):
        half = len(x) // 2
        pairs.append((x[:half].numpy(), x[half : 2 * half].numpy()))
        return plain(x, z)

    monkeypatch.setattr(objective, "correlation_loss", watched)
    fitted = ParametricUMAP(
        correlation_weight=0.1, scaling="none", batch_size=size, negatives=negatives, n_steps=20,
        random_state=0, n_jobs=1, device="cpu",
    ).fit(rows)  # fmt: skip
    number = {row.tobytes(): place for place, row in enumerate(rows)}
    one, two = (
        np.array([number[row.tobytes()] for row in np.concatenate(side)])
        for side in zip(*pairs, strict=True)
    )
    assert len(one) > 20 * size * 0.9
    assert (fitted.graph_[one, two] > 0).mean() < 0.05
    assert (one == two).mean() < 0.05
    # Large distances count: the compared pairs are as far apart as random ones.
    apart = np.linalg.norm(rows[one] - rows[two], axis=1)
    others = np.linalg.norm(rows[one] - rows[np.random.default_rng(1).permutation(two)], axis=1)
    assert np.median(apart) > 0.95 * np.median(others)
