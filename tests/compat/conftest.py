from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

import umapkit.compat.umap_learn as umap


@pytest.fixture(scope="session")
def iris():
    return load_iris()


@pytest.fixture(scope="session")
def chosen():
    """Three quarters of the flowers, by lot."""
    return np.random.default_rng(42).uniform(size=150) < 0.75


@pytest.fixture(scope="session")
def iris_model(iris):
    return umap.UMAP(n_neighbors=10, min_dist=0.01, random_state=42).fit(iris.data)


@pytest.fixture(scope="session")
def part_model(iris, chosen):
    return umap.UMAP(n_neighbors=10, min_dist=0.01, random_state=42).fit(iris.data[chosen])
