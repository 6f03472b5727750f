"""Products of training on the CPU, by oneDNN.

torch hands float32 products on the CPU to MKL, which uses half of the vector width on processors
that are not Intel's; oneDNN, which torch brings along, uses all of it and takes less than half of
the time. It multiplies and adds in single precision as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from umapkit.parametric._torch import Tensor, nn, torch

_LEAST = 64  # rows from which on it pays


def quick_products_known() -> bool:
    """Whether this torch has oneDNN's product of plain float32 matrices."""
    ops: Any = torch.ops.mkldnn
    return torch.backends.mkldnn.is_available() and hasattr(ops, "_linear_pointwise")


@contextmanager
def quick_products(modules: nn.Module, device: torch.device) -> Iterator[None]:
    """While it is open, linear layers of float32 rows are computed by oneDNN, where torch has it.

    Parameters
    ----------
    modules : torch.nn.Module
        Whose layers; those that are `torch.nn.Linear` itself, not a subclass.
    device : torch.device
        Where they are; elsewhere than on a CPU nothing is changed.
    """
    layers: list[Any] = []
    if device.type == "cpu" and quick_products_known():
        # A compiled or otherwise replaced forward stays as it is.
        found = (one for one in modules.modules() if type(one) is nn.Linear)
        layers = [one for one in found if "forward" not in vars(one)]
    for layer in layers:
        layer.forward = partial(_linear, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _linear(layer: nn.Linear, x: Tensor) -> Tensor:
    """Answer of a layer."""
    if not _fits(x, layer.weight, layer.bias):
        return nn.functional.linear(x, layer.weight, layer.bias)
    return _Linear.apply(x, layer.weight, layer.bias)  # pyright: ignore[reportReturnType]


def _fits(x: Tensor, *others: Tensor | None) -> bool:
    if x.dim() != 2 or len(x) < _LEAST or torch.is_autocast_enabled("cpu"):
        return False
    if not torch.is_grad_enabled():  # answers are made in another way (`_steady`)
        return False
    return all(
        one is None or (one.dtype == torch.float32 and one.device.type == "cpu")
        for one in (x, *others)
    )


def _product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x @ weight.T + bias``."""
    ops: Any = torch.ops.mkldnn
    return ops._linear_pointwise(x, weight, bias, "none", [], "")


def _plain_product(x: Tensor, weight: Tensor) -> Tensor:
    return x @ weight.t()


class _Linear(torch.autograd.Function):
    """A linear layer and its derivatives."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        grad = grads[0].contiguous()
        # create_graph=True: torch knows the derivatives of its own products, not of oneDNN's.
        product = _plain_product if torch.is_grad_enabled() else _product
        by_x = product(grad, weight.t()) if ctx.needs_input_grad[0] else None
        by_weight = product(grad.t(), x.t()) if ctx.needs_input_grad[1] else None
        by_bias = grad.sum(0) if ctx.has_bias and ctx.needs_input_grad[2] else None
        return by_x, by_weight, by_bias
