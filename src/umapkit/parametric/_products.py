"""Products of training on the CPU, by oneDNN.

torch hands float32 products on the CPU to MKL, which uses half of the vector width on processors
that are not Intel's; oneDNN, which torch brings along, uses all of it and takes less than half of
the time. It multiplies and adds in single precision as well.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch.overrides import TorchFunctionMode

from umapkit.parametric._torch import Tensor, nn, torch

_LEAST = 64  # rows from which on it pays


def quick_products(device: torch.device) -> AbstractContextManager[Any]:
    """Products by oneDNN while the context is open, on a CPU and where torch has them."""
    return QuickProducts() if device.type == "cpu" and quick_products_known() else nullcontext()


def quick_products_known() -> bool:
    """Whether this torch has oneDNN's product of plain float32 matrices."""
    ops: Any = torch.ops.mkldnn
    return torch.backends.mkldnn.is_available() and hasattr(ops, "_linear_pointwise")


class QuickProducts(TorchFunctionMode):
    """While it is open, linear layers of float32 rows on the CPU are computed by oneDNN."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call `func`, or oneDNN if it is a linear layer of many rows."""
        if func is nn.functional.linear and not kwargs and _fits(args):
            return _Linear.apply(args[0], args[1], args[2] if len(args) > 2 else None)
        return func(*args, **(kwargs or {}))


def _fits(args: tuple[Any, ...]) -> bool:
    x = args[0]
    if x.dim() != 2 or len(x) < _LEAST or torch.is_autocast_enabled("cpu"):
        return False
    return all(
        one is None or (one.dtype == torch.float32 and one.device.type == "cpu") for one in args
    )


def _product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x @ weight.T + bias``."""
    ops: Any = torch.ops.mkldnn
    return ops._linear_pointwise(x, weight, bias, "none", [], "")


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
        by_x = _product(grad, weight.t()) if ctx.needs_input_grad[0] else None
        by_weight = _product(grad.t(), x.t()) if ctx.needs_input_grad[1] else None
        by_bias = grad.sum(0) if ctx.has_bias and ctx.needs_input_grad[2] else None
        return by_x, by_weight, by_bias
