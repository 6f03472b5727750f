from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from umapkit.parametric._products import quick_products, quick_products_known  # noqa: E402

pytestmark = pytest.mark.skipif(not quick_products_known(), reason="this torch has no oneDNN")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [3, 64, 513])
def test_linear_layers_and_their_derivatives_are_the_same_in_single_precision(rows, bias):
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(37, 20, bias=bias), torch.nn.ReLU(), torch.nn.Linear(20, 2, bias=bias)
    )
    x = torch.randn(rows, 37, requires_grad=True)
    found = []
    for quick in (False, True):
        net.zero_grad()
        x.grad = None
        if quick:
            with quick_products(net, torch.device("cpu")):
                y = net(x)
        else:
            y = net(x)
        (y**2).sum().backward()
        found.append([y.detach(), x.grad.clone(), *(p.grad.clone() for p in net.parameters())])
    for plain, quick in zip(*found, strict=True):
        assert torch.allclose(plain, quick, rtol=1e-4, atol=1e-4 * float(plain.abs().max()))


def test_double_precision_and_other_shapes_are_left_alone():
    layer = torch.nn.Linear(5, 3)
    with quick_products(layer, torch.device("cpu")):
        assert layer.double()(torch.zeros(100, 5, dtype=torch.float64)).dtype == torch.float64
        assert layer.float()(torch.zeros(4, 100, 5)).shape == (4, 100, 3)


def test_a_step_uses_them_only_outside_of_half_precision():
    layer = torch.nn.Linear(5, 3)
    with quick_products(layer, torch.device("cpu")), torch.autocast("cpu", torch.bfloat16):
        assert layer(torch.zeros(100, 5)).dtype == torch.bfloat16


def test_layers_are_as_before_afterwards():
    layer = torch.nn.Linear(5, 3)
    with quick_products(layer, torch.device("cpu")):
        assert "forward" in vars(layer)
    assert "forward" not in vars(layer)


@pytest.mark.parametrize("bias", [True, False])
def test_gradients_of_gradients_are_those_of_torchs_own_products(bias):
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(7, 20, bias=bias), torch.nn.Tanh(), torch.nn.Linear(20, 1, bias=bias)
    )
    x = torch.randn(70, 7, requires_grad=True)

    def penalty() -> list[torch.Tensor]:
        (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
        cost = (slope.norm(dim=1) - 1).square().mean()
        return list(torch.autograd.grad(cost, [net[0].weight, net[2].weight]))

    plain = penalty()
    with quick_products(net, torch.device("cpu")):
        quick = penalty()
    assert float(plain[0].norm()) > 0.01
    for one, other in zip(plain, quick, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
