"""Encoder and decoder of faces: content and style, joined by AdaIN (paper, section 3.3, Fig. 14).

After Huang, Liu, Belongie and Kautz, "Multimodal unsupervised image-to-image translation" (2018),
with the widths of the paper's code. The content is a picture of 8 x 8 with (d - 8) / 64 channels
(256 in the paper, d = 16392), the style has 8 numbers; a place is content, then style.
"""

from __future__ import annotations

import math

from umapkit.parametric._torch import Tensor, nn, torch
from umapkit.parametric.networks._parts import Reshape

STYLE = 8
SIDE = 8
_DOWN = (2, 4, 4, 4)  # widths of the halving convolutions, in units of the first layer's
_UP = (4, 2, 1, 1)  # of the doubling ones; those nearest the picture are used


class _Residual(nn.Module):
    """Two convolutions of 3 with instance norm, added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            *_conv(width, width, 3), nn.InstanceNorm2d(width), nn.ReLU(),
            *_conv(width, width, 3), nn.InstanceNorm2d(width),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


class _StyledResidual(nn.Module):
    """The same, the norm's scale and shift given by the style (adaptive instance norm)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width, 3)[0]
        self.second = _conv(width, width, 3)[0]
        self.norm = nn.InstanceNorm2d(width)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        scale_1, shift_1, scale_2, shift_2 = style[..., None, None].chunk(4, dim=1)
        y = torch.relu(self.norm(self.first(x)) * (1 + scale_1) + shift_1)
        return x + self.norm(self.second(y)) * (1 + scale_2) + shift_2


class FaceEncoder(nn.Module):
    """Picture to content and style."""

    def __init__(self, shape: tuple[int, int, int], n_components: int, width: int) -> None:
        super().__init__()
        steps, content = _sizes(shape, n_components)
        self.shape = Reshape(*shape)
        style: list[nn.Module] = [*_conv(shape[0], width, 7), nn.ReLU()]
        inputs = width
        for factor in _DOWN:
            style += [*_conv(inputs, factor * width, 3, stride=2), nn.ReLU()]
            inputs = factor * width
        self.style = nn.Sequential(
            *style, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, STYLE)
        )
        body: list[nn.Module] = [*_conv(shape[0], width, 7), nn.InstanceNorm2d(width), nn.ReLU()]
        inputs = width
        for factor in _DOWN[:steps]:
            outputs = factor * width
            body += [
                *_conv(inputs, outputs, 3, stride=2), nn.InstanceNorm2d(outputs), nn.ReLU()
            ]  # fmt: skip
            inputs = outputs
        body += [_Residual(inputs) for _ in range(4)]
        if content != inputs:  # narrower than the paper's: one more layer
            body.append(nn.Conv2d(inputs, content, 1))
        self.content = nn.Sequential(*body, nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        """Encode; (b, n_components)."""
        x = self.shape(x)
        return torch.cat([self.content(x), self.style(x)], dim=1)


class FaceDecoder(nn.Module):
    """Content and style to picture; logits."""

    def __init__(self, shape: tuple[int, int, int], n_components: int, width: int) -> None:
        super().__init__()
        steps, content = _sizes(shape, n_components)
        wide = _DOWN[steps - 1] * width
        self.place = Reshape(content, SIDE, SIDE)
        self.widen = nn.Conv2d(content, wide, 1) if content != wide else nn.Identity()
        self.styling = nn.Sequential(
            nn.Linear(STYLE, 4 * width), nn.ReLU(), nn.Linear(4 * width, 4 * width), nn.ReLU(),
            nn.Linear(4 * width, 4 * 4 * wide),
        )  # fmt: skip
        self.blocks = nn.ModuleList(_StyledResidual(wide) for _ in range(4))
        layers: list[nn.Module] = []
        inputs = wide
        for factor in _UP[-steps:]:
            outputs = factor * width
            layers += [
                nn.Upsample(scale_factor=2), *_conv(inputs, outputs, 5),
                nn.GroupNorm(1, outputs), nn.ReLU(),
            ]  # fmt: skip
            inputs = outputs
        self.picture = nn.Sequential(*layers, *_conv(inputs, shape[0], 7), nn.Flatten())

    def forward(self, z: Tensor) -> Tensor:
        """Decode; (b, n_features)."""
        content, style = z[:, :-STYLE], self.styling(z[:, -STYLE:])
        x = self.widen(self.place(content))
        for block, part in zip(self.blocks, style.chunk(4, dim=1), strict=True):
            x = block(x, part)
        return self.picture(x)


def encoder(shape: tuple[int, int, int], n_components: int, width: int = 64) -> nn.Module:
    """Return the content and style encoder; `width`: channels of the first layer (paper: 64)."""
    return FaceEncoder(shape, n_components, width)


def decoder(shape: tuple[int, int, int], n_components: int, width: int = 64) -> nn.Module:
    """Return the AdaIN decoder; `width`: channels of the last layers (paper: 64)."""
    return FaceDecoder(shape, n_components, width)


def _conv(inputs: int, outputs: int, size: int, *, stride: int = 1) -> list[nn.Module]:
    padding = size // 2
    return [
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=padding, padding_mode="reflect")
    ]


def _sizes(shape: tuple[int, int, int], n_components: int) -> tuple[int, int]:
    """Return the number of halvings, and the channels of the content."""
    sides = tuple(SIDE * 2**k for k in (1, 2, 3, 4))
    if shape[1] != shape[2] or shape[1] not in sides:
        msg = (
            f"The network 'face' cannot take pictures of {shape[1]} x {shape[2]}. Their sides "
            f"must be equal, and one of {', '.join(map(str, sides))}: pad or scale them."
        )
        raise ValueError(msg)
    cells = SIDE * SIDE
    content = (n_components - STYLE) // cells
    if content < 1 or content * cells + STYLE != n_components:
        near = max(1, content) * cells + STYLE
        msg = (
            f"n_components={n_components} does not fit the network 'face', whose places are a "
            f"content of {SIDE} x {SIDE} x channels and {STYLE} numbers of style. Give "
            f"{cells} * channels + {STYLE}, such as {near} (the paper: {256 * cells + STYLE})."
        )
        raise ValueError(msg)
    return round(math.log2(shape[1] / SIDE)), content
