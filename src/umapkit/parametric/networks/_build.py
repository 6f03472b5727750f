"""One door to all networks: by name, or a module of the user's."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from umapkit.parametric._torch import nn, own_draws
from umapkit.parametric.networks import _cnn13, _conv28, _conv32, _face, _lstm, _mlp
from umapkit.parametric.networks._parts import start_weights

Role = Literal["encoder", "decoder", "trunk"]
_BUILDERS: dict[str, dict[str, Callable[..., nn.Module]]] = {
    "mlp": {"encoder": _mlp.encoder, "decoder": _mlp.decoder, "trunk": _mlp.trunk},
    "conv28": {"encoder": _conv28.encoder, "decoder": _conv28.decoder},
    "conv32": {"encoder": _conv32.encoder, "decoder": _conv32.decoder},
    "lstm": {"encoder": _lstm.encoder, "decoder": _lstm.decoder},
    "face": {"encoder": _face.encoder, "decoder": _face.decoder},
    "cnn13": {"encoder": _cnn13.encoder, "trunk": _cnn13.trunk},
}
NAMES: tuple[str, ...] = tuple(_BUILDERS)
STREAMS = {"encoder": 0, "decoder": 1, "trunk": 2, "classifier": 3, "embedder": 4}
_SQUARES = {784: (1, 28, 28), 1024: (1, 32, 32), 3072: (3, 32, 32)}
_SMALLEST = {"conv28": 7, "conv32": 15, "lstm": 1, "face": 1, "cnn13": 1}


def build(
    network: str | nn.Module,
    *,
    role: Role,
    n_features: int,
    n_components: int,
    input_shape: Sequence[int] | None = None,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> nn.Module:
    """Return an encoder or a decoder, on the CPU, in float32.

    Parameters
    ----------
    network : str or Module
        A name out of `NAMES`, or a module, which is copied with its weights.
    role : {"encoder", "decoder", "trunk"}
        An encoder takes (b, n_features), or (b, *input_shape), and returns (b, n_components). A
        decoder takes (b, n_components) and returns (b, n_features): logits, since the sigmoid of
        the paper's last layers belongs to the loss. A trunk is the shared part of a Y-shaped
        network, `n_components` its width at the fork.
    n_features : int
        Columns of the rows.
    n_components : int
        Dimensions of the map, or width of the trunk's end.
    input_shape : (channels, height, width) or (height, width), optional
        How a row is to be seen. "mlp" does not ask; the others take 784 columns for (1, 28, 28),
        1024 for (1, 32, 32) and 3072 for (3, 32, 32), where none is given.
    seed : int, default 0
        Seed of the weights: Glorot-uniform ("face": He's), biases 0. Torch's own generator is not
        touched.
    options : dict, optional
        Of the named network. "mlp": ``hidden``, the widths, (100, 100, 100); "conv28":
        ``n_dense``, hidden layers of 512; "face": ``width``, channels of the first layer, 64;
        "cnn13": ``width``, factor on all widths, 1.

    Returns
    -------
    Module
        The network.

    Raises
    ------
    ValueError
        If there is no such network, role or option, or the shapes do not fit.

    References
    ----------
    Sainburg, McInnes, Gentner, "Parametric UMAP", appendix A.2.

    Examples
    --------
    >>> net = build("conv28", role="encoder", n_features=784, n_components=2)
    >>> sum(p.numel() for p in net.parameters())
    2697986
    """
    if isinstance(network, nn.Module):
        if options:
            msg = f"options={dict(options)!r} belong to a named network, and a module was given."
            raise ValueError(msg)
        return copy.deepcopy(network).cpu()
    if network not in _BUILDERS:
        msg = (
            f"There is no network {network!r}. Give one of {', '.join(NAMES)}, or a "
            "torch.nn.Module."
        )
        raise ValueError(msg)
    if role not in ("encoder", "decoder", "trunk"):
        msg = f"role={role!r} is not known. Give 'encoder', 'decoder' or 'trunk'."
        raise ValueError(msg)
    builder = _BUILDERS[network].get(role)
    if builder is None:
        msg = (
            f"The network {network!r} has no {role}: the paper defines none. Give another one, "
            f"out of {', '.join(n for n in NAMES if role in _BUILDERS[n])}, or a torch.nn.Module."
        )
        raise ValueError(msg)
    if n_components < 1:
        msg = f"n_components={n_components!r} is not allowed. Give 1 or more."
        raise ValueError(msg)
    known = [n for n in inspect.signature(builder).parameters if n not in ("shape", "n_components")]
    given = dict(options or {})
    if strange := set(given) - set(known):
        msg = f"{sorted(strange)} are no options of {network!r}, which has: {known or 'none'}."
        raise ValueError(msg)
    shape = (n_features,) if network == "mlp" else image_shape(network, n_features, input_shape)
    with own_draws():  # layers draw when they are made
        made = builder(shape, n_components, **given)
    return start_weights(made, seed, STREAMS[role], he=network == "face")


def image_shape(
    network: str, n_features: int, input_shape: Sequence[int] | None
) -> tuple[int, int, int]:
    """Return (channels, height, width) of a row, checked.

    Raises
    ------
    ValueError
        If there is no shape, or it does not fit the columns or the network.
    """
    shape = _SQUARES.get(n_features) if input_shape is None else tuple(map(int, input_shape))
    if shape is None:
        msg = (
            f"{network!r} sees a row as an image, and {n_features} columns can be "
            "many. Give input_shape=(channels, height, width)."
        )
        raise ValueError(msg)
    if len(shape) == 2:
        shape = (1, *shape)
    if len(shape) != 3 or min(shape) < 1 or math.prod(shape) != n_features:
        msg = (
            f"input_shape={input_shape!r} does not fit rows of {n_features} columns. Give "
            "(channels, height, width), or (height, width), with that product."
        )
        raise ValueError(msg)
    least = _SMALLEST.get(network, 1)
    if min(shape[1:]) < least:
        msg = (
            f"Images of {shape[1]} x {shape[2]} are too small for the network {network!r}. Its "
            f"sides must be {least} or more; 'mlp' takes any rows."
        )
        raise ValueError(msg)
    return shape
