"""Reproductions that take seconds: digits and moons in place of the paper's sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("pyarrow")
pytest.importorskip("matplotlib")

from umapkit.reproduce import SMALL, Budget, Reproduction, reproduce

# The same paths through the code as the budgets of the command; only the sizes differ.
TINY = replace(
    SMALL,
    name="tiny",
    rows=240,
    new_rows=50,
    edge_steps=10,
    edge_batch=64,
    direct_epochs=2,
    tsne_epochs=1,
    tsne_batch=120,
    autoencoder_epochs=1,
    vae_epochs=1,
    kmeans_seeds=1,
    kmeans_sample=50,
    repeats=1,
    inverse_rows=10,
    few_data=("digits",),
    few_labels=("4",),
    few_rows=240,
    few_new=50,
    few_components=8,
    few_baseline_steps=4,
    few_steps=8,
    few_graph_steps=4,
)


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No folder of data, whatever this machine has."""
    monkeypatch.setenv("UMAPKIT_DATA", str(tmp_path))


@pytest.fixture(scope="session")
def tiny() -> Budget:
    """Sizes that take seconds."""
    return TINY


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reproduction]:
    """Every table, figure and method, on digits and moons; the vireo is not there."""
    folder = tmp_path_factory.mktemp("whole")
    before = os.environ.get("UMAPKIT_DATA")
    os.environ["UMAPKIT_DATA"] = str(folder)
    try:
        yield reproduce(folder, data=["vireo", "digits", "moons"], budget=TINY, n_jobs=1)
    finally:
        if before is None:
            del os.environ["UMAPKIT_DATA"]
        else:
            os.environ["UMAPKIT_DATA"] = before
