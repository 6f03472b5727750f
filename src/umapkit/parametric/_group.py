"""Processes that train together, as torchrun starts them: equal starts, averaged gradients.

Every member holds the same networks and draws batches of its own. Outside of a group (of
``torch.distributed``) nothing here does anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from umapkit.parametric._torch import Tensor, nn, torch


def group() -> tuple[int, int]:
    """Members of the process group, and which of them this process is: (1, 0) without a group."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_world_size(), torch.distributed.get_rank()
    return 1, 0


def shared_steps(n_batches: int) -> int:
    """Return how many steps `n_batches` make when every member takes one of them a step."""
    return math.ceil(n_batches / group()[0])


def shared_seed(seed: int, device: torch.device) -> int:
    """Return the first member's seed."""
    if group()[0] == 1:
        return seed
    halves = torch.tensor([seed >> 32, seed & 0xFFFFFFFF], dtype=torch.int64, device=device)
    torch.distributed.broadcast(halves, 0)
    high, low = halves.tolist()
    return (high << 32) | low


def start_alike(modules: nn.Module) -> None:
    """Give all members the first one's parameters and buffers."""
    if group()[0] > 1:
        _spread([*modules.parameters(), *modules.buffers()])


def average_gradients(modules: nn.Module) -> None:
    """Give all members the mean gradient, and the first one's buffers (batch norm has some)."""
    members, _ = group()
    if members == 1:
        return
    parameters = [p for p in modules.parameters() if p.requires_grad]
    for parameter in parameters:
        if parameter.grad is None:  # its term had no turn at this member
            parameter.grad = torch.zeros_like(parameter)
    gradients = [p.grad for p in parameters if p.grad is not None]
    for together in _alike(gradients):
        flat = torch.cat([gradient.reshape(-1) for gradient in together])
        torch.distributed.all_reduce(flat)
        _put_back(flat / members, together)
    _spread(buffer for name, buffer in modules.named_buffers() if not name.startswith("scaling."))


def averaged(numbers: Mapping[str, float], device: torch.device) -> dict[str, float]:
    """Mean over the members of numbers that all of them have."""
    members, _ = group()
    if members == 1:
        return dict(numbers)
    names = sorted(numbers)
    total = torch.tensor([numbers[name] for name in names], device=device)
    torch.distributed.all_reduce(total)
    return dict(zip(names, (total / members).tolist(), strict=True))


def of_the_first(number: float, device: torch.device) -> float:
    """Return the first member's number, so that all decide alike."""
    if group()[0] == 1:
        return number
    given = torch.tensor([number], device=device)
    torch.distributed.broadcast(given, 0)
    return float(given)


def of_the_first_all(numbers: Tensor) -> Tensor:
    """Give all members the first one's tensor, in place."""
    if group()[0] > 1:
        _spread([numbers])
    return numbers


def any_member(*, says_yes: bool, device: torch.device) -> bool:
    """Whether one of the members says yes."""
    if group()[0] == 1:
        return says_yes
    count = torch.tensor([float(says_yes)], device=device)
    torch.distributed.all_reduce(count)
    return bool(count > 0)


def _spread(tensors: Iterable[Tensor]) -> None:
    for together in _alike(tensors):
        flat = torch.cat([tensor.detach().reshape(-1) for tensor in together])
        torch.distributed.broadcast(flat, 0)
        _put_back(flat, together)


def _alike(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """Tensors of one type together: one message for all of them."""
    kinds: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        kinds.setdefault(tensor.dtype, []).append(tensor)
    return list(kinds.values())


@torch.no_grad()
def _put_back(flat: Tensor, tensors: list[Tensor]) -> None:
    begin = 0
    for tensor in tensors:
        tensor.copy_(flat[begin : begin + tensor.numel()].view_as(tensor))
        begin += tensor.numel()
