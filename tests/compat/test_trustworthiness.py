"""umap-learn's thresholds on small random tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, lil_matrix
from sklearn.datasets import make_blobs
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances

import umapkit.compat.umap_learn as umap

from .rows import random_rows


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(50, cluster_std=0.5, random_state=42)


def test_sparse_rows():
    """A third of five columns is filled, so that many rows are equal, most of them empty."""
    kept = np.random.default_rng(1).uniform(size=(100, 5)) < 0.34
    rows = csr_matrix(random_rows(100, 5) * kept)
    model = umap.UMAP(n_neighbors=10, n_epochs=100, random_state=42)
    places = model.fit_transform(rows)
    assert trustworthiness(rows.toarray(), places, n_neighbors=10) >= 0.88


@pytest.mark.parametrize("more", [{"force_approximation_algorithm": True}, {"init": "random"}])
def test_noise(more):
    rows = random_rows(50, 5)
    model = umap.UMAP(n_neighbors=10, min_dist=0.01, random_state=42, n_epochs=100, **more)
    assert trustworthiness(rows, model.fit_transform(rows), n_neighbors=10) >= 0.80


def test_labels(blobs):
    rows, labels = blobs
    model = umap.UMAP(n_neighbors=10, min_dist=0.01, n_epochs=100, random_state=42)
    assert trustworthiness(rows, model.fit_transform(rows, labels), n_neighbors=10) >= 0.95


def test_some_labels_unknown(blobs):
    rows, labels = blobs
    labels = labels.copy()
    labels[10:30] = -1
    model = umap.UMAP(n_neighbors=10, min_dist=0.01, n_epochs=100, random_state=42)
    assert trustworthiness(rows, model.fit_transform(rows, labels), n_neighbors=10) >= 0.95


@pytest.mark.parametrize("metric", ["l1", "string", "ordinal", "count"])
def test_other_targets(blobs, metric):
    rows, labels = blobs
    if metric == "string":
        labels = np.array(["this", "that", "other"])[labels]
    if metric == "count":
        labels = labels**2 + 2 * labels
    model = umap.UMAP(
        n_neighbors=10,
        min_dist=0.01,
        target_metric=metric,
        target_weight=0.8,
        n_epochs=100,
        random_state=42,
    )
    assert trustworthiness(rows, model.fit_transform(rows, labels), n_neighbors=10) >= 0.95


@pytest.mark.parametrize("kind", [csr_matrix, lil_matrix])
def test_sparse_distances(blobs, kind):
    for rows in (blobs[0], random_rows(50, 5)):
        model = umap.UMAP(
            n_neighbors=10, min_dist=0.01, random_state=42, n_epochs=100, metric="precomputed"
        )
        places = model.fit_transform(kind(pairwise_distances(rows)))
        assert trustworthiness(rows, places, n_neighbors=10) >= 0.75


def test_density_of_noise():
    rows = random_rows(50, 5)
    model = umap.UMAP(
        n_neighbors=10, min_dist=0.01, random_state=42, n_epochs=100, densmap=True, output_dens=True
    )
    found = model.fit_transform(rows)
    assert len(found) == 3
    assert len(found[1]) == len(found[2]) == 50
    assert trustworthiness(rows, found[0], n_neighbors=10) >= 0.72
