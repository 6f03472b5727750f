"""Convolutions, then an LSTM in both directions, for sounds (paper, appendix A.2).

A row is a spectrogram: bands x frames. The network sees time as the last axis. The paper's Keras
code reshapes (2, 8, 128) to (8, 256) without turning the axes, which mixes frames; here a step of
the LSTM holds the bands and channels of one instant.
"""

from __future__ import annotations

import math

from umapkit.parametric._torch import Tensor, nn, torch
from umapkit.parametric.networks._parts import Crop, Reshape

SLOPE = 0.2  # of TensorFlow's leaky ReLU, which the paper used


class Lstm(nn.Module):
    """One direction of an LSTM whose inner activation is ReLU, as in the paper's Keras code.

    (``torch.nn.LSTM`` knows tanh only.) Input (b, steps, inputs), output (b, steps, units).
    """

    def __init__(self, inputs: int, units: int, *, backwards: bool = False) -> None:
        super().__init__()
        self.units, self.backwards = units, backwards
        self.kernel = nn.Parameter(torch.empty(inputs, 4 * units))
        self.recurrent = nn.Parameter(torch.empty(units, 4 * units))
        self.bias = nn.Parameter(torch.empty(4 * units))

    def start(self, generator: torch.Generator) -> None:
        """Draw a start: Glorot for the kernel, orthogonal for the recurrence, forget bias 1."""
        with torch.no_grad():
            limit = math.sqrt(6.0 / sum(self.kernel.shape))
            self.kernel.uniform_(-limit, limit, generator=generator)
            normal = torch.empty(4 * self.units, self.units).normal_(generator=generator)
            q, r = torch.linalg.qr(normal)
            self.recurrent.copy_((q * r.diagonal().sign()).T)
            self.bias.zero_()
            self.bias[self.units : 2 * self.units] = 1.0

    def forward(self, x: Tensor) -> Tensor:
        """Run over all steps; the output of step t is at place t in both directions."""
        driven = x @ self.kernel + self.bias
        hidden = x.new_zeros(x.shape[0], self.units)
        cell = hidden
        steps = list(range(x.shape[1]))
        outputs: list[Tensor] = []
        for t in reversed(steps) if self.backwards else steps:
            gates = driven[:, t] + hidden @ self.recurrent
            take, forget, fresh, show = gates.chunk(4, dim=1)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(take) * nn.functional.relu(fresh)
            hidden = torch.sigmoid(show) * nn.functional.relu(cell)
            outputs.append(hidden)
        return torch.stack(outputs[::-1] if self.backwards else outputs, dim=1)


class BothWays(nn.Module):
    """An LSTM in each direction, side by side: (b, steps, 2 units), or their last states."""

    def __init__(self, inputs: int, units: int, *, sequences: bool) -> None:
        super().__init__()
        self.ahead = Lstm(inputs, units)
        self.back = Lstm(inputs, units, backwards=True)
        self.sequences = sequences

    def forward(self, x: Tensor) -> Tensor:
        """Run both."""
        ahead, back = self.ahead(x), self.back(x)
        if self.sequences:
            return torch.cat([ahead, back], dim=2)
        return torch.cat([ahead[:, -1], back[:, 0]], dim=1)


class _Steps(nn.Module):
    """(b, channels, bands, frames) to (b, frames, bands * channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 2, 1).flatten(2)


class _Frames(nn.Module):
    """(b, frames, bands * channels) to (b, channels, bands, frames)."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.bands = bands

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[1], self.bands, -1).permute(0, 3, 2, 1)


def encoder(shape: tuple[int, int, int], n_components: int) -> nn.Module:
    """C(32,3,(2,2)) C(64,3,(2,2)) C(128,3,(2,1))² padded, 8 steps of 256, BiLSTM 100, Dense 512, d.

    Other shapes than 32 x 32 are padded at the top and on the left, to a multiple of 16 bands and
    of 4 frames (the paper put a column of zeros before its 31 frames).
    """
    channels, bands, frames = shape
    high, long = _padded(bands, frames)
    layers: list[nn.Module] = []
    inputs = channels
    for outputs, stride in ((32, (2, 2)), (64, (2, 2)), (128, (2, 1)), (128, (2, 1))):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), nn.LeakyReLU(SLOPE)]
        inputs = outputs
    return nn.Sequential(
        Reshape(*shape),
        nn.ZeroPad2d((long - frames, 0, high - bands, 0)),
        *layers,
        _Steps(),
        BothWays(128 * high // 16, 100, sequences=False),
        nn.Linear(200, 512),
        nn.Linear(512, n_components),
    )


def decoder(shape: tuple[int, int, int], n_components: int) -> nn.Module:
    """Dense 512, over 8 steps, BiLSTM 100, Dense 256 a step, the convolutions back; logits.

    CT(128,3,(2,1))² CT(64,3,(2,2)) CT(32,3,(2,2)) CT(c,3,1). The paper ends in tanh (a sigmoid in
    its 64-D VAE); here the loss has the sigmoid.
    """
    channels, bands, frames = shape
    high, long = _padded(bands, frames)
    layers: list[nn.Module] = []
    inputs = 128
    for outputs, stride in ((128, (2, 1)), (128, (2, 1)), (64, (2, 2)), (32, (2, 2))):
        more = (stride[0] - 1, stride[1] - 1)
        layers += [
            nn.ConvTranspose2d(inputs, outputs, 3, stride=stride, padding=1, output_padding=more),
            nn.LeakyReLU(SLOPE),
        ]
        inputs = outputs
    return nn.Sequential(
        nn.Linear(n_components, 512),
        _Repeat(long // 4),
        BothWays(512, 100, sequences=True),
        nn.Linear(200, 128 * high // 16),
        _Frames(high // 16),
        *layers,
        nn.ConvTranspose2d(32, channels, 3, padding=1),
        Crop(bands, frames),
        nn.Flatten(),
    )


class _Repeat(nn.Module):
    """The same vector at every step: (b, d) to (b, steps, d)."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        return x[:, None, :].repeat(1, self.steps, 1)


def _padded(bands: int, frames: int) -> tuple[int, int]:
    return 16 * math.ceil(bands / 16), 4 * math.ceil(frames / 4)
