"""Maps of sparse rows that are never made dense."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

import umapkit
from umapkit import UMAP
from umapkit.data import SparseRows, as_sparse_rows
from umapkit.init import pca_start, spectral_start
from umapkit.quality import trustworthiness

FAST = {"n_epochs": 30, "random_state": 0, "n_neighbors": 10}


def groups(n=240, d=400, entries=12, seed=0, count=4):
    """Rows of `count` groups that prefer columns of their own."""
    rng = np.random.default_rng(seed)
    own = np.arange(n) % count
    columns = rng.integers(0, d // count, (n, entries)) + (own * (d // count))[:, None]
    stray = rng.random((n, entries)) < 0.15
    columns[stray] = rng.integers(0, d, stray.sum())
    lines = np.repeat(np.arange(n), entries)
    values = rng.integers(1, 4, n * entries).astype(float)
    return sp.coo_array((values, (lines, columns.ravel())), shape=(n, d)).tocsr(), own


@pytest.fixture
def fitted():
    matrix, _ = groups()
    return UMAP(metric="cosine", **FAST).fit(as_sparse_rows(matrix)), matrix


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "correlation", "manhattan", "chebyshev"])
def test_sparse_rows_give_the_graph_of_dense_ones(metric):
    matrix, _ = groups()
    model = UMAP(metric=metric, **FAST).fit(as_sparse_rows(matrix))
    assert isinstance(model._finder.rows, SparseRows)
    assert model.neighbor_recall_ == 1.0
    assert np.isfinite(model.embedding_).all()
    sparse = model.graph_
    model.fit(matrix)
    assert not isinstance(model._finder.rows, SparseRows)
    # Neighbours at nearly the same distance may go either way.
    apart = abs(sparse - model.graph_) > 1e-3
    assert apart.nnz < 0.01 * model.graph_.nnz


@pytest.mark.parametrize("init", ["spectral", "pca", "random"])
def test_maps_of_sparse_rows_are_as_good_as_those_of_dense_ones(init):
    matrix, _ = groups()
    model = UMAP(metric="cosine", init=init, **FAST)
    maps = [model.fit_transform(X).copy() for X in (as_sparse_rows(matrix), matrix)]
    rows = matrix.toarray().astype(np.float32)
    scores = [trustworthiness(rows, m, n_neighbors=10, metric="cosine") for m in maps]
    assert scores[0] > scores[1] - 0.02


def test_same_bits_for_any_number_of_threads():
    rows = as_sparse_rows(groups()[0])
    for init in ("spectral", "pca"):
        maps = [
            UMAP(metric="cosine", init=init, n_jobs=n_jobs, **FAST).fit_transform(rows)
            for n_jobs in (1, 2, 3)
        ]
        for other in maps[1:]:
            np.testing.assert_array_equal(maps[0].view(int), other.view(int))


def test_transform_is_a_function_of_model_and_row(fitted, tmp_path):
    model, matrix = fitted
    new, _ = groups(n=40, seed=9)
    together = model.transform(new)
    assert np.isfinite(together).all()
    np.testing.assert_array_equal(model.transform(new[::-1]), together[::-1])
    np.testing.assert_array_equal(model.transform(new[[17]])[0], together[17])
    np.testing.assert_array_equal(model.transform(new.toarray()), together)
    np.testing.assert_array_equal(model.transform(as_sparse_rows(new)), together)
    np.testing.assert_array_equal(model.set_params(n_jobs=3).transform(new), together)
    mixed = sp.vstack([matrix[:5], new[:3]]).tocsr()
    placed = model.transform(mixed)
    np.testing.assert_array_equal(placed[:5], model.embedding_[:5])
    np.testing.assert_array_equal(placed[5:], together[:3])
    model.save(tmp_path / "model")
    loaded = umapkit.load(tmp_path / "model")
    assert isinstance(loaded._finder.rows, SparseRows)
    np.testing.assert_array_equal(loaded.transform(new), together)
    np.testing.assert_array_equal(loaded.transform(matrix[:5]), model.embedding_[:5])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).transform(new), together)
    places, score = model.transform(new, return_score=True)
    np.testing.assert_array_equal(places, together)
    assert np.isfinite(score).all()


def test_new_rows_lie_with_their_group(fitted):
    model, _ = fitted
    new, own = groups(n=40, seed=9)
    places = model.transform(new)
    trained = groups()[1]
    nearest = ((places[:, None] - model.embedding_[None]) ** 2).sum(2).argmin(axis=1)
    assert (trained[nearest] == own).mean() > 0.9


def test_equal_rows_share_a_place_however_they_are_written():
    matrix, _ = groups()
    twice = sp.vstack([matrix, matrix[:20]]).tocoo()
    halves = sp.coo_array(
        (
            np.concatenate([twice.data / 2, twice.data / 2, [0.0]]),
            (
                np.concatenate([twice.row, twice.row, [250]]),
                np.concatenate([twice.col, twice.col, [399]]),
            ),
        ),
        shape=twice.shape,
    )
    model = UMAP(metric="cosine", **FAST).fit(as_sparse_rows(halves))
    np.testing.assert_array_equal(model.embedding_[240:], model.embedding_[:20])
    assert model._index.data.shape[0] == 240


def test_labels_graphs_and_given_neighbours_work(fitted):
    model, matrix = fitted
    rows = as_sparse_rows(matrix)
    labelled = UMAP(metric="cosine", **FAST).fit(rows, groups()[1])
    assert np.isfinite(labelled.embedding_).all()
    given = UMAP(metric="cosine", precomputed_knn=model._index.neighbors, **FAST).fit(rows)
    assert given.neighbor_recall_ == 1.0
    np.testing.assert_array_equal(given.embedding_, model.embedding_)
    made = UMAP.from_parts(
        rows, model.graph_, model.embedding_, model=UMAP(metric="cosine", **FAST)
    )
    assert np.isfinite(made.transform(groups(n=10, seed=3)[0])).all()


def test_models_without_an_index_are_saved_too(fitted, tmp_path):
    model, matrix = fitted
    made = UMAP.from_parts(
        as_sparse_rows(matrix), model.graph_, model.embedding_, model=UMAP(metric="cosine", **FAST)
    )
    made.save(tmp_path / "model")
    new = groups(n=10, seed=3)[0]
    np.testing.assert_array_equal(
        umapkit.load(tmp_path / "model").transform(new), made.transform(new)
    )


@pytest.mark.parametrize("keywords", [{"metric": "ll_dirichlet"}, {"metric_kwds": {"p": 1.7}}])
def test_metrics_with_keywords_and_logarithms_are_fitted_saved_and_transformed(keywords, tmp_path):
    matrix, own = groups()
    keywords = {"metric": "minkowski"} | keywords
    model = UMAP(**keywords, **FAST).fit(as_sparse_rows(matrix))
    assert isinstance(model._finder.rows, SparseRows)
    new, theirs = groups(n=40, seed=9)
    places = model.transform(new)
    nearest = ((places[:, None] - model.embedding_[None]) ** 2).sum(2).argmin(axis=1)
    assert (own[nearest] == theirs).mean() > 0.8
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(umapkit.load(tmp_path / "model").transform(new), places)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "correlation", "manhattan", "canberra"])
def test_the_way_back_is_that_of_dense_rows(metric):
    matrix, own = groups()
    model = UMAP(metric=metric, **FAST).fit(as_sparse_rows(matrix))
    dense = UMAP.from_parts(
        matrix.toarray(), model.graph_, model.embedding_, model=UMAP(metric=metric, **FAST)
    )
    places = model.embedding_[::40] + np.float32(0.05)
    back = model.inverse_transform(places)
    assert back.shape == (6, 400)
    np.testing.assert_allclose(back, dense.inverse_transform(places), atol=1e-5)
    np.testing.assert_array_equal(model.inverse_transform(places[2:3])[0], back[2])
    np.testing.assert_array_equal(model.set_params(n_jobs=3).inverse_transform(places), back)
    assert set(back.reshape(6, 4, 100).sum(axis=2).argmax(axis=1)) <= set(own)


def test_the_way_back_is_refused_where_its_rows_do_not_fit(fitted):
    model, _ = fitted
    places = np.zeros((2, 2), dtype=np.float32)
    wide = UMAP(metric="cosine", **FAST).fit(sp.random_array((20, 10**7), density=1e-6, rng=0))
    with pytest.raises(ValueError, match=r"37\.3 GiB as dense.*fewer places at a time"):
        wide.inverse_transform(np.tile(places, (500, 1)))
    with pytest.raises(ValueError, match="metric='jaccard' has none"):
        UMAP(metric="jaccard", **FAST).fit(as_sparse_rows(groups()[0])).inverse_transform(places)
    assert np.isfinite(model.inverse_transform(places)).all()


def test_densities_are_kept_and_new_rows_placed_by_them(tmp_path):
    matrix, _ = groups()
    ask = {"metric": "cosine", "densmap": True, "output_dens": True, **FAST}
    model = UMAP(**ask).fit(as_sparse_rows(matrix))
    dense = UMAP(**ask).fit(matrix)
    np.testing.assert_allclose(model.rad_orig_, dense.rad_orig_, atol=1e-3)
    new = groups(n=20, seed=9)[0]
    together = model.transform(new)
    assert np.isfinite(together).all()
    np.testing.assert_array_equal(model.transform(new[[7]])[0], together[7])
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(umapkit.load(tmp_path / "model").transform(new), together)


def test_classes_of_new_sparse_rows_are_predicted():
    matrix, own = groups()
    model = UMAP(metric="cosine", supervision="cross_entropy", **FAST)
    model.fit(as_sparse_rows(matrix), own)
    new, theirs = groups(n=40, seed=9)
    assert (model.predict(new) == theirs).mean() > 0.9


def test_large_sparse_rows_stay_sparse_in_the_compatible_models():
    from umapkit.compat import scanpy, umap_learn

    large = sp.random_array((300, 10**6), density=2e-5, rng=0, format="csr")
    large = sp.vstack([large, large[:3]]).tocsr()
    model = umap_learn.UMAP(metric="cosine", unique=True, n_epochs=5, random_state=0).fit(large)
    assert isinstance(model.model_._finder.rows, SparseRows)
    np.testing.assert_array_equal(model.transform(large[:3]), model.embedding_[-3:])
    transformer = scanpy.KNeighborsTransformer(n_neighbors=5).fit(large)
    assert isinstance(transformer.index_.data, SparseRows)
    assert transformer.transform(large[:4]).shape == (4, 303)


def test_isolated_sparse_rows_have_no_place_in_the_compatible_model():
    from umapkit.compat import umap_learn

    rows = sp.csr_matrix(groups()[0])
    alone = sp.csr_matrix(([1.0], ([0], [450])), shape=(1, 500))
    rows = sp.vstack([sp.hstack([rows, sp.csr_matrix((240, 100))]), alone]).tocsr()
    with pytest.warns(UserWarning, match="A few of your vertices were disconnected"):
        model = umap_learn.UMAP(metric="jaccard", n_epochs=5, random_state=0).fit(rows)
    places = model.transform(sp.vstack([alone, rows[:2]]).tocsr())
    assert np.isnan(places[0]).all()
    assert np.isfinite(places[1:]).all()


def test_wrong_columns_are_refused(fitted):
    model, _ = fitted
    with pytest.raises(ValueError, match="399 features"):
        model.transform(sp.csr_array((2, 399)))
    with pytest.raises(ValueError, match="399 features"):
        model.transform(np.zeros((2, 399)))


def test_models_of_dense_rows_take_sparse_ones_as_before():
    matrix, _ = groups()
    model = UMAP(**FAST).fit(matrix.toarray())
    new = groups(n=10, seed=3)[0]
    np.testing.assert_array_equal(model.transform(new), model.transform(new.toarray()))


def test_islands_of_a_sparse_graph_are_arranged_by_the_rows():
    matrix, own = groups(n=120, count=8, d=800)
    graph = sp.csr_array(
        (own[:, None] == own[None]).astype(np.float32) - np.eye(120, dtype=np.float32)
    )
    rows = as_sparse_rows(matrix)
    starts = [spectral_start(graph, n_components=2, seed=0, data=rows, n_jobs=n) for n in (1, 3)]
    np.testing.assert_array_equal(*starts)
    assert np.isfinite(starts[0]).all()


def test_the_pca_start_is_that_of_dense_rows_up_to_sign():
    matrix, _ = groups()
    sparse = pca_start(as_sparse_rows(matrix), n_components=3, seed=0)
    dense = pca_start(matrix.toarray().astype(np.float32), n_components=3, seed=0)
    for a, b in zip(sparse.T.astype(float), dense.T.astype(float), strict=True):
        assert abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b) > 0.999
    with pytest.raises(ValueError, match="at most 64"):
        pca_start(as_sparse_rows(matrix), n_components=65, seed=0)


PEAK = """
import resource, numpy as np, scipy.sparse as sp
from umapkit import UMAP
X = sp.random_array((2000, 500_000), density=1e-4, rng=0, format="csr")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = UMAP(metric="cosine", init={init!r}, n_epochs=20, random_state=0).fit(X)
model.transform(X[:3] * 2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("init", ["spectral", "pca"])
def test_four_gigabytes_of_zeros_take_no_memory(init):
    done = subprocess.run(
        [sys.executable, "-c", PEAK.format(init=init)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400 * 1024  # KiB
