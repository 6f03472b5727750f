from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")

from umapkit.graph import exact_affinities  # noqa: E402
from umapkit.parametric import ParametricTSNE, kl_divergence, load  # noqa: E402
from umapkit.parametric._shuffled import ShuffledRows  # noqa: E402
from umapkit.parametric._tsne_loss import Freedom, student_similarities  # noqa: E402
from umapkit.quality import trustworthiness  # noqa: E402


@pytest.fixture(scope="module")
def digits():
    return load_digits().data[:600].astype(np.float32)


def model(**changes) -> ParametricTSNE:
    kinds = {"n_epochs": 100, "n_jobs": 1, "random_state": 0, "device": "cpu", **changes}
    return ParametricTSNE(**kinds)


def pairs(seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(30, 5))
    joint = exact_affinities(((rows[:, None] - rows[None]) ** 2).sum(2), perplexity=6)
    places = torch.from_numpy(rng.normal(size=(30, 2))).requires_grad_()
    return torch.from_numpy(joint), places


@pytest.mark.parametrize("freedom", [0.5, 1.0, 7.0])
def test_the_divergence_is_the_sum_over_all_pairs(freedom):
    joint, places = pairs()
    y, p = places.detach().numpy(), joint.numpy()
    squared = ((y[:, None] - y[None]) ** 2).sum(2)
    q = (1 + squared / freedom) ** (-(freedom + 1) / 2)
    np.fill_diagonal(q, 0)
    q /= q.sum()
    off = ~np.eye(30, dtype=bool)
    expected = (p[off] * np.log(p[off] / q[off])).sum()
    v = torch.tensor(freedom, dtype=torch.float64)
    assert float(kl_divergence(joint, places, v).detach()) == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose(student_similarities(places, v).detach().numpy(), q, atol=1e-14)


def test_its_gradients_are_those_of_finite_differences():
    joint, places = pairs(1)
    v = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda y, freedom: kl_divergence(joint, y, freedom), (places, v), atol=1e-7
    )


def test_a_map_like_the_data_has_no_divergence_and_the_gradient_stays_finite():
    _, places = pairs()
    v = torch.tensor(1.0, dtype=torch.float64)
    same = student_similarities(places, v).detach()
    assert abs(float(kl_divergence(same, places, v).detach())) < 1e-12
    joint, _ = pairs()
    for scale in (0.0, 1e-12, 1e12):
        far = (places.detach() * scale).requires_grad_()
        kl_divergence(joint, far, v).backward()
        assert torch.isfinite(far.grad).all()


@pytest.mark.parametrize("freedom", [1.0, "dimensions", "learned"])
def test_the_divergence_falls_and_the_map_can_be_trusted(digits, freedom):
    fitted = model(degrees_of_freedom=freedom).fit(digits)
    kl = fitted.history_["kl"]
    assert kl[-1] < 0.75 * kl[0]
    assert trustworthiness(digits, fitted.embedding_) >= 0.95
    assert fitted.degrees_of_freedom_ > 0
    if freedom == "learned":
        assert fitted.degrees_of_freedom_ != pytest.approx(1.0, abs=1e-3)
        assert isinstance(fitted.networks_["freedom"].log, torch.nn.Parameter)
    else:
        assert fitted.degrees_of_freedom_ == pytest.approx(1.0)


def test_in_more_dimensions_the_default_has_one_degree_of_freedom_less():
    network = model(n_components=5)
    network.seed_ = 0
    network._make_networks(np.ones((4, 3), dtype=np.float32))
    assert float(network.networks_["freedom"]()) == pytest.approx(4)
    assert float(Freedom(2.5, learned=True)().detach()) == pytest.approx(2.5)


@pytest.mark.parametrize("affinities", ["batch", "graph"])
@pytest.mark.parametrize("batches", ["fixed", "reshuffled"])
def test_batches_and_affinities_of_every_kind_give_maps(digits, affinities, batches):
    fitted = model(
        affinities=affinities, batches=batches, batch_size=200, n_epochs=25, perplexity=15
    ).fit(digits)
    assert fitted.n_steps_ == 75
    assert fitted.history_["kl"][-1] < fitted.history_["kl"][0]
    assert trustworthiness(digits, fitted.embedding_) >= 0.9


def test_fixed_batches_stay_and_reshuffled_ones_do_not():
    rows = np.arange(23)
    fixed = ShuffledRows(rows, batch_size=10, seed=1, fixed=True)
    free = ShuffledRows(rows, batch_size=10, seed=1)
    assert fixed.n_batches == 3
    for batches in (fixed, free):
        epoch = [batches.batch(step) for step in range(3)]
        assert sorted(np.concatenate(epoch)) == list(rows)
        assert {len(part) for part in epoch} == {7, 8}
    np.testing.assert_array_equal(fixed.batch(0), fixed.batch(3))
    assert not np.array_equal(free.batch(0), free.batch(3))


def test_other_metrics_are_used():
    rows = np.random.default_rng(0).normal(size=(60, 4))
    first = model(metric="manhattan", n_epochs=3, perplexity=5).fit_transform(rows)
    second = model(n_epochs=3, perplexity=5).fit_transform(rows)
    assert not np.array_equal(first, second)


def test_pretraining_changes_where_the_descent_begins(digits):
    plain = model(n_epochs=1).fit(digits)
    pretrained = model(n_epochs=1, pretraining_epochs=5).fit(digits)
    assert pretrained.history_["kl"][0] < plain.history_["kl"][0]


def test_same_seed_same_bits_and_files_keep_the_map(tmp_path):
    rows = np.random.default_rng(0).normal(size=(80, 4))
    kinds = {"n_epochs": 5, "perplexity": 8, "degrees_of_freedom": "learned"}
    first, again = model(**kinds).fit(rows), model(**kinds).fit(rows)
    np.testing.assert_array_equal(first.embedding_, again.embedding_)
    assert not np.array_equal(first.embedding_, model(**kinds, random_state=1).fit_transform(rows))
    first.save(tmp_path / "map")
    loaded = load(tmp_path / "map")
    np.testing.assert_array_equal(loaded.transform(rows), first.embedding_)
    assert loaded.degrees_of_freedom_ == first.degrees_of_freedom_


def test_a_perplexity_that_is_too_large_is_lowered_aloud():
    rows = np.random.default_rng(0).normal(size=(31, 4))
    with pytest.warns(UserWarning, match="10 is used"):
        fitted = model(n_epochs=1).fit(rows)
    assert fitted.perplexity_ == 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"perplexity": 0.5}, "perplexity=0.5"),
        ({"degrees_of_freedom": 0}, "more than 0"),
        ({"degrees_of_freedom": "two"}, "'learned'"),
        ({"affinities": "all"}, "affinities='all'"),
        ({"batches": "some"}, "batches='some'"),
        ({"n_epochs": 0}, "n_epochs=0"),
    ],
)
def test_what_cannot_be_used_is_said(change, said):
    with pytest.raises(ValueError, match=said):
        model(**change).fit(np.ones((10, 2)))


def test_a_second_derivative_of_the_divergence_is_refused():
    joint, places = pairs()
    v = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    found = kl_divergence(joint, places, v)
    with pytest.raises(NotImplementedError, match="create_graph=True"):
        torch.autograd.grad(found, places, create_graph=True)


def test_a_perplexity_that_is_lowered_is_said_of_the_line_that_fits():
    rows = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.warns(UserWarning, match="more than a third") as said:
        model(n_epochs=1).fit(rows)
    assert said[0].filename == __file__
