"""Pieces that several networks share: shapes, weight-normalised layers, the start."""

from __future__ import annotations

import math

from umapkit._seed import Stage, key
from umapkit.parametric._torch import Tensor, nn, torch


class Reshape(nn.Module):
    """Give every row of a batch the shape `shape`; the batch stays first."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        """Reshape."""
        return x.reshape(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        """Say the shape."""
        return str(self.shape)


class Crop(nn.Module):
    """Keep the last `height` rows and the last `width` columns of images.

    The counterpart of padding at the top and on the left.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        """Cut."""
        return x[..., x.shape[-2] - self.height :, x.shape[-1] - self.width :]


class _Normed(nn.Module):
    """Weights as direction times length (Salimans and Kingma 2016), one length an output."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.direction = nn.Parameter(torch.empty(shape))
        self.length = nn.Parameter(torch.empty(shape[0]))
        self.bias = nn.Parameter(torch.zeros(shape[0]))

    def weight(self) -> Tensor:
        """Return the weights."""
        flat = self.direction.flatten(1)
        norm = flat.norm(dim=1).clamp_min(1e-12)
        return (flat * (self.length / norm)[:, None]).view_as(self.direction)

    def start(self, generator: torch.Generator) -> None:
        """Draw Glorot-uniform weights."""
        with torch.no_grad():
            _glorot(self.direction, generator)
            self.length.copy_(self.direction.flatten(1).norm(dim=1))
            self.bias.zero_()


class NormedConv(_Normed):
    """Convolution with normalised weights and a bias."""

    def __init__(self, inputs: int, outputs: int, size: int, *, padding: int = 0) -> None:
        super().__init__(outputs, inputs, size, size)
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return nn.functional.conv2d(x, self.weight(), self.bias, padding=self.padding)


class NormedLinear(_Normed):
    """Linear layer with normalised weights and a bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(outputs, inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply."""
        return nn.functional.linear(x, self.weight(), self.bias)


def start_weights(network: nn.Module, seed: int, stream: int, *, he: bool = False) -> nn.Module:
    """Draw the weights of `network` anew, from `seed` alone; biases become 0.

    Parameters
    ----------
    network : Module
        Changed in place. Linear and convolution layers are drawn here, layers with a method
        ``start(generator)`` by it; everything else keeps its values.
    seed : int
        Seed in [0, 2**64).
    stream : int
        Number that tells networks of one seed apart.
    he : bool, default False
        He's normal start (for ReLU) in place of Glorot's uniform one.

    Returns
    -------
    Module
        `network`.
    """
    layers = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
    for place, layer in enumerate(network.modules()):
        generator = torch.Generator("cpu")
        generator.manual_seed(int(key(seed, Stage.START, stream, place)) >> 1)
        if isinstance(layer, layers):
            with torch.no_grad():
                (_he if he else _glorot)(layer.weight, generator)
                if layer.bias is not None:
                    layer.bias.zero_()
        elif (start := getattr(layer, "start", None)) is not None:
            start(generator)
    return network


def _fans(weight: Tensor) -> tuple[int, int]:
    field = math.prod(weight.shape[2:])
    return weight.shape[1] * field, weight.shape[0] * field


def _glorot(weight: Tensor, generator: torch.Generator) -> None:
    # Symmetric in the fans, so the swapped axes of transposed convolutions do not matter.
    limit = math.sqrt(6.0 / sum(_fans(weight)))
    weight.uniform_(-limit, limit, generator=generator)


def _he(weight: Tensor, generator: torch.Generator) -> None:
    weight.normal_(0.0, math.sqrt(2.0 / _fans(weight)[0]), generator=generator)
