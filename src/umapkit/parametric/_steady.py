"""Products in double precision: a row's answer does not depend on where it stands in its block.

A matrix product in single precision is summed in another order at the edges of a library's tiles,
so the last bits of a row change with its place among the others. Summed in double precision and
then rounded to single, they do not: the orders differ by 1e-16 of the terms, the rounding by 6e-8.
"""

from __future__ import annotations

from typing import Any

from torch.overrides import TorchFunctionMode

from umapkit.parametric._torch import Tensor, nn, torch

PRODUCTS = {
    nn.functional.linear,
    torch.matmul,
    torch.mm,
    torch.bmm,
    torch.addmm,
    torch.baddbmm,
    torch.einsum,
    Tensor.matmul,
    Tensor.__matmul__,
    Tensor.mm,
    Tensor.bmm,
    Tensor.addmm,
}


class SteadyProducts(TorchFunctionMode):
    """While it is open, products of float32 matrices are made in float64 and rounded back."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call `func`, with wider numbers if it is a product of float32 matrices."""
        kwargs = kwargs or {}
        if func not in PRODUCTS or not _single((args, kwargs)):
            return func(*args, **kwargs)
        return func(*_wider(args), **_wider(kwargs)).to(torch.float32)


def _single(given: Any) -> bool:
    if isinstance(given, Tensor):
        return given.dtype == torch.float32
    if isinstance(given, dict):
        return all(_single(one) for one in given.values())
    if isinstance(given, (tuple, list)):
        return all(_single(one) for one in given)
    return True


def _wider(given: Any) -> Any:
    if isinstance(given, Tensor):
        return given.double()
    if isinstance(given, dict):
        return {name: _wider(one) for name, one in given.items()}
    if isinstance(given, (tuple, list)):
        return type(given)(_wider(one) for one in given)
    return given
