from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit.parametric import (  # noqa: E402
    EdgeBatch,
    attraction,
    capped_attraction,
    capped_repulsion,
    correlation_loss,
    density_loss,
    reconstruction_loss,
    repulsion,
    triplet_loss,
    umap_loss,
)
from umapkit.parametric._scaling import fit_scaling  # noqa: E402
from umapkit.quality import attraction_gradient, repulsion_gradient  # noqa: E402

CURVES = [(1.57694, 0.89506), (1.0, 1.0), (1.92907, 0.79150), (0.5, 1.7)]
SQUARES = np.logspace(-8, 8, 161)
CPU = torch.device("cpu")


def exact(s: float, a: float, b: float) -> tuple[float, float]:
    """-ln q and -ln(1 - q) by whichever formula has no cancellation."""
    w = a * s**b
    return math.log1p(w), math.log1p(w) - math.log(w) if w < 1 else math.log1p(1 / w)


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_both_terms_are_those_of_equation_7_from_1e_minus_8_to_1e8(a, b):
    s = torch.tensor(SQUARES, dtype=torch.float64)
    wanted = np.array([exact(float(v), a, b) for v in SQUARES])
    near, far = attraction(s, a=a, b=b).numpy(), repulsion(s, a=a, b=b).numpy()
    np.testing.assert_allclose(near, wanted[:, 0], rtol=1e-9, atol=0)
    np.testing.assert_allclose(far, wanted[:, 1], rtol=1e-6, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_in_single_precision_the_terms_are_right_to_its_rounding(dtype):
    a, b = CURVES[0]
    s = torch.tensor(SQUARES).to(dtype)
    wanted = np.array([exact(float(v), a, b) for v in s.double()])
    near = attraction(s.float(), a=a, b=b).numpy()
    far = repulsion(s.float(), a=a, b=b).numpy()
    np.testing.assert_allclose(near, wanted[:, 0], rtol=1e-4)
    np.testing.assert_allclose(far, wanted[:, 1], rtol=1e-4)


@pytest.mark.parametrize("cost", [attraction, repulsion, capped_attraction, capped_repulsion])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_and_gradients_are_finite_everywhere(cost, dtype):
    s = torch.tensor([0.0, 1e-45, 1e-38, 1e-30, 1e-12, 1e-3, 1.0, 1e8, 1e30], dtype=dtype)
    s.requires_grad_(True)
    value = cost(s, a=1.57694, b=0.89506)
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(s.grad).all()


@pytest.mark.parametrize(("a", "b"), CURVES)
def test_gradients_are_those_of_equations_12_to_15(a, b):
    rng = np.random.default_rng(0)
    delta = rng.normal(size=(200, 2)) * np.logspace(-4, 3, 200)[:, None]
    for cost, gradient in ((attraction, attraction_gradient), (repulsion, repulsion_gradient)):
        moved = torch.tensor(delta, requires_grad=True)
        cost(moved.square().sum(1), a=a, b=b).sum().backward()
        np.testing.assert_allclose(moved.grad.numpy(), gradient(delta, a, b), rtol=1e-7)


def test_the_attraction_has_the_slope_of_its_value():
    s = torch.logspace(-2, 4, 50, dtype=torch.float64, requires_grad=True)
    for cost in (attraction, capped_attraction, capped_repulsion):
        assert torch.autograd.gradcheck(lambda v, cost=cost: cost(v, a=1.5, b=0.9), (s,))


def test_the_capped_form_is_capped_and_has_its_own_name():
    s = torch.tensor([0.0, 1e-4, 1.0], dtype=torch.float64)
    capped = capped_repulsion(s, a=1.57694, b=0.89506)
    assert float(capped.max()) <= math.log(2) + 1e-12
    assert round(float(capped_repulsion(torch.tensor(1e-4), a=1.57694, b=0.89506)), 2) == 0.69
    assert round(float(repulsion(torch.tensor(1e-4), a=1.57694, b=0.89506)), 2) == 7.79
    # The released code's logit l = -log1p(a s^b): -log sigmoid(l) and -(log sigmoid(l) - l).
    logit = -torch.log1p(1.57694 * s**0.89506)
    wanted = -torch.nn.functional.logsigmoid(logit)
    torch.testing.assert_close(capped_attraction(s, a=1.57694, b=0.89506), wanted)
    torch.testing.assert_close(capped, wanted + logit)


def batch_of(rng: np.random.Generator, r: int, b: int, m: int, **more) -> EdgeBatch:
    far = rng.integers(0, r, size=(m, b))
    heads, tails = rng.integers(0, r, size=(2, b))
    return EdgeBatch(np.arange(r), heads, tails, far, **more)


@pytest.mark.parametrize("form", ["cross_entropy", "capped"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_loss_of_a_batch_is_the_mean_over_its_pairs_with_autograds_gradient(form, d):
    rng = np.random.default_rng(d)
    batch = batch_of(rng, 20, 30, 4)
    a, b = CURVES[0]
    pull = attraction if form == "cross_entropy" else capped_attraction
    push = repulsion if form == "cross_entropy" else capped_repulsion
    places = torch.tensor(rng.normal(size=(20, d)), requires_grad=True)
    found = umap_loss(places, batch.to(CPU), a=a, b=b, repulsion_strength=2.0, form=form)
    (3 * found["attraction"] + found["repulsion"]).backward()
    other = places.detach().clone().requires_grad_(True)
    near = (other[batch.heads] - other[batch.tails]).square().sum(1)
    far = (other[batch.heads][None] - other[batch.far]).square().sum(2)
    itself = torch.from_numpy(batch.far == batch.heads[None])
    terms = 5 * 30
    attracted = pull(near, a=a, b=b).sum() / terms
    repelled = 2.0 * push(far, a=a, b=b).masked_fill(itself, 0.0).sum() / terms
    (3 * attracted + repelled).backward()
    torch.testing.assert_close(found["attraction"], attracted)
    torch.testing.assert_close(found["repulsion"], repelled)
    torch.testing.assert_close(places.grad, other.grad)


def test_weights_of_edges_count():
    rng = np.random.default_rng(0)
    plain = batch_of(rng, 9, 8, 3)
    weighted = EdgeBatch(
        plain.rows, plain.heads, plain.tails, plain.far, np.full(8, 0.5, dtype=np.float32)
    )
    places = torch.tensor(rng.normal(size=(9, 2)))
    a, b = CURVES[0]
    whole = umap_loss(places, plain.to(CPU), a=a, b=b)
    half = umap_loss(places, weighted.to(CPU), a=a, b=b)
    for name in whole:
        torch.testing.assert_close(half[name], 0.5 * whole[name])


def test_half_precision_places_are_computed_in_single_precision():
    rng = np.random.default_rng(0)
    batch = batch_of(rng, 9, 8, 3).to(CPU)
    places = torch.tensor(rng.normal(size=(9, 2))).to(torch.bfloat16).requires_grad_(True)
    loss = umap_loss(places, batch, a=1.5, b=0.9)
    assert loss["attraction"].dtype == torch.float32
    sum(loss.values()).backward()
    assert torch.isfinite(places.grad).all()


def test_the_correlation_loss_is_minus_one_for_a_map_that_keeps_distances():
    rows = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    assert abs(float(correlation_loss(rows, 7 * rows)) + 1) < 1e-4
    assert abs(float(correlation_loss(rows, torch.zeros(50, 2)))) < 1e-3
    assert float(correlation_loss(rows[:3], rows[:3])) == 0.0


def test_the_density_loss_is_lowest_where_densities_agree():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(40, 2)), 10 * rng.normal(size=(40, 2)) + 100])
    heads = np.repeat(np.arange(80), 5)
    distance = np.linalg.norm(rows[:, None] - rows[None], axis=2) + np.eye(80) * 1e9
    tails = np.argsort(distance, axis=1)[:, :5].ravel()
    batch = EdgeBatch(np.arange(80), heads, tails, np.empty((0, 400), dtype=np.int64)).to(CPU)
    radii = torch.tensor(np.log(np.sort(distance, axis=1)[:, :5] ** 2).mean(1))
    kept = density_loss(torch.tensor(rows / 10), batch, radii.float(), a=1.5, b=0.9)
    rows[40:] = 100 + rows[40:] / 100
    lost = density_loss(torch.tensor(rows / 10), batch, radii.float(), a=1.5, b=0.9)
    assert float(kept) < -0.8
    assert float(lost) > 0.5
    few = torch.full((80,), float("nan"))
    assert float(density_loss(torch.tensor(rows), batch, few, a=1.5, b=0.9)) == 0.0


