"""Sparse rows in models that grow, are combined or aligned."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

import umapkit
from umapkit import UMAP, AlignedUMAP, CombinedUMAP
from umapkit.data import SparseRows, as_sparse_rows

from .test_sparse import groups

FAST = {"metric": "cosine", "n_epochs": 30, "random_state": 0, "n_neighbors": 10}


def nearest_groups(places, embedding, own):
    far = ((places[:, None] - embedding[None]) ** 2).sum(axis=2)
    return own[far.argmin(axis=1)]


def test_a_map_of_sparse_rows_grows():
    matrix, own = groups()
    new, theirs = groups(n=40, seed=9)
    model = UMAP(**FAST).fit(as_sparse_rows(matrix))
    model.update(sp.vstack([new, matrix[:3]]).tocsr())
    assert isinstance(model._finder.rows, SparseRows)
    assert model.embedding_.shape == (283, 2)
    np.testing.assert_array_equal(model.embedding_[280:], model.embedding_[:3])
    np.testing.assert_array_equal(model.transform(new), model.embedding_[240:280])
    found = nearest_groups(model.embedding_[240:280], model.embedding_[:240], own)
    assert (found == theirs).mean() > 0.9


def test_a_map_of_sparse_rows_is_a_warm_start():
    matrix, _ = groups()
    before = UMAP(**FAST).fit(as_sparse_rows(matrix))
    after = UMAP(init=before, **FAST | {"n_epochs": 0}).fit(as_sparse_rows(matrix))
    np.testing.assert_array_equal(after.embedding_, before.embedding_)


def test_maps_of_sparse_rows_are_combined(tmp_path):
    matrix, own = groups()
    rows = as_sparse_rows(matrix)
    one, other = UMAP(**FAST).fit(rows), UMAP(**FAST | {"metric": "manhattan"}).fit(rows)
    made = one * other
    new, theirs = groups(n=40, seed=9)
    places = made.transform(new)
    assert (nearest_groups(places, made.embedding_, own) == theirs).mean() > 0.9
    np.testing.assert_array_equal(made.transform(new[[5]])[0], places[5])
    np.testing.assert_array_equal(made.transform(matrix[:3]), made.embedding_[:3])
    # The same rows, sparse here and dense there, are one table.
    mixed = one * UMAP(**FAST | {"metric": "manhattan"}).fit(matrix)
    np.testing.assert_array_equal(mixed.transform(matrix[:3]), mixed.embedding_[:3])
    made.save(tmp_path / "made")
    np.testing.assert_array_equal(umapkit.load(tmp_path / "made").transform(new), places)


def test_parts_of_large_sparse_rows_stay_sparse(tmp_path):
    words = sp.random_array((500, 600_000), density=1e-4, rng=0, format="csr")
    large = sp.hstack([np.arange(500)[:, None] / 100, words]).tocsr()
    parts = [(slice(1, None), "cosine"), ([0], "euclidean")]
    model = CombinedUMAP(parts, model=UMAP(n_epochs=5, random_state=0, n_neighbors=5)).fit(large)
    texts, number = model.parts_
    assert isinstance(texts._finder.rows, SparseRows)
    assert number._finder.rows.shape == (500, 1)
    assert not isinstance(number._finder.rows, SparseRows)
    np.testing.assert_array_equal(model.transform(large[:4]), model.embedding_[:4])
    new = large[:4] * 1.5
    places = model.transform(new)
    assert np.isfinite(places).all()
    np.testing.assert_array_equal(model.transform(new[[2]])[0], places[2])
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(umapkit.load(tmp_path / "model").transform(new), places)


@pytest.mark.parametrize("init", ["spectral", "pca"])
def test_slices_of_sparse_rows_are_aligned(init):
    matrix, own = groups()
    slices = [as_sparse_rows(matrix[:160]), as_sparse_rows(matrix[80:])]
    relation = {i: i - 80 for i in range(80, 160)}
    model = AlignedUMAP(metric="cosine", n_neighbors=10, n_epochs=30, random_state=0, init=init)
    model.fit(slices, relations=[relation])
    new, theirs = groups(n=40, seed=9)
    for places, embedding, labels in zip(
        model.transform([new, new]), model.embeddings_, (own[:160], own[80:]), strict=True
    ):
        assert (nearest_groups(places, embedding, labels) == theirs).mean() > 0.85
