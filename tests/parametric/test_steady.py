"""A row's answer by a network does not depend on where the row stands."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch")

from umapkit.parametric import networks  # noqa: E402
from umapkit.parametric._steady import SteadyProducts  # noqa: E402

WIDTHS = [(10, 30, 3), (784, 100, 2), (17, 13, 2), (33, 5, 1), (64, 256, 10)]


def dense(widths):
    layers = []
    for inside, outside in itertools.pairwise(widths):
        layers += [torch.nn.Linear(inside, outside), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_rows_in_another_order_get_the_same_bits(widths):
    torch.manual_seed(0)
    network, rows = dense(widths), torch.randn(256, widths[0])
    with torch.inference_mode(), SteadyProducts():
        found = network(rows)
        for _ in range(20):
            order = torch.randperm(256)
            assert torch.equal(network(rows[order]), found[order])


@pytest.mark.parametrize("name", networks.NAMES)
def test_rows_of_the_papers_networks_get_the_same_bits_in_another_order(name):
    side = 16
    kinds = {"n_features": side**2, "n_components": 72, "input_shape": (side, side)}
    options = {"width": 4} if name == "face" else {"width": 0.1} if name == "cnn13" else {}
    network = networks.build(name, role="encoder", options=options, **kinds).eval()
    rows = torch.rand(256, side**2, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode(), SteadyProducts():
        found = network(rows)
        for seed in range(3):
            order = torch.randperm(256, generator=torch.Generator().manual_seed(seed))
            assert torch.equal(network(rows[order]), found[order])


@pytest.mark.parametrize(
    "product",
    [
        lambda a, b: a @ b,
        torch.matmul,
        torch.mm,
        lambda a, b: torch.addmm(a.new_ones(b.shape[1]), a, b),
        lambda a, b: torch.bmm(a[None], b[None])[0],
        lambda a, b: torch.einsum("ij,jk->ik", a, b),
        lambda a, b: torch.nn.functional.linear(a, b.T),
        lambda a, b: torch.nn.functional.linear(input=a, weight=b.T),
    ],
)
def test_every_way_to_write_a_product_is_the_one_in_double_precision(product):
    torch.manual_seed(1)
    a, b = torch.randn(64, 37), torch.randn(37, 11)
    with SteadyProducts():
        found = product(a, b)
    assert found.dtype == torch.float32
    assert torch.equal(found, product(a.double(), b.double()).float())


def test_whole_numbers_and_doubles_are_left_alone():
    whole = torch.arange(6).reshape(2, 3)
    double = torch.randn(3, 3, dtype=torch.float64)
    with SteadyProducts():
        assert torch.equal(whole @ whole.T, torch.tensor([[5, 14], [14, 50]]))
        assert (double @ double).dtype == torch.float64
