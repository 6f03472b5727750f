"""The Y-shaped network: a trunk, an embedder and a classifier on it."""

from __future__ import annotations

from typing import Any

from umapkit._seed import Stage
from umapkit.parametric._networks import Shaped
from umapkit.parametric._torch import Tensor, nn, own_draws, seeded, torch
from umapkit.parametric.networks import NAMES, build
from umapkit.parametric.networks import _cnn13 as cnn13
from umapkit.parametric.networks import _mlp as mlp
from umapkit.parametric.networks._build import STREAMS
from umapkit.parametric.networks._parts import start_weights

_FORK = {"mlp": 100}  # width of the trunk's end; 256 for the others
_TRUNKS = ("mlp", "cnn13")
_CPU = torch.device("cpu")


class Branch(nn.Module):
    """Trunk and one head: what `transform` and files know as the encoder."""

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head

    def forward(self, rows: Tensor) -> Tensor:
        """Run both."""
        return self.head(self.trunk(rows))


def make_trunk(
    network: Any, *, width: float, n_features: int, shape: tuple[int, ...] | None, seed: int
) -> nn.Module:
    """Make the trunk: by name with a factor on its widths, or a copy of a module.

    Raises
    ------
    ValueError
        If there is no such network, or it takes no factor.
    """
    if isinstance(network, nn.Module):
        if width != 1:
            msg = f"width={width!r} scales networks by name, and a module was given. Leave it out."
            raise ValueError(msg)
        made = build(network, role="encoder", n_features=n_features, n_components=1)
        return Shaped(made, shape)
    end = cnn13.scaled(_FORK.get(network, cnn13.Z), width)
    options: dict[str, Any] = {}
    if network == "cnn13":
        options["width"] = width
    elif network == "mlp":
        options["hidden"] = tuple(cnn13.scaled(n, width) for n in mlp.HIDDEN)
    elif width != 1 and network in NAMES:
        msg = f"width={width!r} scales 'mlp' and 'cnn13' only, not {network!r}. Leave it out."
        raise ValueError(msg)
    made = build(
        network,
        role="trunk" if network in _TRUNKS else "encoder",
        n_features=n_features,
        n_components=end,
        input_shape=shape,
        seed=seed,
        options=options,
    )
    return made if network in _TRUNKS else nn.Sequential(made, nn.ReLU())


def fork_width(trunk: nn.Module, n_features: int, *, seed: int) -> int:
    """Numbers that the trunk gives for a row; lazy layers get their weights by the seed.

    Raises
    ------
    ValueError
        If it fails on float32 rows, or does not give one flat vector a row.
    """
    trunk.eval()
    try:
        with seeded(seed, Stage.NETWORK, STREAMS["trunk"], device=_CPU), torch.no_grad():
            found = trunk(torch.zeros(2, n_features))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        msg = (
            f"The trunk failed on float32 input of shape (2, {n_features}): {error}. Give "
            "input_shape= for one that takes images, or a module that takes such rows."
        )
        raise ValueError(msg) from error
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != 2:
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        msg = f"The trunk gives {shape} for two rows; (2, any width) is needed. End it flat."
        raise ValueError(msg)
    return found.shape[1]


def make_heads(
    network: Any, *, width: float, inputs: int, n_components: int, n_classes: int, seed: int
) -> tuple[nn.Module, nn.Module]:
    """Make embedder and classifier: Dense 100 on "mlp", two normalised layers of 256 otherwise."""
    heads: list[nn.Module] = []
    for outputs, stream in ((n_components, "embedder"), (n_classes, "classifier")):
        with own_draws():
            if network == "mlp":
                made = mlp.head(inputs, outputs, (cnn13.scaled(100, width),))
            else:
                made = cnn13.head(inputs, outputs, width)
        heads.append(start_weights(made, seed, STREAMS[stream]))
    return heads[0], heads[1]
