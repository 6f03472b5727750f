from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.manifold import trustworthiness as of_vectors

from umapkit import UMAP, load
from umapkit.layout import OUTPUT_METRICS

CURVED = [name for name in OUTPUT_METRICS if name != "euclidean"]


def model_of(name, **options):
    card = OUTPUT_METRICS[name]
    dimensions = {"output_metric": name, "n_components": card.n_components}
    return UMAP(**{"random_state": 0, **dimensions, **options})


def trust(rows, model, k):
    """Trustworthiness with the output metric's own neighbours."""
    data = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    rank = np.argsort(np.argsort(data, axis=1, kind="stable"), axis=1)
    on_map = OUTPUT_METRICS[model.output_metric].formula(model.embedding_, model.embedding_)
    np.fill_diagonal(on_map, np.inf)
    listed = np.argsort(on_map, axis=1, kind="stable")[:, :k]
    n = len(rows)
    penalty = np.maximum(np.take_along_axis(rank, listed, axis=1) - k, 0).sum()
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty


@pytest.fixture(scope="module")
def digits():
    rows = load_digits().data.astype(np.float32)
    return rows[:500], rows[500:560]


@pytest.fixture(scope="module", params=CURVED)
def fitted(request, digits):
    return model_of(request.param).fit(digits[0])


def test_the_incumbents_test_on_iris():
    """umap-learn's own threshold: .65 on the sphere, by cosine."""
    iris = load_iris().data
    options = {"n_neighbors": 10, "min_dist": 0.01, "random_state": 42}
    found = UMAP(output_metric="haversine", **options).fit_transform(iris)
    level = np.sin(found[:, 0])
    around = [level * np.cos(found[:, 1]), level * np.sin(found[:, 1]), np.cos(found[:, 0])]
    vectors = np.stack(around, axis=1)
    assert of_vectors(iris, vectors, n_neighbors=10, metric="cosine") >= 0.85


def test_neighbours_on_every_map_are_neighbours_in_the_data(fitted, digits):
    least = 0.94 if fitted.output_metric.endswith("energy") else 0.97
    assert trust(digits[0].astype(np.float64), fitted, 10) >= least


def test_coordinates_are_those_of_the_surface(fitted):
    y = fitted.embedding_
    assert y.dtype == np.float32
    assert y.shape == (500, OUTPUT_METRICS[fitted.output_metric].n_components)
    if fitted.output_metric == "haversine":
        assert ((y[:, 0] >= 0) & (y[:, 0] <= np.float32(np.pi))).all()
        assert (np.abs(y[:, 1]) <= np.float32(np.pi)).all()
    if fitted.output_metric.endswith("energy"):
        assert (y[:, 2:4] > 0).all()


def test_the_loss_is_finite_and_below_that_of_the_start(fitted, digits):
    start = clone(fitted).set_params(n_epochs=0).fit(digits[0])
    assert np.isfinite(fitted.loss_)
    assert fitted.loss_ < start.loss_


def test_new_rows_are_placed_one_by_one_as_together(fitted, digits):
    new = digits[1]
    together = fitted.transform(new)
    order = np.random.default_rng(0).permutation(len(new))
    assert np.array_equal(fitted.transform(new[order]), together[order])
    for i in range(0, len(new), 17):
        assert np.array_equal(fitted.transform(new[i : i + 1])[0], together[i])
    fitted.n_jobs = 1
    try:
        assert np.array_equal(fitted.transform(new), together)
    finally:
        fitted.n_jobs = None
    assert np.array_equal(fitted.transform(digits[0]), fitted.embedding_)


def test_new_rows_land_near_their_neighbours(fitted, digits):
    card = OUTPUT_METRICS[fitted.output_metric]
    placed, new = fitted.transform(digits[1]), digits[1]
    nearest = ((new[:, None] - digits[0][None]) ** 2).sum(axis=2).argmin(axis=1)
    to_nearest = card.formula(placed, fitted.embedding_)[np.arange(len(new)), nearest]
    every = card.formula(placed, fitted.embedding_)
    assert (to_nearest[:, None] <= every).mean() > 0.9


def test_saved_models_go_on(fitted, digits, tmp_path):
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.output_metric == fitted.output_metric
    assert np.array_equal(again.embedding_, fitted.embedding_)
    assert np.array_equal(again.transform(digits[1]), fitted.transform(digits[1]))
    back = fitted.inverse_transform(fitted.embedding_[:5])
    assert np.array_equal(again.inverse_transform(fitted.embedding_[:5]), back)


