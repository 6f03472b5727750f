"""t-SNE of digits and 5,000 images: divergence and forces beside NumPy and scikit-learn."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from umapkit import TSNE
from umapkit.layout.tsne import TsneLayout, TsneOptions
from umapkit.quality import knn_accuracy, trustworthiness


def in_blocks(joint, places):
    """Attraction, repulsion over Z and divergence, in double precision, 500 rows at a time."""
    y = places.astype(np.float64)
    n = len(y)
    push, z = np.zeros_like(y), 0.0
    for begin in range(0, n, 500):
        gaps = y[begin : begin + 500, None] - y[None]
        w = 1 / (1 + (gaps**2).sum(axis=2))
        w[np.arange(len(w)), begin + np.arange(len(w))] = 0.0
        z += w.sum()
        push[begin : begin + 500] = ((w**2)[:, :, None] * gaps).sum(axis=1)
    p, heads, tails = joint.data.astype(np.float64), *joint.nonzero()
    gaps = y[heads] - y[tails]
    w = 1 / (1 + (gaps**2).sum(axis=1))
    pull = np.zeros_like(y)
    np.add.at(pull, heads, (p * w)[:, None] * gaps)
    return pull, push / z, float((p * np.log(p * z / w)).sum())


def off(mine, theirs):
    return np.linalg.norm(mine - theirs) / np.linalg.norm(theirs)


@pytest.fixture(scope="module", params=["digits", pytest.param("mnist", marks=pytest.mark.data)])
def fitted(request):
    if request.param == "digits":
        found = load_digits()
        rows, target = found.data.astype(np.float32), found.target
    else:
        if not os.environ.get("UMAPKIT_DATA"):
            pytest.skip("UMAPKIT_DATA is not set: MNIST is not at hand")
        from umapkit.data import load
        from umapkit.init import pca_start

        example = load("mnist")
        target = example.target[:5000]
        rows = pca_start(example.data[:5000], n_components=50, seed=0)
    return rows, target, TSNE(random_state=0, n_epochs=[50, 750]).fit(rows)


@pytest.mark.parametrize(("which", "factor"), [(0, 12.0), (1, 1.0)], ids=["50 epochs", "finished"])
def test_exact_gradient_and_divergence_are_numpys_and_the_others_near(fitted, which, factor):
    _, _, model = fitted
    places = model.embedding_list_[which]
    pull, push, divergence = in_blocks(model.graph_, places)
    layout = TsneLayout(model.graph_, places, TsneOptions(theta=0.5))
    assert abs(layout.divergence("exact") - divergence) < 1e-5
    # On the finished map pull and push cancel: what is left is no measure, the parts are.
    error = np.linalg.norm(layout.gradient("exact") - 4 * (pull - push))
    assert error < 1e-5 * np.linalg.norm(4 * push)
    for method in ("exact", "tree", "grid"):
        near = 1e-5 if method == "exact" else 1e-2
        attraction, repulsion, _ = layout._measure(method)
        assert off(attraction, pull) < 1e-5
        assert off(repulsion, push) < near
        if factor > 1:
            assert off(factor * attraction - repulsion, factor * pull - push) < near
        assert abs(layout.divergence(method) - divergence) < near
    if factor == 1:
        assert abs(model.kl_divergence_ - divergence) < 1e-3


@pytest.mark.parametrize("method", ["tree", "grid"])
@pytest.mark.parametrize(
    ("which", "scale"),
    [(0, 1.0), (1, 0.3), (1, 0.05)],
    ids=["50 epochs", "shrunk to .3", "shrunk to .05"],
)
def test_the_whole_gradient_is_within_a_hundredth_of_the_exact_one(fitted, which, scale, method):
    """Where there is one: on a finished map it is 0 but for some hundredths of push and pull."""
    _, _, model = fitted
    places = model.embedding_list_[which] * np.float32(scale)
    layout = TsneLayout(model.graph_, places, TsneOptions(theta=0.5))
    exact = layout.gradient("exact")
    assert np.linalg.norm(exact) > 0.1 * np.linalg.norm(4 * layout._measure("exact")[1])
    assert off(layout.gradient(method), exact) < 1e-2


def test_the_map_is_a_good_one(fitted):
    rows, target, model = fitted
    assert trustworthiness(rows, model.embedding_) > 0.98
    assert knn_accuracy(model.embedding_, target) > 0.93
    assert model.repulsion_ == ("exact" if len(rows) < 2000 else "grid")


_PROGRAM = """
import hashlib, sys
import numpy as np
from sklearn.datasets import load_digits
from umapkit import PCA, TSNE, LaplacianEigenmaps

