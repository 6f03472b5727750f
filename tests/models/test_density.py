"""densMAP as a model: A8, A9, promises, and what it refuses."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris

import umapkit
from umapkit import UMAP
from umapkit.quality import density_correlation, knn_accuracy, local_radii, trustworthiness


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def model(digits):
    return UMAP(densmap=True, random_state=0).fit(digits[0][:1200])


def rows_of(seed=0, n=150):
    found = np.random.default_rng(seed).normal(size=(n, 5)).astype(np.float32)
    return found * np.linspace(0.2, 3, n, dtype=np.float32)[:, None]


@pytest.mark.parametrize("seed", [0, 1, 42])
def test_iris_keeps_densities_and_neighbourhoods(iris, seed):
    """A8, with umap-learn's options for trustworthiness and those of the papers for densities."""
    options = {"n_neighbors": 10, "min_dist": 0.01, "random_state": seed}
    dense, plain = (UMAP(densmap=d, **options).fit_transform(iris[0]) for d in (True, False))
    trust = [trustworthiness(iris[0], found, n_neighbors=10) for found in (dense, plain)]
    assert trust[0] >= 0.97
    assert trust[0] >= trust[1] - 0.02
    kept = density_correlation(
        iris[0], UMAP(30, densmap=True, random_state=seed).fit_transform(iris[0])
    )
    plain = density_correlation(iris[0], UMAP(30, random_state=seed).fit_transform(iris[0]))
    assert kept >= 0.85
    assert kept >= plain + 0.2