def test_a_torus_of_another_size_is_saved_with_it(digits, tmp_path):
    kwds = {"periods": np.array([10.0, 5.0])}
    model = model_of("torus", output_metric_kwds=kwds, n_epochs=50).fit(digits[0])
    assert (model.embedding_.max(axis=0) <= [10.0, 5.0]).all()
    assert model.embedding_[:, 0].max() > 7
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.transform(digits[1]), model.transform(digits[1]))


def test_a_start_is_taken_as_it_is(digits):
    rng = np.random.default_rng(0)
    start = np.stack([rng.uniform(0.1, 3.0, 500), rng.uniform(-3, 3, 500)], axis=1)
    model = model_of("haversine", init=start, n_epochs=0).fit(digits[0])
    np.testing.assert_allclose(model.embedding_, start, atol=1e-5)
    with pytest.raises(ValueError, match="shape"):
        model_of("haversine", init=start[:, :1], n_epochs=0).fit(digits[0])


def test_starts_snapshots_labels_and_parts(digits):
    rows = digits[0]
    for init in ("pca", "random"):
        model = model_of("hyperboloid", init=init, n_epochs=[0, 20]).fit(rows, np.arange(500) % 3)
        assert len(model.embedding_list_) == 2
        assert np.array_equal(model.embedding_list_[1], model.embedding_)
    parts = UMAP.from_parts(rows, model.graph_, model.embedding_, model=clone(model))
    assert np.array_equal(parts.embedding_, model.embedding_)
    assert np.isfinite(parts.transform(digits[1])).all()


def test_equal_rows_share_a_place(digits):
    rows = np.concatenate([digits[0][:200], digits[0][:50]])
    model = model_of("haversine", n_epochs=20).fit(rows)
    assert np.array_equal(model.embedding_[200:], model.embedding_[:50])


def test_what_does_not_fit_is_refused_before_the_search(digits):
    with pytest.raises(ValueError, match="Give n_components=2"):
        UMAP(output_metric="haversine", n_components=3).fit(digits[0])
    with pytest.raises(ValueError, match="Did you mean 'torus'"):
        UMAP(output_metric="taurus").fit(digits[0])
    with pytest.raises(ValueError, match="optimizer='sampled'"):
        UMAP(output_metric="torus", optimizer="schedule").fit(digits[0])
    with pytest.raises(ValueError, match="It takes none"):
        UMAP(output_metric_kwds={"periods": 2.0}).fit(digits[0])


def test_euclidean_by_name_is_the_default(digits):
    plain = UMAP(random_state=0, n_epochs=20).fit_transform(digits[0])
    named = UMAP(random_state=0, n_epochs=20, output_metric="euclidean", output_metric_kwds={})
    assert np.array_equal(named.fit_transform(digits[0]), plain)


_PROGRAM = """
import hashlib, sys
import numpy as np
from sklearn.datasets import load_digits
from umapkit import UMAP
rows = load_digits().data.astype(np.float32)
for name, c in (("haversine", 2), ("hyperboloid", 2), ("torus", 2), ("gaussian_energy", 5)):
    model = UMAP(output_metric=name, n_components=c, random_state=0, n_epochs=30,
                 n_jobs=int(sys.argv[1])).fit(rows[:300])
    placed = model.transform(rows[300:330])
    back = model.inverse_transform(placed)
    parts = [model.embedding_, np.float64(model.loss_), placed, back]
    print(name, hashlib.sha256(b"".join(np.asarray(p).tobytes() for p in parts)).hexdigest())
for metric in ("euclidean", "cosine", "manhattan"):
    model = UMAP(metric=metric, random_state=0, n_epochs=30, n_jobs=int(sys.argv[1]))
    back = model.fit(rows[:300]).inverse_transform(model.embedding_ + 0.1)
    print(metric, hashlib.sha256(back.tobytes()).hexdigest())
"""


def test_same_bits_for_any_threads_and_instruction_set():
    from umapkit import _kernels

    def bits(jobs, isa):
        env = {**os.environ, "UMAPKIT_ISA": isa}
        command = [sys.executable, "-W", "error", "-c", _PROGRAM, str(jobs)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    reference = bits(1, "baseline")
    assert len(reference.splitlines()) == 7
    for jobs, isa in zip((2, 3, 2), _kernels.isas_available(), strict=False):
        assert bits(jobs, isa) == reference
