"""What cannot be used is refused early, and a refused fit leaves no mixture of two models."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import umapkit
import umapkit.models._fit
import umapkit.models._tsne_fit
from umapkit import (
    PCA,
    TSNE,
    UMAP,
    AlignedUMAP,
    CombinedUMAP,
    LaplacianEigenmaps,
    LargeVis,
    NeighborEmbedding,
)

FIVE = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
EIGHT = np.random.default_rng(1).normal(size=(60, 8)).astype(np.float32)
PARTS = [([0, 1], "euclidean"), ([2, 3], "cosine")]


@pytest.fixture
def searches(monkeypatch):
    """Count the searches for neighbours."""
    count = []
    for module in (umapkit.models._fit, umapkit.models._tsne_fit):
        found = module.build_index
        monkeypatch.setattr(
            module, "build_index", lambda *a, _f=found, **k: (count.append(1), _f(*a, **k))[1]
        )
    return count


@pytest.mark.parametrize(
    ("model", "bad"),
    [
        (UMAP(n_epochs=5, random_state=0), {"n_neighbors": 1}),
        (LargeVis(5, n_epochs=5, random_state=0), {"neighbors": "annoy"}),
        (NeighborEmbedding(n_epochs=5, random_state=0), {"init": "umap"}),
        (LaplacianEigenmaps(random_state=0), {"n_neighbors": 1}),
        (PCA(), {"n_components": 0}),
    ],
)
def test_a_parameter_that_is_refused_leaves_the_earlier_fit_whole(model, bad):
    model.fit(FIVE)
    before = model.get_params()
    with pytest.raises(ValueError, match=next(iter(bad))):
        model.set_params(**bad).fit(EIGHT)
    model.set_params(**{name: before[name] for name in bad})
    assert np.array_equal(model.transform(FIVE), model.embedding_)
    with pytest.raises(ValueError, match="8 features"):
        model.transform(EIGHT)


@pytest.mark.parametrize(
    ("model", "change", "said"),
    [
        (UMAP(n_epochs=5, random_state=0), {"init": PCA().fit(FIVE)}, "5 columns"),
        (UMAP(n_epochs=5, random_state=0), {"init": np.zeros((3, 2))}, r"shape \(3, 2\)"),
        (CombinedUMAP(PARTS, model=UMAP(n_epochs=5)), {"weights": [1.0]}, "weights"),
        (TSNE(5, n_epochs=5, random_state=0), {"perplexity": -1}, "perplexity"),
        (TSNE(5, n_epochs=5, random_state=0), {"init": np.zeros((3, 2))}, r"shape \(3, 2\)"),
        (LargeVis(5, n_epochs=5, random_state=0), {"perplexity": -1}, "perplexity"),
    ],
)
def test_a_fit_that_is_refused_with_its_rows_leaves_no_fit(model, change, said):
    model.fit(FIVE)
    with pytest.raises(ValueError, match=said):
        model.set_params(**change).fit(EIGHT)
    for rows in (FIVE, EIGHT):
        with pytest.raises(NotFittedError):
            model.transform(rows)


@pytest.mark.parametrize("model", [TSNE(5), LargeVis(5), LaplacianEigenmaps(), PCA()])
def test_a_single_row_leaves_no_mixture(model):
    with pytest.raises(ValueError, match="1 sample"):
        model.fit(FIVE).fit(EIGHT[:1])
    with pytest.raises(NotFittedError):
        model.transform(FIVE)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"set_op_mix_ratio": 2.0}, ValueError, "from 0 .* to 1"),
        ({"local_connectivity": -1.0}, ValueError, "0 or more"),
        ({"init": "spectal"}, ValueError, "'spectral', 'pca', 'random'"),
        ({"tol": -1.0}, ValueError, "above 0"),
        ({"observers": print}, TypeError, "not an observer"),
    ],
)
def test_unusable_parameters_of_umap_are_refused_before_the_search(searches, change, error, said):
    model = UMAP(n_epochs=5, random_state=0).fit(FIVE)
    assert searches.pop()
    with pytest.raises(error, match=said):
        model.set_params(**change).fit(FIVE)
    assert searches == []
    assert model.embedding_.shape == (60, 2)


def test_a_start_of_another_shape_is_refused_before_the_search(searches):
    for start in (np.zeros((3, 2)), np.full((60, 2), np.nan)):
        with pytest.raises(ValueError, match="init"):
            UMAP(init=start).fit(FIVE)
    assert searches == []
    start = np.random.default_rng(2).normal(size=(61, 2))
    copied = np.concatenate([FIVE, FIVE[:1]])
    kept = UMAP(init=start, n_epochs=0, random_state=0).fit(copied)
    assert np.array_equal(
        kept.embedding_[:60], UMAP(init=start[:60], n_epochs=0, random_state=0).fit_transform(FIVE)
    )
    graph = kept.graph_.toarray()
    assert UMAP(init=start, n_epochs=0).fit(copied, graph=graph).embedding_.shape == (61, 2)


@pytest.mark.parametrize("kind", [TSNE, LargeVis, NeighborEmbedding])
def test_observers_and_checkpoints_that_cannot_be_are_refused_before_the_search(
    searches, kind, tmp_path
):
    with pytest.raises(TypeError, match="not an observer"):
        kind(observers=print).fit(FIVE)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        kind(checkpoint=tmp_path / "none" / "c", random_state=0).fit(FIVE)
    assert searches == []


def test_an_unknown_start_of_slices_is_refused_before_the_search(searches):
    with pytest.raises(ValueError, match="init='spectal'"):
        AlignedUMAP(init="spectal").fit([FIVE, FIVE], relations=[{}])
    assert searches == []


def test_a_ratio_that_would_mix_nothing_is_refused():
    graph = UMAP(n_epochs=0).fit(FIVE).graph_
    with pytest.raises(ValueError, match=r"set_op_mix_ratio=0\.5 would do nothing"):
        UMAP(set_op_mix_ratio=0.5).fit(FIVE, graph=graph)


def test_an_unfitted_combined_model_says_so():
    with pytest.raises(NotFittedError, match="not fitted"):
        CombinedUMAP().transform(FIVE)


def test_parts_that_are_no_list_of_parts_are_refused_by_name():
    with pytest.raises(ValueError, match=r"parts\[0\] is 5"):
        CombinedUMAP([5]).fit(FIVE)
    with pytest.raises(ValueError, match="parts=5 is not allowed"):
        CombinedUMAP(5).fit(FIVE)  # pyright: ignore[reportArgumentType]


def test_a_function_of_targets_is_refused_with_the_models_that_hold_it(tmp_path):
    def apart(a, b):
        return abs(float(a) - float(b))

    base = UMAP(random_state=0, n_epochs=5, target_metric=apart)
    model = CombinedUMAP(PARTS, model=base)
    model.fit(FIVE, FIVE[:, 0])
    with pytest.raises(ValueError, match=r"model\.parts_ and model\.combination_\.model"):
        model.save(tmp_path)
    for one in (*model.parts_, model.combination_.model):
        one.set_params(target_metric="categorical")
    model.save(tmp_path)
    assert np.array_equal(umapkit.load(tmp_path).embedding_, model.embedding_)
