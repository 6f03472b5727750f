"""Networks by name or as given, in the shape that they take."""

from __future__ import annotations

from typing import Any, Literal

from umapkit._seed import Stage
from umapkit.parametric._torch import Tensor, nn, seeded, torch
from umapkit.parametric.networks import build
from umapkit.parametric.networks._build import STREAMS

_CPU = torch.device("cpu")


def build_network(
    network: Any,
    *,
    role: Literal["encoder", "decoder"],
    n_features: int,
    n_components: int,
    input_shape: tuple[int, ...] | None,
    seed: int,
) -> nn.Module:
    """Make an encoder or decoder, and see that it takes and gives what it should.

    Parameters
    ----------
    network : str or torch.nn.Module
        Name, or a module, which is copied with its weights.
    role : {"encoder", "decoder"}
        Encoders take (b, n_features), or (b, *input_shape), and give (b, n_components); decoders
        the other way, as logits or plain values, in any shape with n_features numbers a row.
    n_features, n_components : int
        Numbers in a row, and in a place.
    input_shape : tuple of int or None
        Shape of one row, for a module that does not take flat rows.
    seed : int
        Of the first weights, also those of a module's lazy layers.

    Returns
    -------
    torch.nn.Module
        On the CPU, in training mode.

    Raises
    ------
    ValueError
        If the name is unknown, or the module takes or gives another shape.
    """
    made = build(
        network,
        role=role,
        n_features=n_features,
        n_components=n_components,
        input_shape=input_shape,
        seed=seed,
    )
    if isinstance(network, nn.Module):
        made = Shaped(made, input_shape) if role == "encoder" else Flat(made)
    with seeded(seed, Stage.NETWORK, STREAMS[role], device=_CPU):  # lazy layers draw now
        _try(made, network, role=role, n_features=n_features, n_components=n_components)
    return made.train()


class Shaped(nn.Module):
    """A module that is given rows in a shape of their own."""

    def __init__(self, inner: nn.Module, shape: tuple[int, ...] | None) -> None:
        super().__init__()
        self.inner = inner
        self.shape = shape

    def forward(self, rows: Tensor) -> Tensor:
        """Give flat rows the shape, and run the module."""
        return self.inner(rows if self.shape is None else rows.reshape(-1, *self.shape))


class Flat(nn.Module):
    """A module whose answers are made flat rows."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, places: Tensor) -> Tensor:
        """Run the module and flatten what it gives."""
        return self.inner(places).flatten(1)


def _try(made: nn.Module, network: Any, *, role: str, n_features: int, n_components: int) -> None:
    taken, given = (n_features, n_components) if role == "encoder" else (n_components, n_features)
    name = network if isinstance(network, str) else type(network).__name__
    made.eval()
    try:
        with torch.no_grad():
            found = made(torch.zeros(2, taken))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        msg = (
            f"The {role} {name} failed on float32 input of shape (2, {taken}): {error}. Give "
            "input_shape= for one that takes images, or a module that takes such rows."
        )
        raise ValueError(msg) from error
    if not isinstance(found, Tensor) or tuple(found.shape) != (2, given):
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        msg = (
            f"The {role} {name} gives {shape} for two rows; {(2, given)} is needed. Change its "
            "last layer, or n_components."
        )
        raise ValueError(msg)