def test_triplets_compare_an_own_with_another_class():
    places = torch.tensor([[0.0, 0.0], [3.0, 0.0], [1.0, 0.0]])
    codes = torch.tensor([0, 0, 1])
    draws = torch.rand(3, 3, generator=torch.Generator().manual_seed(0))
    # Rows 0 and 1 have one of each kind: 3 - 1 + .5 and 3 - 2 + .5; row 2 has none of its own.
    found = triplet_loss(places, codes, draws, margin=0.5)
    assert abs(float(found) - 2.0) < 1e-5
    assert float(triplet_loss(places, torch.tensor([0, 0, 0]), draws, margin=0.5)) == 0.0


def test_reconstruction_by_squares_and_by_cross_entropy():
    rows = np.array([[0.0, 255.0], [255.0, 51.0]], dtype=np.float32)
    scaling = fit_scaling(rows, "global")
    x = scaling(torch.tensor(rows))
    assert float(reconstruction_loss(x, x, scaling, "mse")) == 0.0
    torch.testing.assert_close(scaling.back(x), torch.tensor(rows))
    logits = torch.zeros(2, 2)
    assert abs(float(reconstruction_loss(logits, x, scaling, "bce")) - math.log(2)) < 1e-6
    torch.testing.assert_close(scaling.squeeze(x), torch.tensor(rows) / 255)


def test_unknown_forms_are_refused():
    batch = batch_of(np.random.default_rng(0), 5, 4, 2).to(CPU)
    with pytest.raises(ValueError, match="form='cap' is not known"):
        umap_loss(torch.zeros(5, 2), batch, a=1.5, b=0.9, form="cap")
    x = torch.zeros(2, 2)
    with pytest.raises(ValueError, match="kind='l1' is not known"):
        reconstruction_loss(x, x, fit_scaling(np.eye(2, dtype=np.float32), "none"), "l1")


@pytest.mark.parametrize("cost", [attraction, repulsion, capped_attraction, capped_repulsion])
def test_a_second_derivative_is_refused_and_not_wrong(cost):
    s = torch.linspace(0.1, 3, 20, requires_grad=True)
    total = cost(s, a=1.5, b=0.9).sum()
    with pytest.raises(NotImplementedError, match="create_graph=True"):
        torch.autograd.grad(total, s, create_graph=True)


def test_a_second_derivative_of_the_loss_of_a_batch_is_refused():
    batch = batch_of(np.random.default_rng(0), 20, 30, 5).to(torch.device("cpu"))
    places = torch.randn(20, 2, requires_grad=True)
    total = torch.stack(list(umap_loss(places, batch, a=1.5, b=0.9).values())).sum()
    with pytest.raises(NotImplementedError, match="create_graph=True"):
        torch.autograd.grad(total, places, create_graph=True)
