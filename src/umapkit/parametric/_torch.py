"""torch, found or asked for; devices, determinism, generators.

The number of threads, the choice of algorithms and torch's own generators are the process's. While
one of the contexts here is open its thread has them alone: fits in several threads take turns, so
none disturbs another, and all is as before when the last has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from umapkit._seed import Stage, draw, key
from umapkit._threads import turns

try:
    import torch
    from torch import Tensor, nn
except ImportError as error:
    _MSG = (
        "umapkit.parametric (ParametricUMAP and its kin) needs torch, which cannot be imported. "
        "Install it with: pip install 'umapkit[parametric]'"
    )
    raise ImportError(_MSG) from error

__all__ = [
    "Tensor",
    "choose_device",
    "compiled",
    "derived_once",
    "deterministic",
    "generator",
    "judging",
    "nn",
    "own_draws",
    "seeded",
    "threads",
    "torch",
]

_TURN = turns()


def choose_device(device: str | torch.device = "auto") -> torch.device:
    """Return the device of a name; "auto" is an accelerator if there is one, else the CPU.

    Parameters
    ----------
    device : str or torch.device, default "auto"
        "auto", or a name that torch knows: "cpu", "cuda", "cuda:1", "mps", ... Under torchrun
        "auto" gives every process of a machine a GPU of its own.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If torch does not know the device or cannot use it on this machine.
    """
    if isinstance(device, str) and device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", _own_gpu())
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = (
            f"device={device!r} cannot be used: {reason}. Give 'auto', 'cpu', or an accelerator "
            "of this machine, such as 'cuda' or 'mps'."
        )
        raise ValueError(msg) from error
    return found


def _own_gpu() -> int:
    """Return the number of this process's GPU: torchrun counts the processes of a machine."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count()
    return torch.cuda.current_device()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads on the CPU while the context is open."""
    with _TURN():
        before = torch.get_num_threads()
        if count != before:
            torch.set_num_threads(count)
        try:
            yield
        finally:
            if count != before:
                torch.set_num_threads(before)


@contextmanager
def judging(modules: nn.Module) -> Iterator[None]:
    """Put modules in evaluation mode, and each of them back into its own mode afterwards."""
    training = [one for one in modules.modules() if one.training]
    modules.eval()
    try:
        yield
    finally:
        for one in training:
            one.training = True


def compiled(module: Any, *, wanted: bool) -> Any:
    """Return the module, compiled for batches of any size where that is wanted."""
    return torch.compile(module, dynamic=True) if wanted else module


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """Use torch's deterministic algorithms while the context is open, on the CPU.

    On accelerators some operations have none, and nothing is changed there.
    """
    if device.type != "cpu":
        with _TURN():
            yield
        return
    with _TURN():
        before = torch.are_deterministic_algorithms_enabled()
        warn = torch.is_deterministic_algorithms_warn_only_enabled()
        settings: Any = torch.utils.deterministic
        filling = settings.fill_uninitialized_memory
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        settings.fill_uninitialized_memory = False  # it would cost time only
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(mode=before, warn_only=warn)
            settings.fill_uninitialized_memory = filling


def derived_once() -> None:
    """Refuse ``create_graph=True`` where a gradient is written out: torch takes it for a constant.

    Raises
    ------
    NotImplementedError
        In a backward pass whose own steps are being recorded.
    """
    if torch.is_grad_enabled():
        msg = (
            "create_graph=True asks for a gradient that can be derived again, and the losses of "
            "UMAP and t-SNE have theirs written out once. Leave create_graph out, or write the "
            "loss in torch's own operations."
        )
        raise NotImplementedError(msg)


def torch_seed(seed: int, stage: Stage, epoch: int = 0, vertex: int = 0) -> int:
    """Seed of a torch generator: a hash of (seed, stage, epoch, vertex), below 2**63."""
    bits = draw(key(seed, stage, np.uint64(epoch), np.uint64(vertex)), 0)
    return int(bits) >> 1


def generator(
    seed: int, stage: Stage, epoch: int = 0, vertex: int = 0, *, device: Any = "cpu"
) -> torch.Generator:
    """Make a torch generator seeded by a hash of (seed, stage, epoch, vertex)."""
    return torch.Generator(device=device).manual_seed(torch_seed(seed, stage, epoch, vertex))


@contextmanager
def seeded(seed: int, stage: Stage, epoch: int = 0, *, device: torch.device) -> Iterator[None]:
    """Seed torch's own generators (dropout draws from them), and put them back afterwards."""
    number = torch_seed(seed, stage, epoch)
    if device.type != "cpu":
        with _TURN(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(number)
            yield
        return
    # As above, without a word to accelerators, which costs a third of a millisecond.
    with _TURN():
        before = torch.default_generator.get_state()
        torch.default_generator.manual_seed(number)
        try:
            yield
        finally:
            torch.default_generator.set_state(before)


@contextmanager
def own_draws() -> Iterator[None]:
    """Put torch's generator on the CPU back afterwards: what is drawn meanwhile is not used."""
    with _TURN(), torch.random.fork_rng(devices=[]):
        yield
