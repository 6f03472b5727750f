from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.metrics import pairwise_distances
from sklearn.utils.estimator_checks import check_estimator

import umapkit
from umapkit import UMAP, Combination, CombinedUMAP
from umapkit.layout import History
from umapkit.quality import knn_accuracy, trustworthiness


def trust(rows, model):
    return trustworthiness(rows, model.embedding_, n_neighbors=10)


@pytest.fixture(scope="module")
def uniform():
    """50 rows of noise, as in umap-learn's test of compositions."""
    return np.random.default_rng(189212).uniform(size=(50, 5))


@pytest.fixture(scope="module")
def iris():
    return load_iris().data


@pytest.fixture(scope="module")
def halves(iris):
    """Models of the two halves of the iris columns; either has equal rows."""
    base = UMAP(n_neighbors=10, min_dist=0.01, random_state=42, n_epochs=100)
    return clone(base).fit(iris[:, :2]), clone(base).fit(iris[:, 2:])


@pytest.fixture(scope="module")
def digits():
    rows, labels = load_digits(return_X_y=True)
    return rows.astype(np.float32)[:900], labels[:900]


@pytest.fixture(scope="module")
def pair(digits):
    base = UMAP(random_state=0, n_epochs=100)
    rows = digits[0][:600]
    return clone(base).fit(rows), clone(base).set_params(n_neighbors=30).fit(rows)


@pytest.mark.parametrize("init", ["spectral", "random"])
def test_models_of_one_table_combine_as_well_as_umap_learns(uniform, init):
    first = UMAP(n_neighbors=10, min_dist=0.01, random_state=42, n_epochs=50, init=init)
    first.fit(uniform)
    second = UMAP(n_neighbors=30, min_dist=0.01, random_state=42, n_epochs=50, init=init)
    second.fit(uniform)
    assert trust(uniform, first * second) >= 0.80
    assert trust(uniform, first + second) >= 0.80


def test_models_of_the_iris_halves_combine_as_well_as_umap_learns(iris, halves):
    first, second = halves
    assert trust(iris, first + second) >= 0.82
    assert trust(iris, first * second) >= 0.82
    assert trust(iris, first - second) >= 0.75


def test_models_of_other_numbers_of_rows_are_refused(uniform, halves):
    other = UMAP(n_epochs=3, random_state=0).fit(uniform)
    for operation in ("__add__", "__mul__", "__sub__"):
        with pytest.raises(ValueError, match="150, 50 rows"):
            getattr(halves[0], operation)(other)
    with pytest.raises(NotFittedError):
        halves[0] + UMAP()
    with pytest.raises(TypeError):
        halves[0] + 1


def test_union_and_intersection_of_models_commute(halves):
    one, two = halves
    for both in ((one + two, two + one), (one * two, two * one)):
        assert abs(both[0].graph_ - both[1].graph_).max() < 1e-5
        assert abs(both[0].graph_ - both[0].graph_.T).max() == 0


def test_a_difference_keeps_ties_that_the_other_model_does_not_have(digits):
    """umap-learn takes pairs that the other graph lacks for pairs that it holds."""
    rows = digits[0][:200]
    one = UMAP(random_state=0, n_epochs=0, init="random").fit(rows[:, :32])
    two = UMAP(random_state=0, n_epochs=0, init="random").fit(rows[:, 32:])
    left, right, found = one.graph_.toarray(), two.graph_.toarray(), (one - two).graph_.toarray()
    strong = left == 1
    assert found[strong & (right == 0)].min() > 0.9
    assert (found[left == 0] == 0).all()
    shared = strong & (right == 1)
    assert not shared.any() or found[shared].max() == 0