def test_two_gaussians_of_unlike_width_keep_their_densities():
    """A9: five thousand rows each, in 50 dimensions, ten times as wide."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(10_000, 50))
    rows[5000:] = 10 * rows[5000:] + 100
    kept, plain = (
        density_correlation(rows, UMAP(30, densmap=d, random_state=0).fit_transform(rows))
        for d in (True, False)
    )
    assert kept >= 0.80
    assert kept >= plain + 0.2


def test_random_rows_and_both_radii():
    rows = np.random.default_rng(42).uniform(size=(50, 10))
    answer = UMAP(densmap=True, output_dens=True, random_state=42).fit_transform(rows)
    assert len(answer) == 3
    assert answer[1].shape == answer[2].shape == (50,)
    assert trustworthiness(rows, answer[0], n_neighbors=10) >= 0.72


def test_supervised_iris(iris):
    model = UMAP(10, min_dist=0.01, densmap=True, random_state=42).fit(*iris)
    assert trustworthiness(iris[0], model.embedding_, n_neighbors=10) >= 0.97
    assert knn_accuracy(model.embedding_, iris[1]) > 0.97
    free = UMAP(10, min_dist=0.01, densmap=True, random_state=42).fit(iris[0])
    assert not np.array_equal(model.embedding_, free.embedding_)


def test_densities_of_digits_are_kept_at_a_small_price(digits, model):
    rows, labels = digits[0][:1200], digits[1][:1200]
    plain = UMAP(random_state=0).fit_transform(rows)
    kept = density_correlation(rows, model.embedding_)
    assert kept >= 0.75
    assert kept >= density_correlation(rows, plain) + 0.2
    trust = [trustworthiness(rows, found) for found in (model.embedding_, plain)]
    assert trust[0] >= trust[1] - 0.02
    assert knn_accuracy(model.embedding_, labels) >= knn_accuracy(plain, labels) - 0.02


def test_both_radii_are_on_one_scale():
    """A map that is the data: its radii are those of the data, squared distances in both."""
    rows = np.random.default_rng(0).uniform(0, 10, size=(300, 2))
    rows[0], rows[1] = 0, 10  # the start is rescaled to [0, 10]
    model = UMAP(init=rows, n_epochs=0, output_dens=True, random_state=0)
    found, data, shown = model.fit_transform(rows)
    np.testing.assert_allclose(found, rows, atol=1e-5)
    np.testing.assert_allclose(shown, data, atol=1e-4)
    np.testing.assert_allclose(data, local_radii(rows, n_neighbors=15), atol=1e-4)
    assert np.array_equal(model.rad_orig_, data)
    assert np.array_equal(model.rad_emb_, shown)


def test_measuring_does_not_change_the_map():
    rows = rows_of()
    options = {"random_state": 0, "n_epochs": 30}
    plain = UMAP(**options).fit(rows)
    measured = UMAP(output_dens=True, **options).fit(rows)
    assert np.array_equal(plain.embedding_, measured.embedding_)
    assert not hasattr(plain, "rad_orig_")
    dense = UMAP(densmap=True, **options).fit(rows)
    assert hasattr(dense, "rad_orig_")
    assert not hasattr(dense, "rad_emb_")
    dense.set_params(densmap=False).fit(rows)  # another fit forgets
    assert not hasattr(dense, "rad_orig_")
    assert np.array_equal(dense.transform(2 * rows), plain.transform(2 * rows))


@pytest.mark.parametrize("nothing", [{"dens_lambda": 0}, {"dens_frac": 0.0}])
def test_no_weight_is_plain_umap_to_the_bit(nothing):
    rows = rows_of()
    dense = UMAP(densmap=True, random_state=0, n_epochs=40, **nothing).fit(rows)
    plain = UMAP(random_state=0, n_epochs=40).fit(rows)
    assert np.array_equal(dense.embedding_, plain.embedding_)
    assert np.array_equal(dense.transform(rows + 0.1), plain.transform(rows + 0.1))


def test_two_hundred_epochs_more():
    rows = rows_of(n=60)
    assert UMAP(densmap=True, random_state=0).fit(rows).n_epochs_ == 700
    assert UMAP(densmap=True, random_state=0, n_epochs=20).fit(rows).n_epochs_ == 20


def test_more_weight_keeps_more():
    rows = rows_of(n=400)
    kept = [
        density_correlation(
            rows,
            UMAP(densmap=True, dens_lambda=x, random_state=0, n_epochs=300).fit_transform(rows),
        )
        for x in (0, 0.3, 2)
    ]
    assert kept[0] < kept[1] < kept[2]


@pytest.mark.parametrize("option", [{"dens_var_shift": 1.0}, {"dens_frac": 0.6}])
def test_every_number_reaches_the_layout(option):
    rows = rows_of()
    options = {"densmap": True, "random_state": 0, "n_epochs": 40}
    one, two = UMAP(**options).fit(rows), UMAP(**options, **option).fit(rows)
    assert not np.array_equal(one.embedding_, two.embedding_)


def test_a_fit_repeats_for_any_thread_count():
    rows = rows_of(n=2000)
    options = {"densmap": True, "output_dens": True, "random_state": 3, "n_epochs": 30}
    fits = [UMAP(n_jobs=jobs, **options).fit(rows) for jobs in (1, 2, 3)]
    for other in fits[1:]:
        for name in ("embedding_", "rad_orig_", "rad_emb_"):
            assert np.array_equal(getattr(fits[0], name), getattr(other, name))
        assert other._radius_rule == fits[0]._radius_rule


def test_new_rows_keep_densities(digits, model):
    rows, new = digits[0][:1200], digits[0][1200:]
    placed = model.transform(new)
    whole = np.concatenate([model.embedding_, placed])
    wanted = local_radii(np.concatenate([rows, new]))[1200:]
    assert density_correlation(wanted, local_radii(whole)[1200:]) >= 0.7
    labels = digits[1]
    right = knn_accuracy(
        model.embedding_, labels[:1200], test_embedding=placed, test_y=labels[1200:]
    )
    assert right >= 0.94


def test_the_pull_towards_a_radius_does_something(digits, model):
    new = digits[0][1200:]
    rule = model._radius_rule
    plain = clone(model)
    vars(plain).update(vars(model))
    plain._radius_rule = None
    assert rule.beta > 0.3
    radii = local_radii(np.concatenate([digits[0][:1200], new]))[1200:]

    def kept(found):
        whole = np.concatenate([model.embedding_, found])
        return density_correlation(radii, local_radii(whole)[1200:])

    assert kept(model.transform(new)) > kept(plain.transform(new)) + 0.02


def test_a_place_depends_on_the_row_and_the_model_only(digits, model):
    new = digits[0][1200:1320]
    together = model.transform(new)
    order = np.random.default_rng(0).permutation(len(new))
    assert np.array_equal(model.transform(new[order]), together[order])
    alone = np.concatenate([model.transform(row[None]) for row in new[:20]])
    assert np.array_equal(alone, together[:20])
    mixed = np.concatenate([digits[0][:30], new[:20], np.full((3, 64), 100.0)])
    assert np.array_equal(model.transform(mixed)[30:50], together[:20])
    for jobs in (1, 2, 3):
        model.n_jobs = jobs
        assert np.array_equal(model.transform(new), together)
    model.n_jobs = None
    assert np.array_equal(model.transform(digits[0][:1200]), model.embedding_)


def test_outsiders_are_sent_no_farther_than_the_map_goes(digits, model):
    rule = model._radius_rule
    assert rule.wanted(np.array([1e3, -1e3])).tolist() == [rule.high, rule.low]
    placed = model.transform(np.random.default_rng(0).uniform(0, 1e4, (20, 64)))
    low, high = model.embedding_.min(0) - 10, model.embedding_.max(0) + 10
    assert ((placed > low) & (placed < high)).all()


def test_a_saved_model_and_a_pickle_place_alike(digits, model, tmp_path):
    measured = UMAP(densmap=True, output_dens=True, random_state=0, n_epochs=50)
    for fitted in (model, measured.fit(digits[0][:300])):
        fitted.save(tmp_path)
        for again in (umapkit.load(tmp_path), pickle.loads(pickle.dumps(fitted))):
            assert again.get_params() == fitted.get_params()
            assert again._radius_rule == fitted._radius_rule
            assert np.array_equal(again.rad_orig_, fitted.rad_orig_)
            assert hasattr(again, "rad_emb_") == hasattr(fitted, "rad_emb_")
            new = digits[0][1200:1230]
            assert np.array_equal(again.transform(new), fitted.transform(new))
    assert np.array_equal(umapkit.load(tmp_path).rad_emb_, measured.rad_emb_)


def test_an_interrupted_fit_goes_on_with_the_same_bits(tmp_path):
    from umapkit.layout import Callback

    rows = rows_of()
    options = {"densmap": True, "random_state": 0, "n_epochs": 100}
    whole = UMAP(**options).fit(rows)
    path = tmp_path / "layout.safetensors"
    stop = Callback(lambda epoch, _: epoch == 83)
    part = UMAP(observers=stop, checkpoint=path, **options).fit(rows)
    assert part.n_epochs_ == 83
    rest = UMAP(checkpoint=path, **options).fit(rows)
    assert np.array_equal(rest.embedding_, whole.embedding_)
    assert rest._radius_rule == whole._radius_rule


def test_precomputed_neighbours_bring_their_distances(digits):
    rows = digits[0][:500]
    table = umapkit.find_neighbors(rows, n_neighbors=15)
    options = {"densmap": True, "random_state": 0, "n_epochs": 50}
    found = UMAP(precomputed_knn=table, **options).fit(rows)
    own = UMAP(**options).fit(rows)
    assert np.array_equal(found.embedding_, own.embedding_)
    assert np.array_equal(found.rad_orig_, own.rad_orig_)
    new = digits[0][1200:1210]
    assert np.array_equal(found.transform(new), own.transform(new))


def test_a_row_without_neighbours_takes_no_part():
    rows = rows_of()
    rows[7] = 1e3
    options = {"densmap": True, "disconnection_distance": 50.0, "random_state": 0, "n_epochs": 60}
    model = UMAP(output_dens=True, **options).fit(rows)
    assert np.flatnonzero(np.isnan(model.rad_orig_)).tolist() == [7]
    assert np.isfinite(model.embedding_).all()
    assert np.isfinite(model.rad_emb_).all()
    others = np.arange(150) != 7
    assert density_correlation(rows[others], model.embedding_[others]) > 0.8
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        placed = model.transform(np.stack([rows[3] + 0.01, np.full(5, -1e3, dtype=np.float32)]))
    assert np.isfinite(placed[0]).all()
    assert np.isnan(placed[1]).all()


def test_equal_rows_have_one_radius_and_one_place():
    rows = rows_of()
    rows[100:] = rows[:50]
    model = UMAP(densmap=True, output_dens=True, random_state=0, n_epochs=60).fit(rows)
    for name in ("embedding_", "rad_orig_", "rad_emb_"):
        found = getattr(model, name)
        assert len(found) == 150
        assert np.array_equal(found[100:], found[:50])
    assert np.array_equal(model.transform(rows), model.embedding_)


@pytest.mark.parametrize("rows", [np.zeros((1, 3)), np.eye(2), np.eye(5), np.ones((9, 2))])
def test_tiny_tables(rows):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer rows than neighbours
        model = UMAP(densmap=True, output_dens=True, random_state=0, n_epochs=20).fit(rows)
        assert np.isfinite(model.embedding_).all()
        assert np.isfinite(model.transform(rows + 0.25)).all()


def test_any_number_of_dimensions_and_metrics():
    rows = rows_of(n=200)
    for dim in (1, 3, 5):
        model = UMAP(densmap=True, n_components=dim, random_state=0, n_epochs=100).fit(rows)
        assert model.transform(rows[:3] + 0.1).shape == (3, dim)
        assert density_correlation(rows, model.embedding_) > 0.5
    model = UMAP(densmap=True, metric="manhattan", random_state=0, n_epochs=100).fit(rows)
    assert density_correlation(rows, model.embedding_, metric="manhattan") > 0.7


def test_frames_and_set_output():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows_of(), columns=list("abcde"))
    model = UMAP(densmap=True, random_state=0, n_epochs=10).set_output(transform="pandas")
    assert list(model.fit_transform(frame).columns) == ["umap0", "umap1"]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"dens_lambda": -1.0}, ValueError, "dens_lambda=-1.0"),
        ({"dens_lambda": "much"}, TypeError, "dens_lambda='much'"),
        ({"dens_frac": -0.1}, ValueError, "dens_frac"),
        ({"dens_frac": 2.0}, ValueError, "dens_frac"),
        ({"dens_var_shift": -0.1}, ValueError, "dens_var_shift"),
        ({"dens_var_shift": np.nan}, ValueError, "dens_var_shift"),
        ({"densmap": "yes"}, TypeError, "True or False"),
        ({"output_dens": 1}, TypeError, "True or False"),
        ({"densmap": True, "optimizer": "schedule"}, ValueError, "exclude each other"),
        ({"densmap": True, "tol": 0.01}, ValueError, "exclude each other"),
    ],
)
def test_bad_parameters_are_refused_before_the_search(wrong, error, message):
    with pytest.raises(error, match=message):
        UMAP(**wrong).fit(rows_of())


@pytest.mark.parametrize("name", ["densmap", "output_dens"])
def test_a_graph_tells_no_distances(name):
    rows = rows_of()
    graph = UMAP(random_state=0, n_epochs=0).fit(rows).graph_
    with pytest.raises(ValueError, match="needs the distances"):
        UMAP(**{name: True}).fit(rows, graph=graph)
    with pytest.raises(ValueError, match="needs the distances"):
        UMAP.from_parts(rows, graph, np.zeros((150, 2)), model=UMAP(**{name: True}))