rows, jobs = load_digits().data.astype(np.float32), int(sys.argv[1])
wide = np.concatenate([rows, rows[:, ::-1] ** 2], axis=1)  # LAPACK finds its axes
quick = {"n_epochs": 40, "early_epochs": 20, "random_state": 7, "n_jobs": jobs}
models = {
    "t-SNE, all pairs": TSNE(**quick),
    "t-SNE, grid, spectral": TSNE(repulsion="grid", init="spectral", **quick),
    "t-SNE, tree, densities": TSNE(repulsion="tree", densne=True, **quick),
    "PCA": PCA(5, n_jobs=jobs),
    "PCA, iterated": PCA(5, solver="iterated", n_jobs=jobs),
    "eigenmaps": LaplacianEigenmaps(random_state=7, n_jobs=jobs),
    "eigenmaps, exact": LaplacianEigenmaps(solver="exact", random_state=7, n_jobs=jobs),
}
for name, model in models.items():
    table = wide if name.startswith("PCA") else rows
    model.fit(table[:1500])
    parts = [model.embedding_, model.transform(table[1500:1600])]
    parts += [np.float64(model.kl_divergence_)] if hasattr(model, "kl_divergence_") else []
    print(name, hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest())
"""


def test_same_seed_same_bits_for_any_threads_blas_and_process():
    found = set()
    for jobs, blas in ((1, 1), (2, 2), (3, 1)):
        threads = {"OPENBLAS_NUM_THREADS": str(blas), "OMP_NUM_THREADS": str(blas)}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", _PROGRAM, str(jobs)],
            env={**os.environ, **threads},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 7
        found.add(done.stdout)
    assert len(found) == 1


def test_scikit_learns_divergence_is_reached_on_digits():
    """By one exact evaluator, on the probabilities of the same neighbours."""
    from sklearn.manifold import TSNE as Theirs

    rows = load_digits().data.astype(np.float32)
    model = TSNE(random_state=0).fit(rows)
    theirs = Theirs(random_state=0, n_jobs=1).fit_transform(rows)
    cost = in_blocks(model.graph_, theirs)[2]
    assert in_blocks(model.graph_, model.embedding_)[2] <= cost


def test_many_copies_and_a_perplexity_in_the_hundreds_are_no_trouble():
    """Like bison: 50,000 rows, 26,556 of them different, perplexity 500."""
    rng = np.random.default_rng(0)
    angle, height = rng.uniform(0, 4, 800), rng.uniform(0, 3, 800)
    roll = np.c_[angle * np.cos(angle), angle * np.sin(angle), height].astype(np.float32)
    rows = roll[np.r_[0:800, rng.integers(0, 800, 900)]]
    found = TSNE(200, random_state=0).fit(rows)
    assert found.graph_.shape == (800, 800)
    assert found.perplexity_ == 200
    assert np.isfinite(found.embedding_).all()
    first = {row.tobytes(): place for row, place in zip(rows, found.embedding_, strict=True)}
    for row, place in zip(rows, found.embedding_, strict=True):
        np.testing.assert_array_equal(first[row.tobytes()], place)
    assert trustworthiness(roll, found.embedding_[:800]) > 0.98