def test_equal_rows_of_one_model_are_not_cut_off_in_a_combination():
    """A copy is tied to its original alone in `graph_`; combined, it has its neighbours too."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 6, size=(200, 2)).astype(float)
    fine = rng.normal(size=(200, 3))
    one, two = (UMAP(random_state=0, n_epochs=20).fit(x) for x in (coarse, fine))
    for made in (one + two, one * two):
        assert np.diff(made.graph_.indptr).min() >= 5
        assert len(np.unique(made.embedding_, axis=0)) == 200
        assert np.array_equal(made.transform([coarse, fine]), made.embedding_)


def test_rows_equal_in_all_models_share_one_place():
    rows = np.random.default_rng(0).normal(size=(120, 6))
    rows[100:] = rows[:20]
    one, two = (UMAP(random_state=0, n_epochs=20).fit(x) for x in (rows[:, :3], rows[:, 3:]))
    made = one * two
    assert np.array_equal(made.embedding_[100:], made.embedding_[:20])
    assert np.array_equal(made.transform([rows[:, :3], rows[:, 3:]]), made.embedding_)


def test_new_rows_land_among_their_class_on_a_combination(digits, pair):
    rows, labels = digits
    for made in (pair[0] + pair[1], pair[0] * pair[1]):
        places = made.transform(rows[600:])
        found = knn_accuracy(
            made.embedding_, labels[:600], test_embedding=places, test_y=labels[600:]
        )
        assert found >= 0.89  # of either model: .917 and .900


@pytest.mark.parametrize("how", ["__add__", "__mul__", "__sub__"])
def test_places_on_a_combination_depend_on_the_row_alone(digits, pair, tmp_path, how):
    made, new = getattr(pair[0], how)(pair[1]), digits[0][600:640]
    together = made.transform(new)
    order = np.random.default_rng(0).permutation(len(new))
    assert np.array_equal(made.transform(new[order]), together[order])
    alone = np.concatenate([made.transform(row[None]) for row in new])
    assert np.array_equal(alone, together)
    made.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert isinstance(loaded, Combination)
    assert np.array_equal(loaded.transform(new), together)
    assert np.array_equal(pickle.loads(pickle.dumps(made)).transform(new), together)
    for jobs in (1, 2, 3):
        loaded.model.n_jobs = jobs
        assert np.array_equal(loaded.transform(new), together)


def test_combinations_can_be_combined_further_and_saved(digits, pair, tmp_path):
    rows = digits[0]
    third = UMAP(random_state=0, n_epochs=20).fit(rows[:600, :32])
    same = (pair[0] + pair[1]) * pair[0]
    assert np.array_equal(same.transform(rows[:600]), same.embedding_)
    mixed = (pair[0] + pair[1]) * third
    places = mixed.transform([rows[600:620], rows[600:620, :32]])
    assert np.isfinite(places).all()
    mixed.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert np.array_equal(loaded.transform([rows[600:620], rows[600:620, :32]]), places)
    assert abs(loaded.graph_ - mixed.graph_).max() == 0
    with pytest.raises(ValueError, match="one table"):
        mixed.transform(rows[600:620])
    with pytest.raises(ValueError, match="rows"):
        mixed.transform([rows[600:620], rows[600:610, :32]])


def test_parameters_of_two_models_are_combined_as_said(uniform):
    one = UMAP(n_neighbors=5, random_state=3, n_epochs=5, learning_rate=0.5, min_dist=0.0)
    two = UMAP(n_neighbors=9, random_state=4, n_components=3, n_epochs=7, repulsion_strength=2.0)
    made = one.fit(uniform) + two.fit(uniform)
    model = made.model
    assert (model.n_neighbors, model.n_components, model.n_epochs) == (9, 2, 7)
    assert (model.learning_rate, model.repulsion_strength) == (0.5, 1.5)
    assert model.a == pytest.approx((one.a_ + two.a_) / 2)
    assert (made.seed_, made.n_epochs_) == (3, 7)
    assert made.embedding_.shape == (50, 2)


def test_a_combination_gives_the_same_bits_for_any_number_of_threads(iris, halves):
    for how in ("__add__", "__mul__", "__sub__"):
        expected = getattr(halves[0], how)(halves[1])
        for jobs in (1, 2, 3):
            base = UMAP(n_neighbors=10, min_dist=0.01, random_state=42, n_epochs=100, n_jobs=jobs)
            one, two = clone(base).fit(iris[:, :2]), clone(base).fit(iris[:, 2:])
            found = getattr(one, how)(two)
            assert np.array_equal(found.embedding_, expected.embedding_)


# --- several metrics on one table


PARTS = [
    (slice(0, 32), "euclidean"),
    (list(range(32, 64)), "cosine", {"n_neighbors": 10}),
]


@pytest.fixture(scope="module")
def combined(digits):
    model = UMAP(random_state=0)
    return CombinedUMAP(PARTS, model=model).fit(digits[0][:600])


def test_several_metrics_make_one_good_map(digits, combined):
    rows, labels = digits[0][:600], digits[1][:600]
    plain = UMAP(random_state=0).fit(rows)
    accuracy = [knn_accuracy(m.embedding_, labels, n_neighbors=5) for m in (combined, plain)]
    assert accuracy[0] >= accuracy[1] - 0.02
    half = UMAP(random_state=0).fit(rows[:, :32])
    assert accuracy[0] > knn_accuracy(half.embedding_, labels, n_neighbors=5)


@pytest.mark.parametrize("how", ["intersection", "union"])
def test_new_rows_of_several_metrics_land_among_their_class(digits, how):
    rows, labels = digits
    made = umapkit.combine(rows[:600], PARTS, how=how, model=UMAP(random_state=0))
    places = made.transform(rows[600:])
    found = knn_accuracy(made.embedding_, labels[:600], test_embedding=places, test_y=labels[600:])
    # The rows' own five nearest by all columns say .91, by the halves .77 and .85; maps of the
    # halves alone .69 and .79.
    assert found >= {"intersection": 0.87, "union": 0.80}[how]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(600, 899), min_size=1, max_size=20))
def test_transform_of_several_metrics_is_a_function_of_the_row(digits, combined, chosen):
    new = digits[0]
    assert np.array_equal(combined.transform(new[chosen]), combined.transform(new)[chosen])


def test_training_rows_of_several_metrics_take_their_own_places(digits, combined):
    assert np.array_equal(combined.transform(digits[0][:600]), combined.embedding_)


def test_several_metrics_are_saved_and_loaded(digits, combined, tmp_path):
    combined.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert isinstance(loaded, CombinedUMAP)
    assert loaded.parts == [(slice(0, 32), "euclidean", {}), tuple(PARTS[1])]
    new = digits[0][600:620]
    assert np.array_equal(loaded.transform(new), combined.transform(new))
    assert np.array_equal(loaded.fit(digits[0][:600]).embedding_, combined.embedding_)


def test_several_metrics_give_the_same_bits_for_any_number_of_threads(digits, combined):
    for jobs in (1, 2, 3):
        model = CombinedUMAP(PARTS, model=UMAP(random_state=0, n_jobs=jobs))
        assert np.array_equal(model.fit_transform(digits[0][:600]), combined.embedding_)


def test_a_larger_weight_lets_a_part_decide_more():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 60)
    rows = np.hstack([rng.normal(size=(180, 3)) * 0.3 + labels[:, None] * 3.0,
                      rng.normal(size=(180, 3))])  # fmt: skip
    parts = [([0, 1, 2], "euclidean"), ([3, 4, 5], "euclidean")]
    model = UMAP(random_state=0, n_epochs=100)

    def kept(how, weights):
        made = umapkit.combine(rows, parts, how=how, weights=weights, model=model)
        return trustworthiness(rows[:, 3:], made.embedding_, n_neighbors=10)

    for how in ("intersection", "union"):
        assert kept(how, [0.1, 1.0]) > kept(how, [1.0, 0.1])


def test_columns_are_named_numbered_sliced_or_masked():
    rows = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    frame = pd.DataFrame(rows, columns=list("abcd"))
    model = UMAP(random_state=0, n_epochs=5)
    chosen = [["a", "b"], [0, 1], [-4, -3], slice(0, 2), [True, True, False, False]]
    maps = [
        umapkit.combine(frame, [(one, "euclidean"), (["c"], "euclidean")], model=model).embedding_
        for one in chosen
    ]
    for one in maps:
        assert np.array_equal(one, maps[0])


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "list"),
        ("euclidean", "list"),
        ([([0], "euclidean", {"min_dist": 0.5})], "one layout"),
        ([([0],)], r"parts\[0\]"),
        ([([7], "euclidean")], "columns 0 to 3"),
        ([([], "euclidean")], "no columns"),
        ([(["a"], "euclidean")], "no names"),
        ([([0], "nonsense")], "nonsense"),
        ([([0.5], "euclidean")], "columns"),
    ],
)
def test_parts_that_cannot_be_are_refused(parts, words):
    rows = np.random.default_rng(0).normal(size=(30, 4))
    with pytest.raises(ValueError, match=words):
        CombinedUMAP(parts).fit(rows)


def test_operations_weights_and_models_that_do_not_fit_are_refused():
    rows = np.random.default_rng(0).normal(size=(30, 4))
    parts = [([0, 1], "euclidean"), ([2, 3], "euclidean")]
    for arguments, words in (
        ({"how": "sum"}, "how='sum'"),
        ({"weights": [1.0]}, "2 parts"),
        ({"weights": [1.0, 0.0]}, "positive"),
        ({"how": "difference", "weights": [1, 1]}, "difference"),
        ({"model": UMAP(n_epochs=[3, 5])}, "n_epochs"),
    ):
        with pytest.raises(ValueError, match=words):
            CombinedUMAP(parts, **arguments).fit(rows)
    with pytest.raises(ValueError, match="two"):
        CombinedUMAP([*parts, parts[0]], how="difference").fit(rows)
    with pytest.raises(TypeError, match="UMAP"):
        CombinedUMAP(parts, model="umap").fit(rows)  # type: ignore[arg-type]


def test_check_estimator_finds_no_failure_in_the_combined_model():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(CombinedUMAP(), on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
    assert failed == []
    assert len(results) > 40


def test_parts_have_keywords_and_are_saved_with_them(digits, tmp_path):
    rows = digits[0][:300]
    variances = np.arange(1, 33, dtype=np.float64)
    parts = [
        (slice(0, 32), "minkowski", {"metric_kwds": {"p": 3.0}}),
        (slice(32, 64), "seuclidean", {"n_neighbors": 10, "metric_kwds": {"V": variances}}),
    ]
    # The keywords of the model are those of its metric, not of the parts'.
    base = UMAP(metric="minkowski", metric_kwds={"p": 1.5}, random_state=0, n_epochs=50)
    model = CombinedUMAP(parts, model=base).fit(rows[:250])
    assert model.parts_[0].metric_kwds == {"p": 3.0}
    plain = CombinedUMAP([parts[0], (slice(32, 64), "seuclidean")], model=base).fit(rows[:250])
    assert plain.parts_[1].metric_kwds is None
    assert abs(plain.graph_ - model.graph_).max() > 0
    model.save(tmp_path)
    loaded = umapkit.load(tmp_path)
    assert np.array_equal(loaded.transform(rows[250:]), model.transform(rows[250:]))
    assert np.array_equal(loaded.fit(rows[:250]).embedding_, model.embedding_)


def test_a_part_that_knows_missing_values_takes_them_and_another_refuses(digits, tmp_path):
    rows = digits[0][:300].copy()
    holes = np.random.default_rng(0).uniform(size=(300, 32)) < 0.1
    rows[:, :32][holes] = np.nan
    parts = [(slice(0, 32), "nan_euclidean"), (slice(32, 64), "euclidean")]
    base = UMAP(random_state=0, n_epochs=100)
    model = CombinedUMAP(parts, model=base).fit(rows[:250])
    assert np.array_equal(model.transform(rows[:250]), model.embedding_)
    placed = model.transform(rows[250:])
    assert np.isfinite(placed).all()
    model.save(tmp_path)
    assert np.array_equal(umapkit.load(tmp_path).transform(rows[250:]), placed)
    full = CombinedUMAP(parts, model=base).fit(digits[0][:250])
    labels = digits[1][:250]
    assert knn_accuracy(model.embedding_, labels) > knn_accuracy(full.embedding_, labels) - 0.05
    with pytest.raises(ValueError, match="NaN"):
        CombinedUMAP([(slice(0, 32), "euclidean"), parts[0]], model=base).fit(rows)
    with pytest.raises(ValueError, match="pca"):
        CombinedUMAP(parts, model=clone(base).set_params(init="pca")).fit(rows)
    warm = CombinedUMAP(parts, model=clone(base).set_params(init=model, n_epochs=0)).fit(rows)
    assert np.array_equal(warm.embedding_[:250], model.embedding_)


@pytest.mark.parametrize("output", ["haversine", "torus", "hyperboloid"])
def test_maps_on_surfaces_are_combined_and_take_new_rows(digits, output, tmp_path):
    rows, labels = digits[0], digits[1]
    base = UMAP(output_metric=output, random_state=0, n_epochs=200)
    first, second = (clone(base).fit(rows[:300, half::2]) for half in (0, 1))
    both = first * second
    assert both.model.output_metric == output
    found = [rows[300:400, 0::2], rows[300:400, 1::2]]
    placed = both.transform(found)
    assert np.isfinite(placed).all()
    one = [table[:1] for table in found]
    assert np.array_equal(both.transform(one), placed[:1])
    both.save(tmp_path)
    assert np.array_equal(umapkit.load(tmp_path).transform(found), placed)
    card = both.model._output()

    def votes(places, least):
        count = len(places)
        pairs = np.repeat(places, 300, axis=0), np.tile(both.embedding_, (count, 1))
        apart = card.gradient(*pairs)[0].reshape(count, 300)
        near = labels[:300][np.argsort(apart, axis=1)[:, 1:6]]
        wanted = labels[:count] if least else labels[300 : 300 + count]
        return np.mean([np.bincount(n).argmax() == y for n, y in zip(near, wanted, strict=True)])

    assert votes(both.embedding_[:300], True) > 0.85
    assert votes(placed, False) > 0.75
    with pytest.raises(ValueError, match="same output metric"):
        first + UMAP(random_state=0, n_epochs=3).fit(rows[:300])
    parts = [(slice(0, 32), "euclidean"), (slice(32, 64), "cosine")]
    combined = CombinedUMAP(parts, model=base).fit(rows[:200])
    assert combined.embedding_.shape == (200, 2)
    assert np.array_equal(combined.transform(rows[:200]), combined.embedding_)


def test_models_of_distances_are_refused_and_functions_are_not(digits):
    rows = digits[0][:80]

    def city(x, y):
        return float(np.abs(x - y).sum())

    given = pairwise_distances(rows)
    base = UMAP(random_state=0, n_epochs=20)
    distances = clone(base).set_params(metric="precomputed").fit(given)
    plain = clone(base).fit(rows)
    for pair in ((distances, plain), (plain, distances)):
        with pytest.raises(ValueError, match="precomputed"):
            pair[0] + pair[1]
    with pytest.raises(ValueError, match="precomputed"):
        CombinedUMAP([(slice(0, 9), "precomputed")]).fit(rows)
    with pytest.raises(ValueError, match="precomputed"):
        CombinedUMAP(model=UMAP(metric="precomputed")).fit(rows)
    called = clone(base).set_params(metric=city).fit(rows)
    named = clone(base).set_params(metric="manhattan").fit(rows)
    made = called + plain
    np.testing.assert_allclose(made.graph_.toarray(), (named + plain).graph_.toarray(), atol=1e-5)
    assert np.array_equal(made.transform(rows), made.embedding_)


@pytest.mark.parametrize("supervision", ["intersection", "cross_entropy", "triplet"])
def test_models_of_labelled_rows_combine(digits, supervision):
    rows, labels = digits[0][:400], digits[1][:400]
    base = UMAP(supervision=supervision, random_state=0, n_epochs=100)
    first, second = (clone(base).fit(rows[:300, half::2], labels[:300]) for half in (0, 1))
    both = first * second
    assert both.model.supervision == "intersection"
    assert knn_accuracy(both.embedding_, labels[:300]) > 0.95
    placed = both.transform([rows[300:, 0::2], rows[300:, 1::2]])
    assert np.isfinite(placed).all()
    refused = CombinedUMAP(model=UMAP(supervision="triplet"))
    with pytest.raises(ValueError, match="supervision"):
        refused.fit(rows, labels)


def test_numbers_guide_a_combined_map(digits):
    rows, labels = digits[0][:300], digits[1][:300].astype(np.float64)
    parts = [(slice(0, 32), "euclidean"), (slice(32, 64), "cosine")]
    base = UMAP(random_state=0, n_epochs=100, target_metric="euclidean", target_weight=0.8)
    free, guided = (CombinedUMAP(parts, model=base).fit(rows, y) for y in (None, labels))
    assert abs(free.graph_ - guided.graph_).max() > 0

    def spread(model):
        near = np.argsort(pairwise_distances(model.embedding_), axis=1)[:, 1:11]
        return np.abs(labels[near] - labels[:, None]).mean()

    assert spread(guided) < spread(free)


def test_a_start_out_of_rows_becomes_spectral_in_a_sum(digits):
    base = UMAP(random_state=0, n_epochs=20, init="pca")
    model = clone(base).fit(digits[0][:100])
    assert (model + model).model.init == "spectral"
    assert np.isfinite((model + model).embedding_).all()


def test_the_users_observer_watches_the_one_layout(digits, capsys):
    history = History(every=1)
    base = UMAP(random_state=0, n_epochs=5, observers=history, verbose=True)
    parts = [(slice(32), "euclidean"), (slice(32, 64), "cosine")]
    CombinedUMAP(parts, model=base).fit(digits[0][:100])
    assert history.epochs == [0, 1, 2, 3, 4, 5]
    assert "0/0" not in capsys.readouterr().err
    base = UMAP(random_state=0, n_epochs=5, observers=history)
    one, other = (clone(base).fit(digits[0][:100, half]) for half in (slice(32), slice(32, 64)))
    assert (one + other).model.observers is None


def test_a_column_may_be_a_number_of_numpy(digits):
    base = UMAP(n_epochs=0, random_state=0)
    maps = [
        CombinedUMAP([(number, "euclidean")], model=base).fit_transform(digits[0][:50])
        for number in (3, np.int64(3))
    ]
    assert np.array_equal(*maps)
